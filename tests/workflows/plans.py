"""Small plans, made by hand, for tests of the workflow alone."""

from datetime import UTC, datetime, timedelta

from unrack.model.evidence import EvidenceWanted
from unrack.model.grace import Anchor, Grace
from unrack.model.lifecycle import Phase, StepKind, Timing
from unrack.model.plan import (
    Approval,
    FieldType,
    FormField,
    Plan,
    PlannedStep,
    ProviderEnd,
    TaskForm,
    Undo,
)
from unrack.model.request import Request, RequestedService
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef

CABLE = "handover.remove-cable"


def step(name: str, kind: StepKind, **more: object) -> PlannedStep:
    """A step by its id, with a timeout of an hour unless said otherwise."""
    phase, _, _ = name.partition(".")
    values = {
        "title": name,
        "timeout": timedelta(hours=1),
        "action": None if kind is StepKind.TASK else f"test.{name}",
    }
    return PlannedStep.model_validate({"id": name, "phase": Phase(phase), "kind": kind, **values, **more})


CABLE_FORM = TaskForm(
    instructions="Have the cable removed.",
    fields=(
        FormField(name="order-number", label="Order number"),
        FormField(name="removed-on", label="Removed on", type=FieldType.DATE),
        FormField(name="charged-until", label="Charged until", type=FieldType.DATE, not_before="removed-on"),
    ),
    evidence=(EvidenceWanted(type="confirmation", title="The operator's confirmation"),),
)

END_OF_TERM = (
    step("preflight.status", StepKind.CHECK),
    step("capture.configuration", StepKind.CAPTURE, evidence=(EvidenceWanted(type="configuration", title="before"),)),
    step("detach.pops", StepKind.CHANGE, undo=Undo(title="put the PoPs back")),
    step("detach.vrack", StepKind.CHANGE, undo=Undo(title="put it back into the vRack")),
    step("request.schedule", StepKind.CHANGE, undo=Undo(title="take the scheduled end back")),
    step("confirm.read-date", StepKind.CAPTURE),
    step(
        CABLE,
        StepKind.TASK,
        task=CABLE_FORM,
        timeout=timedelta(days=10),
        undo=Undo(title="have the cable put back", task=TaskForm(instructions="Have the cable put back.")),
        skippable=False,
    ),
    step("purge.unchanged", StepKind.CHECK),
    step("purge.end", StepKind.AWAIT, point_of_no_return=True, skippable=False, timeout=timedelta(days=5)),
    step("purge.release", StepKind.COMMIT),
    step("verify.gone", StepKind.AWAIT),
)

TOKEN_FORM = TaskForm(
    instructions="Paste the token.", fields=(FormField(name="token", label="Token", type=FieldType.HANDOVER),)
)

IMMEDIATE = (
    *END_OF_TERM[:4],
    END_OF_TERM[6],
    END_OF_TERM[7],
    step("purge.ask", StepKind.COMMIT),
    step("purge.token", StepKind.TASK, task=TOKEN_FORM),
    step("purge.confirm", StepKind.COMMIT, point_of_no_return=True, skippable=False),
    END_OF_TERM[10],
)


def plan(
    *,
    timing: Timing = Timing.END_OF_TERM,
    quorum: int = 0,
    service: str = "svc-1",
    shown: datetime | None = None,
    steps: tuple[PlannedStep, ...] | None = None,
) -> Plan:
    """A plan for `service`; `quorum` people must approve it."""
    ends_itself = timing is Timing.END_OF_TERM
    ref = ServiceRef(provider="test", product="thing", service=service)
    now = shown or datetime.now(UTC)
    facts = ServiceFacts(
        service=ref,
        title="Thing 1",
        state="active",
        active=True,
        billing_state="ok",
        owner="aa1-ovh",
        caller="aa1-ovh",
        configuration_digest="sha256:" + "0" * 64,
        clock=ProviderClock(read_at=now, shown=now),
    )
    return Plan(
        provider="test",
        product="thing",
        runbook="test-thing",
        runbook_version=1,
        runbook_digest="sha256:" + "1" * 64,
        runbook_title="Cancel a thing",
        request=Request(runbook="test-thing", service=RequestedService(id=service), reason="not needed"),
        timing=timing,
        facts=facts,
        service=ref,
        approval=Approval(quorum=quorum, timeout=timedelta(days=2)),
        grace=Grace(
            anchor=Anchor.EFFECTIVE_DATE if ends_itself else Anchor.GRACE_BEGIN,
            offset=timedelta(hours=-48) if ends_itself else timedelta(days=7),
            max_extension=timedelta(days=30),
        ),
        provider_end=ProviderEnd(step="request.schedule", last_call=timedelta(hours=24)) if ends_itself else None,
        steps=steps or (END_OF_TERM if ends_itself else IMMEDIATE),
    )


def of_its_own(made: Plan, name: str) -> Plan:
    """The same plan for a service that no other run has: `name` makes its id."""
    ref = made.service.model_copy(update={"service": f"{made.service.service}-{name}"})
    return made.model_copy(update={"service": ref, "facts": made.facts.model_copy(update={"service": ref})})
