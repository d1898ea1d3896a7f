"""Checks that each parameter of a request has something to act on. One that has nothing yields a blocking finding."""

from collections.abc import Iterator

from unrack.model.ids import step_id
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.service import Finding
from unrack.runbook.source import Runbook


def unmet(model: Runbook, plan: Plan) -> Iterator[Finding]:
    """The steps of `plan` that are there because a parameter was given, and would find nothing to act on.

    Steps that every run has may well find nothing: they see to it that nothing is left.
    """
    planned = {step.id for step in plan.steps}
    told: set[str] = set()
    for phase, _, step in model.in_order():
        why = plan.facts.nothing_for.get(step.action or "")
        wished = step.when.parameter if step.when else None
        if why and wished and step_id(phase, step.name) in planned and wished not in told:
            told.add(wished)
            text = msg(
                "The request asks for it, and there is nothing to act on: {why}. Correct that, or leave it out.",
                why=why,
            )
            yield Finding(subject=wished, text=text, blocking=True)
