"""One real Temporal server with a virtual clock for each run, shared by these tests; each test has its own queue."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from time import sleep
from typing import Protocol

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Replayer, Worker, WorkflowRunner

from tests.workflows.fake_provider import StandIn
from tests.workflows.harness import LAUNCHER, Steered, Trial, binary, serving_runner, strict_runner
from tests.workflows.office import Office
from tests.workflows.plans import of_its_own
from unrack.contracts.workflows import SEARCH_ATTRIBUTES, Resumption, RunStart
from unrack.model.plan import Plan
from unrack.model.service import Finding
from unrack.model.state import RunState
from unrack.model.statement import Proof
from unrack.operations.launching import begin
from unrack.temporal.converter import DATA_CONVERTER
from workflows import WORKFLOWS

_SHORTEST = timedelta(minutes=2)
"""What must be left of a day when a test begins."""


class Launch(Protocol):
    """Starts a run."""

    async def __call__(  # noqa: PLR0913 - what differs from one run to the next
        self,
        plan: Plan,
        *,
        term_end: timedelta = timedelta(days=30),
        faulty: Mapping[str, Sequence[ApplicationError]] = {},
        findings: Mapping[str, tuple[Finding, ...]] = {},
        state: Callable[[Plan], RunState] | None = None,
        resumed: Resumption | None = None,
        heard: asyncio.Event | None = None,
        runner: WorkflowRunner | None = None,
        office: Office | None = None,
        proof: Callable[[Plan], Proof | None] | None = None,
    ) -> Trial:
        """Starts `plan` for a service whose term ends in `term_end`; faults and findings are by step.

        Each run is of a service of its own. A state is made from its plan; it is taken up with a resumption only.

        With an `office` its policy rules, and the launch has that `proof`, or Lea's.

        What people are told reaches them once they have `heard`; None: at once. The workflow runs in `sandbox`, unless
        a `runner` lets a test break its code; the history is replayed in the strict one all the same.
        """
        ...


@pytest.fixture(scope="session")
def server_settings() -> list[str]:
    """Dynamic configuration: virtual clocks, and timers without the idle second."""
    values = (
        "frontend.WorkflowTimeSkippingEnabled=true",
        "frontend.WorkflowPauseEnabled=true",
        'history.timerProcessorMaxTimeShift="10ms"',
        "history.timerProcessorMaxPollRPS=1000",
        "history.transferProcessorMaxPollRPS=1000",
        "frontend.WorkflowTimeSkippingMaxSkipPerSession=100000",
    )
    return [part for value in values for part in ("--dynamic-config-value", value)]


@pytest.fixture(scope="session")
async def env(server_settings: list[str]) -> AsyncIterator[WorkflowEnvironment]:
    """The full development server; time passes only when a test says so."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=server_settings,
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=60),
        data_converter=DATA_CONVERTER,
        search_attributes=list(SEARCH_ATTRIBUTES),
    )
    async with environment:
        yield environment


@pytest.fixture(autouse=True)
def _within_a_day() -> None:
    """Tests count days from now, more than once each: none begins so late that its day (UTC) ends before it does."""
    now = datetime.now(UTC)
    left = datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now
    if left < _SHORTEST:
        sleep(left.total_seconds())


@pytest.fixture
def sandbox() -> WorkflowRunner:
    """Where runs run: as on a worker that serves, which does not load the workflows anew for each run.

    What they did is judged in the strict sandbox, which replays it. What no replay goes through (queries, what refuses
    an update) is judged there in the modules that ask for it.
    """
    return serving_runner()


@pytest.fixture
async def launch(env: WorkflowEnvironment, sandbox: WorkflowRunner) -> AsyncIterator[Launch]:
    """Starts runs, each with its own world and worker; whatever still runs afterwards is terminated."""
    workers: list[Worker] = []
    trials: list[Trial] = []

    async def start(  # noqa: PLR0913 - as `Launch` has it
        plan: Plan,
        *,
        term_end: timedelta = timedelta(days=30),
        faulty: Mapping[str, Sequence[ApplicationError]] = {},
        findings: Mapping[str, tuple[Finding, ...]] = {},
        state: Callable[[Plan], RunState] | None = None,
        resumed: Resumption | None = None,
        heard: asyncio.Event | None = None,
        runner: WorkflowRunner | None = None,
        office: Office | None = None,
        proof: Callable[[Plan], Proof | None] | None = None,
    ) -> Trial:
        world = StandIn(term_end=datetime.now(UTC) + term_end, findings=dict(findings), heard=heard)
        for step, failures in faulty.items():
            world.fail(step, *failures)
        queue = f"test-{uuid.uuid4().hex}"
        worker = Worker(
            env.client,
            task_queue=queue,
            workflows=WORKFLOWS,
            activities=world.every(),
            workflow_runner=runner or sandbox,
        )
        workers.append(worker)
        await worker.__aenter__()
        plan = of_its_own(plan, queue)
        start = RunStart(plan=plan, launched_by=LAUNCHER, state=state and state(plan), resumed=resumed)
        if office is not None:
            world.authority, given = office, (proof or office.launch)(plan)
            start = start.model_copy(update={"proof": given})
        trial = Trial(env, await begin(env.client, start, queue), plan, world)
        trials.append(trial)
        return trial

    yield start
    for trial in trials:
        await end(env.client, trial)
    for worker in workers:
        await worker.__aexit__(None, None, None)
    for trial in trials:
        await replay(env.client, trial)


async def end(client: Client, trial: Steered) -> None:
    """Terminates the run if it still goes on."""
    with suppress(RPCError):  # it has ended by itself
        await client.get_workflow_handle(trial.handle.id).terminate("the test is over")


async def replay(client: Client, trial: Steered) -> None:
    """Every history that a test made must replay: nothing in the workflow depends on anything but its history."""
    history = await client.get_workflow_handle(trial.handle.id).fetch_history()
    replayer = Replayer(workflows=WORKFLOWS, data_converter=DATA_CONVERTER, workflow_runner=strict_runner())
    await replayer.replay_workflow(history)
