"""OVHcloud Connect (Direct) on the official `ovh` client."""

from unrack.providers.ovhcloud.provider import OvhCloud

__all__ = ["OvhCloud"]
