"""What there are rights for, and which duties stay apart: what a run records of the policy that rules it.

It stands apart from `unrack.model.policy`, so that a list need not import how a policy file is read.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import ConfigDict, Field

from unrack.model.base import Frozen


class Action(StrEnum):
    """Everything that somebody needs a right for."""

    LAUNCH = "launch"
    APPROVE = "approve"
    COMPLETE = "complete"
    REJECT = "reject"
    AMEND = "amend"
    NOTE = "note"
    CLAIM = "claim"
    ASSIGN = "assign"
    HOLD = "hold"
    RELEASE = "release"
    EXTEND = "extend"
    SHORTEN = "shorten"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    OVERRIDE_FREEZE = "override-freeze"
    REACTIVATE = "reactivate"
    ABORT = "abort"
    RETRY = "retry"
    SKIP = "skip"
    WITHDRAW = "withdraw"
    RESUME = "resume"
    DELEGATE = "delegate"
    HOLD_ALL = "hold-all"
    RELEASE_ALL = "release-all"
    ADMINISTER = "administer"
    """Answer for the policy: somebody who can must be there."""
    EXPORT = "export"
    """Take records out of the console; nothing else asks for it."""


ON_A_STEP = frozenset(
    {
        Action.COMPLETE,
        Action.REJECT,
        Action.AMEND,
        Action.CLAIM,
        Action.ASSIGN,
        Action.DELEGATE,
        Action.RETRY,
        Action.SKIP,
    }
)
"""Actions that concern one step, so that a grant may name steps; the others concern the whole run."""

ON_SEVERAL_RUNS = frozenset({Action.HOLD_ALL, Action.RELEASE_ALL})
"""Actions on many runs at once: a grant may narrow them by what they select, not by runbook, step or timing."""

LIGHT = frozenset({Action.CLAIM, Action.NOTE, Action.ASSIGN})
"""Actions that decide nothing: vouched is enough unless the policy says more, and stated never is."""


class PolicyPart(Frozen):
    """A part of a policy: in a file names have hyphens, in code underscores."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"),
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """See `BaseModel.model_copy`. What follows from the fields, as a digest, is counted anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied


class Duties(PolicyPart):
    """Separation of duties: what one person must not do twice over."""

    model_config = ConfigDict(use_attribute_docstrings=False)  # every list imports this, and reading them is slow

    launcher: bool = Field(default=True, description="Who launched a run does not approve it.")
    rejecter: bool = Field(default=True, description="Who rejected a task does not complete it.")
    skipper: bool = Field(default=True, description="Who launched a run skips none of its steps.")
