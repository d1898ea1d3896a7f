"""How a world begins."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, JsonValue

from unrack.model.base import Moment
from unrack.simulator.ovhcloud.seeds import EVERY_PRODUCT, OvhSeed
from unrack.simulator.ovhcloud.vendor import OvhCloudVendor

MOST = 250
"""Services of each product in the demo's world; more would make the simulator slow."""


class Seed(OvhSeed):
    """The first state of a world; every default makes services that can be cancelled without a hitch.

    What is OVHcloud's stands beside what all vendors share: so the document is sent to ``/_simulator/world``.
    """

    now: Moment | None = None
    """The first time on the clock; None for the real time."""
    scale: float = Field(default=1, gt=0)
    """Seconds on the clock per real second."""
    vendors: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """The seeds of the other vendors, by name; a vendor that is not named begins with its demo."""

    def of(self, vendor: str) -> Mapping[str, Any]:
        """The seed of `vendor`."""
        if vendor == OvhCloudVendor.name:
            return {name: getattr(self, name) for name in OvhSeed.model_fields}
        return {"each": self.each, **self.vendors.get(vendor, {})}


def demo(services: int = 1) -> Seed:
    """The world of ``unrack up --simulator`` and ``unrack demo``: `services` services of every product there is."""
    return Seed(services=services, each=services, products=EVERY_PRODUCT)
