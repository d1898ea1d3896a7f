"""What every provider's reads promise: they touch nothing, and they say what is."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.conformance.adapter import Adapter, adapted, problem_of
from tests.conformance.conftest import Open, Start
from unrack import simulator as sim
from unrack.contracts.calls import AccessCall, EffectStatus, StepCall
from unrack.model.errors import Category
from unrack.model.lifecycle import StepKind, Timing
from unrack.model.service import Amount, Finding, ServiceRef
from unrack.providers.base import Materials
from unrack.providers.catalogue import ACTIONS
from unrack.providers.ovhcloud.configuration import Configuration
from unrack.providers.ovhcloud.products import planning_rights
from unrack.simulator import AccessRule, Fault, FaultKind
from unrack.simulator.ovhcloud import billing, letter
from unrack.simulator.ovhcloud.scenario_events import happen
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OURS = {
    name: spec
    for name, spec in ACTIONS.items()
    if spec.provider == "ovhcloud" and (not spec.products or "connect-direct" in spec.products)
}
"""What OVHcloud Connect Direct uses; the other products have tests of their own."""
LOOKING = [name for name, spec in OURS.items() if spec.kind in (StepKind.CHECK, StepKind.CAPTURE, StepKind.AWAIT)]
COMMITTING = [name for name, spec in OURS.items() if spec.kind is StepKind.COMMIT]


def _method(on: Adapter, action: str) -> Callable[[StepCall, Materials], Awaitable[object]]:
    by_kind = {
        StepKind.CHECK: on.provider.check,
        StepKind.CAPTURE: on.provider.capture,
        StepKind.AWAIT: on.provider.poll,
        StepKind.COMMIT: on.provider.probe,
    }
    return by_kind[ACTIONS[action].kind]


async def _look(on: Adapter, action: str, **fields: object) -> object:
    call = on.call(action.removeprefix("ovhcloud."), effective_at=on.run.simulator.clock.now(), **fields)
    return await _method(on, action)(call, on.materials)


async def _blocking(on: Adapter, action: str, **fields: object) -> list[Finding]:
    result = await on.provider.check(on.call(action, **fields), on.materials)
    return [finding for finding in result.findings if finding.blocking]


@pytest.mark.parametrize("action", LOOKING + COMMITTING)
async def test_looking_touches_nothing(opened: Open, action: str) -> None:
    """DESIGN 8: no check, capture, look or probe adds to the provider's ledger."""
    on = await opened(expires_in="P30D", engaged_for="P90D", option=True)
    if action == "ovhcloud.service.capture-confirmation":
        await on.change("service.schedule-termination", timing=Timing.END_OF_COMMITMENT)
    calls = len(on.run.simulator.ledger())
    await _look(on, action)

    assert len(on.run.simulator.ledger()) == calls


async def test_facts_and_comparison_touch_nothing(opened: Open) -> None:
    """DESIGN 8, also where pricing the exit is a POST: with `dryRun` it buys nothing."""
    on = await opened(engaged_for="P90D")
    service = on.call("x.y").service
    await on.provider.facts(service)
    compared = await on.provider.compare(service, on.evidence["configuration"])

    assert compared.differences == ()
    assert on.run.simulator.ledger() == []


async def test_facts_of_a_service_that_can_be_cancelled(opened: Open) -> None:
    """Everything a plan is made from, in the provider's own words and dates (S2.2, S2.4)."""
    on = await opened(now=NOON, expires_in="P30D", option=True, pops=1)
    facts = await on.provider.facts(on.call("x.y").service)

    assert (facts.state, facts.active, facts.billing_state) == ("active", True, "ok")
    assert facts.owner == facts.caller == sim.NICHANDLE
    assert facts.expires_at == NOON + timedelta(days=30)
    assert (facts.renewal_period, facts.renews_automatically, facts.cancellation_planned) == ("P1M", True, False)
    assert facts.timings == (Timing.END_OF_TERM, Timing.IMMEDIATE)
    assert len(facts.options) == 1
    assert [d.kind for d in facts.dependants] == [
        *["bgp-session", "static-route"] * 2,
        *["datacenter"] * 2,
        "pop",
        "vrack",
    ]
    assert [finding for finding in facts.findings if finding.blocking] == []
    assert abs(facts.clock.shown - NOON) < timedelta(minutes=1)


async def test_facts_of_a_service_under_engagement(opened: Open) -> None:
    """S2.2: the minimum term, and what leaving early costs, tax included."""
    on = await opened(now=NOON, engaged_for="P90D", exit_fee=1200)
    facts = await on.provider.facts(on.call("x.y").service)

    assert facts.engaged_until == datetime(2026, 6, 8, tzinfo=UTC)
    assert facts.early_exit_fee == Amount(value="1440.0", currency="EUR")
    assert facts.timings == (Timing.END_OF_COMMITMENT,)


@pytest.mark.parametrize(
    ("timing", "blocks"),
    [(Timing.END_OF_TERM, True), (Timing.END_OF_COMMITMENT, False), (Timing.IMMEDIATE, False)],
)
async def test_a_minimum_term_stands_in_the_way_of_an_earlier_expiry(
    opened: Open, timing: Timing, blocks: bool
) -> None:
    """S2.2: an end at the next expiry would come before the minimum term's; every timing is told the price."""
    on = await opened(now=NOON, expires_in="P30D", engaged_for="P90D", exit_fee=1200)
    checked = await on.provider.check(on.call("service.check-commitment", timing=timing), on.materials)

    assert [finding.blocking for finding in checked.findings] == [blocks]
    assert "until 2026-06-08; leaving now costs 1440.0 EUR" in checked.findings[0].text


async def test_a_connection_of_the_other_offer_blocks_the_plan(opened: Open) -> None:
    """S2.18: what a partner delivers has a runbook of its own, and the other way round."""
    on = await opened(products=("connect-provider",))
    wrong = {"connect-direct": sim.PARTNER_SERVICE, "connect-provider": sim.DEMO_SERVICE}
    told: dict[str, list[str]] = {}
    for product, service in wrong.items():
        ref = ServiceRef(provider="ovhcloud", product=product, service=service)
        found = (await on.provider.facts(ref)).findings
        told[product] = [finding.text for finding in found if finding.subject == "product" and finding.blocking]

    assert ["Cancel both sides" in text for text in told["connect-direct"]] == [True]
    assert ["use the runbook of OVHcloud Connect Direct" in text for text in told["connect-provider"]] == [True]


async def test_what_is_no_pdf_is_not_kept_as_the_loa(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """S2.11: a login page in the place of the letter would be noticed only when the cable is to go."""
    on = await opened()
    monkeypatch.setattr(letter, "of", lambda *_: b"<html>Log in</html>")
    refused = await problem_of(on.provider.capture(on.call("connect.capture-loa"), on.materials))

    assert refused.problem.category is Category.FAILED
    assert "not a PDF" in refused.problem.message


async def test_a_price_that_may_not_be_asked_is_a_finding(opened: Open, start: Start) -> None:
    """A credential without the right to simulate the exit still reads facts; the plan says so."""
    rules = tuple(AccessRule(method=method, path="/*") for method in ("GET",))
    async with adapted(await start(engaged_for="P90D", rules=rules)) as on:
        facts = await on.provider.facts(on.call("x.y").service)

    assert facts.early_exit_fee is None
    assert "does not tell the price" in " ".join(finding.text for finding in facts.findings)


@pytest.mark.parametrize(
    ("seed", "subject"),
    [
        ({"admin_contact": "xy99999-ovh"}, "admin contact"),
        ({"debt": 120.5}, "debt"),
        ({"closed": True}, "status"),
    ],
)
async def test_what_blocks_a_run_is_in_the_facts(opened: Open, seed: dict[str, object], subject: str) -> None:
    """S0.3: not the admin contact, debt, not active: each blocks, and says what to do."""
    on = await opened(**seed)
    facts = await on.provider.facts(on.call("x.y").service)

    assert subject in [finding.subject for finding in facts.findings if finding.blocking]


async def test_a_planned_end_blocks_a_new_run(opened: Open) -> None:
    """Somebody else's plan is theirs to take back."""
    on = await opened()
    await on.change("service.schedule-termination")
    facts = await on.provider.facts(on.call("x.y").service)

    assert facts.cancellation_planned
    assert [finding.subject for finding in facts.findings if finding.blocking] == ["cancellation"]


async def test_a_limit_of_one_timing_does_not_block_the_others(opened: Open) -> None:
    """`canDeleteAtExpiration` is false: end-of-term is not offered, and the check blocks only when it was chosen."""
    on = await opened(can_delete_at_expiration=False)
    facts = await on.provider.facts(on.call("x.y").service)
    check = "service.check-can-delete-at-expiration"

    assert facts.timings == (Timing.IMMEDIATE,)
    assert [finding for finding in facts.findings if finding.blocking] == []
    assert len(await _blocking(on, check, timing=Timing.END_OF_TERM)) == 1
    assert await _blocking(on, check, timing=Timing.IMMEDIATE) == []


async def test_let_expire_is_offered_with_manual_renewal(opened: Open) -> None:
    """Manual renewal simply lets the service expire."""
    on = await opened(renews_automatically=False)

    assert Timing.LET_EXPIRE in (await on.provider.facts(on.call("x.y").service)).timings


async def test_the_configuration_digest_moves_with_the_configuration(opened: Open) -> None:
    """Facts that moved between plan and launch are noticed."""
    on = await opened()
    service = on.call("x.y").service
    first, second = await on.provider.facts(service), await on.provider.facts(service)
    await on.change("connect.remove-extras")
    third = await on.provider.facts(service)

    assert first.fingerprint() == second.fingerprint()
    assert first.configuration_digest != third.configuration_digest


@pytest.mark.parametrize("service", ["00000000-0000-4000-8000-000000000000", "../me", "a b"])
async def test_an_unknown_service_is_not_found(opened: Open, service: str) -> None:
    """Whatever was typed, it is asked for as one id, and the answer says what to check."""
    on = await opened()
    refused = await problem_of(on.provider.facts(on.call("x.y").service.model_copy(update={"service": service})))

    assert refused.problem.category is Category.NOT_FOUND
    assert refused.problem.suggestion


async def test_the_loa_is_kept_as_the_pdf_itself(opened: Open) -> None:
    """S2.11, S2.13: not its address, which dies with the service."""
    on = await opened()
    captured = await on.provider.capture(on.call("connect.capture-loa"), on.materials)

    assert [record.media_type for record in captured.records] == ["application/pdf"]
    assert captured.records[0].content.startswith(b"%PDF-")


async def test_the_confirmation_reads_the_effective_date_back(opened: Open) -> None:
    """S2.9: the date is the provider's; without a planned end there is nothing to confirm."""
    on = await opened(now=NOON, expires_in="P30D")
    call = on.call("service.capture-confirmation")
    refused = await problem_of(on.provider.capture(call, on.materials))
    await on.change("service.schedule-termination")
    captured = await on.provider.capture(call, on.materials)

    assert refused.problem.category is Category.CONFLICT
    assert captured.effective_at == NOON + timedelta(days=30)
    assert json.loads(captured.records[0].content)["services"]["billing"]["lifecycle"]["current"]["pendingActions"]


async def test_nothing_changed_before_the_point_of_no_return(opened: Open) -> None:
    """DESIGN 3: detached and planned as the run left it, the check passes."""
    on = await opened(now=NOON, expires_in="P30D")
    await on.detach()
    await on.change("service.schedule-termination")
    effective = NOON + timedelta(days=30)

    assert await _blocking(on, "connect.check-unchanged", effective_at=effective) == []


async def test_what_changed_before_the_point_of_no_return_blocks(opened: Open) -> None:
    """A new item, another owner, the plan taken back, the date moved: each stops the purge."""
    on = await opened(now=NOON, expires_in="P30D")
    before = Configuration.from_bytes(on.evidence["configuration"])
    changed = before.model_copy(update={"pops": (), "contact_admin": "xy99999-ovh"})
    on.evidence["configuration"] = changed.to_bytes()
    texts = [finding.subject for finding in await _blocking(on, "connect.check-unchanged")]
    await on.change("service.schedule-termination")
    moved = await _blocking(on, "connect.check-unchanged", effective_at=NOON + timedelta(days=60))

    assert texts == ["owner", "configuration", "planned end"]
    assert "moved" in moved[-1].text


async def test_a_service_that_ended_as_planned_does_not_surprise(opened: Open) -> None:
    """When the check comes after the effective date, that the service is gone is no news; before it, it is."""
    on = await opened(now=NOON, expires_in="P30D")
    await on.change("service.schedule-termination")
    on.run.pass_time(days=31)
    later, earlier = NOON + timedelta(days=40), NOON + timedelta(days=30)

    assert await _blocking(on, "connect.check-unchanged", effective_at=earlier) == []
    assert len(await _blocking(on, "connect.check-unchanged", effective_at=later)) == 1


CHANGES = {
    "light": sim.ScenarioEvent(service=sim.DEMO_SERVICE, light=True),
    "configuration": sim.ScenarioEvent(service=sim.DEMO_SERVICE, connect_to=sim.VRACK),
    "owner": sim.ScenarioEvent(service=sim.DEMO_SERVICE, admin_contact="xy99999-ovh"),
    "planned end": sim.ScenarioEvent(service=sim.DEMO_SERVICE, keep=True),
}
"""What others may do to a service in grace, by the subject under which the run shows it."""


@pytest.mark.parametrize("subject", CHANGES)
async def test_what_others_did_in_grace_blocks_the_purge_and_is_shown(opened: Open, subject: str) -> None:
    """Traffic, a new dependant, a new owner, the end taken back: parked with before and now; put right, it passes."""
    on = await opened(now=NOON, expires_in="P30D", ports=2)
    await on.change("service.schedule-termination")
    await on.detach()
    _happen(on, sim.ScenarioEvent(service=sim.DEMO_SERVICE, light=False))
    on.run.pass_time(days=1)
    known = {"effective_at": NOON + timedelta(days=30), "waiting_since": on.run.simulator.clock.now()}
    quiet = await _blocking(on, "connect.check-unchanged", **known)
    on.run.pass_time(days=5)

    _happen(on, CHANGES[subject])
    found = await _blocking(on, "connect.check-unchanged", **known)

    assert quiet == []
    assert {finding.subject for finding in found} == {subject}
    assert all(finding.before and finding.now and finding.before != finding.now for finding in found)
    assert len(found) == (2 if subject == "light" else 1), "one for each port"


async def _put_back(on: Adapter) -> None:
    """Another run's way back, or a person: the captured items are made again, in the same vRack."""
    for name in ("dissociate-vrack", "remove-pops", "remove-datacenters", "remove-extras"):
        await on.undo(f"connect.{name}")


async def test_the_same_vrack_put_back_blocks_the_last_check(opened: Open) -> None:
    """Not another one only: whoever put the service into it again uses it."""
    on = await opened(now=NOON)
    await on.detach()
    quiet = await _blocking(on, "connect.check-unchanged", timing=Timing.IMMEDIATE)
    await on.undo("connect.dissociate-vrack")
    found = await _blocking(on, "connect.check-unchanged", timing=Timing.IMMEDIATE)
    assert quiet == []
    assert [(each.subject, each.now) for each in found] == [("configuration", f"vrack/{_captured(on).vrack}")]


async def test_everything_put_back_as_it_was_blocks_the_last_check(opened: Open) -> None:
    """Item by item the same content, under new ids: it was removed by this run and has come back."""
    on = await opened(now=NOON)
    await on.detach()
    await _put_back(on)
    (found,) = await _blocking(on, "connect.check-unchanged", timing=Timing.IMMEDIATE)
    items = (found.now or "").split(", ")
    kinds = {item.split("/")[-2] for item in items}
    assert kinds == {"pop", "datacenter", "extra", "vrack"}


async def test_what_a_person_left_on_purpose_is_told_and_does_not_block(opened: Open) -> None:
    """Removals that were skipped: the captured items under the captured ids, in the vRack that was never left."""
    on = await opened(now=NOON)
    call = on.call("connect.check-unchanged", timing=Timing.IMMEDIATE)
    (told,) = [
        each for each in (await on.provider.check(call, on.materials)).findings if each.subject == "configuration"
    ]
    assert not told.blocking
    assert "goes with the service" in told.text


async def test_a_vrack_that_this_run_left_blocks_whatever_else_is_there(opened: Open) -> None:
    """Even while the removal of the PoPs was skipped."""
    on = await opened(now=NOON)
    left = ("ovhcloud.connect.dissociate-vrack",)
    found = await _blocking(on, "connect.check-unchanged", timing=Timing.IMMEDIATE, done=left)
    assert [each.now for each in found] == [f"vrack/{_captured(on).vrack}"]


def _captured(on: Adapter) -> Configuration:
    return Configuration.from_bytes(on.evidence["configuration"])


async def test_light_that_went_again_does_not_block(opened: Open) -> None:
    """Somebody plugged a cable in by mistake and pulled it out: the retry of the parked check passes."""
    on = await opened(now=NOON)
    await on.change("service.schedule-termination")
    known = {"waiting_since": on.run.simulator.clock.now()}
    for light in (False, True, False):
        on.run.pass_time(days=1)
        _happen(on, sim.ScenarioEvent(service=sim.DEMO_SERVICE, light=light))

    assert await _blocking(on, "connect.check-unchanged", **known) == []


async def test_light_that_never_went_is_told_and_does_not_block(opened: Open) -> None:
    """What was so when the handover ended did not change: the operator's word counts (S2.12)."""
    on = await opened(now=NOON, ports=1)
    await on.change("service.schedule-termination")
    on.run.pass_time(days=1)
    call = on.call("connect.check-unchanged", waiting_since=on.run.simulator.clock.now())

    found = (await on.provider.check(call, on.materials)).findings

    assert [(finding.subject, finding.blocking) for finding in found if finding.subject == "light"] == [
        ("light", False)
    ]


async def test_somebody_elses_plan_blocks_an_immediate_end(opened: Open) -> None:
    """A run that plans no end itself finds one: whoever planned it is asked first."""
    on = await opened(now=NOON)
    await on.change("service.schedule-termination")

    found = await _blocking(on, "connect.check-unchanged", timing=Timing.IMMEDIATE)

    assert [(finding.subject, finding.before) for finding in found] == [("planned end", "none")]


def _happen(on: Adapter, what: sim.ScenarioEvent) -> None:
    on.run.simulator.happen(lambda world, now: happen(world, what, now))


async def test_light_in_two_readings_speaks_against_a_removed_cable(opened: Open) -> None:
    """S2.12: one reading is read again ten minutes later; light then, too, blocks, with both times."""
    on = await opened(now=NOON)
    call = on.call("connect.await-port-dark")
    first = await on.provider.poll(call, on.materials)
    on.run.pass_time(minutes=9)
    soon = await on.provider.poll(call.model_copy(update={"seen": first.findings}), on.materials)
    on.run.pass_time(minutes=1)
    second = await on.provider.poll(call.model_copy(update={"seen": soon.findings}), on.materials)

    assert [(seen.reached, seen.findings[0].blocking) for seen in (first, soon, second)] == [
        (False, False),
        (False, False),
        (False, True),
    ]
    assert first.look_again_at == NOON + timedelta(minutes=10)
    assert "12:00" in second.findings[0].text
    assert "12:10" in second.findings[0].text


async def test_a_port_that_is_dark_in_one_of_two_readings_stops_nothing(opened: Open) -> None:
    """S2.12: pulled between the readings, or before the first one; of several ports each is judged by itself."""
    on = await opened(now=NOON, ports=2)
    call = on.call("connect.await-port-dark")
    first = await on.provider.poll(call, on.materials)
    _happen(on, sim.ScenarioEvent(service=sim.DEMO_SERVICE, light=False))
    on.run.pass_time(minutes=10)
    pulled = await on.provider.poll(call.model_copy(update={"seen": first.findings}), on.materials)
    dark = await on.provider.poll(call, on.materials)
    _happen(on, sim.ScenarioEvent(service=sim.DEMO_SERVICE, light=True))
    on.run.pass_time(minutes=10)
    lit = await on.provider.poll(call.model_copy(update={"seen": dark.findings}), on.materials)

    assert (first.reached, pulled.reached, dark.reached, lit.reached) == (False, True, True, True)
    assert not [finding for seen in (pulled, dark, lit) for finding in seen.findings if finding.blocking]


async def test_a_billing_period_is_told_in_words(opened: Open) -> None:
    """S2.4: how often it renews, as people say it."""
    on = await opened()
    result = await on.provider.check(on.call("service.check-billing-period"), on.materials)

    assert [finding.text.partition("; ")[2] for finding in result.findings] == ["renewal automatic, every month"]


async def test_the_end_is_awaited_until_the_provider_shows_it(opened: Open) -> None:
    """Before the date: not reached, and when to look again; after it: reached, with the provider's own date (S2.14)."""
    on = await opened(now=NOON, expires_in="P30D")
    await on.change("service.schedule-termination")
    end, call = NOON + timedelta(days=30), on.call("service.await-end")
    before = await on.provider.poll(call, on.materials)
    on.run.pass_time(days=31)
    after = await on.provider.poll(call, on.materials)
    gone = await on.provider.poll(on.call("connect.verify-gone"), on.materials)

    assert (before.reached, before.look_again_at, before.effective_at, before.findings) == (False, end, end, ())
    assert (after.reached, after.effective_at) == (True, end)
    assert gone.reached
    assert b"460" in gone.records[0].content


async def test_a_deleted_service_is_gone(opened: Open) -> None:
    """After its retention OVHcloud answers 404 and lists nothing."""
    on = await opened(now=NOON, expires_in="P30D")
    await on.change("service.schedule-termination")
    on.run.pass_time(days=80)
    gone = await on.provider.poll(on.call("connect.verify-gone"), on.materials)

    assert gone.reached
    assert json.loads(gone.records[0].content)["GET /services"] == "not listed"


async def test_a_plan_taken_back_elsewhere_stops_the_waiting(opened: Open) -> None:
    """What is awaited will not come: the step must park, not wait for ever."""
    on = await opened()
    seen = await on.provider.poll(on.call("service.await-end"), on.materials)

    assert not seen.reached
    assert [finding.blocking for finding in seen.findings] == [True]


async def test_a_living_service_is_not_gone(opened: Open) -> None:
    """A service that answers as active is not gone, and nothing is kept as proof."""
    on = await opened()
    seen = await on.provider.poll(on.call("connect.verify-gone"), on.materials)

    assert (seen.reached, seen.records) == (False, ())


async def test_billing_stopped_is_shown_by_the_next_bill(opened: Open) -> None:
    """S2.15: no bill after the end is no proof; the first one without a line for a later time is, line by line."""
    on = await opened(now=NOON, expires_in="P30D", next_bill_in="P7D")
    await on.change("service.schedule-termination")
    end = NOON + timedelta(days=30)
    on.run.pass_time(days=30, minutes=1)
    call = on.call("service.verify-billing-stopped", effective_at=end)
    early = await on.provider.poll(call, on.materials)
    on.run.pass_time(days=31)
    late = await on.provider.poll(call, on.materials)

    assert (early.reached, early.records) == (False, ())
    assert late.reached
    assert json.loads(late.records[0].content)["bills"]


async def test_a_line_for_a_time_after_the_end_blocks(opened: Open) -> None:
    """S2.15: a service that is still billed is found, and the line is named."""
    on = await opened(now=NOON, expires_in="P30D", next_bill_in="P7D")
    on.run.pass_time(days=20)
    call = on.call("service.verify-billing-stopped", effective_at=NOON)
    seen = await on.provider.poll(call, on.materials)

    assert not seen.reached
    assert any(finding.blocking and "after the end" in finding.text for finding in seen.findings)


async def test_a_renewal_that_was_billed_before_the_end_is_credited(opened: Open) -> None:
    """S2.15: it blocks, though no bill after the end names the service, until lines give it back."""
    on = await opened(now=NOON, expires_in="P30D", next_bill_in="P7D")
    await on.change("service.schedule-termination")
    end = NOON + timedelta(days=30)
    on.run.pass_time(days=20)
    _bill(on, 120.0, end)
    on.run.pass_time(days=42)
    call = on.call("service.verify-billing-stopped", effective_at=end)
    charged = await on.provider.poll(call, on.materials)
    _bill(on, -120.0, end)
    credited = await on.provider.poll(call, on.materials)

    assert (charged.reached, credited.reached) == (False, True)
    assert [finding.text.count("Ask OVHcloud's billing") for finding in charged.findings if finding.blocking] == [1]


def _bill(on: Adapter, price: float, since: datetime) -> None:
    """OVHcloud bills, or gives back, a month of the service that begins at `since`; the service may be gone."""

    def issue(world: World, now: datetime) -> None:
        tables = world.tables_for(Tables)
        service = next(iter(tables.services)).model_copy(update={"name": sim.DEMO_SERVICE})
        line = (service, "OVHcloud Connect, 1 month", price, since, since + timedelta(days=30))
        billing.issue(tables, service.account, now, [line])

    on.run.simulator.happen(issue)


async def test_no_date_of_the_end_no_judgement(opened: Open) -> None:
    """Bills cannot be judged without the date of the end."""
    on = await opened()
    refused = await problem_of(on.provider.poll(on.call("service.verify-billing-stopped"), on.materials))

    assert refused.problem.category is Category.INVALID


async def test_probes_tell_a_living_service_from_an_ended_one(opened: Open) -> None:
    """DESIGN 2: what the provider's state tells of each irreversible call."""
    on = await opened(now=NOON, expires_in="P30D")

    async def standings() -> list[EffectStatus]:
        return [
            (await on.provider.probe(on.call(name.removeprefix("ovhcloud.")), on.materials)).standing
            for name in COMMITTING
        ]

    living = await standings()
    await on.change("service.schedule-termination")
    on.run.pass_time(days=31)
    retained = await standings()
    on.run.pass_time(days=60)
    gone = await standings()

    assert living == [EffectStatus.UNKNOWN, EffectStatus.NOT_DONE, EffectStatus.UNKNOWN]
    assert retained == [EffectStatus.DONE, EffectStatus.DONE, EffectStatus.NOT_DONE]
    assert gone == [EffectStatus.DONE] * 3


async def test_an_answer_that_lies_is_not_believed(opened: Open) -> None:
    """A 200 whose body is an error is a problem that is tried again, never an empty service."""
    on = await opened()
    on.run.simulator.inject(Fault(kind=FaultKind.LYING_OK, method="GET", path="*/config/pop"))
    refused = await problem_of(on.change("connect.remove-extras"))

    assert refused.problem.category is Category.UNAVAILABLE
    assert refused.problem.reference.startswith("X-OVH-QUERYID ")


@pytest.mark.parametrize("action", list(OURS))
async def test_the_listed_rights_are_enough_for_an_action(opened: Open, action: str) -> None:
    """A credential that has what the catalogue lists for an action, and nothing else, lacks nothing for it."""
    on = await opened(pops=0 if action.endswith("vrack") else 1)
    spec = ACTIONS[action]
    rights = spec.rights_for("connect-direct")
    rules = [AccessRule.model_validate(right.model_dump(exclude={"product"})) for right in rights]
    tables = on.run.simulator._provider.world.tables_for(Tables)
    for credential in tables.credentials:
        tables.credentials.change(credential, rules=tuple(rules))
    asked = AccessCall(provider="ovhcloud", account="default", actions=(action,), products=("connect-direct",))
    access = await on.provider.access(asked)
    planning = {f"{right.method} {right.path}" for right in planning_rights("connect-direct")}
    assert set(access.missing) <= planning

    if spec.kind is StepKind.CHANGE:
        timing = {"timing": Timing.END_OF_TERM}
        await on.change(action.removeprefix("ovhcloud."), **timing)
        if spec.undoable:
            await on.undo(action.removeprefix("ovhcloud."), **timing)
    elif action == "ovhcloud.service.capture-confirmation":
        assert (await problem_of(_look(on, action))).problem.category is Category.CONFLICT
    else:
        await _look(on, action)


async def test_missing_rights_are_named_one_by_one(start: Start) -> None:
    """`unrack doctor` says exactly what the credential lacks."""
    rules = tuple(
        AccessRule.model_validate(rule)
        for rule in ({"method": "GET", "path": "/*"}, {"method": "DELETE", "path": "/ovhCloudConnect/*"})
    )
    async with adapted(await start(rules=rules)) as on:
        asked = AccessCall(provider="ovhcloud", account="default", actions=tuple(OURS))
        access = await on.provider.access(asked)

    assert access.caller == sim.NICHANDLE
    assert access.problem is None
    assert "PUT /services/*" in access.missing
    assert "POST /ovhCloudConnect/*/terminate" in access.missing
    assert not any(right.startswith(("GET", "DELETE /ovhCloudConnect")) for right in access.missing)


@pytest.mark.parametrize("left", [timedelta(hours=20), None])
async def test_the_end_of_a_consumer_key_is_told(start: Start, left: timedelta | None) -> None:
    """Whoever validates a key says how long it lasts; one without an end has none."""
    on_simulator = await start(key_expires_in=left)
    async with adapted(on_simulator) as on:
        end = await on.provider.credential_end()

    if left is None:
        assert end is None
    else:
        assert end is not None
        assert end.at is not None
        assert end.is_near(datetime.now(UTC))


@pytest.mark.parametrize("field", ["application_key", "application_secret", "consumer_key"])
async def test_a_wrong_credential_is_a_problem_not_an_exception(start: Start, field: str) -> None:
    """The answer names what is wrong, and repeats no secret."""
    async with adapted(await start(), **{field: "wrong-Secret-000"}) as on:
        access = await on.provider.access(AccessCall(provider="ovhcloud", account="default", actions=()))

    assert access.problem is not None
    assert access.problem.category is Category.DENIED
    assert "wrong-Secret-000" not in access.model_dump_json()
    assert sim.APPLICATION_SECRET not in access.model_dump_json()


async def test_nobody_listening_is_unavailable(start: Start) -> None:
    """An endpoint where nobody listens: certainly nothing was sent."""
    async with adapted(await start(), endpoint="http://127.0.0.1:1/1.0") as on:
        refused = await problem_of(on.provider.facts(on.call("x.y").service))

    assert refused.problem.category is Category.UNAVAILABLE
