"""The verdicts on a recorded history that is replayed."""

from enum import StrEnum

from unrack.model.base import Frozen

NOTHING = "nothing"
"""Stands for what is on one side only."""


class Divergence(Frozen):
    """One place where today's code does something else than what was recorded."""

    event: int
    """Id of the recorded event; for something new, of the event that began the workflow task it belongs to."""
    step: str
    """Step (activity id), or what else it concerns."""
    what: str
    """In words: what differs."""
    recorded: str
    today: str


class Verdict(StrEnum):
    """The verdict on one history."""

    AGREES = "agrees"
    """It is whole, ends with an end, and today's code does exactly what was recorded."""
    SO_FAR = "agrees-so-far"
    """The same, and it was exported while the run still went on; or its end was cut off where it does not show."""
    DIFFERS = "differs"
    """Today's code does something else, or no server recorded it like that: doubled, reordered, after the end."""
    CUT = "cut"
    """Events are missing: at the beginning, in between, or in the middle of what is written in one piece."""
    FOREIGN = "foreign"
    """It is of another workflow than Unrack's."""
    UNREADABLE = "unreadable"
    """It is no history at all, or not the one that was exported."""


class ReplayVerdict(Frozen):
    """The verdict on one history, with its reason."""

    source: str
    """The file, or the run on the server."""
    verdict: Verdict
    event: int | None = None
    """The event at which it shows, for all but ``agrees``."""
    text: str
    """In one sentence."""
    run: str = ""
    run_id: str = ""
    """Temporal's own id of this history; a chain has several."""
    events: int = 0
    divergences: tuple[Divergence, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether today's code does exactly what was recorded, to the end."""
        return self.verdict is Verdict.AGREES

    def good(self, *, open_ok: bool) -> bool:
        """Whether it agrees; with `open_ok` a history that still goes on may."""
        return self.agrees or (open_ok and self.verdict is Verdict.SO_FAR)
