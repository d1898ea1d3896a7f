"""What happened in a run, in words, from its recorded events and nothing else: it works offline, years later."""

from collections.abc import Sequence

from temporalio.client import WorkflowHistory

from unrack.audit.entries import TimelineEntry
from unrack.audit.telling import Teller


def timeline(chain: Sequence[WorkflowHistory]) -> tuple[TimelineEntry, ...]:
    """Who did what, when, by which way and with which evidence, oldest first.

    Args:
        chain: The histories of one run, or of another workflow, oldest first (`unrack.audit.histories`).

    Whatever it holds is told: what cannot be read is said to be so where it stands, and so is what is wrong with the
    record itself.
    """
    return Teller(chain).entries()
