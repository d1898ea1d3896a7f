"""The actions that OVHcloud's products have in common. Each lists the exact rights, product by product."""

from collections.abc import Callable, Iterable

from unrack.contracts.action import ActionSpec, Right
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg
from unrack.providers.ovhcloud.products import (
    ANY_SERVICE,
    PRODUCTS,
    PUBLIC_CLOUD,
    SAVINGS_PLANS,
    Infos,
    OvhProduct,
)

CONNECT = frozenset(name for name in PRODUCTS if name.startswith("connect-"))
"""They have a configuration tree, hence actions of their own for keeping and comparing it."""
CONFIRMED = frozenset(name for name, product in PRODUCTS.items() if product.survey is not None) - CONNECT
"""Products that end at once when a mailed token is confirmed."""
OTHERS = frozenset(PRODUCTS) - CONNECT


def get(*paths: str) -> tuple[Right, ...]:
    """Rights to read, whatever the product."""
    return tuple(Right(method="GET", path=path) for path in paths)


def each(rights: Callable[[OvhProduct], Iterable[Right]], names: Iterable[str] = PRODUCTS) -> tuple[Right, ...]:
    """The rights of every product in `names`."""
    return tuple(right for name in sorted(names) for right in rights(PRODUCTS[name]))


def infos(product: OvhProduct) -> tuple[Right, ...]:
    """The rights to read the billing state, and nothing else."""
    if product.infos is Infos.NONE:
        return tuple(Right(method="GET", path=path, product=product.name) for path in ("/services", "/services/*"))
    return (product.right("GET", "/serviceInfos"),)


def _listing(product: OvhProduct) -> tuple[Right, ...]:
    collection = product.collection.replace("{}", "*")
    return (Right(method="GET", path=collection, product=product.name),) if collection else ()


def _ask(product: OvhProduct) -> tuple[Right, ...]:
    return (product.right("POST", "/terminate"),)


def _confirm(product: OvhProduct) -> tuple[Right, ...]:
    return (product.right("POST", product.confirm),)


BILLING = get("/services", "/services/*")
PUT_SERVICE = (Right(method="PUT", path="/services/*"),)
STATE = each(OvhProduct.reads)
SAVINGS = tuple(
    Right(method="GET", path=SAVINGS_PLANS.billed_at.replace("{}", "*"), product=product.name)
    for product in (PUBLIC_CLOUD, ANY_SERVICE)
)
_DOCUMENT = ("", "/*", "/*/details", "/*/details/*")
EVERYTHING = each(OvhProduct.reads_everything, OTHERS)

SERVICE_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.service.check-admin-contact",
        kind=StepKind.CHECK,
        summary="The caller is the service's admin contact: nobody else may cancel it.",
        rights=(*each(infos), *get("/me")),
        source="S0.3; OVHcloud docs, how-to-cancel",
    ),
    ActionSpec(
        name="ovhcloud.service.check-status",
        kind=StepKind.CHECK,
        summary="The service is active and its billing state allows a cancellation.",
        rights=(*STATE, *each(infos), *get("/services/*")),
        source="ovh-api, the product's state, service.StateEnum and pendingActions; iam.state: OVHcloud's API, 2026-08",
    ),
    ActionSpec(
        name="ovhcloud.service.check-debt",
        kind=StepKind.CHECK,
        summary="No open debt: it blocks every cancellation.",
        rights=get("/me/debtAccount"),
        source="ovh-api me.json",
    ),
    ActionSpec(
        name="ovhcloud.service.check-commitment",
        kind=StepKind.CHECK,
        summary="The minimum term, and the price of leaving before its end.",
        rights=(
            *each(infos),
            *get("/services/*/billing/engagement"),
            Right(method="POST", path="/services/*/billing/engagement/flush"),
        ),
        source="S2.2; ovh-api services.json, flush with dryRun prices the exit",
    ),
    ActionSpec(
        name="ovhcloud.service.check-billing-period",
        kind=StepKind.CHECK,
        summary="The billing period and its end.",
        rights=(*each(infos), *BILLING),
        source="S2.4",
    ),
    ActionSpec(
        name="ovhcloud.service.check-can-delete-at-expiration",
        kind=StepKind.CHECK,
        summary="The provider accepts an end at expiry for this service.",
        rights=each(infos),
        source="ovh-api: canDeleteAtExpiration",
    ),
    ActionSpec(
        name="ovhcloud.service.check-options",
        kind=StepKind.CHECK,
        summary="Options billed apart, which end or stay with the service, and Savings Plans that bind beyond its end.",
        rights=(*each(infos), *BILLING, *get("/services/*/options"), *SAVINGS),
        source="OVH /services description; savingsPlans: OVHcloud's API and Control Panel, 2026-08",
    ),
    ActionSpec(
        name="ovhcloud.service.check-unchanged",
        kind=StepKind.CHECK,
        summary="Just before the point of no return: the service is as the run left it.",
        rights=(*EVERYTHING, *BILLING, *get("/me/debtAccount")),
        needs_evidence=("configuration",),
        products=OTHERS,
        source="DESIGN, rule 3",
    ),
    ActionSpec(
        name="ovhcloud.service.capture-configuration",
        kind=StepKind.CAPTURE,
        summary="Keeps what the service is and what belongs to it, as evidence and to compare with.",
        rights=(*EVERYTHING, *BILLING),
        evidence=(EvidenceWanted(type="configuration", title=msg("Configuration before the run")),),
        products=OTHERS,
        source="S0.4",
    ),
    ActionSpec(
        name="ovhcloud.service.schedule-termination",
        kind=StepKind.CHANGE,
        summary="Schedules the end of the service at the end of its term or of its minimum term.",
        rights=(*each(infos), *BILLING, *PUT_SERVICE),
        undo_rights=PUT_SERVICE,
        undoable=True,
        source="S2.8; /services/{id} terminationPolicy, as the Control Panel does it",
    ),
    ActionSpec(
        name="ovhcloud.service.end-with-commitment",
        kind=StepKind.CHANGE,
        summary="Has the minimum term end the service, by the rule that stands for its end.",
        rights=(
            *each(infos),
            *BILLING,
            *get("/services/*/billing/engagement"),
            Right(method="PUT", path="/services/*/billing/engagement/endRule"),
        ),
        undo_rights=(Right(method="PUT", path="/services/*/billing/engagement/endRule"),),
        undoable=True,
        needs_evidence=("configuration",),
        products=OTHERS,
        source="ovh-api services.json: endRule, strategy CANCEL_SERVICE",
    ),
    ActionSpec(
        name="ovhcloud.service.stop-renewal",
        kind=StepKind.CHANGE,
        summary="Switches automatic renewal off, so that the service expires at its date.",
        rights=(*each(infos), *BILLING, *PUT_SERVICE),
        undo_rights=PUT_SERVICE,
        undoable=True,
        needs_evidence=("configuration",),
        products=OTHERS,
        source="ovh-api services.json: services.update.Service, renew.mode; facts: domain",
    ),
    ActionSpec(
        name="ovhcloud.service.capture-confirmation",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Reads the effective date back and keeps the provider's own record of it.",
        rights=(*BILLING, *each(infos)),
        evidence=(EvidenceWanted(type="provider-confirmation", title=msg("OVHcloud's record of the planned end")),),
        source="S2.9, S2.13",
    ),
    ActionSpec(
        name="ovhcloud.service.ask-termination",
        kind=StepKind.COMMIT,
        summary="Asks for immediate termination: OVHcloud mails a token to the account. Ends nothing by itself.",
        rights=(*STATE, *BILLING, *each(_ask, CONFIRMED)),
        products=CONFIRMED,
        source="S2.17; a second call may send a second mail",
    ),
    ActionSpec(
        name="ovhcloud.service.confirm-termination",
        kind=StepKind.COMMIT,
        summary="Confirms the immediate termination with the mailed token. Cannot be taken back.",
        rights=(*STATE, *BILLING, *each(_confirm, CONFIRMED)),
        parameters=frozenset({"reason", "future-use", "commentary"}),
        needs_fields=("token",),
        products=CONFIRMED,
        source="ovh-api: services.confirmTermination; MX Plan without futureUse, /services with the token only; S0.6",
    ),
    ActionSpec(
        name="ovhcloud.cloud.confirm-termination",
        kind=StepKind.COMMIT,
        summary="Confirms the end of the project with the mailed token: it is suspended, and deleted after a while.",
        rights=(PUBLIC_CLOUD.right("GET"), *BILLING, PUBLIC_CLOUD.right("POST", "/confirmTermination")),
        undo_rights=(PUBLIC_CLOUD.right("POST", "/retain"),),
        undoable=True,
        parameters=frozenset({"reason", "future-use", "commentary"}),
        needs_fields=("token",),
        products=frozenset({PUBLIC_CLOUD.name}),
        source="ovh-api cloud: confirmTermination; retain: 'Do not expire the project, and retain it'",
    ),
    ActionSpec(
        name="ovhcloud.service.answer-survey",
        kind=StepKind.COMMIT,
        summary="Answers the questions that OVHcloud asks of those who leave. Ends nothing.",
        rights=(
            *BILLING,
            *get("/services/*/form"),
            Right(method="POST", path="/services/*/form/*/answer"),
        ),
        parameters=frozenset({"reason", "future-use", "commentary"}),
        products=frozenset({ANY_SERVICE.name}),
        source="S0.6; ovh-api services.json: /services/{id}/form",
    ),
    ActionSpec(
        name="ovhcloud.service.await-end",
        kind=StepKind.AWAIT,
        summary="Waits until OVHcloud has ended the service.",
        rights=(*STATE, *BILLING),
    ),
    ActionSpec(
        name="ovhcloud.service.skip-retention",
        kind=StepKind.COMMIT,
        summary="Has OVHcloud release what it still retains of the ended service, where it retains anything.",
        rights=(*BILLING, Right(method="POST", path="/services/*/terminate/skipRetentionPeriod")),
        source="OVH /services description of 2026: releases resources at once",
    ),
    ActionSpec(
        name="ovhcloud.service.verify-gone",
        kind=StepKind.AWAIT,
        summary="The service is gone: no longer answered for, and not listed.",
        rights=(*each(_listing, OTHERS), *STATE, *BILLING),
        evidence=(EvidenceWanted(type="gone", title=msg("OVHcloud's answers for the ended service")),),
        products=OTHERS,
        source="S2.14",
    ),
    ActionSpec(
        name="ovhcloud.service.verify-billing-stopped",
        kind=StepKind.AWAIT,
        summary="Waits for the next bill and shows that no line for the service is dated after its end.",
        rights=get(*(f"/me/{kind}{below}" for kind in ("bill", "correctiveInvoice") for below in _DOCUMENT)),
        reads_evidence=("configuration",),
        evidence=(EvidenceWanted(type="bills", title=msg("Bills after the end, line by line")),),
        source="S2.15; bill lines name the service in `domain`; correctiveInvoice: OVHcloud's API, 2026-08",
    ),
)
