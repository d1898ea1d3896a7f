"""Every kept history replays through today's code; what the histories are kept for stands here too."""

import json
from pathlib import Path

import pytest

from tests.replay.kept import ROOT, calls, events, kept, replay_with
from tests.replay.scenarios import HISTORIES, SCENARIOS
from unrack.audit.decoding import ARGUMENTS
from unrack.audit.entries import EntryKind
from unrack.audit.timeline import timeline
from unrack.model.lifecycle import Outcome

NAMES = [scenario.name for scenario in SCENARIOS]
FORTH = [
    "capture capture.configuration",
    "change detach.pops",
    "change detach.vrack",
    "change request.schedule",
    "capture confirm.read-date",
]
BACK = ["undo undo.request.schedule", "undo undo.detach.vrack", "undo undo.detach.pops", "compare undo.compare"]

CALLS = {
    "end-of-term-closed": [*FORTH, "commit purge.release"],
    "immediate-closed": [*FORTH[:3], "commit purge.ask", "commit purge.confirm"],
    "refused-and-turned-round": [*FORTH[:3], "commit purge.ask", "commit purge.confirm", *BACK[1:]],
    "reactivated-in-grace": [*FORTH, *BACK],
    "held-over-the-last-call": [*FORTH, "undo undo.request.schedule", *FORTH[3:], "commit purge.release"],
    "parked-and-skipped-open": FORTH,
    "outcome-unknown": [*FORTH, "commit purge.release"],
    "fresh-history": [*FORTH, "commit purge.release"],
    "moved-to-newer-workers": [*FORTH, "commit purge.release"],
    "resumed-after-terminate": [],
    "cancel-requested": [*FORTH, *BACK],
}
"""What each history is kept for: exactly these calls, in this order."""

SAYS = {
    "end-of-term-closed": ("approves the plan", "the point of no return is passed", "ended: closed"),
    "immediate-closed": ("completes purge.token", "the point of no return is passed", "ended: closed"),
    "refused-and-turned-round": (
        "the point of no return is passed",
        "the point of no return is not passed: the call took no effect",
        "rolls the run back",
        "ended: reactivated",
    ),
    "reactivated-in-grace": ("phase grace", "rolls the run back", "completes undo.handover", "ended: reactivated"),
    "held-over-the-last-call": (
        "holds the run",
        "last call: the scheduled end is revoked",
        "releases",
        "ended: closed",
    ),
    "parked-and-skipped-open": (
        "attempt 2",
        "parked (refused): the vRack is full",
        "skips detach.vrack",
        "a person is asked",
    ),
    "outcome-unknown": (
        "failed: unknown-outcome",
        "shows unknown",
        "parked (outcome-unknown)",
        "skips",
        "ended: closed",
    ),
    "fresh-history": ("goes on in a fresh history", "a fresh history; before it", "ended: closed"),
    "moved-to-newer-workers": ("holds the run", "goes on in a fresh history", "releases", "ended: closed"),
    "resumed-after-terminate": ("resumed by omar", "the provider shows done", "ended: closed"),
    "cancel-requested": ("cancel request", "ended: reactivated"),
}
"""What each history tells, in this order."""


@pytest.mark.parametrize("seed", [0, 12345])
def test_every_history_replays(seed: int) -> None:
    """Today's code does what was recorded, whatever the order of sets: two hash seeds, each in its own process."""
    done = replay_with(ROOT, HISTORIES, seed, "--open-ok")

    document = json.loads(done.stdout)
    verdicts = {(Path(each["source"]).stem, each["verdict"], each["text"]) for each in document["histories"]}
    assert {(name, what) for name, what, _ in verdicts if not what.startswith("agrees")} == set(), verdicts
    assert {name for name, what, _ in verdicts if what == "agrees-so-far"} == {"parked-and-skipped-open"}
    assert done.returncode == 0
    assert len(document["histories"]) >= len(SCENARIOS)


def test_a_move_to_newer_workers_is_kept() -> None:
    """Each history of a run that moved was made by one build."""
    done = [
        {
            event.workflow_task_completed_event_attributes.deployment_version.build_id
            for event in events([history], "workflow_task_completed")
        }
        for history in kept("moved-to-newer-workers")
    ]

    assert done == [{"v1"}, {"v2"}]


def test_no_history_is_an_orphan() -> None:
    """Each file belongs to a scenario, and each scenario has its file and says what it is kept for."""
    assert sorted(file.name for file in HISTORIES.iterdir()) == sorted(f"{name}.json" for name in NAMES)
    assert sorted(CALLS) == sorted(SAYS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_history_contains_what_it_is_kept_for(name: str) -> None:
    """Recorded anew, a history still takes the path for which it was made."""
    chain = kept(name)
    told = [entry.what for entry in timeline(chain)]

    assert calls(chain) == CALLS[name]
    at = 0
    for text in SAYS[name]:
        found = [index for index, what in enumerate(told) if text in what and index >= at]
        assert found, f"'{text}' is not told after line {at}"
        at = found[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_ending_is_recorded_or_the_history_is_open(name: str) -> None:
    """Open and ended runs are both kept, and only the one that says so is open."""
    ends = [entry for entry in timeline(kept(name)) if entry.kind is EntryKind.OUTCOME]

    assert (ends == []) == name.endswith("-open")
    assert all(any(outcome.value in entry.what for outcome in Outcome) for entry in ends)


@pytest.mark.parametrize("name", ["fresh-history", "moved-to-newer-workers"])
def test_a_chain_is_kept(name: str) -> None:
    """A run that went on in fresh histories is one file, in order."""
    chain = kept(name)

    assert len(chain) > 1
    assert len(events(chain, "workflow_execution_continued_as_new")) == len(chain) - 1


@pytest.mark.parametrize("name", NAMES)
def test_a_history_keeps_what_replay_relies_on_and_no_machine(name: str) -> None:
    """The SDK's flags are kept, or the replayer notices less; no path and no host name is."""
    chain = kept(name)
    flags = events(chain, "workflow_task_completed")[0].workflow_task_completed_event_attributes.sdk_metadata
    text = b"".join(event.SerializeToString() for history in chain for event in history.events)

    assert flags.core_used_flags
    for forbidden in (b".py", b"site-packages", b"/home/", b"/root", b"handover:s"):
        assert forbidden not in text
    identities = {
        event.workflow_task_started_event_attributes.identity for event in events(chain, "workflow_task_started")
    }
    assert identities - {""} == {"recorder"}  # the server names nobody where it sent an update at once


@pytest.mark.parametrize("name", NAMES)
def test_every_activity_is_compared(name: str) -> None:
    """The type of every recorded call's argument is known, so that additions to models are no divergence."""
    chain = kept(name)
    types = {
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events(chain, "activity_task_scheduled")
    }

    assert types <= ARGUMENTS.keys()


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """Nothing to replay is an error, not success."""
    done = replay_with(ROOT, tmp_path)

    assert done.returncode == 2
    assert "no *.json file" in done.stderr
