"""What happened in a run, in words, from its recorded events and nothing else: it works offline, years later."""

from collections.abc import Sequence

from temporalio.client import WorkflowHistory

from unrack.audit.entries import TimelineEntry
from unrack.audit.telling import Teller


def timeline(chain: Sequence[WorkflowHistory]) -> tuple[TimelineEntry, ...]:
    """Who did what, when, by which way and with which evidence, oldest first.

    Args:
        chain: The histories of one run, oldest first (`unrack.audit.histories`).

    Raises:
        UnrackError: it is not a run of Unrack, or this version cannot read what was recorded.
    """
    return Teller(chain).entries()
