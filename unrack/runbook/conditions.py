"""Whether a step belongs to a plan."""

from collections.abc import Mapping

from unrack.model.base import JsonScalar
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.runbook.source import Condition


def holds(when: Condition | None, timing: Timing, values: Mapping[str, JsonScalar]) -> bool:
    """Whether everything in `when` is true; `values` are the parameters, None where not given."""
    return why_not(when, timing, values) is None


def why_not(when: Condition | None, timing: Timing, values: Mapping[str, JsonScalar]) -> str | None:
    """Why a step is left out, in words; None when it belongs to the plan."""
    if when is None:
        return None
    if when.timing not in (None, timing):
        return msg("only when the timing is {timing}", timing=when.timing)
    value = None if when.parameter is None else values.get(when.parameter)
    if when.parameter is None or (when.equals is not None and value == when.equals):
        return None
    if when.equals is not None:
        return msg("only when {parameter} is {equals}", parameter=when.parameter, equals=when.equals)
    return msg("only when {parameter} is given", parameter=when.parameter) if value is None or value is False else None
