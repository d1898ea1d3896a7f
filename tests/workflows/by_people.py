"""Runs of services that people state and cancel by hand: requests with dates from now on, and people who do tasks."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from temporalio.testing import WorkflowEnvironment

from tests.workflows.harness import approval
from tests.workflows.rehearsal import EXAMPLES, Rehearsed, completion, rehearsal
from unrack import simulator as sim
from unrack.model import approvals
from unrack.model.lifecycle import Phase
from unrack.model.state import RunReport

TERM = timedelta(days=100)
"""From now to the end of the term that the requests state."""

APPROVERS = ("ann", "bob", "cy")


def term_end() -> date:
    """The day on which the stated term ends."""
    return (datetime.now(UTC) + TERM).date()


def request_file(folder: Path, example: str, **changed: Any) -> str:  # noqa: ANN401 - any JSON
    """The example request with its dates moved to `term_end`, and `changed` fields, as a file."""
    document = YAML(typ="safe", pure=True).load((EXAMPLES / f"{example}.yaml").read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType]
    stated = document["stated"]
    stated |= {name: value.isoformat() for name, value in stated.items() if isinstance(value, date)}
    if "expires-at" in stated:
        stated["expires-at"] = term_end().isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "request.yaml"
    path.write_text(json.dumps(document | changed), encoding="utf-8")
    return str(path)


@asynccontextmanager
async def by_people(
    env: WorkflowEnvironment,
    folder: Path,
    example: str,
    environment: Mapping[str, str] | None = None,
    notify: tuple[str, ...] = (),
    **changed: Any,  # noqa: ANN401 - any JSON
) -> AsyncGenerator[Rehearsed]:
    """Plans and launches the example request; `environment` are further credentials of the worker."""
    request = request_file(folder, example, **changed)
    async with rehearsal(env, folder, request, sim.Seed(), environment=environment or {}, notify=notify) as run:
        yield run


async def walk(run: Rehearsed, stop: Callable[[RunReport], bool], **fields: str) -> list[str]:
    """People approve and do every task that opens, until `stop`; the steps they did, in order.

    Args:
        run: The run.
        stop: When to leave off; it is asked before each task.
        fields: What they write into fields of these names, with ``_`` for ``-``; other fields are invented.
    """
    written = {name.replace("_", "-"): value for name, value in fields.items()}
    done: list[str] = []
    while True:
        report = await run.until(
            "people are needed",
            lambda seen: stop(seen) or bool(seen.state.tasks or seen.state.parked) or _unapproved(run, seen),
        )
        if stop(report):
            return done
        assert report.state.parked == {}
        if _unapproved(run, report):
            for name in APPROVERS[: run.plan.approval.quorum]:
                assert (await run.decide(approval(run.plan, name, report.state.revision))).good
        for step, task in report.state.tasks.items():
            await run.prepared(task)
            answer = await run.decide(await completion(run.evidence, task, run.simulator.clock.now(), **written))
            assert answer.good, answer.message
            done.append(step)


def in_phase(phase: Phase) -> Callable[[RunReport], bool]:
    """Whether a run has come to `phase`."""
    return lambda report: report.state.phase is phase


def has_ended(report: RunReport) -> bool:
    """Whether a run is over."""
    return report.outcome is not None


def _unapproved(run: Rehearsed, report: RunReport) -> bool:
    """Whether people must approve; again, too, where a skip made older approvals stop counting."""
    return not approvals.awaited(run.plan, report.state).complete
