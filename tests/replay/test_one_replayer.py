"""One replayer serves many histories, and several processes share them: each verdict is that of its own history."""

import asyncio
from pathlib import Path

from temporalio.client import WorkflowHistory

from tests.replay.damage import WRONG, with_events
from tests.replay.kept import events, kept
from unrack.audit.export import render
from unrack.audit.histories import history_files
from unrack.audit.replay import Verdict, replay
from unrack.audit.replayer import HistoryReplayer, ReplayResult


def of_another_step(name: str) -> WorkflowHistory:
    """A kept history with another step than the workflow runs."""
    chain = kept(name)
    call = next(
        each.activity_task_scheduled_event_attributes
        for each in events(chain, "activity_task_scheduled")
        if each.activity_task_scheduled_event_attributes.activity_id == "detach.vrack"
    )
    call.activity_id = "detach.other"
    return chain[0]


def test_what_one_history_does_is_not_taken_for_the_next() -> None:
    """Histories that agree, that differ and that agree again go through one replayer, in any order."""
    good, other = kept("end-of-term-closed")[0], kept("immediate-closed")[0]

    async def replayed() -> list[ReplayResult]:
        async with HistoryReplayer() as replayer:
            bad = of_another_step("end-of-term-closed")
            return [await replayer.replay(each) for each in (good, bad, other, bad, bad, good, other)]

    results = asyncio.run(replayed())

    assert [bool(each.divergences) for each in results] == [False, True, False, True, True, False, False]
    assert {each.divergences[0].step for each in results if each.divergences} == {"detach.other"}


def test_several_processes_share_the_files_and_the_verdicts_keep_their_order(tmp_path: Path) -> None:
    """Whichever process judges a file, its verdict stands where the file does."""
    good = kept("end-of-term-closed")[0]
    wrong = with_events(good, WRONG[next(iter(WRONG))](list(good.events)))
    for number in range(8):
        (tmp_path / f"{number}.json").write_bytes(render((wrong if number % 3 == 1 else good,)))

    verdicts = asyncio.run(replay(history_files(tmp_path), processes=2))

    wanted = [Verdict.DIFFERS if number % 3 == 1 else Verdict.AGREES for number in range(8)]
    assert [(Path(each.source).name, each.verdict) for each in verdicts] == [
        (f"{number}.json", verdict) for number, verdict in enumerate(wanted)
    ]
