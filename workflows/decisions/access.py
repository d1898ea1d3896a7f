"""Whether who proved to be somebody may decide this, here and now. Pure.

Rights came with the proof, by the policy that rules. What depends on what others decided just before (separation of
duties, the same person twice) is judged here, at the decision's turn.
"""

from unrack.contracts.verifying import Checked
from unrack.model.access import Right
from unrack.model.decision import Actor, Approve, Complete, Decision
from unrack.model.message import msg
from unrack.model.rights import Action
from unrack.model.state import RunState
from unrack.model.statement import Refusal
from workflows.decisions.inspection import Fault
from workflows.decisions.precheck import action_in


def fault(state: RunState, decision: Decision, checked: Checked) -> Fault | None:
    """Why `decision` does not count, now that it is `checked` who sent it; None when it is judged."""
    if checked.why is not None or checked.by is None:
        return Fault(checked.why or Refusal.UNSIGNED, checked.words)
    action = action_in(state, decision)
    return (
        _not_sure_enough(state, action, checked.by)
        or _without_right(action, checked)
        or _duty(state, decision, checked.by)
        or _twice(state, decision, checked.by)
    )


def _not_sure_enough(state: RunState, action: Action, by: Actor) -> Fault | None:
    need = state.access.need(action)
    if by.assurance.suffices_for(need):
        return None
    words = msg("'{action}' must be {need}, and this is only {is_}", action=action, need=need, is_=by.assurance)
    return Fault(Refusal.UNSIGNED, words)


def _without_right(action: Action, checked: Checked) -> Fault | None:
    if checked.right is not Right.NONE or checked.by is None:
        return None
    words = msg("{short} has no right to '{action}' here", short=checked.by.short, action=action)
    return Fault(Refusal.RIGHT_MISSING, words)


def _duty(state: RunState, decision: Decision, by: Actor) -> Fault | None:
    """Who launched the run is judged where approvals and skipped steps are."""
    if isinstance(decision, Complete) and state.access.duties.rejecter and _rejected(state, decision.step, by):
        words = msg("{short} rejected {step}; somebody else must complete it", short=by.short, step=decision.step)
        return Fault(Refusal.DUTY, words)
    return None


def _rejected(state: RunState, step: str, by: Actor) -> bool:
    standing = state.steps.get(step)
    return standing is not None and any(by.is_same_as(each) for each in standing.rejected_by)


def _twice(state: RunState, decision: Decision, by: Actor) -> Fault | None:
    if not isinstance(decision, Approve) or not any(by.is_same_as(given.by) for given in state.approvals):
        return None
    words = msg("{short} has approved already: one person counts once, whatever key they sign with", short=by.short)
    return Fault(Refusal.SAME_PERSON, words)
