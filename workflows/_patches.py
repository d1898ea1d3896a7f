"""Every `workflow.patched` id: why it exists, since when, and when it can go. No code elsewhere spells an id."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Patch:
    """One change of a workflow's command sequence that running histories must not see."""

    id: str
    reason: str
    since: date
    removable_after: date


PATCHES: tuple[Patch, ...] = ()
"""Oldest first."""
