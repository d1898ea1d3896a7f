"""One Connect Direct run from launch to its end, typed as people type it, and what it cost."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle, WorkflowHistory

from bench.beside.site import NotMeasured, Site

REQUEST = "examples/ovhcloud-connect-direct.yaml"
SERVICE = "2f0c9a1e-6b1d-4c55-9a37-0d5e8b7c4f10"

_POLL_EVERY = 0.25
_LONGEST = 420.0
_CABLE = "handover.remove-cross-connect"
_GRACE_LEFT = timedelta(minutes=45)
_NEXT_BILL = timedelta(days=35)
_SETTLED = 4
"""Looks without any change after which a run waits for its provider's time."""


@dataclass
class DirectRun:
    """What one run cost; planning is not in it."""

    requests: int
    """The worker's calls of the provider for the run itself. What people had read is not in it: the plan that is
    launched, and the facts as of now that each approver is shown."""
    cpu: dict[str, float]
    """Seconds, by part: worker, server, simulator, client."""
    events: int
    history_bytes: int
    """Protobuf."""
    history: WorkflowHistory


async def direct_run(site: Site) -> DirectRun:
    """Cancel the demo's Connect Direct service at `site`.

    Raises:
        NotMeasured: a command is refused, or the run does not come to its end.
    """
    await _planned(site)  # what a first call loads belongs to no run
    planning, planning_requests = await _planned(site)
    looked = await _inquiries(site)
    before, requests, begun = site.cpu(), await site.requests(), time.monotonic()
    run = await _Play(site, await _launched(site)).to_the_end()
    took, after = time.monotonic() - begun, site.cpu()
    idle = await site.idle(run.describe, _POLL_EVERY)
    history = await run.fetch_history()
    inquiries = await _inquiries(site) - looked
    return DirectRun(
        requests=await site.requests() - requests - planning_requests * inquiries,
        cpu={part: after[part] - before[part] - planning[part] - idle[part] * took for part in after},
        events=len(history.events),
        history_bytes=sum(event.ByteSize() for event in history.events),
        history=history,
    )


async def _planned(site: Site) -> tuple[dict[str, float], int]:
    before, requests = site.cpu(), await site.requests()
    await site.person.ask("plan", str(site.build.root / REQUEST))
    after = site.cpu()
    return {part: after[part] - before[part] for part in after}, await site.requests() - requests


async def _inquiries(site: Site) -> int:
    """How often a person had the facts read so far: each time asks the provider the same."""
    return (await site.client.count_workflows("WorkflowType = 'Inquiry' AND ExecutionStatus != 'Running'")).count


async def _launched(site: Site) -> str:
    words = ("launch", str(site.build.root / REQUEST), "--confirm", SERVICE, "--as", "olivia")
    return str((await site.person.ask(*words))["run"])


class _Play:
    """Plays every human step of one run, and moves the provider's clock on when only that is waited for."""

    def __init__(self, site: Site, run: str) -> None:
        self._site = site
        self._run = run
        self._handle: WorkflowHandle[Any, Any] = site.client.get_workflow_handle(run)
        self._done = set[str]()

    async def to_the_end(self) -> WorkflowHandle[Any, Any]:
        """Play until the run has ended."""
        deadline, length, settled, waiting_for = time.monotonic() + _LONGEST, 0, 0, ""
        while time.monotonic() < deadline:
            seen = await self._handle.describe()
            if seen.close_time is not None:
                return self._handle
            busy = bool(seen.raw_description.pending_activities)
            settled = 0 if busy or seen.history_length != length else settled + 1
            length, waiting_for = seen.history_length, _waiting_for(seen)
            if not busy and await self._person_acts(waiting_for):
                settled = 0
            elif settled == _SETTLED:
                await self._move_on()
            await asyncio.sleep(_POLL_EVERY)
        raise NotMeasured(f"the run does not end within {_LONGEST:.0f} seconds; it waits for {waiting_for}")

    async def _person_acts(self, waiting_for: str) -> bool:
        """Do the one thing that a person is waited for; whether there was one."""
        for step, act in _TASKS.items():
            if step in waiting_for and step not in self._done:
                self._done.add(step)
                await act(self)
                return True
        if "approv" in waiting_for and "approval" not in self._done:
            self._done.add("approval")
            for name in ("alice", "bob"):
                await self._site.person.type("approve", self._run, "--as", name, "--yes")
            return True
        return False

    async def attest(self) -> None:
        """Nothing needs the service any more."""
        fields = {
            "workloads-moved": "yes",
            "routing-independent": "yes",
            "cross-connect-removal-known": "yes",
            "network-checked-by": "N. Okafor",
            "workloads-checked-by": "W. Zhang",
        }
        await self._complete("preflight.attest-moved", fields)

    async def remove_cable(self) -> None:
        """The cable is pulled, shortly before grace ends."""
        day = (await self._now()).date().isoformat()  # before the clock moves: the run does not know of that yet
        await self._shorten_grace()
        await self._happen({"service": SERVICE, "light": False})
        fields = {"operator": "Equinix PA3", "order-number": "1-2345", "removed-on": day, "charged-until": day}
        await self._complete(_CABLE, fields, "--evidence", self._proof("removal-confirmation"))

    async def check_routing(self) -> None:
        """Routing works without the connection."""
        fields = {"routing-clean": "yes", "checked-by": "N. Okafor"}
        await self._complete("verify.check-routing", fields, "--evidence", self._proof("routing-check"))

    def _proof(self, kind: str) -> str:
        file = self._site.home / f"{kind}.txt"
        file.write_text(f"The proof of {self._run}.\n", encoding="utf-8")
        return f"{kind}={file}"

    async def _complete(self, step: str, fields: dict[str, str], *more: str) -> None:
        given = [word for name, value in fields.items() for word in ("--field", f"{name}={value}")]
        await self._site.person.type("complete", self._run, step, *given, *more, "--as", "omar")

    async def _shorten_grace(self) -> None:
        status = await self._site.person.ask("status", self._run)
        ends = _first(status, "purge_not_before")
        if ends is None:
            raise NotMeasured("the run does not say when grace ends")
        await self._advance(datetime.fromisoformat(ends) - await self._now() - _GRACE_LEFT)

    async def _move_on(self) -> None:
        """Only the provider's time is waited for, once the point of no return is passed."""
        status = await self._site.person.ask("status", self._run)
        state = status.get("state", status)
        waiting = [step for step, each in state["steps"].items() if each["status"] == "waiting"]
        waiting = [step for step in waiting if step not in self._done and step not in state["tasks"]]
        if state.get("passed_no_return_at") is None or not waiting:
            return
        self._done.add(waiting[0])
        now, ends = await self._now(), datetime.fromisoformat(state["effective_at"])
        await self._advance((ends - now if ends > now else _NEXT_BILL) + timedelta(hours=1))
        await self._site.person.type("wake", self._run)

    async def _now(self) -> datetime:
        return datetime.fromisoformat((await self._site.simulate("GET", "/clock"))["now"])

    async def _advance(self, span: timedelta) -> None:
        await self._site.simulate("PUT", "/clock", {"advance": span.total_seconds()})

    async def _happen(self, event: dict[str, Any]) -> None:
        try:
            await self._site.simulate("POST", "/happenings", event)
        except NotMeasured:
            await self._site.simulate("POST", "/events", event)


_TASKS = {
    "preflight.attest-moved": _Play.attest,
    _CABLE: _Play.remove_cable,
    "verify.check-routing": _Play.check_routing,
}


def _waiting_for(seen: Any) -> str:  # noqa: ANN401 - the SDK's description of a workflow
    """Every word list among the search attributes, as one text: what a run waits for is among them."""
    values = [pair.value for pair in seen.typed_search_attributes if isinstance(pair.value, list | tuple)]
    return " ".join(str(word) for value in values for word in value)


def _first(document: Any, name: str) -> Any:  # noqa: ANN401 - any JSON
    """The first value under `name`, wherever it stands."""
    if isinstance(document, dict):
        if document.get(name) is not None:
            return document[name]
        document = list(document.values())
    if isinstance(document, list):
        return next((found for each in document if (found := _first(each, name)) is not None), None)
    return None
