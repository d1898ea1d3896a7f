"""Every vendor beside OVHcloud."""

from unrack.simulator.awsmarketplace import AwsMarketplaceVendor
from unrack.simulator.cloudcraft import CloudcraftVendor
from unrack.simulator.vendor import Vendor

VENDORS: tuple[Vendor, ...] = (AwsMarketplaceVendor(), CloudcraftVendor())
"""In any order; each has a prefix, a name and table kinds of its own."""
