"""A wake-up makes a waiting run look again, whenever it comes; whatever else is sent does no harm."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tests.workflows.conftest import Launch
from tests.workflows.harness import PATIENCE, Trial
from tests.workflows.plans import plan
from unrack.contracts.workflows import DECIDE_UPDATE, DECISION_SIGNAL, WAKE_SIGNAL
from unrack.model.lifecycle import Phase, StepStatus

_END = "purge.end"
_LOOK = f"poll {_END}"


async def test_a_wake_up_during_a_look_is_not_lost(launch: Launch) -> None:
    """What a look saw may be older than the wake-up: the run looks once more, and does not wait for its next date."""
    trial = await launch(plan())
    seen = trial.world.looking[_END] = asyncio.Event()
    await trial.complete_cable()
    await trial.until("grace", lambda report: report.state.phase is Phase.GRACE)
    await trial.forward(timedelta(days=28, hours=1))
    await trial.until("purge", lambda report: report.state.step(_END).status is StepStatus.WAITING)
    await trial.handle.signal(WAKE_SIGNAL)  # it waits for the provider's date: only a wake-up has it looked for now
    await _until_looked(trial, 1)

    await trial.handle.signal(WAKE_SIGNAL)
    seen.set()

    await _until_looked(trial, 2)


_MALFORMED: list[list[object]] = [[], ["one", "two"], [None], [{"decision": {}}]]


@pytest.mark.parametrize("name", [DECISION_SIGNAL, WAKE_SIGNAL, "no-such-signal"])
async def test_a_malformed_signal_does_no_harm(launch: Launch, name: str) -> None:
    """Anybody may send any signal from Temporal's own page: no number or kind of arguments stops the run."""
    trial = await launch(plan())
    for arguments in _MALFORMED:
        await trial.handle.signal(name, args=arguments)
        await trial.report()

    assert (await trial.complete_cable()).good
    history = await trial.handle.fetch_history()

    assert not [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]


async def test_a_malformed_update_is_refused(launch: Launch) -> None:
    """The sender is told what is wrong; the run goes on."""
    trial = await launch(plan())
    for arguments in _MALFORMED:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await trial.handle.execute_update(DECIDE_UPDATE, args=arguments)
        assert "this is no decision" in str(refused.value.cause)

    assert (await trial.complete_cable()).good


async def _until_looked(trial: Trial, times: int) -> None:
    give_up = asyncio.get_running_loop().time() + PATIENCE
    while trial.world.calls.count(_LOOK) < times:
        if asyncio.get_running_loop().time() > give_up:
            pytest.fail(f"{trial.world.calls.count(_LOOK)} looks, not {times}, in {PATIENCE:g} s")
        await asyncio.sleep(0.02)
