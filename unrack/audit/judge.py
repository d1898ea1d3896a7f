"""Judges one recorded history: is it well-formed, one of ours, and what today's code would do again?"""

from collections.abc import Awaitable, Callable

from temporalio.client import WorkflowHistory

from unrack.audit.histories import Recorded, run_id_of, workflow_type
from unrack.audit.replayer import ReplayResult
from unrack.audit.structure import Flaw, FlawKind, flaws, is_closed
from unrack.audit.verdicts import Divergence, ReplayVerdict, Verdict
from workflows import WORKFLOWS

Replay = Callable[[WorkflowHistory], Awaitable[ReplayResult]]
"""Replays one history."""


async def judge(recorded: Recorded, replay: Replay) -> ReplayVerdict:
    """The verdict on `recorded`; only what is well-formed and ours is replayed."""
    history = recorded.history
    if history is None:
        return ReplayVerdict(source=recorded.source, verdict=Verdict.UNREADABLE, text=recorded.why)
    begins = workflow_type(history)
    if begins is not None and begins not in KNOWN:
        text = f"a workflow '{begins}', which is none of Unrack's: {', '.join(KNOWN)}"
        return _verdict(recorded, Verdict.FOREIGN, text, event=1)
    if found := flaws(history.events):
        return _flawed(recorded, found)
    return replayed(recorded, await replay(history))


def replayed(recorded: Recorded, result: ReplayResult) -> ReplayVerdict:
    """The verdict on a history by what its replay showed."""
    if result.divergences:
        first, more = result.divergences[0], len(result.divergences) - 1
        text = f"{_words(first)}{f'; and {more} more' if more else ''}"
        return _verdict(recorded, Verdict.DIFFERS, text, event=first.event, divergences=result.divergences)
    if result.missing is not None:
        text = f"{result.missing.what}: {result.missing.step} is not recorded, or today's code does more"
        return _verdict(recorded, Verdict.CUT, text, event=result.missing.event)
    assert recorded.history is not None  # noqa: S101 - it was replayed
    if is_closed(recorded.history.events):
        return _verdict(recorded, Verdict.AGREES, "today's code does what was recorded")
    text = "today's code does what was recorded so far; the history has no end yet"
    return _verdict(recorded, Verdict.SO_FAR, text, event=recorded.history.events[-1].event_id)


def _flawed(recorded: Recorded, found: tuple[Flaw, ...]) -> ReplayVerdict:
    """Return the verdict on a flawed record. An event that no server writes is graver than a missing one."""
    wrong = [flaw for flaw in found if flaw.kind is FlawKind.WRONG]
    first, more = (wrong or found)[0], len(found) - 1
    text = f"{first.text}{f'; and {more} more' if more else ''}"
    return _verdict(recorded, Verdict.DIFFERS if wrong else Verdict.CUT, text, event=first.event)


def _words(each: Divergence) -> str:
    return f"{each.step}: {each.what}: recorded {each.recorded}, today {each.today}"


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
