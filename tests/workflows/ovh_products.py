"""What the runs of OVHcloud's further products have in common: a request for each timing, people who do their part."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from ruamel.yaml import YAML
from temporalio.testing import WorkflowEnvironment

from tests.conformance.adapter import without_ids
from tests.workflows.rehearsal import EXAMPLES, RUNBOOKS, Rehearsed, rehearsal
from unrack import simulator as sim
from unrack.model.lifecycle import LIFECYCLE, Outcome, Phase
from unrack.model.state import RunReport
from unrack.runbook.describe import describe
from unrack.runbook.load import load_runbook
from unrack.simulator.ledger import LedgerEntry

TERM = timedelta(days=40)
"""From the launch to the services' expiry: long enough for every task before grace."""


@asynccontextmanager
async def product_run(  # noqa: PLR0913, PLR0917  # what a request says, and what the world is
    env: WorkflowEnvironment,
    folder: Path,
    product: str,
    timing: str,
    seed: dict[str, object] | None = None,
    parameters: dict[str, object] | None = None,
    before: Callable[[sim.Simulator], None] = lambda _: None,
) -> AsyncGenerator[Rehearsed]:
    """A run of `product`'s example request with another timing, on a world that has such a service.

    The credential has the rights that `unrack runbook show` lists for the runbook, and no other.
    """
    text = YAML()
    example = text.load(EXAMPLES / f"ovhcloud-{product}.yaml")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    example["timing"] = timing
    example["parameters"] = {**example.get("parameters", {}), **(parameters or {})}  # pyright: ignore[reportUnknownMemberType]
    request = folder / "request.yaml"
    text.dump(example, request)  # pyright: ignore[reportUnknownMemberType]
    wanted = {"products": (product,), "expires_in": TERM, "rules": _rights_shown(product), **(seed or {})}
    async with rehearsal(env, folder, str(request), sim.Seed.model_validate(wanted), before=before) as run:
        yield run


def _rights_shown(product: str) -> list[dict[str, str]]:
    """The rules of a minimal consumer key, as people are told to ask for them."""
    return list(describe(load_runbook(RUNBOOKS / f"ovhcloud-{product}.yaml")).access_rules)


def calls(run: Rehearsed) -> list[str]:
    """What took effect at the provider, as it was called."""
    return [shown(entry) for entry in run.ledger]


def shown(entry: LedgerEntry) -> str:
    """``PUT /services/5001 terminationPolicy=empty``."""
    body: object = entry.body
    told = " ".join(f"{key}={value}" for key, value in body.items()) if isinstance(body, dict) else ""  # pyright: ignore[reportUnknownVariableType]
    return f"{entry.method} {entry.path} {told}".rstrip()


def configuration(run: Rehearsed) -> object:
    """The service by the simulator's own account."""
    return without_ids(run.simulator.configuration(run.plan.service.service))


async def to_phase(run: Rehearsed, phase: Phase) -> RunReport:
    """Goes on until the run is in `phase`: tasks are completed, the plan is approved."""
    approved = False
    while True:
        waits = partial(_waits, phase, approved=approved)
        report = await run.until("something to do", waits)
        assert report.state.parked == {}, report.state.parked
        if LIFECYCLE.index(report.state.phase) >= LIFECYCLE.index(phase):
            return report
        if report.state.phase is Phase.APPROVAL:
            await run.approve()
            approved = True
        for step in report.state.tasks:
            await run.complete(step)


def _waits(phase: Phase, report: RunReport, *, approved: bool) -> bool:
    there = LIFECYCLE.index(report.state.phase) >= LIFECYCLE.index(phase)
    asked = report.state.phase is Phase.APPROVAL and not approved
    return there or asked or bool(report.state.tasks) or bool(report.state.parked)


async def confirm(run: Rehearsed) -> None:
    """Grace passes, OVHcloud mails the token, a person hands it over."""
    await run.forward(timedelta(days=8))
    await run.until_task("purge.enter-token")
    await run.complete("purge.enter-token", token=await run.evidence.hand_over(await run.token()))


async def reactivated(run: Rehearsed) -> RunReport:
    """Somebody still needs the service; people do their part of the way back."""
    assert (await run.reactivate()).good
    while True:
        report = await run.until(
            "the way back", lambda report: bool(report.state.tasks or report.state.parked) or report.outcome is not None
        )
        assert report.state.parked == {}, report.state.parked
        if report.outcome is not None:
            break
        for step in report.state.tasks:
            await run.complete(step)
    assert report.outcome is Outcome.REACTIVATED
    assert [found for found in report.state.differences if not found.expected] == []
    return report
