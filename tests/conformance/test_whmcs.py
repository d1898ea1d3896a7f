"""WHMCS beyond what every adapter promises: loose answers, words instead of codes, requests that exist already."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from tests.conformance.adapter import problem_of
from tests.conformance.subject import Bench, Case
from tests.conformance.subject_whmcs import SERVICE, adapter_for
from unrack import simulator as sim
from unrack.contracts.calls import AccessCall, EffectStatus
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.model.service import Finding
from unrack.operations.health import told_of_access
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.provider import Whmcs
from unrack.simulator import whmcs

CONFIGURATION = "whmcs.service.capture-configuration"
SUSPEND = "whmcs.service.suspend"
REQUEST = "whmcs.service.request-cancellation"
AT_ONCE = "whmcs.service.request-immediate-end"
TERMINATE = "whmcs.service.terminate"
DOMAIN = "whmcs.domain.stop-renewal"
NO_INVOICE = "whmcs.invoice.verify-none-open"


class Start:
    """Opens the adapter on worlds made to order."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.url = ""

    async def __call__(self, **fields: object) -> Bench:
        """The adapter on a world that looks like `fields` of `whmcs.WhmcsSeed`."""
        seed = whmcs.WhmcsSeed.model_validate(fields)
        simulator = sim.Simulator.create(
            self._folder / "provider", sim.Seed(vendors={"whmcs": seed.model_dump(mode="json")})
        )
        self._stack.callback(simulator.close)
        self.url = await self._stack.enter_async_context(simulator.serve())
        adapter = adapter_for(self.url)
        self._stack.push_async_callback(adapter.close)
        return Bench(adapter, simulator, SERVICE)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncGenerator[Start]:
    """Opens adapters on simulators of their own."""
    async with AsyncExitStack() as stack:
        yield Start(tmp_path, stack)


def now_at(bench: Bench) -> whmcs.Service:
    """The service by the simulator's own account."""
    return bench.simulator.tables_for(whmcs.Tables).services[whmcs.SERVICE]


async def test_a_due_date_is_a_day_in_the_zone_of_the_whmcs(start: Start) -> None:
    """DESIGN 9: the earliest moment that it can mean there."""
    bench = await start()
    keys = {"identifier": SecretStr(whmcs.IDENTIFIER), "secret": SecretStr(whmcs.SECRET)}
    there = Whmcs(WhmcsCredential.model_validate({"endpoint": f"{start.url}/whmcs", "time_zone": "Asia/Tokyo", **keys}))
    facts, utc = await there.facts(SERVICE), await bench.provider.facts(SERVICE)
    await there.close()

    assert facts.expires_at is not None
    assert utc.expires_at is not None
    assert utc.expires_at - facts.expires_at == timedelta(hours=9)


async def test_a_zone_that_nobody_named_is_told(start: Start) -> None:
    """Its dates are read as days in UTC, which may be most of a day off: in a plan, and by `doctor`."""
    bench = await start()
    keys = {"identifier": SecretStr(whmcs.IDENTIFIER), "secret": SecretStr(whmcs.SECRET)}
    named = Whmcs(WhmcsCredential.model_validate({"endpoint": f"{start.url}/whmcs", "time_zone": "UTC", **keys}))
    call = AccessCall(provider="whmcs", account="default", actions=())
    silent, said = await bench.provider.facts(SERVICE), await named.facts(SERVICE)
    looked, looked_named = await bench.provider.access(call), await named.access(call)
    await named.close()

    assert [found.blocking for found in silent.findings if "time_zone" in found.text] == [False]
    assert not [found for found in said.findings if "time_zone" in found.text]
    assert "time_zone" in told_of_access(call, looked).todo
    assert told_of_access(call, looked).good
    assert not told_of_access(call, looked_named).todo


async def test_a_due_date_that_is_gone_ends_no_period(start: Start) -> None:
    """Staff who make a service free want it to live: nothing is over before the date that the run knows."""
    bench = await start()
    tables = bench.simulator.tables_for(whmcs.Tables)
    tables.services.change(tables.services[whmcs.SERVICE], next_due=None, cycle="Free Account")
    case = Case("whmcs.service.await-due-date", timing=Timing.END_OF_TERM, effective_in=timedelta(days=20))

    call = bench.call(case.action, case)

    looked = await bench.provider.poll(call, bench.materials)
    bench.simulator.set_clock(advance=timedelta(days=21))
    later = await bench.provider.poll(call, bench.materials)

    assert not looked.reached
    assert [found.blocking for found in looked.findings] == [True]
    assert "no due date any more" in looked.findings[0].text
    assert later.reached


async def test_without_a_date_no_zone_is_asked_for(start: Start) -> None:
    """A service that is billed once has no day that could be of another zone."""
    bench = await start(cycle="One Time")

    facts = await bench.provider.facts(SERVICE)

    assert not [found for found in facts.findings if "time_zone" in found.text]


async def test_a_request_is_found_on_a_later_page(start: Start) -> None:
    """S4.2: the list of requests has no filter, and WHMCS gives 25 at a time unless told."""
    bench = await start(other_requests=230)
    bench.simulator.happen(lambda world, now: whmcs.client_asks(world, now, whmcs.SERVICE, "Immediate", "now!"))
    case = Case("whmcs.service.check-cancellation", timing=Timing.IMMEDIATE)
    checked = await bench.provider.check(bench.call(case.action, case), bench.materials)

    assert "now!" in checked.findings[0].text


async def test_an_immediate_request_blocks_the_end_of_the_period(start: Start) -> None:
    """S4.1: the next daily run would end the service while the run still waits."""
    bench = await start()
    bench.simulator.happen(lambda world, now: whmcs.client_asks(world, now, whmcs.SERVICE, "Immediate", ""))
    checked = await bench.provider.check(bench.call("whmcs.service.check-cancellation"), bench.materials)
    refused = await problem_of(bench.change(REQUEST))

    assert [finding.blocking for finding in checked.findings] == [True]
    assert refused.problem.category is Category.CONFLICT
    assert bench.simulator.ledger() == []


@pytest.mark.parametrize(("action", "timing"), [(REQUEST, Timing.END_OF_TERM), (AT_ONCE, Timing.IMMEDIATE)])
async def test_a_request_whose_answer_was_lost_is_not_made_twice(start: Start, action: str, timing: Timing) -> None:
    """DESIGN 2, S4.2: WHMCS refuses a second one, and the adapter does not even ask."""
    bench = await start()
    await bench.capture(CONFIGURATION)
    bench.simulator.inject(sim.Fault(kind=sim.FaultKind.CUT_AFTER, path="/whmcs/AddCancelRequest"))
    case = Case(action, timing=timing)
    method = bench.provider.change if action == REQUEST else bench.provider.commit
    lost = await problem_of(method(bench.call(action, case), bench.materials))
    again = await method(bench.call(action, case), bench.materials)

    assert lost.problem.category in (Category.UNAVAILABLE, Category.UNKNOWN_OUTCOME)
    assert again.already
    assert len(bench.simulator.ledger()) == 1


async def test_a_request_that_somebody_made_meanwhile_is_no_failure(start: Start) -> None:
    """S4.2: "Existing Cancellation Request Exists" is the wanted state, said in other words."""
    bench = await start()
    words = sim.Fault(
        kind=sim.FaultKind.ERROR_AFTER,
        path="/whmcs/AddCancelRequest",
        status=400,
        error_code="Existing Cancellation Request Exists",
    )
    bench.simulator.inject(words)
    committed = await bench.provider.commit(bench.call(AT_ONCE), bench.materials)
    probed = await bench.provider.probe(bench.call(AT_ONCE), bench.materials)

    assert not committed.already
    assert probed.standing is EffectStatus.DONE


async def test_what_staff_must_delete_is_said_in_plain_words(start: Start) -> None:
    """S0.7: no API action takes a request back; once staff has, the undo sees it."""
    bench = await start()
    await bench.change(REQUEST)
    told = await problem_of(bench.provider.undo(bench.call(REQUEST), bench.materials))
    bench.simulator.happen(lambda world, now: whmcs.delete_request(world, now, whmcs.SERVICE))
    undone = await bench.provider.undo(bench.call(REQUEST), bench.materials)

    assert "Cancellation Requests" in told.problem.suggestion
    assert undone.already


async def test_a_service_that_was_suspended_before_stays_so(start: Start) -> None:
    """S4.3: the way back restores what was captured, not what would be nicer."""
    bench = await start(status="Suspended", suspension_reason="Overdue on Payment")
    await bench.capture(CONFIGURATION)
    suspended = await bench.change(SUSPEND)
    await bench.undo_all()

    assert suspended.already
    assert now_at(bench).status == "Suspended"
    assert bench.simulator.ledger() == []


async def test_a_flag_is_sent_as_php_reads_it(start: Start) -> None:
    """S1.7: in PHP the text "false" is true; a renewal restored with it would stay off."""
    bench = await start()
    await bench.capture(CONFIGURATION)
    await bench.change(DOMAIN)
    await bench.undo_all()

    assert [entry.body["donotrenew"] for entry in bench.effects()] == ["1", "0"]


@pytest.mark.parametrize(
    "words",
    [
        "cURL error 28: Operation timed out",
        "cURL error 28: the account was removed; access denied to its DNS zone",
        "cURL error 28: not a valid session any more",
    ],
)
async def test_a_server_that_refuses_is_quoted(start: Start, words: str) -> None:
    """What a server module says is for a person, and never taken for WHMCS's own refusal before anything was done."""
    bench = await start(settings={"module_says": words})
    failed = await problem_of(bench.provider.commit(bench.call(TERMINATE), bench.materials))
    probed = await bench.provider.probe(bench.call(TERMINATE), bench.materials)

    assert failed.problem.category is Category.FAILED
    assert "cURL error 28" in failed.problem.message
    assert probed.standing is EffectStatus.NOT_DONE


async def test_a_service_without_a_module_cannot_be_terminated(start: Start) -> None:
    """WHMCS's own words; retrying does not help."""
    bench = await start(module=None)
    failed = await problem_of(bench.provider.commit(bench.call(TERMINATE), bench.materials))

    assert failed.problem.category is Category.INVALID
    assert "not assigned to a module" in failed.problem.message


async def test_a_terminated_service_is_never_brought_back(start: Start) -> None:
    """S4.7: the way back ends where the data is deleted, and says so."""
    bench = await start()
    await bench.capture(CONFIGURATION)
    await bench.change(SUSPEND)
    await bench.provider.commit(bench.call(TERMINATE), bench.materials)
    refused = await problem_of(bench.undo_all())

    assert refused.problem.category is Category.CONFLICT
    assert "S4.7" in refused.problem.suggestion


async def test_a_one_time_service_has_no_end_of_period(start: Start) -> None:
    """Only what is billed again has one."""
    bench = await start(cycle="One Time")
    facts = await bench.provider.facts(SERVICE)
    checked = await bench.provider.check(bench.call("whmcs.service.check-status"), bench.materials)

    assert facts.timings == (Timing.IMMEDIATE,)
    assert [finding.subject for finding in checked.findings if finding.blocking] == ["billing cycle"]


async def test_what_hangs_on_the_service_is_told_before_anybody_confirms(start: Start) -> None:
    """S1.3, S1.8, S4.9: invoices, the domain, and what is billed apart."""
    bench = await start(unpaid=True, addons=("Backups",))
    facts = await bench.provider.facts(SERVICE)
    subjects = {finding.subject for finding in facts.findings}

    assert {"invoice", "domain", "option"} <= subjects
    assert facts.options == ("Backups",)
    assert (facts.owner, facts.caller) == ("client 7", "Unrack")


async def test_an_invoice_after_the_end_blocks_the_proof(start: Start) -> None:
    """S4.9: a bill for what is gone is for billing, not for the archive."""
    bench = await start(unpaid=True, settings={"automatic": False}, pays=False)
    await bench.capture(CONFIGURATION)
    await bench.provider.commit(bench.call(TERMINATE), bench.materials)
    looked = await bench.provider.poll(bench.call(NO_INVOICE), bench.materials)

    assert not looked.reached
    assert [finding.blocking for finding in looked.findings] == [True]


async def test_a_missing_action_of_the_role_is_named(start: Start) -> None:
    """A role is mended by the exact action; what only reads is tried beforehand."""
    reads = ("GetAdminDetails", "GetClientsProducts", "GetClientsDomains", "GetClientsAddons", "GetInvoices")
    bench = await start(allowed=reads)
    denied = await problem_of(bench.provider.facts(SERVICE))
    failed = await problem_of(bench.provider.commit(bench.call(TERMINATE), bench.materials))

    assert denied.problem.missing_rights == ("api GetCancelledPackages",)
    assert failed.problem.missing_rights == ("api ModuleTerminate",)


async def test_an_unknown_service_is_not_found(start: Start) -> None:
    """WHMCS answers an empty list, which must not be taken for an ended service."""
    bench = await start()
    missing = await problem_of(bench.provider.facts(SERVICE.model_copy(update={"service": "4711"})))
    nonsense = await problem_of(bench.provider.facts(SERVICE.model_copy(update={"service": "example.org"})))

    assert missing.problem.category is Category.NOT_FOUND
    assert nonsense.problem.category is Category.INVALID
    assert "id=" in nonsense.problem.suggestion


async def test_the_daily_run_suspends_and_terminates_for_debt(start: Start) -> None:
    """S4.3, S4.4: a client that does not pay: suspended with the data intact, later terminated."""
    bench = await start(pays=False, due_in=timedelta(days=1))
    bench.simulator.set_clock(advance=timedelta(days=8))
    late = now_at(bench)
    bench.simulator.set_clock(advance=timedelta(days=30))

    assert (late.status, late.suspension_reason) == ("Suspended", "Overdue on Payment")
    assert now_at(bench).status == "Terminated"


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    """Dates would silently be of another day."""
    keys = {"identifier": SecretStr("x"), "secret": SecretStr("y")}
    with pytest.raises(ValidationError, match="no time zone"):
        WhmcsCredential.model_validate({"endpoint": "https://billing.example.com", "time_zone": zone, **keys})


def test_the_clock_is_a_moment_of_the_day_that_was_meant() -> None:
    """The first moment of a day in its zone."""
    keys = {"identifier": SecretStr("x"), "secret": SecretStr("y"), "time_zone": "Europe/Paris"}
    adapter = Whmcs(WhmcsCredential.model_validate({"endpoint": "https://billing.example.com", **keys}))

    assert adapter.api.moment(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)


NAMES = (
    ("münchen.example", "xn--mnchen-3ya.example"),
    ("xn--mnchen-3ya.example", "München.Example."),
    ("www.example.org", "example.org"),
    ("example.org", "www.example.org"),
    ("WWW.MÜNCHEN.example", "xn--mnchen-3ya.example"),
)


def _named(bench: Bench, of_service: str, of_domain: str) -> None:
    tables = bench.simulator.tables_for(whmcs.Tables)
    tables.services.change(tables.services[whmcs.SERVICE], domain=of_service)
    tables.domains.change(next(iter(tables.domains)), name=of_domain)


async def _checked(bench: Bench, action: str, done: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    call = bench.call(action, Case(action, timing=Timing.END_OF_TERM)).model_copy(update={"done": done})
    return (await bench.provider.check(call, bench.materials)).findings


def _renews(bench: Bench) -> bool:
    return not next(iter(bench.simulator.tables_for(whmcs.Tables).domains)).do_not_renew


@pytest.mark.parametrize(("of_service", "of_domain"), NAMES)
async def test_a_domain_is_found_in_whatever_form_its_name_is_written(
    start: Start, of_service: str, of_domain: str
) -> None:
    """S1.3, S1.7: people read one form, the registry has another; its renewal is stopped, and set as it was."""
    bench = await start()
    _named(bench, of_service, of_domain)
    facts = await bench.provider.facts(SERVICE)
    await bench.capture(CONFIGURATION)
    await bench.change(DOMAIN)
    assert not _renews(bench)
    await bench.undo_all()
    assert _renews(bench)
    assert any("renews by itself" in finding.text for finding in facts.findings if finding.subject == "domain")
    assert facts.nothing_for == {}


@pytest.mark.parametrize("of_service", ["another.example", "münchen.example", "shop.example.org", ""])
async def test_a_renewal_that_is_to_be_stopped_and_is_not_found_is_told(start: Start, of_service: str) -> None:
    """Never "nothing to set": the plan says that there is no such domain, and the step stops."""
    bench = await start()
    _named(bench, of_service, "example.org")
    facts = await bench.provider.facts(SERVICE)
    await bench.capture(CONFIGURATION)
    refused = await problem_of(bench.change(DOMAIN))
    checked = await _checked(bench, "whmcs.domain.check-renewal")
    assert of_service in facts.nothing_for[DOMAIN]
    assert any("no renewal can be turned off" in finding.text for finding in facts.findings)
    assert any("no renewal can be turned off" in finding.text for finding in checked)
    assert refused.problem.category is Category.CONFLICT
    assert "no renewal was stopped" in refused.problem.message
    assert _renews(bench)


async def test_a_domain_that_went_since_the_capture_is_told(start: Start) -> None:
    """It was moved to another client, or is called otherwise by now."""
    bench = await start()
    await bench.capture(CONFIGURATION)
    _named(bench, "example.org", "other.example")
    refused = await problem_of(bench.change(DOMAIN))
    assert "no domain example.org any more" in refused.problem.message


async def test_a_renewal_that_was_turned_on_again_blocks_the_last_check(start: Start) -> None:
    """Somebody needs the domain; a renewal that this run did not stop is nobody's sign."""
    bench = await start()
    await bench.capture(CONFIGURATION)
    await bench.change(REQUEST)
    await bench.change(DOMAIN)
    quiet = await _checked(bench, "whmcs.service.check-unchanged", done=(REQUEST, DOMAIN))
    tables = bench.simulator.tables_for(whmcs.Tables)
    tables.domains.change(next(iter(tables.domains)), do_not_renew=False)
    found = await _checked(bench, "whmcs.service.check-unchanged", done=(REQUEST, DOMAIN))
    others = await _checked(bench, "whmcs.service.check-unchanged", done=(REQUEST,))
    assert [finding.subject for finding in found if finding.blocking] == ["domain"]
    assert not any(finding.blocking for finding in (*quiet, *others))


async def test_a_service_that_is_suspended_has_nothing_for_a_scream_test(start: Start) -> None:
    """Nobody would notice; an active one has."""
    bench = await start(status="Suspended")
    assert "suspended already" in (await bench.provider.facts(SERVICE)).nothing_for["whmcs.service.suspend"]
