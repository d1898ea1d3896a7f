"""Decisions on the record of a run: a remark, and what replaces a statement that was wrong."""

from unrack.model.decision import Amend, Note
from workflows.decisions.case import Case, Judgement, accepted, not_open


def note(case: Case, decision: Note) -> Judgement:
    """A remark is kept for everybody who reads the run; it decides nothing."""
    return accepted(f"{decision.by.name} remarks: {decision.text}")


def amend(case: Case, decision: Amend) -> Judgement:
    """What was stated for a task is replaced, and whatever relied on it is done again."""
    return not_open(f"{decision.step} is not done")
