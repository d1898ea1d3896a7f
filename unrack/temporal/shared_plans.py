"""Lets the runs of one worker share what their plans have in common: most of a plan comes from its runbook.

Each run decodes a plan of its own. Its steps, texts and translations are those of every other run of the same runbook,
frozen, and a third of the memory that a waiting run takes; one object for each is enough.
"""

from hashlib import blake2b
from typing import Any, TypeVar

from pydantic_core import to_json

from unrack.contracts.workflows import RunStart
from unrack.model.message_text import IN_PAYLOADS
from unrack.model.plan import Plan

Part = TypeVar("Part")

_PARTS = (
    "approval",
    "grace",
    "provider_end",
    "loses",
    "keeps",
    "left_out",
    "taken_back",
    "follow_ups",
    "freezes",
    "translations",
)
"""Fields of a plan that come whole from the runbook, or often do; each step is shared by itself."""

_MOST = 1024
"""Parts that are kept; a few of each runbook, and some megabytes at most. Then the table begins anew."""

_SHARED: dict[tuple[str, bytes], Any] = {}


def with_shared_plan(start: RunStart) -> RunStart:
    """`start`, equal in everything, with the parts of its plan that another run has already."""
    return start.model_copy(update={"plan": _shared(start.plan)})


def _shared(plan: Plan) -> Plan:
    document = plan.model_dump(mode="json", context=IN_PAYLOADS)
    parts: dict[str, Any] = {
        name: _same(name, getattr(plan, name), document[name])
        for name in _PARTS
        if name in plan.model_fields_set and name in document
    }
    steps = zip(plan.steps, document["steps"], strict=True)
    parts["steps"] = tuple(_same("step", step, written) for step, written in steps)
    return plan.model_copy(update=parts)


def _same(name: str, part: Part, written: object) -> Part:
    """The object that stands for everything that is written like `part`."""
    key = (name, blake2b(to_json(written), digest_size=16).digest())
    if len(_SHARED) >= _MOST:
        _SHARED.clear()
    return _SHARED.setdefault(key, part)
