"""An installation to type commands at: real server, real simulator, real worker, each in its own process."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from tests.conformance import simulated
from unrack.cli.app import app
from unrack.local.supervisor import Installation, Simulated
from unrack.model.state import RunReport
from unrack.operations.reporting import report_of
from unrack.process.settings import load_settings
from unrack.simulator.ovhcloud.seeds import service_name

T = TypeVar("T")

SERVICES = 200
"""More than all tests together use: which of them share an installation is chance."""
SCALE = 600.0
"""Ten minutes of the provider's time in a second: its tasks take milliseconds, its terms more than an hour."""


@dataclass
class Bench:
    """What the tests type at and look with."""

    installation: Installation
    loop: asyncio.AbstractEventLoop
    used: int = 0
    folder: Path = field(default_factory=Path)

    @property
    def home(self) -> Path:
        """The data folder."""
        return self.installation.home

    def type(self, *words: object, text: str | None = None) -> Result:
        """Type a command; the answer has exit code, stdout and stderr."""
        return CliRunner().invoke(app, ["--home", str(self.home), *map(str, words)], input=text)

    def ask(self, *words: object) -> dict[str, Any]:
        """The document of a command that must succeed with ``--json``."""
        result = self.type(*words, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the installation's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def client(self) -> Client:
        """A client of the server."""
        return self.wait(self.installation.connect())

    def report(self, run: str) -> RunReport:
        """The report of a run, asked of the workflow itself."""
        return self.wait(report_of(self.client(), run))

    def until(self, run: str, holds: Callable[[RunReport], bool], seconds: float = 120) -> RunReport:
        """The first report in which something holds."""
        deadline = time.monotonic() + seconds
        while not holds(report := self.report(run)):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {seconds} s; the run is in {report.state.phase}: {report.state.journal[-3:]}")
            time.sleep(0.1)
        return report

    def wait_for(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds outside of runs."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {seconds} s")
            time.sleep(0.1)

    def ledger(self) -> list[dict[str, Any]]:
        """Every mutating call that the simulator received."""
        return httpx2.get(f"{self.installation.simulator_url}/_simulator/ledger", trust_env=False).json()

    def provider(self) -> Any:  # noqa: ANN401 - the official client is untyped
        """The official client of the provider, as somebody else would use it."""
        return simulated.client(self.installation.simulator_url or "")

    def service(self) -> str:
        """A service that no other test has."""
        self.used += 1
        assert self.used < SERVICES, "plant more services"
        return service_name(self.used)

    def request(self, service: str | None = None, **changes: object) -> Path:
        """A request file for a service; `changes` are further lines of it."""
        service = service or self.service()
        lines = {"runbook": "ovhcloud-connect-direct", "reason": "'not needed'", **changes}
        text = "".join(f"{name}: {value}\n" for name, value in lines.items())
        path = self.folder / f"{service}.yaml"
        path.write_text(f"{text}service:\n  id: {service}\n", encoding="utf-8")
        return path

    def launched(self) -> str:
        """The id of a fresh run, planned and launched by olivia."""
        path = self.request()
        self.ask("plan", path)
        return str(self.ask("launch", path, "--confirm", path.stem, "--as", "olivia")["run"])

    def at_attestation(self) -> str:
        """A fresh run that waits for the first human task."""
        run = self.launched()
        self.until(run, lambda report: bool(report.state.tasks))
        return run


@contextmanager
def bench(home: Path, policy: Path | None = None) -> Generator[Bench]:
    """An installation in `home` on a loop of its own, with many services at the simulator.

    Its worker judges by `policy`; what is typed knows of it only what the worker registered.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("UNRACK_", "TEMPORAL_"))]:
            patch.delenv(name)
        patch.setenv("COLUMNS", "160")
        installation = Installation(load_settings(home), simulator=Simulated(scale=SCALE))
        try:
            with pytest.MonkeyPatch.context() as starting:
                if policy is not None:
                    starting.setenv("UNRACK_POLICY", str(policy))
                asyncio.run_coroutine_threadsafe(installation.start(), loop).result(240)
            _plant(installation)
            yield Bench(installation, loop, folder=home)
        finally:
            asyncio.run_coroutine_threadsafe(installation.stop(), loop).result(60)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()


def _plant(installation: Installation) -> None:
    seed = {"services": SERVICES, "scale": SCALE}
    httpx2.post(f"{installation.simulator_url}/_simulator/world", json=seed, trust_env=False).raise_for_status()
