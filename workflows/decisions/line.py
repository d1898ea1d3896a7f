"""The line in which decisions wait to be judged, in the order in which they arrived. Pure."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from unrack.contracts.verifying import MOST_BYTES, MOST_TOGETHER
from unrack.model.decision import Decision, DecisionResult
from unrack.model.remembering import digest_of_decision
from workflows.decisions.inspection import Seen, look


@dataclass(eq=False)
class Arrival:
    """One decision that has arrived, with what it costs to know about it: each is found out once, when asked for."""

    decision: Decision
    at: datetime
    """The server's time at which the run took it in."""
    blocks: bool = False
    """Whether nothing changes the service until it is judged."""
    since: datetime | None = None
    """The earliest time at which the server can have had it, which keeps signals while no worker takes them in; None:
    it had it at `at`."""
    answer: DecisionResult | None = None

    @cached_property
    def digest(self) -> str:
        """Tells it from another decision of the same id."""
        return digest_of_decision(self.decision)

    @cached_property
    def size(self) -> int:
        """The bytes that its proof adds to a call: the server counts bytes, and ends a run for too many."""
        proof = self.decision.proof
        return len(proof.model_dump_json().encode()) if proof is not None else 0

    @cached_property
    def seen(self) -> Seen:
        """What its proof shows."""
        return look(self.decision.proof)


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

    @property
    def is_full(self) -> bool:
        """Whether nobody may join, whoever it is: beside those under way wait as many as one call verifies."""
        return len(self._waiting) >= MOST_TOGETHER

    def has_room(self, arrival: Arrival) -> bool:
        """Whether `arrival` may join: by number and by bytes."""
        if self.is_full:
            return False
        return not self._waiting or sum(each.size for each in self._waiting) + arrival.size <= MOST_BYTES

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
