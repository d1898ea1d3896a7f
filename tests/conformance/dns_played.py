"""A name server that answers what no real one would be told to: records as they are given, over UDP, TCP or both."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rrset
from dns.rdatatype import RdataType

Records = Mapping[tuple[str, str], Sequence[str]]
"""Records by name and kind, as ``("www.shop.test.", "A")``."""


@dataclass
class Played(asyncio.DatagramProtocol):
    """Answers with authority, whatever is asked for."""

    records: Records
    udp: bool = True
    asked: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.DatagramProtocol`."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """See `asyncio.DatagramProtocol`."""
        if self.udp:
            self.transport.sendto(self.answer(data), addr)

    async def over_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question and its answer."""
        length = int.from_bytes(await reader.readexactly(2))
        answer = self.answer(await reader.readexactly(length))
        writer.write(len(answer).to_bytes(2) + answer)
        await writer.drain()
        writer.close()

    def answer(self, data: bytes) -> bytes:
        """What it says."""
        self.asked += 1
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        (question,) = query.question
        given = self.records.get((question.name.to_text(), RdataType(question.rdtype).name))
        if given and question.rdtype != RdataType.AXFR:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype, *given))
        return answer.to_wire()


@asynccontextmanager
async def played(address: str, port: int, records: Records, *, udp: bool = True) -> AsyncGenerator[Played]:
    """A server with `records` at `address`; without `udp` it drops what comes that way, as if asked too often."""
    server = Played(records, udp)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=(address, port))
    listening = await asyncio.start_server(server.over_tcp, address, port)
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
        transport.close()
