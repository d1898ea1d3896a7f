"""Short names of providers' addresses, for the ids of runs: one address, one name, whatever an account is called.

A host's dots become hyphens and its hyphens are doubled: no label of a host begins or ends with a hyphen, so no two
hosts get one name. What tells two addresses of one host apart (port, path), and a host that is too long, is told by a
digest after an underscore, which no host has.
"""

import hashlib
import ipaddress
from urllib.parse import urlsplit

from unrack.contracts.domain_names import comparable
from unrack.providers.credentials import is_loopback

_LONGEST = 60
_PORTS = {"https": 443, "http": 80}


def short_name(url: str, reserved: frozenset[str] = frozenset()) -> str | None:
    """The name of the address `url`; None for a simulator, which is whatever listens on this machine.

    Args:
        url: Where the API is called.
        reserved: Names that mean something else at this provider; no address gets one of them.
    """
    if is_loopback(url):
        return None
    parts = urlsplit(url)
    host = _host(parts.hostname or "")
    port = parts.port if parts.port != _PORTS.get(parts.scheme) else None
    rest = f"{port or ''}{parts.path.rstrip('/')}"
    plain = host.replace("-", "--").replace(".", "-")
    if not rest and plain not in reserved and plain.replace("-", "").isalnum() and len(plain) <= _LONGEST:
        return plain
    digest = hashlib.sha256(f"{host} {rest}".encode()).hexdigest()[:10]
    shown = "".join(character for character in plain if character.isalnum() or character == "-")[:_LONGEST]
    return f"{shown.strip('-') or 'host'}_{digest}"


def _host(text: str) -> str:
    """An IPv6 address has many spellings."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return comparable(text)
