"""The actions for services that people state and cancel by hand. They know dates and the time; people do the rest."""

from unrack.contracts.action import ActionSpec
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind

STATED_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="stated.service.check-date",
        kind=StepKind.CHECK,
        summary="Reads the time, and says how far away the recorded effective date is.",
        source="DESIGN, rule 3: grace is over by a clock that was just read",
    ),
    ActionSpec(
        name="stated.service.record-effective-date",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Takes the date that a person read in the provider's confirmation as the run's effective date.",
        evidence=(EvidenceWanted(type="effective-date", title="The effective date, as a person read it"),),
        needs_fields=("effective-date",),
        source="S2.9: the confirmation gives the effective date",
    ),
    ActionSpec(
        name="stated.service.await-date",
        kind=StepKind.AWAIT,
        summary="Waits until the recorded effective date has come.",
    ),
)
