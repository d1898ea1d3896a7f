"""The actions for services that people state and cancel by hand. They know dates and the time; people do the rest."""

from unrack.contracts.action import ActionSpec
from unrack.contracts.id_form import IdForm, IdKind
from unrack.contracts.vendor import Vendor
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg

_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="stated.service.check-date",
        kind=StepKind.CHECK,
        reads_days=True,
        summary="Reads the time, and says how far away the recorded effective date is.",
        source="DESIGN, rule 3: grace is over by a clock that was just read",
    ),
    ActionSpec(
        name="stated.service.record-effective-date",
        kind=StepKind.CAPTURE,
        reads_days=True,
        reads_date=True,
        summary="Takes the date that a person read in the provider's confirmation as the run's effective date.",
        evidence=(EvidenceWanted(type="effective-date", title=msg("The effective date, as a person read it")),),
        needs_fields=("effective-date",),
        source="S2.9: the confirmation gives the effective date",
    ),
    ActionSpec(
        name="stated.service.await-date",
        kind=StepKind.AWAIT,
        reads_days=True,
        summary="Waits until the recorded effective date has come.",
    ),
)

VENDOR = Vendor(
    actions=_ACTIONS,
    credential="nothing: people act",
    shared=True,
    service_ids={"whc/domain": IdKind((IdForm.REGISTERED,), "it is a domain name")},
)
