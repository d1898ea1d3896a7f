"""Names that a zone usually has, and a name that nobody has given."""

import secrets

from dns.name import Name

LABELS = (
    *("*", "www", "mail", "smtp", "imap", "pop", "pop3", "webmail", "mx", "ftp", "sftp", "ns1", "ns2", "vpn", "api"),
    *(
        "autodiscover",
        "autoconfig",
        "_dmarc",
        "_domainkey",
        "default._domainkey",
        "_mta-sts",
        "mta-sts",
        "_acme-challenge",
    ),
    *("_autodiscover._tcp", "_imaps._tcp", "_submission._tcp", "_sip._tls", "_sipfederationtls._tcp"),
)
"""Names that mail and web usually need; a wildcard is asked for by its own name."""


def below(label: str, zone: Name) -> Name:
    """The name `label`, which may have several parts, in `zone`."""
    return Name((*(part.encode() for part in label.split(".")), *zone.labels))


def usual(zone: Name) -> tuple[Name, ...]:
    """The zone's own name and the usual ones below it."""
    return (zone, *(below(label, zone) for label in LABELS))


def unheard_of(parent: Name) -> Name:
    """A name below `parent` that nobody has given: only a wildcard answers for it."""
    return below(f"unrack-{secrets.token_hex(8)}", parent)


def is_wildcard(name: Name) -> bool:
    """Whether `name` is that of a wildcard."""
    return name.labels[0] == b"*"
