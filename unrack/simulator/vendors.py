"""Every vendor beside OVHcloud."""

from unrack.simulator.vendor import Vendor

VENDORS: tuple[Vendor, ...] = ()
"""In any order; each has a prefix, a name and table kinds of its own."""
