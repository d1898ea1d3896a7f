"""Judges recorded histories: is each one well-formed, one of ours, and what today's code would do again?"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from unrack.audit.apart import LIMIT, Apart, apart
from unrack.audit.comparing import Divergence
from unrack.audit.histories import Recorded, run_id_of, workflow_type
from unrack.audit.rerun import Rerun
from unrack.audit.structure import Flaw, FlawKind, flaws, is_closed
from unrack.model.base import Frozen
from unrack.model.errors import Category, Problem, UnrackError
from workflows import WORKFLOWS


class Verdict(StrEnum):
    """What became of one history."""

    AGREES = "agrees"
    """It is whole, ends with an end, and today's code does exactly what was recorded."""
    SO_FAR = "agrees-so-far"
    """The same, and it was taken while the run still went on; or its end was cut off where it does not show."""
    DIFFERS = "differs"
    """Today's code does something else, or no server recorded it like that: doubled, reordered, after the end."""
    CUT = "cut"
    """Events are missing: at the beginning, in between, or in the middle of what is written in one piece."""
    FOREIGN = "foreign"
    """It is of another workflow than Unrack's."""
    UNREADABLE = "unreadable"
    """It is no history at all, or not the one that was exported."""


class ReplayVerdict(Frozen):
    """What became of one history, and why."""

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


async def replay(records: Sequence[Recorded], *, limit: timedelta = LIMIT) -> tuple[ReplayVerdict, ...]:
    """Judge each of `records`; whatever one does, the others are judged too, and all of it ends.

    Args:
        records: What was read.
        limit: How long one of ordinary length may take.

    Raises:
        UnrackError: there is nothing to replay, which must not look like success.
    """
    if not records:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message="there is no history to replay",
                suggestion="name a run, an exported file, or a folder of such files",
            )
        )
    async with apart(limit) as place:
        return tuple([await _judged(each, place) for each in records])


async def _judged(recorded: Recorded, place: Apart) -> ReplayVerdict:
    history = recorded.history
    if history is None:
        return ReplayVerdict(source=recorded.source, verdict=Verdict.UNREADABLE, text=recorded.why)
    begins = workflow_type(history)
    if begins is not None and begins not in KNOWN:
        text = f"a workflow '{begins}', which is none of Unrack's: {', '.join(KNOWN)}"
        return _verdict(recorded, Verdict.FOREIGN, text, event=1)
    if found := flaws(history.events):
        return _flawed(recorded, found)
    return _compared(recorded, await place.rerun(history), closed=is_closed(history.events))


def _compared(recorded: Recorded, again: Rerun, *, closed: bool) -> ReplayVerdict:
    if again.divergences:
        first, more = again.divergences[0], len(again.divergences) - 1
        text = f"{_words(first)}{f'; and {more} more' if more else ''}"
        return _verdict(recorded, Verdict.DIFFERS, text, event=first.event, divergences=again.divergences)
    if again.missing is not None:
        text = f"{again.missing.what}: {again.missing.step} is not recorded, or today's code does more"
        return _verdict(recorded, Verdict.CUT, text, event=again.missing.event)
    if closed:
        return _verdict(recorded, Verdict.AGREES, "today's code does what was recorded")
    text = "today's code does what was recorded so far; the history has no end yet"
    return _verdict(recorded, Verdict.SO_FAR, text, event=_last(recorded))


def _flawed(recorded: Recorded, found: tuple[Flaw, ...]) -> ReplayVerdict:
    """What no server writes is graver than what is missing."""
    wrong = [flaw for flaw in found if flaw.kind is FlawKind.WRONG]
    first, more = (wrong or found)[0], len(found) - 1
    text = f"{first.text}{f'; and {more} more' if more else ''}"
    return _verdict(recorded, Verdict.DIFFERS if wrong else Verdict.CUT, text, event=first.event)


def _words(each: Divergence) -> str:
    return f"{each.step}: {each.what}: recorded {each.recorded}, today {each.today}"


def _last(recorded: Recorded) -> int | None:
    return recorded.history.events[-1].event_id if recorded.history else None


def _verdict(
    recorded: Recorded,
    verdict: Verdict,
    text: str,
    *,
    event: int | None = None,
    divergences: tuple[Divergence, ...] = (),
) -> ReplayVerdict:
    history = recorded.history
    assert history is not None  # noqa: S101 - what cannot be read has its verdict
    return ReplayVerdict(
        source=recorded.source,
        verdict=verdict,
        event=event,
        text=text,
        run=history.workflow_id,
        run_id=run_id_of(history),
        events=len(history.events),
        divergences=divergences,
    )


KNOWN = tuple(str(getattr(each, "__temporal_workflow_definition").name) for each in WORKFLOWS)
"""The workflows that today's code has, by name."""
