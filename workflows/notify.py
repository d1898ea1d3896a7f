"""Tells those concerned of decisions that others must know of at once: holds, releases, and approvals that lapsed."""

from unrack.contracts.calls import NoticeKind
from unrack.model import approvals
from unrack.model.decision import Decision, DecisionResult, Hold, Release
from unrack.model.message import msg
from workflows.context import RunContext


def tell(run: RunContext, decision: Decision, answer: DecisionResult, missing_before: int) -> None:
    """Tells people beside the run's course, if `decision`, which was accepted, concerns them.

    Args:
        run: The run.
        decision: The decision.
        answer: What it was answered.
        missing_before: How many approvals were missing before it.
    """
    match decision:
        case Hold():
            run.notify_soon(
                NoticeKind.HOLD, msg("the run {id} is held", id=run.id), f"{decision.reason}\n{answer.message}"
            )
        case Release():
            run.notify_soon(
                NoticeKind.RELEASE,
                msg("the hold on {id} is released", id=run.id),
                f"{decision.reason}\n{answer.message}".strip(),
            )
        case _ if approvals.standing(run.plan, run.state).people > missing_before:
            title = msg("{id} must be approved again", id=run.id)
            run.notify_soon(NoticeKind.APPROVAL, title, f"{answer.message}\nunrack approve {run.id}")
        case _:
            return
