"""Through which proxy of the environment an address is reached: decided here for every library, and told by `doctor`.

This machine is never reached through a proxy: a proxy that answers for it is another machine, and simulators and
tunnels are here. Everything else follows ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
from requests.utils import get_environ_proxies, select_proxy

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.credentials import is_loopback
from unrack.providers.tls import trusted

_HERE = ("localhost", "127.0.0.1", "::1")
_SPOKEN = ("http", "https")
"""How a proxy may be spoken to; SOCKS needs libraries that are not here."""


def proxy_for(url: str) -> str | None:
    """The proxy through which `url` is reached; None: it is reached directly.

    Raises:
        UnrackError: the environment names one that cannot be used (``INVALID``); its password is not repeated.
    """
    if not url or is_loopback(url):
        return None
    found = select_proxy(url, get_environ_proxies(url))
    return _usable(found, url) if found else None


def shown(proxy: str | None) -> str:
    """The host and port of a proxy, without whatever opens it; empty for none."""
    if proxy is None:
        return ""
    parts = urlsplit(proxy)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def http_client(url: str, **more: Any) -> httpx2.AsyncClient:  # noqa: ANN401  whatever the library's client takes
    """A client for calls to `url`, by the proxy that is meant for it.

    Raises:
        UnrackError: as `proxy_for`.
    """
    proxy = proxy_for(url)
    if proxy is not None:
        return httpx2.AsyncClient(proxy=proxy, verify=trusted(), **more)
    direct = httpx2.AsyncHTTPTransport(verify=trusted())  # without a transport it asks the environment again
    return httpx2.AsyncClient(transport=direct, **more)


def keep_this_machine_direct(environment: MutableMapping[str, str]) -> None:
    """Has libraries that decide for themselves, as that of notices, reach this machine directly."""
    known = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    named = [word for word in known.replace(" ", "").split(",") if word]
    environment["no_proxy"] = environment["NO_PROXY"] = ",".join(dict.fromkeys([*named, *_HERE]))


def _usable(found: str, url: str) -> str:
    proxy = found if "://" in found else f"http://{found}"
    try:
        parts = urlsplit(proxy)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise UnrackError(_problem(url, msg("it is no address"))) from None
    if not is_address:
        raise UnrackError(_problem(url, msg("it is no address")))
    if parts.scheme not in _SPOKEN:
        raise UnrackError(
            _problem(url, msg("it is a {scheme} proxy, and only http ones are spoken to", scheme=parts.scheme))
        )
    return proxy


def _problem(url: str, fault: str) -> Problem:
    return Problem(
        category=Category.INVALID,
        message=msg(
            "the proxy that the worker's environment names for {hostname} cannot be used: {fault}",
            hostname=urlsplit(url).hostname,
            fault=fault,
        ),
        suggestion=msg("correct HTTPS_PROXY or ALL_PROXY, or name the host in NO_PROXY, then start the worker again"),
    )
