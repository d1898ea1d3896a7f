"""Every vendor: each folder of this package is one's, and its `vendor` brings a `VENDOR`."""

from importlib import import_module
from pkgutil import iter_modules

from unrack import simulator
from unrack.simulator.vendor import SimulatedVendor


def _vendor(folder: str) -> SimulatedVendor:
    return import_module(f"{simulator.__name__}.{folder}.vendor").VENDOR


VENDORS: tuple[SimulatedVendor, ...] = tuple(
    _vendor(found.name) for found in iter_modules(simulator.__path__) if found.ispkg
)
"""In any order; each has a prefix, a name and table kinds of its own."""
