"""An emergency right was used: the run is marked for ever, and everybody who was passed over is told."""

from collections.abc import Sequence

from unrack.contracts.calls import NoticeKind
from unrack.model.authority import GlassBroken
from unrack.model.decision import Actor
from unrack.model.message import msg
from unrack.model.rights import Action
from workflows.context import RunContext

MOST_KEPT = 20
"""People passed over that a mark names; all of them are told."""


def tell(context: RunContext, by: Actor, action: Action, decision: str, passed_over: Sequence[str]) -> None:
    """Marks the run, and tells people.

    Args:
        context: The run.
        by: Who used the right.
        action: What for.
        decision: By which decision; empty: the launch or the resumption.
        passed_over: Those who have the right by a grant.
    """
    broken = GlassBroken(
        by=by, action=action, decision=decision, at=context.now(), passed_over=tuple(passed_over[:MOST_KEPT])
    )
    context.state.access = context.state.access.broken(broken)
    text = msg(
        "{short} used an emergency right to '{action}', over {others}",
        short=by.short,
        action=action.value,
        others=", ".join(passed_over) or msg("nobody"),
    )
    context.note(text, by=by)
    title = msg("emergency right used on {id}", id=context.id)
    context.notify_soon(NoticeKind.INTERFERENCE, title, text, people=passed_over)
