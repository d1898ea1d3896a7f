"""The actions of OVHcloud's mail products: MX Plan, alone and in a web hosting; Email Pro and Exchange."""

from unrack.contracts.action import ActionSpec, Right
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg
from unrack.providers.ovhcloud.products import EMAIL_PRO, EXCHANGE, MX_PLAN, WEB_HOSTING, OvhProduct
from unrack.providers.ovhcloud.specs.service import BILLING, each

_IN_A_HOSTING = frozenset({WEB_HOSTING.name})
_OPTIONS = (WEB_HOSTING.right("GET", "/emailOption"), WEB_HOSTING.right("GET", "/emailOption/*"))
_HOSTED = frozenset({EMAIL_PRO.name, EXCHANGE.name})
"""Products where each account ends by itself."""
_READS = each(OvhProduct.reads_everything, _HOSTED)
WITH_ACCOUNTS = frozenset({MX_PLAN.name, WEB_HOSTING.name, EMAIL_PRO.name, EXCHANGE.name})


def _accounts(product: OvhProduct) -> tuple[Right, ...]:
    """The rights to read every account; the mail of a hosting is read where MX Plan has it."""
    if product is not WEB_HOSTING:
        return product.reads_everything()
    there = (right.model_copy(update={"product": product.name}) for right in MX_PLAN.reads_everything())
    return (*_OPTIONS, *there)


def _put(below: str) -> tuple[Right, ...]:
    return each(lambda product: (product.right("PUT", below),), _HOSTED)


MAIL_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.mail.capture-accounts",
        kind=StepKind.CAPTURE,
        summary="Keeps the list of all accounts, redirections, mailing lists and responders as a table.",
        rights=each(_accounts, WITH_ACCOUNTS),
        evidence=(EvidenceWanted(type="mail-accounts", title=msg("Accounts, redirections, lists and responders")),),
        products=WITH_ACCOUNTS,
        source="S0.4; ovh-api email-domain.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.ask-option-termination",
        kind=StepKind.COMMIT,
        summary="Asks for the end of each MX Plan in a web hosting: OVHcloud mails a link, which a person follows.",
        rights=(*_OPTIONS, *BILLING, WEB_HOSTING.right("POST", "/emailOption/*/terminate")),
        reads_evidence=("configuration",),
        products=_IN_A_HOSTING,
        source="ovh-api webhosting.json; ovh/docs PR 7261: there is no call to confirm, only the mailed link",
    ),
    ActionSpec(
        name="ovhcloud.mail.await-options-gone",
        kind=StepKind.AWAIT,
        summary="Waits until the web hosting has no MX Plan any more.",
        rights=(*_OPTIONS, *BILLING),
        products=_IN_A_HOSTING,
        source="ovh-api webhosting.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.schedule-termination",
        kind=StepKind.CHANGE,
        summary="Has every account end at its own expiry, and the service itself at its own.",
        rights=(*_READS, *_put("/account/*"), *_put("/serviceInfos")),
        undo_rights=(*_put("/account/*"), *_put("/serviceInfos")),
        undoable=True,
        needs_evidence=("configuration",),
        products=_HOSTED,
        source="ovh-api: deleteAtExpiration of an account and of serviceInfos.renew; OVHcloud docs, emailpro",
    ),
    ActionSpec(
        name="ovhcloud.mail.capture-confirmation",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Reads back when the first account ends, and keeps OVHcloud's record of every account's end.",
        rights=(*_READS, *BILLING),
        evidence=(EvidenceWanted(type="provider-confirmation", title=msg("OVHcloud's record of the planned ends")),),
        products=_HOSTED,
        source="S2.9; ovh-api: expirationDate of an account",
    ),
    ActionSpec(
        name="ovhcloud.mail.check-still-planned",
        kind=StepKind.CHECK,
        summary="Every account and the service are still told to end at their expiry.",
        rights=_READS,
        products=_HOSTED,
        source="ovh-api emailpro.json, email-exchange.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.await-accounts-gone",
        kind=StepKind.AWAIT,
        summary="Waits until no account is left.",
        rights=_READS,
        products=_HOSTED,
        source="ovh-api emailpro.json, email-exchange.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.detach-domains",
        kind=StepKind.CHANGE,
        summary="Takes the mail domains off the service, so that they can be used elsewhere.",
        rights=(
            *_READS,
            *each(lambda product: (product.right("GET", "/task"), product.right("GET", "/task/*")), _HOSTED),
            *each(lambda product: (product.right("DELETE", "/domain/*"),), _HOSTED),
        ),
        products=_HOSTED,
        source="OVHcloud docs, manage-billing-emailpro: accounts first, then the domain",
    ),
)
