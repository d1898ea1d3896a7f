"""The actions of OVHcloud's domains, DNS zones and vRacks, and of Connect services that a partner delivers."""

from unrack.contracts.action import ActionSpec, Right
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg
from unrack.providers.ovhcloud.products import CONNECT_PROVIDER, DNS_ZONE, DOMAIN, VRACK

_KEYS = (CONNECT_PROVIDER.right("GET", "/serviceKey"), CONNECT_PROVIDER.right("GET", "/serviceKey/*"))

NETWORK_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="ovhcloud.domain.capture-zone",
        kind=StepKind.CAPTURE,
        summary="Keeps the DNS zone as OVHcloud exports it: a zone file that any name server reads.",
        rights=(Right(method="GET", path="/domain/zone/*/export"), Right(method="GET", path="/domain/zone/*")),
        evidence=(EvidenceWanted(type="zone-file", title=msg("DNS zone file as OVHcloud exported it")),),
        products=frozenset({DOMAIN.name, DNS_ZONE.name}),
        source="S0.4; OVHcloud API, /domain/zone/{zoneName}/export",
    ),
    ActionSpec(
        name="ovhcloud.vrack.check-empty",
        kind=StepKind.CHECK,
        summary="Nothing is in the vRack any more: OVHcloud ends only an empty one.",
        rights=VRACK.reads_everything(),
        reads_evidence=("configuration",),
        products=frozenset({VRACK.name}),
        source="OVHcloud docs, deletion; ovh-api vrack.json",
    ),
    ActionSpec(
        name="ovhcloud.connect.capture-service-keys",
        kind=StepKind.CAPTURE,
        summary="Keeps which service keys there are, with partner and state; of each key only its last characters.",
        rights=_KEYS,
        evidence=(EvidenceWanted(type="service-keys", title=msg("Service keys: partner, state, last characters")),),
        products=frozenset({CONNECT_PROVIDER.name}),
        source="S2.18; ovh-api ovhcloudconnect.json, Key",
    ),
    ActionSpec(
        name="ovhcloud.connect.check-service-keys",
        kind=StepKind.CHECK,
        summary="What OVHcloud shows of the partner's side: the state of each service key. A hint, not a proof.",
        rights=_KEYS,
        products=frozenset({CONNECT_PROVIDER.name}),
        source="ovh-api ovhcloudconnect.json, key.StatusEnum",
    ),
)
