"""The lifecycle of a run. It is code; the steps inside each phase are data."""

from enum import StrEnum


class Phase(StrEnum):
    """The phases of a run, in the order in which they happen."""

    PREFLIGHT = "preflight"
    APPROVAL = "approval"
    CAPTURE = "capture"
    DETACH = "detach"
    REQUEST = "request"
    CONFIRM = "confirm"
    HANDOVER = "handover"
    GRACE = "grace"
    PURGE = "purge"
    VERIFY = "verify"


LIFECYCLE: tuple[Phase, ...] = tuple(Phase)
"""Every phase, first to last."""

SCHEDULING = (Phase.REQUEST, Phase.CONFIRM)
"""The phases that ask for the end and read its date back: done again when a scheduled end was revoked."""

PASSED_OVER = (*SCHEDULING, Phase.GRACE, Phase.PURGE)
"""The phases that have nothing left to do once the provider has ended the service by itself."""


class Timing(StrEnum):
    """When the provider is asked to end the service."""

    END_OF_TERM = "end-of-term"
    IMMEDIATE = "immediate"
    END_OF_COMMITMENT = "end-of-commitment"
    LET_EXPIRE = "let-expire"


class Outcome(StrEnum):
    """How a run ends."""

    CLOSED = "closed"
    REACTIVATED = "reactivated"
    ABORTED = "aborted"
    REFUSED = "refused"
    """It never began: its start was not one of Unrack's own, or did not fit its plan."""


class StepKind(StrEnum):
    """The effect of a step on the world."""

    CHECK = "check"
    """Reads and judges; touches nothing."""
    CAPTURE = "capture"
    """Reads and keeps what it read as evidence."""
    CHANGE = "change"
    """Changes the provider, may run twice with one effect."""
    COMMIT = "commit"
    """Changes the provider and must never be retried blindly."""
    AWAIT = "await"
    """Waits until the provider shows a state or a date."""
    WAIT = "wait"
    """Waits for a set time."""
    TASK = "task"
    """A person does it and says so, with evidence."""


class StepStatus(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    IN_DOUBT = "in-doubt"
    """An irreversible call was sent and no answer came: the provider's state is read until it tells."""
    PARKED = "parked"
    DONE = "done"
    SKIPPED = "skipped"
    UNDOING = "undoing"
    UNDONE = "undone"


FINISHED = (StepStatus.DONE, StepStatus.SKIPPED)
"""Nothing is left to do."""


class ParkReason(StrEnum):
    """Why a step cannot go on by itself. Each has a page in ``docs/on-call``."""

    BLOCKED = "blocked"
    """A check found something that must not be ignored."""
    REFUSED = "refused"
    """The provider said no and will say no again."""
    RETRIES_EXHAUSTED = "retries-exhausted"
    """The provider did not answer, or did not finish, in the time the runbook allows."""
    OUTCOME_UNKNOWN = "outcome-unknown"
    """An irreversible call was sent and the provider cannot tell whether it took effect."""
    NOT_ALLOWED = "not-allowed"
    """An irreversible step is due, but something that must be true is not."""
    REJECTED = "rejected"
    """A person said that a task cannot be done as written."""
    NOT_RESTORED = "not-restored"
    """After reactivation the configuration differs from the one captured."""
    UNEXPECTED = "unexpected"
    """An error that nobody planned for."""
