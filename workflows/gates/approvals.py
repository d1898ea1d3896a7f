"""The gate of approval: the run waits until its plan is approved, and people who are late are chased."""

from unrack.contracts.calls import NoticeKind
from workflows.context import RunContext
from workflows.gates import guard


async def passed(context: RunContext) -> None:
    """Waits for the quorum of distinct people. Late approvals are chased, never taken for granted.

    Raises:
        PhaseLeft: the run leaves its phase.
        ContinueAsNewDue: the run goes on in a fresh history.
    """

    def complete() -> bool:
        return not guard.approvals_missing(context.plan, context.state)

    approval = context.plan.approval
    if not complete() and not context.state.asked_to_approve:
        context.state.asked_to_approve = True  # a fresh history asks nobody again
        title = f"{approval.quorum} people must approve {context.id}"
        await context.notify(NoticeKind.APPROVAL, title, f"Plan {context.plan.digest}. unrack approve {context.id}")
    while not await context.wait(complete, at=context.now() + approval.timeout):
        title = f"{context.id} still waits for approval"
        await context.notify(NoticeKind.OVERDUE, title, f"unrack approve {context.id}")
