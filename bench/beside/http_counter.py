"""A proxy in front of the simulator that counts the requests of the worker."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

_REQUEST = re.compile(rb"(?:^|\r\n|\n|\})(GET|POST|PUT|PATCH|DELETE|HEAD) (\S+) HTTP/1\.1\r\n")
_CHUNK = 65_536
_OWN = "/_simulator"


@dataclass
class HttpCounter:
    """Counts what passes."""

    address: str = ""
    requests: Counter[str] = field(default_factory=Counter[str])
    """By method and path, without the query."""

    @property
    def total(self) -> int:
        """Requests to a provider; those to the simulator's own API are left out."""
        return sum(count for name, count in self.requests.items() if _OWN not in name)

    def see(self, sent: bytes) -> None:
        """Count the requests that begin in `sent`."""
        for method, target in _REQUEST.findall(sent):
            self.requests[f"{method.decode()} {target.decode(errors='replace').partition('?')[0]}"] += 1


@asynccontextmanager
async def counting(upstream: tuple[str, int]) -> AsyncGenerator[HttpCounter]:
    """A proxy on a free port of this machine that passes everything on to `upstream`."""
    counter = HttpCounter()
    server = await asyncio.start_server(partial(_serve, counter, upstream), "127.0.0.1", 0)
    counter.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield counter
    finally:
        server.close()


async def _serve(
    counter: HttpCounter, upstream: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with suppress(OSError):
        other_reader, other_writer = await asyncio.open_connection(*upstream)
        await asyncio.gather(_pass(reader, other_writer, counter), _pass(other_reader, writer, None))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counter: HttpCounter | None) -> None:
    try:
        while sent := await reader.read(_CHUNK):
            if counter is not None:
                counter.see(sent)
            writer.write(sent)
            await writer.drain()
    except OSError:
        pass
    finally:
        with suppress(OSError):
            writer.close()
