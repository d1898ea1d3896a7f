"""The actions of Email Pro and Exchange, where each account ends by itself, and of SMS, where a ticket asks."""

from unrack.contracts.action import ActionSpec, Right
from unrack.contracts.actions_ovhcloud_service import BILLING, each
from unrack.contracts.products_ovhcloud import EMAIL_PRO, EXCHANGE, SMS, OvhProduct
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind

_BOTH = frozenset({EMAIL_PRO.name, EXCHANGE.name})
_SMS = frozenset({SMS.name})
_READS = each(OvhProduct.reads_everything, _BOTH)
_TICKETS = (Right(method="GET", path="/support/tickets"), Right(method="GET", path="/support/tickets/*"))


def _put(below: str) -> tuple[Right, ...]:
    return each(lambda product: (product.right("PUT", below),), _BOTH)


ACCOUNT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.mail.schedule-termination",
        kind=StepKind.CHANGE,
        summary="Has every account end at its own expiry, and the service itself at its own.",
        rights=(*_READS, *_put("/account/*"), *_put("/serviceInfos")),
        undo_rights=(*_put("/account/*"), *_put("/serviceInfos")),
        undoable=True,
        needs_evidence=("configuration",),
        products=_BOTH,
        source="ovh-api: deleteAtExpiration of an account and of serviceInfos.renew; OVHcloud docs, emailpro",
    ),
    ActionSpec(
        name="ovhcloud.mail.capture-confirmation",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Reads back when the first account ends, and keeps OVHcloud's record of every account's end.",
        rights=(*_READS, *BILLING),
        evidence=(EvidenceWanted(type="provider-confirmation", title="OVHcloud's record of the planned ends"),),
        products=_BOTH,
        source="S2.9; ovh-api: expirationDate of an account",
    ),
    ActionSpec(
        name="ovhcloud.mail.check-still-planned",
        kind=StepKind.CHECK,
        summary="Every account and the service are still told to end at their expiry.",
        rights=_READS,
        products=_BOTH,
        source="ovh-api emailpro.json, email-exchange.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.await-accounts-gone",
        kind=StepKind.AWAIT,
        summary="Waits until no account is left.",
        rights=_READS,
        products=_BOTH,
        source="ovh-api emailpro.json, email-exchange.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.detach-domains",
        kind=StepKind.CHANGE,
        summary="Takes the mail domains off the service, so that they can be used elsewhere.",
        rights=(
            *_READS,
            *each(lambda product: (product.right("GET", "/task"), product.right("GET", "/task/*")), _BOTH),
            *each(lambda product: (product.right("DELETE", "/domain/*"),), _BOTH),
        ),
        products=_BOTH,
        source="OVHcloud docs, manage-billing-emailpro: accounts first, then the domain",
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
