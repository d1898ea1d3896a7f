"""The whole installation is stopped while hundreds of runs change services, more are launched, and the worker dies."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from temporalio.client import Client

from tests.workflows.harness import LAUNCHER, ON_CALL, approval, fresh
from unrack.contracts.workflows import DECISION_SIGNAL, DECOMMISSION, WAITING
from unrack.local.supervisor import WORKER, Installation, Ports, Simulated
from unrack.model.decision import Complete, Envelope
from unrack.model.plan import Plan
from unrack.operations import launching
from unrack.operations.launching import launch
from unrack.operations.planning import make_plan, read_request
from unrack.operations.reporting import report_of
from unrack.process.settings import load_settings
from unrack.simulator.ovhcloud.seeds import service_name

OPEN = int(os.environ.get("UNRACK_OPEN_RUNS", "500"))
MORE = OPEN // 10
SCALE = 600.0
"""Ten minutes of the provider's time in a second."""
QUIET = 20.0
"""Real seconds for which the ledger is watched once every run has confirmed: more than three hours at the provider."""
LAUNCHING = 8.0
"""Real seconds over which more runs are launched: from before the hold is set until after the first passes."""
PATIENCE = 900.0
"""Real seconds until the test gives up on something that must happen."""

ATTESTATION = "preflight.attest-moved"
ATTESTED = {
    "workloads-moved": "yes",
    "routing-independent": "yes",
    "cross-connect-removal-known": "yes",
    "network-checked-by": "Nadia",
    "workloads-checked-by": "Wei",
}

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.durability, pytest.mark.timeout(40 * 60)]


@dataclass
class Hall:
    """An installation with hundreds of services."""

    installation: Installation
    client: Client
    http: httpx2.AsyncClient

    async def ledger(self) -> list[dict[str, Any]]:
        """Every mutating call that the provider received."""
        return (await self.http.get("/_simulator/ledger")).raise_for_status().json()

    async def changed(self) -> set[str]:
        """The services that something was changed of, by the ledger."""
        paths = [entry["path"] for entry in await self.ledger()]
        return {path.split("/")[2] for path in paths if path.startswith("/ovhCloudConnect/")}

    async def command(self, *words: str) -> tuple[int, dict[str, Any], str]:
        """Types a command in a process of its own: its exit code, its document, and what it said beside."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "unrack.cli.app"),
            *("--home", str(self.installation.home), *words, "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, json.loads(out) if out else {}, err.decode()

    async def count(self, more: str = "") -> int:
        """Open runs."""
        query = f"WorkflowType = '{DECOMMISSION}' AND ExecutionStatus = 'Running'{more}"
        return (await self.client.count_workflows(query)).count

    async def kill_worker(self) -> None:
        """By its process id; the installation starts it again."""
        before = self.installation.restarts[WORKER]
        os.kill(self.installation.pids[WORKER], signal.SIGKILL)
        await soon("the worker is started again", lambda: self._again(before))

    async def _again(self, before: int) -> bool:
        return self.installation.restarts[WORKER] > before


async def soon(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something holds."""
    give_up = time.monotonic() + PATIENCE
    while not await holds():
        assert time.monotonic() < give_up, f"still not so: {what}"
        await asyncio.sleep(0.25)


async def several(tasks: Sequence[Awaitable[Any]], at_once: int) -> list[Any]:
    """All of `tasks`, so many at once."""
    room = asyncio.Semaphore(at_once)

    async def one(task: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever it gives
        async with room:
            return await task

    return await asyncio.gather(*map(one, tasks))


@asynccontextmanager
async def hall(home: Path) -> AsyncIterator[Hall]:
    """The installation, its provider with more services than there will be runs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("UNRACK_", "TEMPORAL_"))]:
            patch.delenv(name)
        patch.setenv("UNRACK_CACHED_RUNS", str(2 * OPEN))
        async with (
            Installation(load_settings(home), simulator=Simulated(scale=SCALE), ports=Ports(ui=None)) as running,
            httpx2.AsyncClient(base_url=running.simulator_url or "", trust_env=False, timeout=60) as http,
        ):
            seed = {"services": OPEN + MORE + 1, "scale": SCALE, "expires_in": 400 * 86400}
            (await http.post("/_simulator/world", json=seed)).raise_for_status()
            yield Hall(running, await running.connect(), http)


async def planned(client: Client, folder: Path, number: int) -> Plan:
    """The plan for one of the services."""
    service = service_name(number)
    path = folder / f"{service}.yaml"
    path.write_text(
        f"runbook: ovhcloud-connect-direct\nreason: 'not needed'\nservice:\n  id: {service}\n", encoding="utf-8"
    )
    return await make_plan(client, read_request(path, load_settings(folder).runbooks))


async def agreed(client: Client, plan: Plan) -> None:
    """Everything that people must do so that the run changes its service."""
    run = client.get_workflow_handle(str(plan.run_id))
    by_person = Complete(id=fresh(), by=ON_CALL, step=ATTESTATION, fields=ATTESTED)
    for decision in (by_person, approval(plan, "ann"), approval(plan, "bob")):
        await run.signal(DECISION_SIGNAL, Envelope(decision=decision))


async def test_nothing_changes_a_service_once_it_is_confirmed_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While more runs are launched, and the worker is killed in the middle: by the provider's own ledger.

    Those who launch had looked for a hold just before it was set. Half of them come before it has confirmed, and only
    the further passes stop these; half come after, and only the run's own reading does.
    """
    async with hall(tmp_path) as stage:
        plans = await several([planned(stage.client, tmp_path, number) for number in range(1, OPEN + MORE + 1)], 20)
        first, more = plans[:OPEN], plans[OPEN:]
        await several([launch(stage.client, plan, LAUNCHER) for plan in first], 20)
        await soon("every run waits for the attestation", lambda: _waiting(stage, OPEN))
        await several([agreed(stage.client, plan) for plan in first], 20)
        await soon("some services are being changed", lambda: _some(stage))

        monkeypatch.setattr(launching, "refuse_held", _nobody_looked)
        begun = asyncio.create_task(_launch_more(stage, more[: MORE // 2]))
        holding = asyncio.create_task(
            stage.command(*("hold", "--all", "--reason", "incident", "--as", "dana", "--yes", "--wait", "10m"))
        )
        await asyncio.sleep(1.5)
        await stage.kill_worker()
        code, held, said = await holding
        at_confirmed = await stage.ledger()
        await begun
        await _launch_more(stage, more[MORE // 2 :])
        await several([_agreed_if_asked(stage.client, plan) for plan in more], 20)
        await asyncio.sleep(QUIET)
        later = await stage.ledger()

        assert code == 0, said
        assert held["not_reached"] == []
        assert held["confirmed"] == held["reached"] >= OPEN * 0.9
        assert later == at_confirmed, [entry["path"] for entry in later[len(at_confirmed) :]]
        untouched = {plan.service.service for plan in plans} - await stage.changed()
        assert len(untouched) > MORE, "nothing was left to be stopped"

        _, lifted, _ = await stage.command("release", "--all", "--reason", "it is over", "--as", "omar")
        assert lifted["not_reached"] == []
        await soon("services are changed again", lambda: _more_than(stage, len(later)))


async def _nobody_looked(*_: object) -> None:
    """They had looked before the hold was set."""


async def _launch_more(stage: Hall, plans: Sequence[Plan]) -> None:
    for plan in plans:
        await launch(stage.client, plan, LAUNCHER)
        await asyncio.sleep(LAUNCHING / MORE)


async def _agreed_if_asked(client: Client, plan: Plan) -> None:
    """People agree with the runs launched meanwhile, too: they could go on, if nothing held them."""
    run = str(plan.run_id)

    async def asked() -> bool:
        return ATTESTATION in (await report_of(client, run)).state.tasks

    await soon(f"{run} asks", asked)
    await agreed(client, plan)


async def _waiting(stage: Hall, runs: int) -> bool:
    return await stage.count(f" AND {WAITING.name} = 'task:{ATTESTATION}'") >= runs


async def _some(stage: Hall) -> bool:
    return len(await stage.changed()) >= max(3, OPEN // 50)


async def _more_than(stage: Hall, entries: int) -> bool:
    return len(await stage.ledger()) > entries
