"""The actions of OVHcloud's mail products: MX Plan, alone and inside a web hosting."""

from unrack.contracts.action import ActionSpec, Right
from unrack.contracts.actions_ovhcloud_service import BILLING, each
from unrack.contracts.products_ovhcloud import EMAIL_PRO, EXCHANGE, MX_PLAN, WEB_HOSTING, OvhProduct
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind

_IN_A_HOSTING = frozenset({WEB_HOSTING.name})
_OPTIONS = (WEB_HOSTING.right("GET", "/emailOption"), WEB_HOSTING.right("GET", "/emailOption/*"))
WITH_ACCOUNTS = frozenset({MX_PLAN.name, WEB_HOSTING.name, EMAIL_PRO.name, EXCHANGE.name})


def _accounts(product: OvhProduct) -> tuple[Right, ...]:
    """The rights to read every account; the mail of a hosting is read where MX Plan has it."""
    if product is not WEB_HOSTING:
        return product.reads_everything()
    there = (right.model_copy(update={"product": product.name}) for right in MX_PLAN.reads_everything())
    return (*_OPTIONS, *there)


MAIL_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.mail.capture-accounts",
        kind=StepKind.CAPTURE,
        summary="Keeps the list of all accounts, redirections, mailing lists and responders as a table.",
        rights=each(_accounts, WITH_ACCOUNTS),
        evidence=(EvidenceWanted(type="mail-accounts", title="Accounts, redirections, lists and responders"),),
        products=WITH_ACCOUNTS,
        source="S0.4; ovh-api email-domain.json",
    ),
    ActionSpec(
        name="ovhcloud.mail.ask-option-termination",
        kind=StepKind.COMMIT,
        summary="Asks for the end of each MX Plan in a web hosting: OVHcloud mails a link, which a person follows.",
        rights=(*_OPTIONS, *BILLING, WEB_HOSTING.right("POST", "/emailOption/*/terminate")),
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
)
