"""Every vendor."""

from unrack.simulator.awsmarketplace import AwsMarketplaceVendor
from unrack.simulator.cloudcraft import CloudcraftVendor
from unrack.simulator.ovhcloud import OvhCloudVendor
from unrack.simulator.vendor import Vendor
from unrack.simulator.whmcs import WhmcsVendor

VENDORS: tuple[Vendor, ...] = (AwsMarketplaceVendor(), CloudcraftVendor(), OvhCloudVendor(), WhmcsVendor())
"""In any order; each has a prefix, a name and table kinds of its own."""
