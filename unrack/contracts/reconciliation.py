"""Reconciliation: what the engine shows of the runs, what the providers show of the services, and where they differ."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Self

from temporalio import activity

from unrack.model.base import Frozen, Moment
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.service import ServiceRef

RECONCILE = "Reconcile"
"""Workflow: takes a `ReconcileCall`, returns a `ReconcileReport`."""


class How(StrEnum):
    """What somebody, or the server, did to a run in Temporal itself."""

    TERMINATED = "terminated"
    CANCELLED = "cancelled"
    """Closed as cancelled. A cancel request alone never does that; the run turns it into a decision."""
    FAILED = "failed"
    TIMED_OUT = "timed out"
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
    unreadable: str = ""
    """Why the state of the run could not be read; empty when it was."""

    @property
    def touched(self) -> bool:
        """Whether the service is not surely as it was before the run."""
        return bool(self.changed or self.in_flight or self.unreadable)


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
    stuck: str = ""
    """Why an open run cannot go on; empty when it can."""
    interference: Interference | None = None
    """Set for a run that is gone (not open, no outcome), and for an open one that was reset."""

    @property
    def gone(self) -> bool:
        """Whether nothing goes on any more, and the run did not end by itself."""
        return not self.open and self.outcome is None


class Mismatch(StrEnum):
    """How runs and services can disagree. Each has a paragraph in ``docs/on-call/reconcile.md``."""

    HALF_REMOVED = "half-removed"
    """The run is gone, and the service is not as it was before."""
    GONE_UNTOUCHED = "gone-untouched"
    """The run is gone, before it touched anything."""
    HISTORY_GONE = "history-gone"
    """Like half-removed, and the server keeps the run no longer."""
    RESET = "reset"
    """The run was sent back and does not know what it had done."""
    STUCK = "stuck"
    """The run is open, and no worker can go on with it."""
    SERVICE_LOST = "service-lost"
    """The service has ended, and the run has not passed its point of no return."""
    END_LOST = "end-lost"
    """The run counts on an end that the provider no longer has planned."""
    STILL_THERE = "still-there"
    """The run says closed, and the service lives."""
    STILL_ENDING = "still-ending"
    """The run says reactivated or aborted, and the provider will end the service."""


class Discrepancy(Frozen):
    """One thing that does not fit, for a person."""

    kind: Mismatch
    run: str
    run_id: str
    service: ServiceRef
    runbook: str
    text: str
    """What was seen, in one or two sentences."""
    todo: str
    """The command that applies."""
    since: Moment
    changed: tuple[str, ...] = ()

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
            text=text,
            todo=todo,
            since=found.at if found else seen.since,
            changed=(*found.changed, *found.in_flight) if found else (),
        )


class ServiceSeen(Frozen):
    """One service as its provider shows it; nothing but what reconciliation compares."""

    service: ServiceRef
    read: bool
    """False when the provider could not be asked, or does not show services at all; then nothing is concluded."""
    there: bool = False
    """Whether the service is there and active."""
    ending: bool = False
    """Whether the provider has an end planned."""
    renews: bool | None = None
    """Whether it renews by itself; None when the provider does not say."""
    words: str = ""
    """The provider's words for its state, or why it could not be read."""


class ReconcileCall(Frozen):
    """What to reconcile: the runs of one task queue."""

    queue: str


class ReconcileReport(Frozen):
    """What a reconciliation found."""

    at: Moment
    queue: str
    runs: int = 0
    """How many runs were looked at."""
    found: tuple[Discrepancy, ...] = ()
    unread: tuple[ServiceSeen, ...] = ()
    """Services about which nothing can be said."""


class SurveyCall(Frozen):
    """Which runs to look at: those of `queue`; with `only`, just these."""

    queue: str
    only: tuple[str, ...] = ()


class Survey(Frozen):
    """What the engine shows."""

    runs: tuple[RunSeen, ...] = ()
    before: ReconcileReport | None = None
    """The last report of this queue that the server still keeps."""


class LookOverCall(Frozen):
    """Which services to read."""

    services: tuple[ServiceRef, ...]


class LookedOver(Frozen):
    """Every service of the call, in its order."""

    services: tuple[ServiceSeen, ...]


class ReconcileActivities(ABC):
    """Reads the engine and the providers; changes nothing in either."""

    @activity.defn(name="survey")
    @abstractmethod
    async def survey(self, call: SurveyCall) -> Survey:
        """What Temporal shows of the runs."""

    @activity.defn(name="look-over")
    @abstractmethod
    async def look_over(self, call: LookOverCall) -> LookedOver:
        """What the providers show of some services."""
