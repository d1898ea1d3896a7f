"""A simulator of providers that speaks their HTTP APIs and keeps a ledger of every mutating call.

The vendors' own clients talk to it unmodified. They share clock, ledger, faults and disk
(`unrack.simulator.vendor`).
"""

from unrack.simulator.faults import Fault, FaultKind
from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.ovhcloud.records import AccessRule, Settings
from unrack.simulator.ovhcloud.scenario_events import ScenarioEvent
from unrack.simulator.ovhcloud.seeds import (
    APPLICATION_KEY,
    APPLICATION_SECRET,
    CONSUMER_KEY,
    DEMO_SERVICE,
    NICHANDLE,
    OTHER_SERVICE,
    PARTNER_SERVICE,
    VRACK,
    service_name,
)
from unrack.simulator.ovhcloud.seeds_products import DEMOS
from unrack.simulator.seeds import Seed
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
