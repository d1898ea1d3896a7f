"""The actions of OVHcloud's telephony, whose end can be taken back until it is carried out, and of SMS by ticket."""

from unrack.contracts.action import ActionSpec, Right
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg
from unrack.providers.ovhcloud.products import SMS, TELEPHONY_GROUP, TELEPHONY_LINE, OvhProduct
from unrack.providers.ovhcloud.specs.service import BILLING, each

_SMS = frozenset({SMS.name})
_TICKETS = (Right(method="GET", path="/support/tickets"), Right(method="GET", path="/support/tickets/*"))
_BOTH = frozenset({TELEPHONY_GROUP.name, TELEPHONY_LINE.name})


def _pending(product: OvhProduct) -> tuple[Right, ...]:
    tasks = "/offerTask" if product is TELEPHONY_GROUP else "/task"
    return (product.right("GET"), product.right("GET", tasks), product.right("GET", f"{tasks}/*"))


_READS = each(_pending, _BOTH)

TELECOM_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.telephony.terminate",
        kind=StepKind.CHANGE,
        summary="Asks for the end of a group or line, with a reason. OVHcloud carries it out at its own date.",
        rights=(*_READS, *each(lambda product: (product.right("DELETE"),), _BOTH)),
        undo_rights=each(lambda product: (product.right("POST", "/cancelTermination"),), _BOTH),
        undoable=True,
        parameters=frozenset({"reason", "details"}),
        products=_BOTH,
        source="S0.6; ovh-api telephony.json: DELETE needs a reason, cancelTermination takes it back",
    ),
    ActionSpec(
        name="ovhcloud.telephony.check-still-planned",
        kind=StepKind.CHECK,
        summary="The end that was asked for still stands at OVHcloud.",
        rights=_READS,
        products=_BOTH,
        source="ovh-api telephony.json: offerTask and service task, action termination",
    ),
    ActionSpec(
        name="ovhcloud.telephony.capture-confirmation",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Reads the date on which OVHcloud will carry the end out, and keeps its record of it.",
        rights=(*_READS, *BILLING),
        evidence=(EvidenceWanted(type="provider-confirmation", title=msg("OVHcloud's record of the planned end")),),
        products=_BOTH,
        source="ovh-api telephony.json: offerTask.executionDate",
    ),
    ActionSpec(
        name="ovhcloud.sms.stop-recredit",
        kind=StepKind.CHANGE,
        summary="Switches off that credits are bought by themselves.",
        rights=(*SMS.reads(), SMS.right("PUT")),
        undo_rights=(SMS.right("PUT"),),
        undoable=True,
        needs_evidence=("configuration",),
        products=_SMS,
        source="ovh-api sms.json: automaticRecreditAmount",
    ),
    ActionSpec(
        name="ovhcloud.sms.ask-deletion",
        kind=StepKind.COMMIT,
        summary="Opens a ticket that asks OVHcloud's support to delete the SMS account.",
        rights=(*SMS.reads(), *_TICKETS, Right(method="POST", path="/support/tickets/create")),
        products=_SMS,
        source="S0.2; OVHcloud docs, how-to-cancel: no call ends SMS; ovh-api support.json",
    ),
)
