"""Tells those concerned of decisions that others must know of at once: holds, releases, and approvals that lapsed."""

from unrack.contracts.calls import NoticeKind
from unrack.model import approvals
from unrack.model.decision import Decision, DecisionResult, Hold, Release
from unrack.model.message import joined, msg
from workflows.context import RunContext


def tell(context: RunContext, decision: Decision, answer: DecisionResult, missing_before: int) -> None:
    """Tells people beside the run's course, if `decision`, which was accepted, concerns them.

    Args:
        context: The run.
        decision: The decision.
        answer: What it was answered.
        missing_before: How many approvals were missing before it.
    """
    match decision:
        case Hold():
            context.notify_soon(
                NoticeKind.HOLD, msg("the run {id} is held", id=context.id), _lines(decision.reason, answer.message)
            )
        case Release():
            context.notify_soon(
                NoticeKind.RELEASE,
                msg("the hold on {id} is released", id=context.id),
                _lines(decision.reason, answer.message),
            )
        case _ if approvals.standing(context.plan, context.state).people > missing_before:
            title = msg("{id} must be approved again", id=context.id)
            context.notify_soon(NoticeKind.APPROVAL, title, _lines(answer.message, f"unrack approve {context.id}"))
        case _:
            return


def _lines(*texts: str) -> str:
    """Those that say something, one below the other."""
    return joined("\n", filter(None, texts))
