"""Domain names in the form in which two systems can be compared: ASCII (IDNA 2008), lower case, without a final dot.

People read ``münchen.example``, registries and DNS know ``xn--mnchen-3ya.example``, and a provider may show either. The
conversion is `dnspython`'s, with the mapping that browsers apply first (UTS 46), so that the room that asks DNS and the
rooms that compare names agree. Workflows do not need this module, and do not import it.
"""

import re

import dns.exception
import dns.name
from dns.name import IDNA_2008_Practical, Name

from unrack.model.message import msg

_LABEL = r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WWW = "www."


def dns_name(text: str, origin: Name = dns.name.root) -> Name:
    """`text` as a name of DNS, below `origin` unless it ends with a dot.

    Raises:
        ValueError: it is no domain name.
    """
    try:
        return dns.name.from_text(text, origin, idna_codec=IDNA_2008_Practical).canonicalize()
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(msg("'{text}' is not a domain name: {error}", text=text, error=error)) from None


def ascii_name(text: str) -> str:
    """`text` as DNS knows it, as ``xn--mnchen-3ya.example`` for ``München.example.``.

    Raises:
        ValueError: it is no domain name.
    """
    name = dns_name(text.strip()).to_text(omit_final_dot=True)
    if not _NAME.fullmatch(name):
        raise ValueError(msg("'{text}' is not a domain name", text=text))
    return name


def comparable(text: str) -> str:
    """Return `text` in the form in which two systems' domain names compare. Other text is only stripped and folded."""
    try:
        return ascii_name(text)
    except ValueError:
        return text.strip().casefold()


def same_name(one: str, other: str) -> bool:
    """Whether both are the same domain name, however each is written."""
    return comparable(one) == comparable(other)


def without_www(name: str) -> str:
    """`name` without the ``www.`` that web sites, but no registered domains, begin with; ``www.example`` stays."""
    rest = name.removeprefix(_WWW)
    return rest if "." in rest else name


def ascii_address(text: str) -> str:
    """An e-mail address in lower case, its domain in ASCII.

    Raises:
        ValueError: it is none.
    """
    name, _, domain = text.strip().rpartition("@")
    if not name or re.search(r"\s", name) or "." not in domain.strip("."):
        raise ValueError(msg("'{text}' is not an e-mail address", text=text))
    return f"{name.lower()}@{ascii_name(domain)}"


def comparable_address(text: str) -> str:
    """As `comparable`, for e-mail addresses."""
    try:
        return ascii_address(text)
    except ValueError:
        return text.strip().casefold()
