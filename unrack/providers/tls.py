"""Which certificates are trusted for HTTPS: one context for the whole process, since making one takes 20 ms."""

import os
import ssl
from functools import cache

import certifi
import httpx2

_NAMED = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@cache
def trusted() -> ssl.SSLContext:
    """Trusts what ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` name; else what the system and Mozilla's list (`certifi`) do.

    The system's certificates alone are none in an image without ``ca-certificates``.
    """
    context = httpx2.create_ssl_context()
    if not any(os.environ.get(name) for name in _NAMED):
        context.load_verify_locations(certifi.where())
    return context
