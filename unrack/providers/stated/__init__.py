"""Services whose provider gives its customers no API: people state the facts, and act by tasks."""

from unrack.providers.stated.provider import StatedServices

__all__ = ["StatedServices"]
