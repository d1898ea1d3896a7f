"""Decisions that would stop the run, and that nobody has judged yet, keep it from changing anything until they are.

They do not stop a call under way: whether they count is not known. And they do not stop for ever: whoever sends forged
ones without end delays a gate by what had arrived when it was reached, and what arrived while that was judged.
"""

from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.model.state import Reason, ReasonKind, RunState
from workflows.context import RunContext

MOST_ROUNDS = 2
"""So often is everything that has arrived waited for, before one step begins."""


class Rounds:
    """How long one passage of a gate still waits for decisions that nobody has judged yet."""

    def __init__(self, context: RunContext) -> None:
        """Nothing was waited for yet."""
        self._context = context
        self._left = MOST_ROUNDS

    @property
    def are_left(self) -> bool:
        """Whether a decision waits that would stop the run, and it is waited for once more."""
        return self._left > 0 and self._context.line.blocks

    async def wait(self, step: str) -> None:
        """Waits until everything is judged that has arrived by now.

        Raises:
            PhaseLeft: the run leaves its phase.
            ContinueAsNewDue: the run goes on in a fresh history.
        """
        line, arrived = self._context.line, self._context.line.arrived
        self._left -= 1
        self._context.note(msg("not yet: {text}", text=_TEXT), step=step)
        await self._context.wait(lambda: line.judged >= arrived)


def findings(state: RunState) -> tuple[Finding, ...]:
    """What keeps the gate shut while such decisions wait, for those who look."""
    return tuple(Finding(subject="unjudged", text=each.text, blocking=True) for each in reasons(state))


def reasons(state: RunState) -> tuple[Reason, ...]:
    """The same, for what people read."""
    blocking = [each for each in state.unjudged if each.blocks]
    if not blocking:
        return ()
    first = blocking[0]
    text = msg(
        "{count} decisions that would stop the run wait to be verified, the first a '{kind}' that says it is from {by}",
        count=len(blocking),
        kind=first.kind,
        by=first.by,
    )
    return (Reason(kind=ReasonKind.UNJUDGED, text=text),)


_TEXT = msg("a decision that would stop the run waits to be verified")
