"""The shipped runbook for OVHcloud Connect Direct, and its example requests."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from unrack.model.grace import Anchor
from unrack.model.lifecycle import Phase, StepKind, Timing
from unrack.model.plan import FieldType, Plan
from unrack.model.reliance import relying_on
from unrack.model.request import Request
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.catalogue import ACTIONS
from unrack.runbook import LoadedRunbook, check_request, check_runbooks, compile_plan, load_request

Facts = Callable[..., ServiceFacts]
ROOT = Path(__file__).resolve().parents[3]
SERVICE = "5f0c3a1e-7a54-4e0b-9a3f-2d1c6b8e9f10"

BEFORE = [
    "preflight.check-admin-contact",
    "preflight.check-status",
    "preflight.check-debt",
    "preflight.check-commitment",
    "preflight.check-billing-period",
    "preflight.check-can-delete-at-expiration",
    "preflight.check-options",
    "preflight.attest-moved",
    "capture.loa",
    "capture.configuration",
]
SCREAM = ["detach.lock-interfaces", "detach.watch-locked", "detach.unlock-interfaces"]
DETACH = ["detach.remove-extras", "detach.remove-datacenters", "detach.remove-pops", "detach.dissociate-vrack"]
HANDOVER = ["handover.remove-cross-connect", "handover.check-port-dark"]
AFTER = ["purge.skip-retention", "verify.verify-gone", "verify.check-routing", "verify.verify-billing-stopped"]
SCHEDULE = ["request.schedule-termination", "confirm.record-confirmation"]
TOKEN = ["purge.ask-termination", "purge.enter-token", "purge.confirm-termination", "purge.await-confirmed-end"]


def request(timing: Timing | None = None, **parameters: object) -> Request:
    return Request.model_validate(
        {
            "runbook": "ovhcloud-connect-direct",
            "service": {"id": SERVICE},
            "reason": "It is not used any more.",
            "timing": timing,
            "parameters": parameters,
        }
    )


@pytest.fixture
def plan(connect: LoadedRunbook, facts: Facts) -> Callable[..., Plan]:
    def plan(timing: Timing | None = None, **parameters: object) -> Plan:
        return compile_plan(connect, request(timing, **parameters), facts())

    return plan


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_end_of_term_is_the_default(plan: Callable[..., Plan]) -> None:
    """Without a word about timing the service ends with its term: scheduled, read back, awaited (S2.4, S2.8, S2.9)."""
    steps = [*BEFORE, *DETACH, *SCHEDULE, *HANDOVER, "purge.check-unchanged", "purge.await-end", *AFTER]

    assert plan().timing is Timing.END_OF_TERM
    assert ids(plan()) == steps


def test_a_minimum_term_is_waited_for(plan: Callable[..., Plan]) -> None:
    """While a minimum term runs the end can be planned for its end, like one at expiry (S2.2)."""
    before = [step for step in BEFORE if step != "preflight.check-can-delete-at-expiration"]
    planned = ["request.schedule-with-commitment", "confirm.record-end-of-commitment"]
    waited = [*HANDOVER, "purge.check-unchanged", "purge.await-end-of-commitment"]

    assert ids(plan(Timing.END_OF_COMMITMENT)) == [*before, *DETACH, *planned, *waited, *AFTER]


def test_immediate_asks_nothing_before_purge(plan: Callable[..., Plan]) -> None:
    """Asked for at once, the end is still asked of OVHcloud only in purge, with a token (S2.17)."""
    before = [step for step in BEFORE if step != "preflight.check-can-delete-at-expiration"]

    assert ids(plan(Timing.IMMEDIATE)) == [*before, *DETACH, *HANDOVER, "purge.check-unchanged", *TOKEN, *AFTER]
    assert plan(Timing.IMMEDIATE).in_phase(Phase.REQUEST) == ()


@pytest.mark.parametrize("timing", [Timing.END_OF_TERM, Timing.IMMEDIATE])
def test_scream_test_goes_before_everything_that_is_removed(plan: Callable[..., Plan], timing: Timing) -> None:
    """Ports are locked, watched for the time asked for, and unlocked, before the first removal (S2.1, S2.7)."""
    with_scream, without = plan(timing, **{"scream-test": "1d 12h"}), plan(timing)

    assert [step.id for step in with_scream.in_phase(Phase.DETACH)] == [*SCREAM, *DETACH]
    assert with_scream.step("detach.watch-locked").wait_for == timedelta(hours=36)
    assert [step for step in ids(with_scream) if step not in SCREAM] == ids(without)
    assert {line.split(":")[0] for line in without.left_out} >= set(SCREAM)


def test_what_is_left_out_says_why(plan: Callable[..., Plan]) -> None:
    """A reader of the plan sees every step of the runbook, done or left out with the reason."""
    assert plan().left_out == (
        "detach.lock-interfaces: only when scream-test is given",
        "detach.watch-locked: only when scream-test is given",
        "detach.unlock-interfaces: only when scream-test is given",
        "request.schedule-with-commitment: only when the timing is end-of-commitment",
        "confirm.record-end-of-commitment: only when the timing is end-of-commitment",
        "purge.await-end-of-commitment: only when the timing is end-of-commitment",
        "purge.ask-termination: only when the timing is immediate",
        "purge.enter-token: only when the timing is immediate",
        "purge.confirm-termination: only when the timing is immediate",
        "purge.await-confirmed-end: only when the timing is immediate",
    )


def test_detaching_goes_from_the_inside_out(plan: Callable[..., Plan]) -> None:
    """BGP, data centre, PoP, vRack: the API's order, and the step says how the document differs (S2.5, S2.6)."""
    steps = plan().in_phase(Phase.DETACH)

    assert [step.action for step in steps] == [
        "ovhcloud.connect.remove-extras",
        "ovhcloud.connect.remove-datacenters",
        "ovhcloud.connect.remove-pops",
        "ovhcloud.connect.dissociate-vrack",
    ]
    assert "The document removes the vRack association first" in steps[0].explain
    assert all(step.undo for step in steps)


def test_loa_is_captured_before_anything_closes(plan: Callable[..., Plan]) -> None:
    """The LOA is kept before the first change, and shown to who has the cable removed (S2.11, S2.13)."""
    plan_ = plan(Timing.IMMEDIATE, **{"scream-test": "24h"})
    first_change = next(index for index, step in enumerate(plan_.steps) if step.kind is StepKind.CHANGE)

    assert ids(plan_).index("capture.loa") < first_change
    task = plan_.step("handover.remove-cross-connect").task
    assert task is not None
    assert task.shows == ("loa",)


def test_point_of_no_return_per_timing(plan: Callable[..., Plan]) -> None:
    """At expiry it is the wait past the last call; at once it is the confirmed token, not the asking (S0.5, S2.17)."""
    assert [step.id for step in plan().steps if step.point_of_no_return] == ["purge.await-end"]
    assert [step.id for step in plan(Timing.END_OF_COMMITMENT).steps if step.point_of_no_return] == [
        "purge.await-end-of-commitment"
    ]
    assert [step.id for step in plan(Timing.IMMEDIATE).steps if step.point_of_no_return] == [
        "purge.confirm-termination"
    ]


def test_everything_before_purge_can_be_taken_back(plan: Callable[..., Plan]) -> None:
    """Every change before purge has an undo, or restores by itself (S0.7)."""
    for timing in (Timing.END_OF_TERM, Timing.END_OF_COMMITMENT, Timing.IMMEDIATE):
        changes = [step for step in plan(timing, **{"scream-test": "1h"}).steps if step.kind is StepKind.CHANGE]
        assert [step.id for step in changes if step.undo is None] == ["detach.unlock-interfaces"]


def test_cross_connect_task_wants_two_dates_and_proof(plan: Callable[..., Plan]) -> None:
    """Operator, order, removed-on, charged-until not before it, and the operator's confirmation (S2.10-S2.13)."""
    step = plan().step("handover.remove-cross-connect")
    assert step.task is not None
    fields = {field.name: field for field in step.task.fields}

    assert {name for name, field in fields.items() if field.required} == {
        "operator",
        "order-number",
        "removed-on",
        "charged-until",
    }
    assert fields["charged-until"].not_before == "removed-on"
    assert [wanted.type for wanted in step.task.evidence if wanted.required] == ["removal-confirmation"]
    assert not step.skippable
    assert step.undo is not None
    assert step.undo.task is not None
    assert [wanted.type for wanted in step.undo.task.evidence if wanted.required] == ["installation-confirmation"]


def test_light_is_held_against_the_removed_cable(plan: Callable[..., Plan]) -> None:
    """S2.12: looked for right after the task, and skipped by nobody who completed it; no text says it stops nothing."""
    made = plan()
    task, look = made.step("handover.remove-cross-connect"), made.step("handover.check-port-dark")

    assert made.steps.index(look) == made.steps.index(task) + 1
    assert (look.kind, look.action) == (StepKind.AWAIT, "ovhcloud.connect.await-port-dark")
    assert look.relies_on == (task.id,)
    assert look in relying_on(made, task.id)
    assert made.may_skip(look)
    assert "second person" in look.explain


def test_unlocking_after_a_scream_test_restores(plan: Callable[..., Plan]) -> None:
    """The one change that goes on under a hold: it gives the ports back."""
    made = plan(**{"scream-test": "24h"})
    assert [step.id for step in made.steps if step.restores] == ["detach.unlock-interfaces"]


def test_what_relies_on_the_captured_configuration_says_so(plan: Callable[..., Plan]) -> None:
    """Whatever is removed by it, and the check that holds the service against it."""
    made = plan()
    relying = [step.id for step in relying_on(made, "capture.configuration")]

    assert relying == [*DETACH, "purge.check-unchanged", "verify.check-routing"]


def test_attestation_is_signed_statement_by_statement(plan: Callable[..., Plan]) -> None:
    """Workloads moved, routing independent, removal prepared, and the names of who checked (S2.1, S2.3, S2.7)."""
    task = plan().step("preflight.attest-moved").task
    assert task is not None

    assert [field.name for field in task.fields if field.type is FieldType.YES] == [
        "workloads-moved",
        "routing-independent",
        "cross-connect-removal-known",
    ]
    assert {"network-checked-by", "workloads-checked-by"} <= {field.name for field in task.fields if field.required}


def test_token_is_handed_over_and_never_written(plan: Callable[..., Plan]) -> None:
    """The field for the mailed token takes a reference, not the secret (S2.17)."""
    task = plan(Timing.IMMEDIATE).step("purge.enter-token").task
    assert task is not None

    assert [(field.name, field.type) for field in task.fields] == [("token", FieldType.HANDOVER)]


def test_reason_reaches_the_provider_in_its_own_words(plan: Callable[..., Plan]) -> None:
    """OVHcloud wants a reason and the future use: defaults, or what the request chooses (S0.6, S2.8)."""
    chosen = plan(Timing.IMMEDIATE, **{"leaving-reason": "TOO_EXPENSIVE"}).step("purge.confirm-termination")

    assert chosen.parameters == {"reason": "TOO_EXPENSIVE", "future-use": "NOT_REPLACING_SERVICE"}


def test_grace_leaves_time_before_the_last_call(plan: Callable[..., Plan]) -> None:
    """At expiry grace ends before the provider's last call; at once it lasts seven days (S0.5, S0.7)."""
    term, immediate = plan(), plan(Timing.IMMEDIATE)

    assert term.grace.anchor is Anchor.EFFECTIVE_DATE
    assert term.provider_end is not None
    assert term.grace.offset < -term.provider_end.last_call == timedelta(hours=-24)
    assert term.provider_end.step == "request.schedule-termination"
    assert (immediate.grace.anchor, immediate.grace.offset) == (Anchor.GRACE_BEGIN, timedelta(days=7))
    assert immediate.provider_end is None


def test_losses_are_told_in_plain_words(plan: Callable[..., Plan]) -> None:
    """The plan says what is lost for good and what stays (S0.4, S2.1, S2.2)."""
    for timing in (Timing.END_OF_TERM, Timing.IMMEDIATE):
        assert any("traffic" in loss for loss in plan(timing).loses)
        assert any("vRack" in kept for kept in plan(timing).keeps)


def test_every_rule_of_the_document_is_cited(plan: Callable[..., Plan]) -> None:
    """Each rule S2.1 to S2.17 is kept by a step that says so."""
    cited = {
        rule for timing in (Timing.END_OF_TERM, Timing.IMMEDIATE) for step in plan(timing).steps for rule in step.rules
    }

    assert {f"S2.{number}" for number in range(1, 18)} <= cited
    assert {"S0.3", "S0.4", "S0.5", "S0.6", "S0.7"} <= cited


def test_every_action_of_the_product_is_used(plan: Callable[..., Plan]) -> None:
    """Every action the runbook names is in the catalogue, and the catalogue has none that this product forgot."""
    used = {
        step.action
        for timing in (Timing.END_OF_TERM, Timing.IMMEDIATE)
        for step in plan(timing, **{"scream-test": "1h"}).steps
        if step.action
    }

    assert used == {
        name
        for name, spec in ACTIONS.items()
        if spec.provider == "ovhcloud" and (not spec.products or "connect-direct" in spec.products)
    }


def test_two_people_approve(plan: Callable[..., Plan]) -> None:
    """The quorum is two, and people have time."""
    assert plan().approval.quorum == 2
    assert plan().approval.timeout == timedelta(days=14)


def test_instructions_are_written_for_people(plan: Callable[..., Plan]) -> None:
    """Every task has numbered instructions and says what to do when it cannot be done, or ends by completing it."""
    for timing in (Timing.END_OF_TERM, Timing.IMMEDIATE):
        for step in plan(timing).steps:
            if step.task is not None:
                assert re.match(r"1\. ", step.task.instructions), step.id
                assert "reject this task" in step.task.instructions, step.id


@pytest.mark.parametrize("name", ["ovhcloud-connect-direct", "ovhcloud-connect-direct-immediate"])
def test_examples_compile(connect: LoadedRunbook, facts: Facts, name: str) -> None:
    """Each example request fits the runbook and gives a plan that nothing blocks."""
    loaded = load_request(ROOT / "examples" / f"{name}.yaml")
    check_request(connect, loaded)

    service = ServiceRef(provider="ovhcloud", product="connect-direct", service=loaded.request.service.id)

    assert compile_plan(connect, loaded.request, facts(service=service)).blockers == ()


def test_shipped_runbooks_pass() -> None:
    """`unrack runbook check runbooks` finds nothing."""
    assert check_runbooks([ROOT / "runbooks"]) == []
