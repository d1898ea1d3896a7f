"""A WHMCS under ``/whmcs``: its staff's API at ``/whmcs/includes/api.php``, and its daily run.

What staff and clients do in the admin and Client Area has no API; it happens with `Simulator.happen`: `delete_request`,
`client_asks`, `unsuspend_by_hand`.
"""

from unrack.simulator.whmcs.events import run_daily
from unrack.simulator.whmcs.records import Service, WhmcsSettings
from unrack.simulator.whmcs.scenario_events import client_asks, delete_request, unsuspend_by_hand
from unrack.simulator.whmcs.seeds import (
    DEPARTMENT,
    DOMAIN,
    IDENTIFIER,
    OTHER_SERVICE,
    SECRET,
    SERVICE,
    WhmcsSeed,
)
from unrack.simulator.whmcs.tables import Tables
from unrack.simulator.whmcs.vendor import WhmcsVendor

__all__ = [
    "DEPARTMENT",
    "DOMAIN",
    "IDENTIFIER",
    "OTHER_SERVICE",
    "SECRET",
    "SERVICE",
    "Service",
    "Tables",
    "WhmcsSeed",
    "WhmcsSettings",
    "WhmcsVendor",
    "client_asks",
    "delete_request",
    "run_daily",
    "unsuspend_by_hand",
]
