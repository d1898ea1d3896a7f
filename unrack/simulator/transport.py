"""HTTP connections that can be cut in the middle, as a failing network does."""

import asyncio
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connections:
    """The open connections of one server, by the caller's address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.BaseTransport] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """A protocol for uvicorn that keeps account of its connections here."""
        known = self._open

        class _Protocol(H11Protocol):
            def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # uvicorn and asyncio disagree on it
                known[_address(transport)] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                known.pop(_address(self.transport), None)
                super().connection_lost(exc)

        return _Protocol

    def cut(self, scope: Scope) -> None:
        """Cuts the connection of the request, without a word."""
        transport = self._open.get(tuple(scope["client"]))
        if isinstance(transport, asyncio.Transport):
            transport.abort()


def _address(transport: asyncio.BaseTransport) -> tuple[str, int]:
    host, port, *_ = transport.get_extra_info("peername")
    return str(host), int(port)
