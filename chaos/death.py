"""Where a process dies, and how it finds the place. It kills itself with SIGKILL: nothing is sent or flushed."""

import json
import os
import signal
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Place:
    """A moment in the life of one process of a run."""

    what: str
    """``event``: the worker has worked out a workflow task and has not answered; ``<activity id>``: an attempt at an
    activity; ``call``: a mutating call at the simulator."""
    number: int
    """Events of the history that the task saw; which attempt at the activity; which call."""
    when: When = "after"
    """Before or after it took effect."""
    name: str = ""
    """For people."""


class Reaper:
    """Writes down each place that the process comes by, and ends the process at one of them."""

    def __init__(self, passed: Path, deadly: Place | None) -> None:
        """Write to the file `passed`; die at `deadly`, or never."""
        self._file = passed
        self._deadly = deadly
        self._seen: Counter[str] = Counter()

    def task(self, events: int) -> None:
        """A workflow task was worked out that saw a history of so many `events`; its answer is not sent yet."""
        self._pass(Place("event", events), dies=self._is("event", "after") and events >= self._number)

    def begin(self, what: str) -> int:
        """Something with an effect is about to happen; which time it is."""
        self._seen[what] += 1
        return self._seen[what]

    def at(self, place: Place) -> None:
        """The process is at `place`."""
        deadly = self._is(place.what, place.when) and place.number == self._number
        self._pass(place, dies=deadly)

    @property
    def _number(self) -> int:
        return self._deadly.number if self._deadly else 0

    def _is(self, what: str, when: When) -> bool:
        return self._deadly is not None and (self._deadly.what, self._deadly.when) == (what, when)

    def _pass(self, place: Place, *, dies: bool) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**asdict(place), "died": dies}) + "\n")
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)


def passed(file: Path) -> list[tuple[Place, bool]]:
    """Every place that a process came by, and whether it died there."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [(Place(**{key: row[key] for key in ("what", "number", "when", "name")}), row["died"]) for row in rows]


class MortalCalls:
    """Wraps the simulator: dies before a mutating call reaches it, or after the effect and before the answer."""

    def __init__(self, app: ASGIApp, reaper: Reaper) -> None:
        self._app = app
        self._reaper = reaper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call; everything but mutating calls of a provider's API passes."""
        if scope["type"] != "http" or scope["method"] == "GET" or scope["path"].startswith("/_simulator"):
            await self._app(scope, receive, send)
            return
        number, name = self._reaper.begin("call"), f"{scope['method']} {scope['path']}"
        self._reaper.at(Place("call", number, "before", name))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._reaper.at(Place("call", number, "after", name))
            await send(message)

        await self._app(scope, receive, answer)
