"""The actions of OVHcloud Connect. Endpoints: ovh-api (`ovhcloudconnect`, `vrack`)."""

from unrack.contracts.action import ActionSpec, Right
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg
from unrack.providers.ovhcloud.specs.service import CONNECT

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

_PORTS = (f"{_OCC}/interface", f"{_OCC}/interface/*", f"{_OCC}/interface/*/status")

CONNECT_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.connect.check-unchanged",
        kind=StepKind.CHECK,
        products=CONNECT,
        summary="Just before the point of no return: the service is as the run left it.",
        rights=(*_get(_OCC, f"{_OCC}/serviceInfos", "/me/debtAccount", *_PORTS), *_TREE, *_BILLING),
        needs_evidence=("configuration",),
        source="DESIGN, rule 3; ovh-api ovhcloudconnect.InterfaceStatus",
    ),
    ActionSpec(
        name="ovhcloud.connect.await-port-dark",
        kind=StepKind.AWAIT,
        products=CONNECT,
        summary="No port shows light in two readings, ten minutes apart; one that does speaks against a removed cable.",
        rights=_get(f"{_OCC}/interface", f"{_OCC}/interface/*"),
        source="S2.12; ovh-api ovhcloudconnect.Interface, lightLastUpdate; OVHcloud docs: sampled every 5 min",
    ),
    ActionSpec(
        name="ovhcloud.connect.capture-loa",
        kind=StepKind.CAPTURE,
        products=CONNECT,
        summary="Fetches the letter of authority while the service still gives one.",
        rights=_call("POST", f"{_OCC}/loa"),
        evidence=(EvidenceWanted(type="loa", title=msg("Letter of authority from OVHcloud")),),
        source="S2.11, S2.13; ovh-api: /loa answers with the address of a PDF",
    ),
    ActionSpec(
        name="ovhcloud.connect.capture-configuration",
        kind=StepKind.CAPTURE,
        products=CONNECT,
        summary="Keeps the whole configuration, so that reactivation can restore it.",
        rights=(*_get(_OCC, f"{_OCC}/serviceInfos", f"{_OCC}/interface", f"{_OCC}/interface/*"), *_TREE, *_BILLING),
        evidence=(EvidenceWanted(type="configuration", title=msg("Configuration before the run")),),
    ),
    ActionSpec(
        name="ovhcloud.connect.lock-interfaces",
        kind=StepKind.CHANGE,
        products=CONNECT,
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
        products=CONNECT,
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
        products=CONNECT,
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
        products=CONNECT,
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
        products=CONNECT,
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
        products=CONNECT,
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
        name="ovhcloud.connect.ask-termination",
        kind=StepKind.COMMIT,
        products=CONNECT,
        summary="Asks for immediate termination: OVHcloud mails a token to the account. Ends nothing by itself.",
        rights=(*_get(_OCC), *_BILLING, *_call("POST", f"{_OCC}/terminate")),
        source="S2.17; a second call may send a second mail",
    ),
    ActionSpec(
        name="ovhcloud.connect.confirm-termination",
        kind=StepKind.COMMIT,
        products=CONNECT,
        summary="Confirms the immediate termination with the mailed token. Cannot be taken back.",
        rights=(*_get(_OCC), *_BILLING, *_call("POST", f"{_OCC}/confirmTermination")),
        parameters=frozenset({"reason", "future-use", "commentary"}),
        needs_fields=("token",),
        source="ovh-api: confirmTermination; S0.6",
    ),
    ActionSpec(
        name="ovhcloud.connect.verify-gone",
        kind=StepKind.AWAIT,
        products=CONNECT,
        summary="The service is gone: not listed, or closed.",
        rights=(*_get("/ovhCloudConnect", _OCC), *_BILLING),
        evidence=(EvidenceWanted(type="gone", title=msg("OVHcloud's answers for the ended service")),),
        source="S2.14",
    ),
)
