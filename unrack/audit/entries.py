"""The entries of a timeline: one fact of a run each."""

from enum import StrEnum

from pydantic import Field

from unrack.model.base import Frozen, Moment, is_default
from unrack.model.decision import Actor, Verdict
from unrack.model.evidence import EvidenceRef
from unrack.model.policy_ref import PolicyRef
from unrack.model.statement import Refusal


class EntryKind(StrEnum):
    """The subject of a timeline entry."""

    LAUNCH = "launch"
    PHASE = "phase"
    STEP = "step"
    """A step begins, is tried again, ends or fails."""
    TASK = "task"
    """A task for a person opens."""
    DECISION = "decision"
    """A person decided; denied attempts too."""
    PARKED = "parked"
    RESOLVED = "resolved"
    WAIT = "wait"
    NOTICE = "notice"
    """A notice went out."""
    NO_RETURN = "no-return"
    DIFFERENCE = "difference"
    """A field of the configuration that differs after reactivation."""
    NOTE = "note"
    """The run's own remark, from its journal."""
    CHAIN = "chain"
    """The run goes on in a fresh history."""
    ENGINE = "engine"
    """Something of Temporal's: a cancel request, a termination, a failed workflow task."""
    OUTCOME = "outcome"
    FLAW = "flaw"
    """The record itself: events are missing, stand twice, in another order, or after the end."""


class Way(StrEnum):
    """How a decision arrived."""

    UPDATE = "update"
    SIGNAL = "signal"


class TimelineEntry(Frozen):
    """One fact of a run."""

    at: Moment
    """The server's time of the recorded event."""
    provider_at: Moment | None = None
    """The provider's time, where it was recorded."""
    kind: EntryKind
    what: str
    step: str | None = None
    by: Actor | None = None
    """Who, as recorded. Unless the assurance says otherwise: stated, not verified."""
    way: Way | None = None
    client: str = ""
    """The identity of the Temporal client that sent it, usually process and machine. It proves nothing either."""
    decision: str | None = None
    """The decision's own id; the same id is the same decision."""
    verdict: Verdict | None = None
    """The workflow's answer; None on a decision whose answer is not in the history (a signal to an open run)."""
    answer: str = ""
    why: Refusal | None = Field(default=None, exclude_if=is_default)
    """Why it does not count, where that has to do with who sent it and how it was signed."""
    policy: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy by which it was judged."""
    fields: dict[str, str] = Field(default_factory=dict)
    evidence: tuple[EvidenceRef, ...] = ()
    attempt: int | None = None
    reference: str = ""
    """The provider's own references: query id, task numbers."""
    run_id: str
    """Which history of the chain."""
    event: int | None
    """The recorded event; None for what the run's journal adds."""
