"""Each history gets its verdict, in bounded time, whatever it is; only agreement is success."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from typer.testing import CliRunner

from tests.replay.damage import CUT, WRONG, Events, number_of, with_events
from tests.replay.kept import changed, kept
from unrack.audit import isolated_replay
from unrack.audit.export import render
from unrack.audit.histories import recorded
from unrack.audit.isolated_replay import IsolatedReplay, ReplayJob
from unrack.audit.replay import ReplayVerdict, Verdict, replay
from unrack.cli.app import app

pytestmark = pytest.mark.long  # whole runs, some seconds of CPU each

CLOSED, OPEN = "end-of-term-closed", "parked-and-skipped-open"


def judged(history: WorkflowHistory) -> ReplayVerdict:
    """The verdict on one history."""
    (verdict,) = asyncio.run(replay(recorded((history,), "x.json")))
    return verdict


async def alone(place: IsolatedReplay, history: WorkflowHistory) -> ReplayVerdict:
    """The verdict on one history, judged at `place`."""
    (verdict,) = await place.judge(ReplayJob.of(*recorded((history,), "x.json")))
    return verdict


def of(name: str, change: Callable[[Events], Events] = list) -> WorkflowHistory:
    """A kept history, changed."""
    (history,) = kept(name)
    return with_events(history, change(list(history.events)))


def typed(*words: object) -> tuple[int, dict[str, object], str]:
    """Exit code, document, and what stands on stderr."""
    done = CliRunner().invoke(app, ["replay", *map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout else {}, done.stderr


@pytest.mark.parametrize("damage", WRONG)
def test_what_no_server_wrote_differs(damage: str) -> None:
    """Doubled, reordered and forged events, and events after the end, are no agreement."""
    verdict = judged(of(CLOSED, WRONG[damage]))

    assert verdict.verdict is Verdict.DIFFERS
    assert verdict.event is not None
    assert verdict.text


@pytest.mark.parametrize("damage", CUT)
def test_what_lacks_events_is_cut(damage: str) -> None:
    """At the beginning, in between, or at the end in the middle of what is written in one piece."""
    verdict = judged(of(CLOSED, CUT[damage]))

    assert verdict.verdict is Verdict.CUT
    assert verdict.event is not None
    assert verdict.text


def test_an_end_that_was_cut_off_at_rest_agrees_only_so_far() -> None:
    """Where the run stood still nothing shows that more was recorded: it is no full agreement, and never was one."""
    verdict = judged(of(CLOSED, lambda events: events[: number_of(events, "timer_started", 0) + 1]))

    assert verdict.verdict is Verdict.SO_FAR


@pytest.mark.parametrize("step", [5, 7, 11])
def test_no_cut_agrees(step: int) -> None:
    """A closed history that ends earlier, anywhere, is cut or agrees so far: it never agrees, and never differs."""
    whole = of(CLOSED)
    places = range(step, len(whole.events), 11)
    cuts = [with_events(whole, whole.events[:place]) for place in places]

    verdicts = asyncio.run(replay([each for cut in cuts for each in recorded((cut,))]))

    assert {verdict.verdict for verdict in verdicts} <= {Verdict.CUT, Verdict.SO_FAR}


def test_a_folder_is_judged_whole(tmp_path: Path) -> None:
    """One document with a verdict for each history of each file; exit code 0 for agreement alone."""
    (tmp_path / "a.json").write_bytes(render((of(CLOSED),)))
    (tmp_path / "b.json").write_bytes(render((of(OPEN),)))
    chain = kept("fresh-history")
    (tmp_path / "c.json").write_bytes(render(chain))

    code, document, _ = typed(tmp_path)
    open_code, open_document, _ = typed(tmp_path, "--open-ok")

    histories = document["histories"]
    assert isinstance(histories, list)
    assert [(Path(each["source"]).name, each["verdict"]) for each in histories] == [
        ("a.json", "agrees"),
        ("b.json", "agrees-so-far"),
        *[("c.json", "agrees")] * len(chain),
    ]
    assert all({"source", "verdict", "event", "text"} <= each.keys() for each in histories)
    assert (code, document["agrees"]) == (1, False)
    assert (open_code, open_document["agrees"]) == (0, True)
    assert typed(tmp_path / "a.json")[0] == 0


def test_two_records_of_one_history_are_both_judged(tmp_path: Path) -> None:
    """A damaged copy beside the whole one was passed over, and the folder agreed."""
    (tmp_path / "1-whole.json").write_bytes(render((of(CLOSED),)))
    (tmp_path / "2-copy.json").write_bytes(render((of(CLOSED, CUT["a-gap"]),)))

    code, document, _ = typed(tmp_path)

    histories = document["histories"]
    assert isinstance(histories, list)
    assert [each["verdict"] for each in histories] == ["agrees", "cut"]
    assert code == 1


NO_HISTORIES = {
    "empty": b"",
    "no-json": b"\x89PNG\r\n\x1a\n\x00\x00",
    "other-json": b'{"name": "x"}',
    "a-number": b"1e400",
    "no-events": b'{"events": []}',
    "events-of-something-else": b'{"events": [{"id": 1, "title": "launch party"}]}',
    "events-that-are-none": b'{"events": [1, null, "x"]}',
    "an-object-as-events": b'{"events": {"a": 1}}',
    "empty-events": b'{"events": [{}]}',
    "nested": b"[" * 20_000 + b"]" * 20_000,
    "nested-events": b'{"events": [' + b'{"a": ' * 3000 + b"1" + b"}" * 3000 + b"]}",
    "long-number": b'{"events": [{"eventId": ' + b"9" * 6000 + b"}]}",
    "half-a-character": b'{"events": [{"eventType": "\\ud800"}]}',
}


@pytest.mark.parametrize("name", NO_HISTORIES)
def test_what_is_no_history_is_unreadable(tmp_path: Path, name: str) -> None:
    """It is named with the reason, and does not keep the others from being judged."""
    (tmp_path / "a.json").write_bytes(NO_HISTORIES[name])

    code, document, complaint = typed(tmp_path / "a.json")

    histories = document["histories"]
    assert isinstance(histories, list)
    assert [(each["verdict"], each["event"]) for each in histories] == [("unreadable", None)]
    assert histories[0]["text"]
    assert len(histories[0]["text"]) < 1000
    assert (code, complaint) == (1, "")


def test_pipes_devices_and_altered_files_are_unreadable(tmp_path: Path) -> None:
    """A pipe that nobody writes to was waited for, for ever; what is not what was exported is not judged."""
    os.mkfifo(tmp_path / "a-pipe.json")
    (tmp_path / "b-folder.json").mkdir()
    (tmp_path / "c-device.json").symlink_to("/dev/zero")
    (tmp_path / "d-altered.json").write_bytes(render((of(CLOSED),)))
    (tmp_path / "d-altered.json.sha256").write_text("0" * 64)
    (tmp_path / "e-good.json").write_bytes(render((of(CLOSED),)))

    code, document, _ = typed(tmp_path)

    histories = document["histories"]
    assert isinstance(histories, list)
    assert [each["verdict"] for each in histories] == [*["unreadable"] * 4, "agrees"]
    assert "is not what was exported" in histories[3]["text"]
    assert code == 1


@pytest.mark.parametrize("name", ["x" * 5000, "/" + "y" * 5000 + ".json", "a\x1b[2J.json"])
@pytest.mark.parametrize("command", ["replay", "history"])
def test_odd_names_are_told(tmp_path: Path, command: str, name: str) -> None:
    """A name that no file can have is not found, without a traceback."""
    done = CliRunner().invoke(app, ["--home", str(tmp_path), command, name])

    assert done.exit_code in (2, 4, 5), done.stderr
    assert isinstance(done.exception, SystemExit)
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("seconds", [0.5, 30], ids=["by-its-time", "by-the-library"])
def test_a_replay_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Code that does not give control back costs its own verdict, in bounded time, and no other's."""
    monkeypatch.setattr(isolated_replay, "EVENTS_A_SECOND", 1_000_000)
    line = "            self.context.state.scheduled = True\n"
    changed(
        tmp_path, "steps/actions.py", lambda text: text.replace(line, "            while True:\n                pass\n")
    )

    async def both() -> tuple[ReplayVerdict, ReplayVerdict]:
        async with IsolatedReplay(timedelta(seconds=seconds), code=tmp_path) as place:
            first = await alone(place, of("held-over-the-last-call"))
            assert place.process is None
            place.limit = isolated_replay.LIMIT
            return first, await alone(place, of("immediate-closed"))

    first, second = asyncio.run(asyncio.wait_for(both(), 100))

    assert "come to an end" in first.divergences[0].what + first.divergences[0].today
    assert second.divergences == ()


def test_a_process_that_is_gone_costs_one_verdict() -> None:
    """Whatever ends the process in which a history is run again, the next one gets another process."""

    async def three() -> list[ReplayVerdict]:
        async with IsolatedReplay() as place:
            before = await alone(place, of(OPEN))
            assert place.process is not None
            place.process.kill()
            return [before, await alone(place, of(OPEN)), await alone(place, of(OPEN))]

    before, killed, after = asyncio.run(three())

    assert "brings the replay down" in killed.divergences[0].today
    assert before.divergences == after.divergences == ()


def test_nothing_that_lies_here_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder `workflows` in the current folder is no code of ours."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "__init__.py").write_text("raise SystemExit('the wrong code')\n")
    history = of(CLOSED)
    monkeypatch.chdir(tmp_path)

    assert judged(history).divergences == ()
