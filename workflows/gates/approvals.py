"""The gate of approval: the run waits until its plan is approved, and people who are late are chased."""

from unrack.contracts.calls import NoticeKind
from unrack.model import approvals
from unrack.model.message import msg
from workflows import reminders
from workflows.context import RunContext


async def passed(context: RunContext) -> None:
    """Waits for the quorum of distinct people. Late approvals are chased, never taken for granted.

    Raises:
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on in a fresh history.
    """

    def complete() -> bool:
        return approvals.standing(context.plan, context.state).complete

    if not complete() and not context.state.asked_to_approve:
        context.state.asked_to_approve = True  # a fresh history asks nobody again
        people = approvals.standing(context.plan, context.state).people
        title = msg("{people} people must approve {id}", people=people, id=context.id)
        await context.notify(
            NoticeKind.APPROVAL,
            title,
            msg("Plan {digest}. unrack approve {id}", digest=context.plan.digest, id=context.id),
        )
    while not await context.wait(complete, at=reminders.of_approval(context.plan, context.now())):
        title = msg("{id} still waits for approval", id=context.id)
        await context.notify(NoticeKind.OVERDUE, title, f"unrack approve {context.id}")
