"""The closed list of actions that a runbook may name, with what each needs. Providers implement them.

The declarations live here, below the providers, so that a runbook can be checked and a plan be compiled on a machine
that has neither the provider's library nor its credentials.
"""

from unrack.contracts.action import ActionSpec
from unrack.contracts.actions_awsmarketplace import AWSMARKETPLACE_ACTIONS
from unrack.contracts.actions_cloudcraft import CLOUDCRAFT_ACTIONS
from unrack.contracts.actions_dns import DNS_ACTIONS
from unrack.contracts.actions_ovhcloud import OVHCLOUD_ACTIONS
from unrack.contracts.actions_stated import STATED_ACTIONS
from unrack.contracts.actions_whmcs import WHMCS_ACTIONS

_EVERY = (
    *AWSMARKETPLACE_ACTIONS,
    *CLOUDCRAFT_ACTIONS,
    *DNS_ACTIONS,
    *OVHCLOUD_ACTIONS,
    *STATED_ACTIONS,
    *WHMCS_ACTIONS,
)

ACTIONS: dict[str, ActionSpec] = {spec.name: spec for spec in _EVERY}
"""Every action by name."""

SHARED_NAMESPACES = frozenset({"dns", "stated"})
"""Namespaces whose actions the runbooks of every provider may use."""
