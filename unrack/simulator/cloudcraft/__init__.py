"""Cloudcraft's developer API under ``/cloudcraft``, and the subscription that people cancel in its app.

The app has no API. What an owner does there happens with `Simulator.happen`: `cancel`, `subscribe`, `refund`, `erase`.
"""

from unrack.simulator.cloudcraft.records import Blueprint
from unrack.simulator.cloudcraft.scenario_events import cancel, erase, refund, subscribe
from unrack.simulator.cloudcraft.seeds import API_KEY, OWNER, CloudcraftSeed
from unrack.simulator.cloudcraft.tables import Tables
from unrack.simulator.cloudcraft.vendor import CloudcraftVendor

__all__ = [
    "API_KEY",
    "OWNER",
    "Blueprint",
    "CloudcraftSeed",
    "CloudcraftVendor",
    "Tables",
    "cancel",
    "erase",
    "refund",
    "subscribe",
]
