"""A provider simulator that speaks OVHcloud's HTTP API and keeps a ledger of every mutating call.

The unmodified `ovh` client talks to it: endpoint ``http://127.0.0.1:PORT/1.0`` and the documented keys of the seed.
"""

from unrack.simulator.faults import Fault, FaultKind
from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.records import AccessRule, Settings
from unrack.simulator.scenario_events import ScenarioEvent
from unrack.simulator.seeds import (
    APPLICATION_KEY,
    APPLICATION_SECRET,
    CONSUMER_KEY,
    DEMO_SERVICE,
    NICHANDLE,
    OTHER_SERVICE,
    PARTNER_SERVICE,
    VRACK,
    Seed,
    service_name,
)
from unrack.simulator.seeds_products import DEMOS
from unrack.simulator.server import Simulator

__all__ = [
    "APPLICATION_KEY",
    "APPLICATION_SECRET",
    "CONSUMER_KEY",
    "DEMOS",
    "DEMO_SERVICE",
    "NICHANDLE",
    "OTHER_SERVICE",
    "PARTNER_SERVICE",
    "VRACK",
    "AccessRule",
    "Fault",
    "FaultKind",
    "LedgerEntry",
    "ScenarioEvent",
    "Seed",
    "Settings",
    "Simulator",
    "service_name",
]
