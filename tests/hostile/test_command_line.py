"""Whatever is given to a command ends with a documented exit code, in time, and changes nothing at the provider."""

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import Result

from tests.hostile import mutating
from tests.hostile.trying import SHARES, Tally
from tests.surfaces.installation import Bench, bench
from unrack.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = sorted((ROOT / "runbooks").glob("*.yaml"))
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
HISTORIES = sorted((ROOT / "tests" / "replay" / "histories").glob("*.json"))

EVERY_CODE = {0, 1, 2, 3, 4, 5, 130}

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
BEGIN:VEVENT
UID:1@example
SUMMARY:Year end
DTSTART;VALUE=DATE:20261220
DTEND;VALUE=DATE:20270105
END:VEVENT
BEGIN:VEVENT
UID:2@example
SUMMARY:Stocktaking
DTSTART;TZID=Europe/Paris:20270301T080000
DURATION:PT36H
RRULE:FREQ=MONTHLY;COUNT=6
EXDATE;TZID=Europe/Paris:20270401T080000
END:VEVENT
BEGIN:VEVENT
UID:2@example
RECURRENCE-ID;TZID=Europe/Paris:20270501T080000
SUMMARY:Stocktaking
DTSTART;TZID=Europe/Paris:20270502T080000
DURATION:PT12H
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """An installation of these tests' own."""
    with bench(tmp_path_factory.mktemp("hostile")) as ready:
        yield ready


Made = Callable[[random.Random, Path], tuple[object, list[str]]]
"""An input, and the command that is given it."""


def _runbook(chance: random.Random, folder: Path) -> tuple[object, list[str]]:
    good = chance.choice(RUNBOOKS)
    given = mutating.text(chance, good.read_text(encoding="utf-8"))
    (folder / good.name).write_bytes(given)
    return given, ["runbook", "check", str(folder / good.name)]


def _request(chance: random.Random, folder: Path) -> tuple[object, list[str]]:
    given = mutating.text(chance, chance.choice(EXAMPLES).read_text(encoding="utf-8"))
    (folder / "request.yaml").write_bytes(given)
    return given, ["plan", str(folder / "request.yaml")]


def _evidence(chance: random.Random, folder: Path) -> tuple[object, list[str]]:
    name = chance.choice(["shot.png", "a.pdf", "b.docx", "c.txt", "d", "e.zip", "f.eml", "x" * 250, "B\udce4.pdf"])
    head = chance.choice([b"", b"%PDF-", b"PK\x03\x04", b"\x7fELF", b"MZ", b"\x89PNG\r\n\x1a\n", b"BM", b"From: a\n"])
    given = head + chance.randbytes(chance.choice([0, 1, 100, 70_000]))
    path = folder / os.fsdecode(os.fsencode(name))
    path.write_bytes(given)
    return (name, given[:100]), ["evidence", "add", str(chance.choice([path, path, path, folder, folder / "none"]))]


def _history(chance: random.Random, folder: Path) -> tuple[object, list[str]]:
    source = chance.choice(HISTORIES)
    events = _events_of(source)
    how = chance.randrange(4)
    if how == 0:
        events = mutating.document(chance, events)
    elif how == 1:
        del events["events"][chance.randrange(len(events["events"])) :]
    elif how == 2:
        one, other = chance.sample(range(len(events["events"])), 2)
        events["events"][one], events["events"][other] = events["events"][other], events["events"][one]
    given = json.dumps(events).encode()
    (folder / "history.json").write_bytes(mutating.text(chance, given.decode()) if how == 3 else given)
    command = chance.choice(["replay", "replay", "history"])
    return (source.name, how), [command, str(folder / "history.json")]


def _events_of(source: Path) -> dict[str, list[object]]:
    """A recorded history; of a chain of histories, the first."""
    read = json.loads(source.read_text(encoding="utf-8"))
    return read if "events" in read else read["histories"][0]


def _words(chance: random.Random, folder: Path) -> tuple[object, list[str]]:
    root = get_command(app)
    names = [name for name in root.commands if name not in {"up", "demo", "watch"}]  # type: ignore[attr-defined]  # these go on until they are ended
    command = root.commands[chance.choice(names)]  # type: ignore[attr-defined]
    inner = getattr(command, "commands", None)
    words = [str(command.name)]
    if inner and chance.random() < 0.9:
        command = inner[chance.choice(sorted(inner))]
        words.append(str(command.name))
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    words += [chance.choice(["ovhcloud-connect-direct/x", mutating.word(chance)]) for _ in arguments]
    for _ in range(chance.randint(0, 4)):
        words.append(chance.choice(options) if options and chance.random() < 0.5 else mutating.word(chance))
    return words, words


def _calendar(chance: random.Random, folder: Path) -> tuple[object, list[str]]:
    given = mutating.text(chance, CALENDAR.replace("\n", "\r\n"))
    (folder / "board.ics").write_bytes(given)
    request = folder / "request.yaml"
    return given, ["plan", str(request)]


MADE: dict[str, tuple[Made, int, set[int]]] = {
    "runbooks": (_runbook, 3_000, {0, 1, 2}),
    "requests": (_request, 2_000, {0, 1, 2, 3, 4, 5}),
    "calendars": (_calendar, 1_000, {0, 2, 3}),
    "evidence": (_evidence, 600, {0, 2, 3, 5}),
    "histories": (_history, 300, {0, 1, 2, 5}),
    "command lines": (_words, 1_500, EVERY_CODE),
}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("kind", MADE)
def test_bad_inputs_are_refused_and_change_nothing(desk: Bench, tmp_path: Path, kind: str, share: float) -> None:
    """No traceback, no hang, a documented exit code; the provider's ledger is what it was."""
    make, count, allowed = MADE[kind]
    before, tally = desk.ledger(), Tally(kind)
    if kind == "calendars":
        lines = f"runbook: ovhcloud-connect-direct\nreason: x\nfreezes: board.ics\nservice:\n  id: {desk.service()}\n"
        (tmp_path / "request.yaml").write_text(lines, encoding="utf-8")

    for chance in tally.chances(max(3, round(count * share))):
        given, words = make(chance, tmp_path)
        tally.typed(given, lambda typed=words: _typed(desk, typed), allowed)

    tally.judge()
    assert desk.ledger() == before


def _typed(desk: Bench, words: list[str]) -> Result:
    return desk.type(*words)
