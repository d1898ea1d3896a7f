"""WHMCS for whoever runs one: the staff's API, on `httpx2`."""

from unrack.providers.whmcs.provider import Whmcs

__all__ = ["Whmcs"]
