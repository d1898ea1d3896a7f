"""What people should think of when a run has ended: the runbook's follow-ups."""

from unrack.model.lifecycle import Outcome
from unrack.model.plan import Plan


def due(plan: Plan, outcome: Outcome) -> list[str]:
    """The follow-ups that this end calls for, each in one line."""
    return [
        f"follow up with the runbook {each.runbook}: {each.title}" for each in plan.follow_ups if each.after is outcome
    ]
