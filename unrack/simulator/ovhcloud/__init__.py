"""OVHcloud's HTTP API under ``/1.0``, one module of ``areas`` for each of its areas, with its mails and letters.

The unmodified `ovh` client talks to it: endpoint ``http://127.0.0.1:PORT/1.0`` and the documented keys of the seed.
"""

from unrack.simulator.ovhcloud.scenario_events import ScenarioEvent, happen
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.ovhcloud.vendor import OvhCloudVendor

__all__ = ["OvhCloudVendor", "ScenarioEvent", "Tables", "happen"]
