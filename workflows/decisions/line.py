"""The line in which decisions wait to be judged, in the order in which they arrived. Pure."""

from dataclasses import dataclass
from datetime import datetime

from unrack.contracts.verifying import MOST_BYTES, MOST_TOGETHER
from unrack.model.decision import Decision, DecisionResult


@dataclass(slots=True, eq=False)
class Arrival:
    """One decision that has arrived."""

    decision: Decision
    at: datetime
    """The server's time at which the run took it in."""
    size: int
    """Bytes of its proof, as JSON."""
    blocks: bool
    """Whether nothing changes the service until it is judged."""
    since: datetime | None = None
    """The earliest time at which the server can have had it, which keeps signals while no worker takes them in; None:
    it had it at `at`."""
    answer: DecisionResult | None = None


def size_of(decision: Decision) -> int:
    """The bytes that the proof of `decision` adds to a call: the server counts bytes, and ends a run for too many."""
    return len(decision.proof.model_dump_json().encode()) if decision.proof is not None else 0


class Line:
    """Who waits, who is being verified, and how many have gone before. Short, whatever is sent."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiting: list[Arrival] = []
        self._under_way: list[Arrival] = []
        self.arrived = 0
        """How many ever joined it, in this history."""
        self.judged = 0
        """How many of those have their answer: the first ones."""

    def everybody(self) -> list[Arrival]:
        """All who have no answer yet, the first to arrive first."""
        return [*self._under_way, *self._waiting]

    @property
    def is_empty(self) -> bool:
        """Whether everybody has an answer."""
        return self.arrived == self.judged

    @property
    def blocks(self) -> bool:
        """Whether somebody in it keeps the run from changing the service."""
        return any(each.blocks for each in self.everybody())

    def has_room(self, size: int) -> bool:
        """Whether one more may join: beside those under way as many as one call verifies."""
        bytes_ = sum(each.size for each in self._waiting)
        return len(self._waiting) < MOST_TOGETHER and (not self._waiting or bytes_ + size <= MOST_BYTES)

    def join(self, arrival: Arrival) -> None:
        """Stands at its end."""
        self._waiting.append(arrival)
        self.arrived += 1

    def next_batch(self) -> list[Arrival]:
        """Everybody who waits: they are verified together."""
        self._under_way, self._waiting = self._waiting, []
        return self._under_way

    def answered(self, arrival: Arrival, answer: DecisionResult) -> None:
        """`arrival`, the first of those under way, has its answer."""
        arrival.answer = answer
        self._under_way.remove(arrival)
        self.judged += 1
