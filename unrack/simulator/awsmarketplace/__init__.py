"""AWS Marketplace's agreement service, as the unmodified `boto3` client ``marketplace-agreement`` speaks to it.

Mounted under ``/aws-marketplace``: JSON 1.0, the operation in ``X-Amz-Target``, signed with Signature Version 4.
"""

from unrack.simulator.awsmarketplace.records import Agreement
from unrack.simulator.awsmarketplace.scenario_events import accept_in_advance, ask_to_cancel, withdraw
from unrack.simulator.awsmarketplace.seeds import (
    ACCESS_KEY_ID,
    CONTRACT,
    FRESH_CONTRACT,
    METERED,
    SECRET_ACCESS_KEY,
    AwsSeed,
)
from unrack.simulator.awsmarketplace.tables import Tables, charge
from unrack.simulator.awsmarketplace.vendor import AwsMarketplaceVendor

__all__ = [
    "ACCESS_KEY_ID",
    "CONTRACT",
    "FRESH_CONTRACT",
    "METERED",
    "SECRET_ACCESS_KEY",
    "Agreement",
    "AwsMarketplaceVendor",
    "AwsSeed",
    "Tables",
    "accept_in_advance",
    "ask_to_cancel",
    "charge",
    "withdraw",
]
