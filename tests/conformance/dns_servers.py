"""A small DNS of our own on loopback, made of Debian's real servers: NSD for authority, Unbound for resolving."""

import asyncio
import shutil
import socket
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import dns.asyncquery
import dns.exception
import dns.message

NSD = shutil.which("nsd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
UNBOUND = shutil.which("unbound", path="/usr/sbin:/usr/local/sbin:/usr/bin")

MISSING = "the DNS tests need Debian's nsd and unbound: apt-get install nsd unbound"

_UP_WITHIN = 20.0


def free_port(*addresses: str) -> int:
    """A port that is free for UDP and TCP at all `addresses`."""
    for _ in range(50):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.bind((addresses[0], 0))
            port = int(probe.getsockname()[1])
        if all(_is_free(address, port) for address in addresses):
            return port
    raise RuntimeError("no port is free at all of the addresses")


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with closing(socket.socket(socket.AF_INET, kind)) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


@dataclass
class Server:
    """One process that serves DNS at one address."""

    folder: Path
    address: str
    port: int
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def start(self, *command: str, ask: str) -> None:
        """Start, and wait until it answers for `ask`."""
        log = (self.folder / "log").open("wb")
        with closing(log):
            self.process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
        deadline = asyncio.get_running_loop().time() + _UP_WITHIN
        while not await self._answers(ask):
            if self.process.returncode is not None or asyncio.get_running_loop().time() > deadline:
                raise RuntimeError(f"{command[0]} does not answer: {(self.folder / 'log').read_text()[-2000:]}")
            await asyncio.sleep(0.02)

    async def _answers(self, ask: str) -> bool:
        try:
            await dns.asyncquery.udp(dns.message.make_query(ask, "SOA"), self.address, 0.3, self.port)
        except (dns.exception.DNSException, OSError):
            return False
        return True

    async def stop(self) -> None:
        """End the process."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), 5)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@dataclass
class Authority(Server):
    """NSD, authoritative for some zones."""

    zones: dict[str, str] = field(default_factory=dict[str, str])
    transfers: bool = False

    async def serve(self, zones: Mapping[str, str], *, transfers: bool = False) -> None:
        """Serve `zones` (zone files by name) from now on, and nothing else; allow transfers of them or not."""
        self.zones, self.transfers = dict(zones), transfers
        await self.stop()
        assert NSD, MISSING
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.zones.items():
            (self.folder / f"{name}zone").write_text(text, encoding="utf-8")
        configuration = self.folder / "nsd.conf"
        configuration.write_text(self._configuration(), encoding="utf-8")
        await self.start(NSD, "-d", "-c", str(configuration), ask=next(iter(self.zones), "."))

    def _configuration(self) -> str:
        server = textwrap.dedent(f"""\
            server:
              ip-address: {self.address}@{self.port}
              username: ""
              chroot: ""
              zonesdir: "{self.folder}"
              database: ""
              pidfile: "{self.folder}/pid"
              xfrdfile: ""
              zonelistfile: "{self.folder}/zones.list"
              xfrdir: "{self.folder}"
              server-count: 1
              hide-version: yes
            remote-control:
              control-enable: no
            """)
        allowed = "  provide-xfr: 127.0.0.0/8 NOKEY\n" if self.transfers else ""
        zones = (f'zone:\n  name: "{name}"\n  zonefile: "{name}zone"\n{allowed}' for name in self.zones)
        return server + "".join(zones)


@dataclass
class Resolver(Server):
    """Unbound, which resolves and caches, with the zones it cannot find from the real root named to it."""

    async def resolve(self, stubs: Mapping[str, Sequence[str]]) -> None:
        """Start, asking the addresses (``127.0.0.2@5300``) of `stubs` for the zones of that name."""
        await self.stop()
        assert UNBOUND, MISSING
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "unbound.conf"
        configuration.write_text(self._configuration(stubs), encoding="utf-8")
        await self.start(UNBOUND, "-d", "-p", "-c", str(configuration), ask=next(iter(stubs)))

    def _configuration(self, stubs: Mapping[str, Sequence[str]]) -> str:
        server = textwrap.dedent(f"""\
            server:
              interface: {self.address}@{self.port}
              do-not-query-localhost: no
              access-control: 127.0.0.0/8 allow
              username: ""
              chroot: ""
              directory: "{self.folder}"
              use-syslog: no
              module-config: "iterator"
              do-ip6: no
              num-threads: 1
              outgoing-range: 64
              so-rcvbuf: 0
              local-zone: "test." nodefault
              harden-referral-path: no
              target-fetch-policy: "0 0 0 0 0"
            remote-control:
              control-enable: no
            """)
        return server + "".join(_stub(name, addresses) for name, addresses in stubs.items())


def _stub(name: str, addresses: Sequence[str]) -> str:
    lines = [f'  name: "{name}"', "  stub-no-cache: no", *(f"  stub-addr: {address}" for address in addresses)]
    return "stub-zone:\n" + "\n".join(lines) + "\n"


async def stop_all(servers: Sequence[Server]) -> None:
    """End every server."""
    await asyncio.gather(*(server.stop() for server in servers))
