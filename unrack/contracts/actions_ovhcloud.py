"""The actions of OVHcloud. Endpoints: ovh-api (`ovhcloudconnect`, `vrack`, `me`) and OVH's `/services` description."""

from unrack.contracts.action import ActionSpec, Right
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind

_OCC = "/ovhCloudConnect/*"
_POP = f"{_OCC}/config/pop"
_DC = f"{_POP}/*/datacenter"
_EXTRA = f"{_DC}/*/extra"


def _get(*paths: str) -> tuple[Right, ...]:
    return tuple(Right(method="GET", path=path) for path in paths)


def _call(method: str, path: str) -> tuple[Right, ...]:
    return (Right(method=method, path=path),)


_TASKS = _get(f"{_OCC}/task", f"{_OCC}/task/*")
_TREE = _get(_POP, f"{_POP}/*", _DC, f"{_DC}/*", _EXTRA, f"{_EXTRA}/*")
_BILLING = _get("/services", "/services/*")

OVHCLOUD_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.service.check-admin-contact",
        kind=StepKind.CHECK,
        summary="The caller is the service's admin contact: nobody else may cancel it.",
        rights=_get(f"{_OCC}/serviceInfos", "/me"),
        source="S0.3; OVHcloud docs, how-to-cancel",
    ),
    ActionSpec(
        name="ovhcloud.service.check-status",
        kind=StepKind.CHECK,
        summary="The service is active and its billing state allows a cancellation.",
        rights=_get(_OCC, f"{_OCC}/serviceInfos"),
        source="ovh-api ovhcloudconnect.json",
    ),
    ActionSpec(
        name="ovhcloud.service.check-debt",
        kind=StepKind.CHECK,
        summary="No open debt: it blocks every cancellation.",
        rights=_get("/me/debtAccount"),
        source="ovh-api me.json",
    ),
    ActionSpec(
        name="ovhcloud.service.check-commitment",
        kind=StepKind.CHECK,
        summary="The minimum term, and the price of leaving before its end.",
        rights=(
            *_get(f"{_OCC}/serviceInfos", "/services/*/billing/engagement"),
            Right(method="POST", path="/services/*/billing/engagement/flush"),
        ),
        source="S2.2; ovh-api services.json, flush with dryRun prices the exit",
    ),
    ActionSpec(
        name="ovhcloud.service.check-billing-period",
        kind=StepKind.CHECK,
        summary="The billing period and its end.",
        rights=(*_get(f"{_OCC}/serviceInfos"), *_BILLING),
        source="S2.4",
    ),
    ActionSpec(
        name="ovhcloud.service.check-can-delete-at-expiration",
        kind=StepKind.CHECK,
        summary="The provider accepts an end at expiry for this service.",
        rights=_get(f"{_OCC}/serviceInfos"),
        source="ovh-api: canDeleteAtExpiration",
    ),
    ActionSpec(
        name="ovhcloud.service.check-options",
        kind=StepKind.CHECK,
        summary="Options billed apart, which end or stay with the service.",
        rights=_get(f"{_OCC}/serviceInfos", "/services/*/options"),
        source="OVH /services description",
    ),
    ActionSpec(
        name="ovhcloud.connect.check-unchanged",
        kind=StepKind.CHECK,
        summary="Just before the point of no return: the service is as the run left it.",
        rights=(*_get(_OCC, f"{_OCC}/serviceInfos"), *_TREE, *_BILLING),
        needs_evidence=("configuration",),
        source="DESIGN, rule 3",
    ),
    ActionSpec(
        name="ovhcloud.connect.check-port-dark",
        kind=StepKind.CHECK,
        summary="Whether light still arrives at the port. A hint, not a proof.",
        rights=_get(f"{_OCC}/interface", f"{_OCC}/interface/*"),
        source="OVHcloud docs, troubleshooting: sampled every 5 min",
    ),
    ActionSpec(
        name="ovhcloud.connect.capture-loa",
        kind=StepKind.CAPTURE,
        summary="Fetches the letter of authority while the service still gives one.",
        rights=_call("POST", f"{_OCC}/loa"),
        evidence=(EvidenceWanted(type="loa", title="Letter of authority from OVHcloud"),),
        source="S2.11, S2.13; ovh-api: /loa answers with the address of a PDF",
    ),
    ActionSpec(
        name="ovhcloud.connect.capture-configuration",
        kind=StepKind.CAPTURE,
        summary="Keeps the whole configuration, so that reactivation can restore it.",
        rights=(*_get(_OCC, f"{_OCC}/serviceInfos", f"{_OCC}/interface", f"{_OCC}/interface/*"), *_TREE, *_BILLING),
        evidence=(EvidenceWanted(type="configuration", title="Configuration before the run"),),
    ),
    ActionSpec(
        name="ovhcloud.connect.lock-interfaces",
        kind=StepKind.CHANGE,
        summary="Locks the ports: traffic stops, nothing is lost (scream test).",
        rights=(
            *_get(f"{_OCC}/interface", f"{_OCC}/interface/*"),
            *_TASKS,
            *_call("POST", f"{_OCC}/interface/*/lock"),
        ),
        undo_rights=_call("POST", f"{_OCC}/interface/*/unlock"),
        undoable=True,
        needs_evidence=("configuration",),
        source="ovh-api: /interface/{id}/lock",
    ),
    ActionSpec(
        name="ovhcloud.connect.unlock-interfaces",
        kind=StepKind.CHANGE,
        summary="Unlocks the ports that the scream test locked.",
        rights=(
            *_get(f"{_OCC}/interface", f"{_OCC}/interface/*"),
            *_TASKS,
            *_call("POST", f"{_OCC}/interface/*/unlock"),
        ),
        needs_evidence=("configuration",),
        source="ovh-api: /interface/{id}/unlock",
    ),
    ActionSpec(
        name="ovhcloud.connect.remove-extras",
        kind=StepKind.CHANGE,
        summary="Deletes BGP sessions and static routes.",
        rights=(*_TREE, *_TASKS, *_call("DELETE", f"{_EXTRA}/*")),
        undo_rights=_call("POST", _EXTRA),
        undoable=True,
        needs_evidence=("configuration",),
        source="S2.6; ovh-api",
    ),
    ActionSpec(
        name="ovhcloud.connect.remove-datacenters",
        kind=StepKind.CHANGE,
        summary="Deletes the data-centre configurations.",
        rights=(*_TREE, *_TASKS, *_call("DELETE", f"{_DC}/*")),
        undo_rights=(*_call("POST", _DC), *_call("POST", _EXTRA)),
        undoable=True,
        needs_evidence=("configuration",),
        source="S2.6; ovh-api",
    ),
    ActionSpec(
        name="ovhcloud.connect.remove-pops",
        kind=StepKind.CHANGE,
        summary="Deletes the point-of-presence configurations.",
        rights=(*_TREE, *_TASKS, *_call("DELETE", f"{_POP}/*")),
        undo_rights=(*_call("POST", _POP), *_call("POST", _DC), *_call("POST", _EXTRA)),
        undoable=True,
        needs_evidence=("configuration",),
        source="S2.6; ovh-api",
    ),
    ActionSpec(
        name="ovhcloud.connect.dissociate-vrack",
        kind=StepKind.CHANGE,
        summary="Takes the service out of its vRack.",
        rights=(
            *_get(_OCC, "/vrack/*/ovhCloudConnect", "/vrack/*/task", "/vrack/*/task/*"),
            *_call("DELETE", "/vrack/*/ovhCloudConnect/*"),
        ),
        undo_rights=_call("POST", "/vrack/*/ovhCloudConnect"),
        undoable=True,
        needs_evidence=("configuration",),
        source="S2.5; ovh-api vrack.json; a finished vRack task answers 404",
    ),
    ActionSpec(
        name="ovhcloud.service.schedule-termination",
        kind=StepKind.CHANGE,
        summary="Schedules the end of the service at the end of its term.",
        rights=(*_get(f"{_OCC}/serviceInfos"), *_BILLING, *_call("PUT", "/services/*")),
        undo_rights=_call("PUT", "/services/*"),
        undoable=True,
        source="S2.8; /services/{id} terminationPolicy, as the Control Panel does it",
    ),
    ActionSpec(
        name="ovhcloud.service.capture-confirmation",
        kind=StepKind.CAPTURE,
        summary="Reads the effective date back and keeps the provider's own record of it.",
        rights=(*_BILLING, *_get(f"{_OCC}/serviceInfos")),
        evidence=(EvidenceWanted(type="provider-confirmation", title="OVHcloud's record of the planned end"),),
        source="S2.9, S2.13",
    ),
    ActionSpec(
        name="ovhcloud.connect.ask-termination",
        kind=StepKind.COMMIT,
        summary="Asks for immediate termination: OVHcloud mails a token to the account. Ends nothing by itself.",
        rights=(*_get(_OCC), *_BILLING, *_call("POST", f"{_OCC}/terminate")),
        source="S2.17; a second call may send a second mail",
    ),
    ActionSpec(
        name="ovhcloud.connect.confirm-termination",
        kind=StepKind.COMMIT,
        summary="Confirms the immediate termination with the mailed token. Cannot be taken back.",
        rights=(*_get(_OCC), *_BILLING, *_call("POST", f"{_OCC}/confirmTermination")),
        parameters=frozenset({"reason", "future-use", "commentary"}),
        needs_fields=("token",),
        source="ovh-api: confirmTermination; S0.6",
    ),
    ActionSpec(
        name="ovhcloud.service.await-end",
        kind=StepKind.AWAIT,
        summary="Waits until OVHcloud has ended the service.",
        rights=(*_get(_OCC), *_BILLING),
    ),
    ActionSpec(
        name="ovhcloud.service.skip-retention",
        kind=StepKind.COMMIT,
        summary="Has OVHcloud release what it still retains of the ended service, where it retains anything.",
        rights=(*_BILLING, *_call("POST", "/services/*/terminate/skipRetentionPeriod")),
        source="OVH /services description of 2026: releases resources at once",
    ),
    ActionSpec(
        name="ovhcloud.connect.verify-gone",
        kind=StepKind.AWAIT,
        summary="The service is gone: not listed, or closed.",
        rights=(*_get("/ovhCloudConnect", _OCC), *_BILLING),
        evidence=(EvidenceWanted(type="gone", title="OVHcloud's answers for the ended service"),),
        source="S2.14",
    ),
    ActionSpec(
        name="ovhcloud.service.verify-billing-stopped",
        kind=StepKind.AWAIT,
        summary="Waits for the next bill and shows that no line for the service is dated after its end.",
        rights=_get("/me/bill", "/me/bill/*", "/me/bill/*/details", "/me/bill/*/details/*"),
        evidence=(EvidenceWanted(type="bills", title="Bills after the end, line by line"),),
        source="S2.15; bill lines name the service in `domain`",
    ),
)
