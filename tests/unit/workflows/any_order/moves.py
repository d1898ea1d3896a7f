"""Where people moved the end of grace to, by hand: each move counts against the end that stood when it was made."""

from collections.abc import Callable
from dataclasses import dataclass, field

End = Callable[[int, int], int]
"""The end of grace by the runbook's end and the hours in which the clock stood still, with the moves so far."""

_OTHERS = 2
"""So many other people take somebody's extension back."""


@dataclass
class Move:
    """One extension or shortening."""

    id: str
    person: str
    later: bool
    by: int
    to: int | None
    """To a moment in place of `by` so many hours."""
    runbook: int
    """The runbook's end at that time."""
    still: int
    """For how long the clock had stood still at that time."""
    against: list[str] = field(default_factory=list[str])
    """Who wants it taken back."""
    gone: bool = False

    def lands(self, ends: int) -> int:
        """Where it asks an end to be."""
        return self.to if self.to is not None else ends + (self.by if self.later else -self.by)


@dataclass
class Moves:
    """All of them, and what they come to."""

    every: list[Move] = field(default_factory=list[Move])
    moved: tuple[int, int] | None = None
    """Where they moved the end, before the clock stood still, and the runbook's end then."""
    far: int = 0
    """By how much they moved it in all."""

    def add(self, move: Move, ends: int) -> None:
        """One more, of an end that stands."""
        self.every.append(move)
        self.moved = (move.lands(ends) - move.still, move.runbook)
        self.far += move.lands(ends) - ends

    def withdraw(self, person: str, extension: str) -> bool:
        """Whether it is taken back now: by who made it, or by the second other person."""
        move = next(each for each in self.every if each.id == extension)
        move.against.append(person)
        move.gone = person == move.person or len(move.against) == _OTHERS
        return move.gone

    def count(self, end: End) -> None:
        """Moves the end anew by all that still count, each from what stood when it was made without those that do not.

        One that would not have been one then, as a shortening to a later hour, moves nothing.
        """
        self.moved, self.far = None, 0
        for move in self.every:
            if move.gone:
                continue
            ends = end(move.runbook, move.still)
            to = move.lands(ends)
            if to > ends if move.later else to < ends:
                self.moved = (to - move.still, move.runbook)
                self.far += end(move.runbook, move.still) - ends

    def asked(self, runbook: int) -> int:
        """The end that is asked for when the runbook ends grace at an hour: an old move only makes it later."""
        if self.moved is None:
            return runbook
        to, runbook_then = self.moved
        return to if runbook_then == runbook else max(to, runbook)
