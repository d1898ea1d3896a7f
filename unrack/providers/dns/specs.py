"""The actions that look at DNS. They belong to no provider: any runbook may use them. None changes anything."""

from unrack.contracts.action import ActionSpec
from unrack.contracts.vendor import Vendor
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg

_ASKED = frozenset({"zones", "resolvers"})
_LEAVING = frozenset({"leaving-name-servers", "leaving-targets", "names"})

_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="dns.zone.check-delegation",
        kind=StepKind.CHECK,
        summary="Shows which name servers the parent zone delegates to, what each of them answers, and the DS records.",
        parameters=_ASKED | {"leaving-name-servers"},
        source="S4.8; RFC 1034 section 4.2.1, RFC 4035 section 2.4",
    ),
    ActionSpec(
        name="dns.zone.capture-zone",
        kind=StepKind.CAPTURE,
        summary="Keeps the zone as a zone file: by transfer where a server allows it, else what it answers when asked.",
        parameters=_ASKED | {"leaving-name-servers", "names"},
        evidence=(EvidenceWanted(type="dns-zone", title=msg("The zone as its name servers answered, as a zone file")),),
        source="S4.8; RFC 5936",
    ),
    ActionSpec(
        name="dns.zone.check-not-serving",
        kind=StepKind.CHECK,
        summary="Blocks while a zone still depends on the name servers, or its records on the addresses, of what ends.",
        parameters=_ASKED | _LEAVING,
        source="S4.8",
    ),
    ActionSpec(
        name="dns.zone.await-moved",
        kind=StepKind.AWAIT,
        summary="Waits until parent, name servers and every resolver agree and what was cached has run out.",
        parameters=_ASKED | {"leaving-name-servers", "new-name-servers"},
        evidence=(
            EvidenceWanted(type="dns-moved", title=msg("The delegation after the move, as each server answered")),
        ),
        source="S4.8; RFC 2181 section 5.4.1",
    ),
)
"""Parameters: `zones`, `leaving-name-servers`, `new-name-servers`, `leaving-targets`, `names` and `resolvers` hold one
value or several, separated by spaces or commas. A name server may be written as ``*.anycast.me``: any name below.
Servers and targets may be addresses and networks, too, also as a URL or with a port."""

VENDOR = Vendor(
    actions=_ACTIONS,
    credential="nothing; resolvers, when others than the machine's are to be asked",
    shared=True,
)
