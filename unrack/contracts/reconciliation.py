"""Reconciliation: the runs as the engine shows them, the services as the providers show them, and the differences."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Self

from temporalio import activity

from unrack.model.base import Frozen, Moment
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.service import ServiceRef

RECONCILE = "Reconcile"
"""Workflow: takes a `ReconcileCall`, returns a `ReconcileReport`."""


MOST_TEXT = 2000
"""Characters of one text of a finding, whatever somebody gave as a reason."""


class How(StrEnum):
    """How somebody, or the server, interfered with a run in Temporal itself."""

    TERMINATED = "terminated"
    CANCELLED = "cancelled"
    """Closed as cancelled. A cancel request alone never does that; the run turns it into a decision."""
    FAILED = "failed"
    TIMED_OUT = msg("timed out")
    RESET = "reset"
    """Sent back to an earlier point; another execution goes on from there."""


class Interference(Frozen):
    """How the engine took a run out of its own hands, and how far the run had come."""

    how: How
    run_id: str
    """Temporal's id of the execution that was ended or left behind."""
    at: Moment
    """The server's time."""
    by: str
    """Identity of the client, as the server recorded it: stated, not verified."""
    reason: str = ""
    changed: tuple[str, ...] = ()
    """Steps that were finished and changed the service, in the plan's order."""
    in_flight: tuple[str, ...] = ()
    """Steps that were begun and whose end nobody saw."""
    unreadable: MessageText = ""
    """Why the state of the run could not be read; empty when it was."""

    @property
    def touched(self) -> bool:
        """Whether the service is not surely as it was before the run."""
        return bool(self.changed or self.in_flight or self.unreadable)


class Pause(Frozen):
    """Something that somebody paused in Temporal itself. It has no end of its own: only unpausing ends it."""

    call: str = ""
    """The activity that is paused, as ``detach.remove-pops``; empty when the whole run is."""
    by: str = ""
    """Identity of the client, as the server recorded it: stated, not verified."""
    reason: str = ""
    since: Moment | None = None
    """The server's time."""

    @property
    def words(self) -> str:
        """Describe the pause: its subject, start, author and reason."""
        what = msg("its call {call}", call=self.call) if self.call else msg("the run")
        since = msg(" since {since}", since=f"{self.since:%Y-%m-%d %H:%M %Z}") if self.since else ""
        by = msg(" by {by}", by=self.by) if self.by else ""
        why = msg(' ("{reason}")', reason=self.reason[:200]) if self.reason else ""
        return msg("{what} is paused in Temporal{since}{by}{why}", what=what, since=since, by=by, why=why)

    def unpause(self, run: str) -> str:
        """Return the command that unpauses it."""
        if self.call:
            return f"temporal activity unpause --workflow-id '{run}' --activity-id '{self.call}'"
        return f"temporal workflow unpause --workflow-id '{run}'"


class RunSeen(Frozen):
    """One run as the engine shows it: the latest execution of its id."""

    run: str
    run_id: str
    service: ServiceRef
    runbook: str
    phase: Phase
    open: bool
    outcome: Outcome | None = None
    """How it ended by itself."""
    scheduled: bool = False
    """Whether the run believes that the provider will end the service by itself."""
    no_return: bool = False
    """Whether the point of no return is passed."""
    since: Moment
    """When it was started or, once closed, when it was closed."""
    stuck: MessageText = ""
    """Why an open run cannot go on; empty when it can."""
    pauses: tuple[Pause, ...] = ()
    """Pauses that somebody set on an open run in Temporal."""
    interference: Interference | None = None
    """Set for a run that is gone (not open, no outcome), and for an open one that was reset."""

    @property
    def gone(self) -> bool:
        """Whether nothing goes on any more, and the run did not end by itself."""
        return not self.open and self.outcome is None

    @property
    def unwatched(self) -> bool:
        """Whether the provider will end the service by itself, and nobody would take that back at the last call.

        A paused call alone does not stop the watch.
        """
        still = self.gone or bool(self.stuck) or any(not pause.call for pause in self.pauses)
        return still and self.scheduled and not self.no_return


class Mismatch(StrEnum):
    """How runs and services can disagree. Each has a paragraph in ``docs/on-call/reconcile.md``."""

    HALF_REMOVED = "half-removed"
    """The run is gone, and the service is not as it was before."""
    GONE_UNTOUCHED = "gone-untouched"
    """The run is gone, before it touched anything."""
    HISTORY_GONE = "history-gone"
    """Like half-removed, and the server keeps the run no longer."""
    RESET = "reset"
    """The run was reset and does not know its earlier effects."""
    STUCK = "stuck"
    """The run is open, and no worker can go on with it."""
    PAUSED = "paused"
    """Somebody paused the run, or a call of it, in Temporal."""
    SERVICE_LOST = "service-lost"
    """The service has ended, and the run has not passed its point of no return."""
    END_LOST = "end-lost"
    """The run counts on an end that the provider no longer has planned."""
    STILL_THERE = "still-there"
    """The run says closed, and the service lives."""
    STILL_ENDING = "still-ending"
    """The run says reactivated or aborted, and the provider will end the service."""
    CREDENTIAL_ENDS = "credential-ends"
    """Open runs need a credential that ends soon, or has ended."""


class Discrepancy(Frozen):
    """One thing that does not fit, for a person."""

    kind: Mismatch
    run: str
    run_id: str
    service: ServiceRef
    runbook: str
    text: MessageText
    """The discrepancy in one or two sentences."""
    todo: MessageText
    """The command that applies."""
    since: Moment
    changed: tuple[str, ...] = ()
    urgent: bool = False
    """Whether the provider's scheduled end comes near and nobody watches its last call."""
    known: bool = False
    """Whether the report before had it, too, so that people were told."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for the same thing seen again."""
        return (self.kind.value, self.run, self.run_id)

    @classmethod
    def of(cls, seen: RunSeen, kind: Mismatch, text: str, todo: str) -> Self:
        """The discrepancy `kind` of the run `seen`."""
        found = seen.interference
        return cls(
            kind=kind,
            run=seen.run,
            run_id=found.run_id if found else seen.run_id,
            service=seen.service,
            runbook=seen.runbook,
            text=text[:MOST_TEXT],
            todo=todo[:MOST_TEXT],
            since=found.at if found else seen.since,
            changed=(*found.changed, *found.in_flight) if found else (),
            urgent=seen.unwatched and kind in _STANDS_STILL,
        )


_STANDS_STILL = (Mismatch.HALF_REMOVED, Mismatch.GONE_UNTOUCHED, Mismatch.STUCK, Mismatch.PAUSED)
"""Mismatches under which a run does not watch its dates."""


class ServiceSeen(Frozen):
    """One service as its provider shows it, with only the fields that reconciliation compares."""

    service: ServiceRef
    read: bool
    """False when the provider could not be asked, or does not show services at all; then nothing is concluded."""
    there: bool = False
    """Whether the service is there and active."""
    ending: bool = False
    """Whether the provider has an end planned."""
    renews: bool | None = None
    """Whether it renews by itself; None when the provider does not say."""
    words: MessageText = ""
    """The provider's words for its state, or why it could not be read."""


class ReconcileCall(Frozen):
    """A request to reconcile the runs of one task queue."""

    queue: str


class ReconcileReport(Frozen):
    """The result of a reconciliation. Its size is bounded, however many runs there are. Entries cut off are counted."""

    at: Moment
    queue: str
    runs: int = 0
    """How many runs were looked at."""
    services: int = 0
    """How many services were read at their providers."""
    found: tuple[Discrepancy, ...] = ()
    found_in_all: int = 0
    """How many things do not fit, with those that have no place in `found`."""
    unread: tuple[ServiceSeen, ...] = ()
    """Services about which nothing can be said."""
    unread_in_all: int = 0
    not_due: int = 0
    """Services that were left to the next reconciliations, because there are too many for one."""
    unreadable: int = 0
    """Executions that call themselves runs, and whose memo is not a run's."""
    hints: tuple[MessageText, ...] = ()
    """Problems that keep reconciliation itself from working."""

    @property
    def cut(self) -> int:
        """How many things do not fit that `found` has no place for."""
        return max(0, self.found_in_all - len(self.found))

    @property
    def verdict(self) -> str:
        """Say in a few words whether everything fits, and claim no more than the reads prove."""
        if self.found_in_all:
            return msg(
                "{found_in_all} thing{value} to look at",
                found_in_all=self.found_in_all,
                value="s" if self.found_in_all != 1 else "",
            )
        if self.unread_in_all:
            return msg("what could be read fits; {unread_in_all} could not be read", unread_in_all=self.unread_in_all)
        return msg("what could be read fits") if self.unreadable else msg("everything fits")


class CompareCall(Frozen):
    """Which runs to compare with their services: those of `queue`; with `only`, just these."""

    queue: str
    only: tuple[str, ...] = ()


class ReconcileActivities(ABC):
    """Reads the engine and the providers; changes nothing in either."""

    @activity.defn(name="compare-runs")
    @abstractmethod
    async def compare_runs(self, call: CompareCall) -> ReconcileReport:
        """Goes through the runs page by page, and keeps only discrepancies."""
