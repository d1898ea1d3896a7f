"""Which right a decision needs, and whether it stops a run. Pure."""

from collections.abc import Collection

from unrack.model.decision import Decision, Hold, Release, Remedy, Resolve, Unfreeze
from unrack.model.rights import ON_A_STEP, Action

STOPS = frozenset({Action.HOLD, Action.HOLD_ALL, Action.REACTIVATE, Action.ABORT, Action.REJECT, Action.WITHDRAW})
"""Actions that keep a run from changing the service: until such a decision is judged, nothing is begun."""

FOR_THIS_REVISION = frozenset({Action.APPROVE, Action.SHORTEN, Action.UNFREEZE, Action.OVERRIDE_FREEZE})
"""Actions that bring the purge nearer on the strength of what the signer saw: signed for an older consent, they are
stale."""

REMEDIES = {Remedy.RETRY: Action.RETRY, Remedy.SKIP: Action.SKIP, Remedy.ENDED: Action.SKIP}


def action_of(decision: Decision, own_freezes: Collection[str] = ()) -> Action:
    """The action that `decision` is.

    Args:
        decision: What somebody wants.
        own_freezes: Ids of the freezes that decisions set on the run; lifting another one overrides a calendar's.
    """
    match decision:
        case Resolve():
            return REMEDIES[decision.remedy]
        case Hold():
            return Action.HOLD if decision.from_all is None else Action.HOLD_ALL
        case Release():
            return Action.RELEASE if decision.from_all is None else Action.RELEASE_ALL
        case Unfreeze():
            return Action.UNFREEZE if decision.freeze in own_freezes else Action.OVERRIDE_FREEZE
        case _:
            return Action(decision.kind)


def step_of(decision: Decision) -> str | None:
    """The step that `decision` is on; None when it concerns the whole run."""
    step = getattr(decision, "step", None)
    return step if action_of(decision) in ON_A_STEP else None
