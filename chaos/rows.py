"""The rows of the table: each is one run in which one process is killed at one place."""

from dataclasses import dataclass
from itertools import pairwise

from chaos.courses import COURSES, Course
from chaos.death import Place
from unrack.model.lifecycle import LIFECYCLE, Phase

MOST_ATTEMPTS = 8
"""Attempts at one activity before and after which the worker is killed; later ones only ask whether it is done yet."""

WORKER, SIMULATOR, SERVER = "worker", "simulator", "server"
WAY_BACK = "way-back"
"""The time after a run was turned round: no phase of the lifecycle, but a time in which the server can die."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run with one kill."""

    course: Course
    victim: str
    place: Place | None = None
    """Where worker or simulator dies."""
    phase: Phase | None = None
    """The phase in which the server dies."""
    way_back: bool = False
    """The server dies after the run was rolled back."""

    @property
    def name(self) -> str:
        """What ``--only`` takes: ``worker/immediate/event-0041``, ``worker/immediate/detach.remove-pops-1-after``."""
        return f"{self.victim}/{self.course.name}/{self._where}"

    @property
    def kind(self) -> str:
        """What the rows of one line of the table have in common."""
        if self.place is None:
            return "server killed in a phase"
        if self.victim == SIMULATOR:
            return f"simulator killed {self.place.when} the effect of a call"
        if self.place.what == "event":
            return "worker killed at an event, its task not answered"
        return f"worker killed {self.place.when} an attempt at an activity"

    @property
    def _where(self) -> str:
        if self.place is None:
            return WAY_BACK if self.way_back else self.phase.value if self.phase else ""
        if self.place.what == "event":
            return f"event-{self.place.number:04}"
        return f"{self.place.what}-{self.place.number}-{self.place.when}"


def rows(course: Course, worker: list[Place], simulator: list[Place]) -> list[Row]:
    """Every row of a course, from what its processes came by when nobody was killed."""
    events = sorted({place.number for place in worker if place.what == "event"})
    attempts = [place for place in worker if place.what != "event" and place.number <= MOST_ATTEMPTS]
    killed = [Row(course, WORKER, Place("event", number)) for number in every_event(events)]
    killed += [Row(course, WORKER, place) for place in attempts]
    killed += [Row(course, SIMULATOR, place) for place in simulator]
    killed += [Row(course, SERVER, phase=phase) for phase in _phases(course)]
    return killed + ([Row(course, SERVER, way_back=True)] if course.turned_in else [])


def every_event(seen: list[int]) -> list[int]:
    """The events at which a worker can be killed, each once.

    A worker answers with batches of events: those between two of its tasks are written together, by its one answer or
    by the server, so no kill comes between them. One kill for each batch is a kill at every event of it.
    """
    return [second for first, second in pairwise([0, *seen]) if second > first]


def row_named(name: str) -> Row:
    """The row that ``--only`` names.

    Raises:
        ValueError: there is no such row.
    """
    victim, _, rest = name.partition("/")
    course_name, _, where = rest.partition("/")
    course = next((course for course in COURSES if course.name == course_name), None)
    if course is None or victim not in (WORKER, SIMULATOR, SERVER) or not where:
        raise ValueError(f"there is no row '{name}': rows are named as worker/immediate/event-0041")
    if victim == SERVER:
        return Row(course, SERVER, way_back=True) if where == WAY_BACK else Row(course, SERVER, phase=Phase(where))
    what, _, number = where.rpartition("-")
    if what == "event":
        return Row(course, victim, Place("event", int(number)))
    what, _, count = what.rpartition("-")
    if number not in ("before", "after"):
        raise ValueError(f"'{where}' does not say before or after")
    return Row(course, victim, Place(what, int(count), "before" if number == "before" else "after"))


def _phases(course: Course) -> list[Phase]:
    """The phases that the course comes through."""
    last = LIFECYCLE.index(course.turned_in) if course.turned_in else len(LIFECYCLE)
    return [phase for index, phase in enumerate(LIFECYCLE) if index <= last]
