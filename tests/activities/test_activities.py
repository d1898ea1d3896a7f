"""What activities promise: they load, call, keep and tell; no secret and no large thing leaves them."""

import http.server
import inspect
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict
from temporalio.exceptions import ApplicationErrorCategory

from activities import _boundary
from tests.activities.conftest import Bench, Set, name_of
from tests.conformance.adapter import SERVICE
from unrack import simulator as sim
from unrack.contracts import activities as contracts
from unrack.contracts.calls import (
    AccessCall,
    CaptureResult,
    CompareCall,
    EffectStatus,
    EvidenceCall,
    FactsCall,
    Notice,
    NoticeKind,
    StepCall,
)
from unrack.contracts.installation_holds import HoldActivities
from unrack.contracts.verifying import VerifyActivities
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.providers.ovhcloud import checks
from unrack.simulator import Fault, FaultKind

CONFIRM = "connect.confirm-termination"


async def test_every_contract_is_registered_once(bench: Set) -> None:
    """What workflows call by an interface is what a worker registers, by the same names."""
    on = await bench()
    interfaces = [found for _, found in inspect.getmembers(contracts, inspect.isclass) if inspect.isabstract(found)]
    interfaces += [HoldActivities, VerifyActivities]
    members = [method for interface in interfaces for method in vars(interface).values() if inspect.isfunction(method)]

    assert sorted(map(name_of, members)) == sorted(map(name_of, on.activities()))
    assert len(members) == 20


async def _captured(on: Bench) -> CaptureResult:
    return await on.do("capture", on.call("connect.capture-configuration"))


async def _with_token(on: Bench) -> StepCall:
    """Termination asked for, and the token handed over."""
    await on.do("commit", on.call("connect.ask-termination", timing=Timing.IMMEDIATE))
    on.pass_time(minutes=5)
    token = on.run.simulator.mail()[-1].body.partition("&token=")[2].split()[0]
    reference = await on.store.hand_over(token)
    return on.call(CONFIRM, timing=Timing.IMMEDIATE, fields={"token": reference})


async def test_reading(bench: Set) -> None:
    """Facts, rights and checks travel as they are; nothing is touched."""
    on = await bench()
    facts = await on.do("read-facts", FactsCall(service=SERVICE))
    access = await on.do("check-access", AccessCall(provider="ovhcloud", account="default", actions=()))
    checked = await on.do("check", on.call("service.check-debt"))

    assert facts.active
    assert access.caller == sim.NICHANDLE
    assert checked.findings == ()
    assert on.run.simulator.ledger() == []


async def test_an_account_that_nobody_knows_is_an_answer(bench: Set) -> None:
    """`check-access` never fails: what is missing is the answer."""
    on = await bench()
    access = await on.do("check-access", AccessCall(provider="ovhcloud", account="acme", actions=()))

    assert access.problem.category is Category.DENIED
    assert "UNRACK_OVHCLOUD_ACME_" in access.problem.suggestion


async def test_what_is_captured_is_kept_and_compared(bench: Set) -> None:
    """S2.13: the history has the digest, the store the content, dated with the provider's clock."""
    on = await bench()
    on.run.simulator.set_clock(advance=timedelta(days=400))
    kept = await _captured(on)
    compared = await on.do("compare", CompareCall(run="x", service=SERVICE, before=kept.evidence[0]))

    assert kept.evidence[0].source == "provider:ovhcloud.connect.capture-configuration"
    assert abs(kept.evidence[0].taken_at - on.run.simulator.clock.now()) < timedelta(minutes=1)
    assert b'"pops"' in await on.store.get(kept.evidence[0])
    assert compared.differences == ()
    assert compared.evidence[0].type == "comparison"


async def test_waiting_for_the_provider_is_no_error(bench: Set) -> None:
    """NOT_YET: benign, with the pause that the provider's pace asks for, and memory in the heartbeat."""
    on = await bench()
    call = on.call("connect.remove-extras", evidence=(await _captured(on)).evidence)
    waiting = await on.fails("change", call)

    assert (waiting.type, waiting.non_retryable) == ("not-yet", False)
    assert waiting.category is ApplicationErrorCategory.BENIGN
    assert waiting.next_retry_delay == timedelta(seconds=30)
    assert on.heartbeats[-1][0][0].startswith("ovhCloudConnect/task/")


async def test_the_next_attempt_goes_on_from_what_was_remembered(bench: Set) -> None:
    """Heartbeat details carry the provider's task ids to the next attempt, and into the result."""
    on = await bench(pops=0, ports=1)
    call = on.call("connect.dissociate-vrack", evidence=(await _captured(on)).evidence)
    await on.fails("change", call)
    on.pass_time(minutes=10)
    result = await on.do("change", call, remembered=on.heartbeats[-1][0], attempt=2)
    undone = await on.fails("undo", call)

    assert not result.already
    assert result.references == tuple(on.heartbeats[0][0])
    assert undone.type == "not-yet"


async def test_a_long_attempt_shows_that_it_lives(bench: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats repeat what is remembered: Temporal keeps the last one only."""
    on = await bench()
    monkeypatch.setattr(_boundary, "_BEAT", timedelta(milliseconds=20))
    on.run.simulator.inject(Fault(kind=FaultKind.DELAY_BEFORE, method="GET", seconds=0.3))
    await on.do("check", on.call("service.check-debt"), remembered=("ovhCloudConnect/task/7",))

    assert len(on.heartbeats) > 3
    assert {tuple(details) for (details,) in on.heartbeats} == {("ovhCloudConnect/task/7",)}


async def test_a_refusal_is_final_and_an_outage_is_not(bench: Set) -> None:
    """Retrying follows from the category alone."""
    on = await bench()
    fault = Fault(kind=FaultKind.ERROR_BEFORE, method="GET", path="/ovhCloudConnect/*", status=403)
    on.run.simulator.inject(fault.model_copy(update={"error_code": "FORBIDDEN"}))
    denied = await on.fails("read-facts", FactsCall(service=SERVICE))
    on.run.simulator.inject(fault.model_copy(update={"status": 429, "retry_after": 9}))
    limited = await on.fails("read-facts", FactsCall(service=SERVICE))
    on.run.simulator.inject(fault.model_copy(update={"status": 503}))
    down = await on.fails("read-facts", FactsCall(service=SERVICE))

    assert [(each.type, each.non_retryable) for each in (denied, limited, down)] == [
        ("denied", True),
        ("rate-limited", False),
        ("unavailable", False),
    ]
    assert limited.next_retry_delay == timedelta(seconds=9)


async def test_a_bug_is_told_without_its_text(bench: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception may repeat anything: only its type crosses; reads may be retried."""
    on = await bench()

    def bug(_: object) -> None:
        raise RuntimeError("s3cr3t")

    monkeypatch.setattr(checks.findings, "debt", bug)
    failed = await on.fails("check", on.call("service.check-debt"))

    assert (failed.type, failed.non_retryable) == ("unexpected", False)
    assert "s3cr3t" not in str(failed.details[0]) + failed.message


async def test_altered_evidence_stops_a_change(bench: Set) -> None:
    """Nothing is removed by evidence that was altered."""
    on = await bench()
    evidence = (await _captured(on)).evidence
    broken = evidence[0].model_copy(update={"sha256": "0" * 64})
    failed = await on.fails("change", on.call("connect.remove-extras", evidence=(broken,)))

    assert failed.type == "not-found"
    assert on.run.simulator.ledger() == []


async def test_a_handed_over_token_is_used_and_forgotten(bench: Set) -> None:
    """DESIGN 7: the secret passes through the store only; after a certain success it is gone from there too."""
    on = await bench()
    call = await _with_token(on)
    token = await on.store.take(call.fields["token"])
    with structlog.testing.capture_logs() as logs:
        result = await on.do("commit", call)

    assert not result.already
    assert token not in result.model_dump_json() + str(logs) + str(on.heartbeats)
    assert (await on.fails("commit", call)).type == "invalid"


async def test_a_refused_token_is_forgotten(bench: Set) -> None:
    """OVHcloud does not take it: nobody uses it again, a retry asks the person for a new one."""
    on = await bench()
    call = (await _with_token(on)).model_copy(update={"fields": {"token": await on.store.hand_over("wrong")}})

    refused = await on.fails("commit", call)

    assert (refused.type, refused.non_retryable) == ("invalid", True)
    with pytest.raises(UnrackError, match="no secret is kept"):
        await on.store.take(call.fields["token"])


async def test_a_token_survives_what_was_surely_not_sent(bench: Set) -> None:
    """The next attempt needs it."""
    on = await bench()
    call = await _with_token(on)
    on.run.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, method="POST", status=429))

    assert (await on.fails("commit", call)).type == "rate-limited"
    assert await on.store.take(call.fields["token"])


async def test_evidence_is_read_before_it_counts(bench: Set) -> None:
    """What is not there and what was altered are told apart; both are named."""
    on = await bench()
    given = {"type": "loa", "media_type": "text/plain", "source": "person:ann", "taken_at": datetime.now(UTC)}
    whole, altered, lost = [await on.store.put(text, name=text.decode(), **given) for text in (b"one", b"two", b"six")]
    folder = Path(on.store.url.removeprefix("file://"))
    (folder / "sha256" / altered.sha256[:2] / altered.sha256[2:]).write_bytes(b"twa")
    (folder / "sha256" / lost.sha256[:2] / lost.sha256[2:]).unlink()

    found = await on.do("locate", EvidenceCall(run="r", step="s", evidence=(whole, altered, lost)))

    assert (found.missing, found.altered) == ((lost,), (altered,))


async def test_a_token_survives_an_unknown_outcome_and_goes_with_the_probe(bench: Set) -> None:
    """DESIGN 2: after no answer nothing is repeated; the probe tells, and only then the token is discarded."""
    on = await bench()
    call = await _with_token(on)
    on.run.simulator.inject(Fault(kind=FaultKind.CUT_AFTER, method="POST"))
    lost = await on.fails("commit", call)
    kept = await on.store.take(call.fields["token"])
    probed = await on.do("probe", call)
    gone = await on.fails("commit", call)

    assert (lost.type, lost.non_retryable) == ("unknown-outcome", True)
    assert kept
    assert probed.standing is EffectStatus.DONE
    assert gone.type == "invalid"
    assert [entry.path.rpartition("/")[2] for entry in on.run.simulator.ledger() if entry.took_effect] == [
        "terminate",
        "confirmTermination",
    ]


@pytest.mark.parametrize("reference", ["", "handover:" + "0" * 32, "the-token-itself"])
async def test_a_missing_token_asks_for_a_new_one(bench: Set, reference: str) -> None:
    """The person is told to hand it over anew; nothing was sent."""
    on = await bench()
    failed = await on.fails("commit", on.call(CONFIRM, fields={"token": reference}))

    assert (failed.type, failed.non_retryable) == ("invalid", True)
    assert "hand it over anew" in failed.details[0].suggestion
    assert on.run.simulator.ledger() == []


async def test_a_look_keeps_its_proof(bench: Set) -> None:
    """S2.14: what a look proves is kept."""
    on = await bench(expires_in="P1D", renews_automatically=False)
    before = await on.do("poll", on.call("connect.verify-gone"))
    on.pass_time(days=2)
    after = await on.do("poll", on.call("connect.verify-gone"))

    assert (before.reached, before.evidence) == (False, ())
    assert (after.reached, [ref.type for ref in after.evidence]) == (True, ["gone"])


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[bytes]]]:
    """A place that takes notices over HTTP: its address as apprise writes it, and what arrived."""
    arrived: list[bytes] = []

    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://127.0.0.1:{server.server_port}/", arrived
    server.shutdown()
    server.server_close()


APPRISE_LOADS_IMGHDR = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
NOTICE = Notice(run="ovhcloud-connect-direct/x", kind=NoticeKind.PARKED, title="Parked", text="Look", step="a.b")


@APPRISE_LOADS_IMGHDR
async def test_people_are_told(bench: Set, mailbox: tuple[str, list[bytes]]) -> None:
    """The notice arrives with the run and the step, and is logged."""
    on = await bench()
    on.notify, arrived = (mailbox[0],), mailbox[1]
    with structlog.testing.capture_logs() as logs:
        await on.do("notify", NOTICE)

    assert len(arrived) == 1
    assert b"ovhcloud-connect-direct/x" in arrived[0]
    assert [entry["event"] for entry in logs] == ["notice"]


@APPRISE_LOADS_IMGHDR
async def test_each_place_is_told_in_its_language(bench: Set, mailbox: tuple[str, list[bytes]]) -> None:
    """A place that is marked ``fr:`` reads French, the others the worker's language; the log has what was said."""
    on = await bench()
    arrived = mailbox[1]
    on.notify = (f"fr:{mailbox[0]}", mailbox[0])
    notice = NOTICE.model_copy(
        update={
            "title": msg("{step} is overdue", step="detach.remove-pops"),
            "text": "Remove the cable",
            "translations": {"fr": {"Remove the cable": "Retirez le câble"}},
        }
    )
    with structlog.testing.capture_logs() as logs:
        await on.do("notify", notice)

    told = sorted((json.loads(body)["title"], json.loads(body)["message"].split("\n")[0]) for body in arrived)
    assert told == [
        ("detach.remove-pops est en retard", "Retirez le câble"),
        ("detach.remove-pops is overdue", "Remove the cable"),
    ]
    assert [entry["title"] for entry in logs] == ["detach.remove-pops is overdue"]


@APPRISE_LOADS_IMGHDR
@pytest.mark.parametrize("place", ["json://127.0.0.1:1/s3cr3t", "nonsense://s3cr3t", "s3cr3t"])
async def test_nobody_to_be_reached_fails_nothing(bench: Set, place: str) -> None:
    """A place that does not answer, or is none, is logged without its address."""
    on = await bench()
    on.notify = (place,)
    with structlog.testing.capture_logs() as logs:
        await on.do("notify", NOTICE)

    assert [(entry["event"], entry.get("places")) for entry in logs] == [("notice", None), ("notice-not-sent", 1)]
    assert "s3cr3t" not in str(logs)


async def test_every_line_of_an_attempt_names_it(bench: Set) -> None:
    """Run, step, action and attempt stand on each line."""
    on = await bench()
    merged: list[EventDict] = []

    def collect(logger: object, method: str, event: EventDict) -> EventDict:
        merged.append(structlog.contextvars.merge_contextvars(logger, method, event))
        raise structlog.DropEvent

    structlog.configure(processors=[collect])
    try:
        await on.do("check", on.call("service.check-debt"), attempt=3)
    finally:
        structlog.reset_defaults()

    assert {(line["run"], line["step"], line["action"], line["attempt"]) for line in merged} == {
        ("ovhcloud-connect-direct/x", "detach.step", "ovhcloud.service.check-debt", 3)
    }
