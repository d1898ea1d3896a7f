"""Inputs and results of activities: one object each way."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from unrack.model.base import Frozen, JsonScalar, Moment, is_default
from unrack.model.calendar import Zone
from unrack.model.credential_end import CredentialEnd
from unrack.model.errors import Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import ParkReason, Timing
from unrack.model.message_text import MessageText
from unrack.model.service import Finding, ProviderClock, ServiceFacts, ServiceRef
from unrack.model.state import Difference
from unrack.model.stated import Stated
from unrack.model.translation import Translations


class StepCall(Frozen):
    """The input of every step activity."""

    run: str
    step: str
    action: str
    service: ServiceRef
    timing: Timing
    reason: str = ""
    parameters: dict[str, JsonScalar] = Field(default_factory=dict)
    fields: dict[str, str] = Field(default_factory=dict)
    """Fields that earlier tasks collected and the action needs."""
    evidence: tuple[EvidenceRef, ...] = ()
    """Evidence that earlier steps captured and the action needs."""
    done: tuple[str, ...] = ()
    """Actions of earlier steps of this run that still stand. Their changes must not have been reverted."""
    effective_at: Moment | None = None
    waiting_since: Moment | None = None
    """The provider's time at which the handover was over and grace began. A later change was made by somebody."""
    begun_at: Moment
    """The provider's time when the step began."""
    seen: tuple[Finding, ...] = Field(default=(), exclude_if=is_default)
    """For repeated polls: the findings of the previous poll."""
    clock: ProviderClock | None = None
    """The provider's clock as the run knew it when it made this call, by the workflow's own time (virtual where time is
    skipped): for adapters that have no clock of their own, and so that polls keep its pace."""
    prove: tuple[EvidenceRef, ...] = Field(default=(), exclude_if=is_default)
    """Evidence that a check or a poll looks for in the store besides: that saves a call."""
    zone: Zone | None = Field(default=None, exclude_if=is_default)
    """For actions on what people state: the zone in which the provider's days begin, where it is not UTC."""

    @property
    def asked_at(self) -> datetime | None:
        """The workflow's own time when it made this call."""
        return None if self.clock is None else self.clock.read_at

    def here(self, seconds: float) -> float:
        """How many seconds pass for us while `seconds` pass at the provider."""
        span = timedelta(seconds=seconds)
        return (span if self.clock is None else self.clock.here(span)).total_seconds()


class FactsCall(Frozen):
    """Which service to read."""

    service: ServiceRef
    stated: Stated | None = None
    """Facts that a person stated, where the provider cannot be asked."""


class EvidenceResult(Frozen):
    """The requested evidence that is missing from the store, or altered."""

    missing: tuple[EvidenceRef, ...] = ()
    altered: tuple[EvidenceRef, ...] = ()
    """There, with another content than its digest says."""


class CheckResult(Frozen):
    """The findings of a check. It passes when no finding blocks."""

    findings: tuple[Finding, ...]
    clock: ProviderClock
    proof: EvidenceResult | None = Field(default=None, exclude_if=is_default)
    """Of the evidence that was to be looked for beside it; None: nobody looked, or the store did not answer."""


class AlsoRead(Frozen):
    """A further step of a `SeveralCall`: its differences from the first."""

    step: str
    action: str
    parameters: dict[str, JsonScalar] = Field(default_factory=dict)


class SeveralCall(StepCall):
    """Checks, or captures, next to each other, made by one call: the first, and the others beside it."""

    also: tuple[AlsoRead, ...]

    @property
    def calls(self) -> tuple[StepCall, ...]:
        """Each as a call of its own, in the plan's order. The evidence is looked for once, and by none of them."""
        first = StepCall.model_validate(self.model_dump(exclude={"also", "prove"}))
        return (first, *(first.model_copy(update=other.model_dump()) for other in self.also))


class ChecksResult(Frozen):
    """The results of the checks, in the order of the call. None: this check could not be read, so it runs by itself."""

    results: tuple[CheckResult | None, ...]
    proof: EvidenceResult | None = Field(default=None, exclude_if=is_default)
    """Of the evidence that was to be looked for once they were read; None as in a `CheckResult`."""


class CaptureResult(Frozen):
    """The evidence that a capture kept."""

    evidence: tuple[EvidenceRef, ...]
    note: MessageText
    effective_at: Moment | None = None
    """The provider's effective date, where the capture reads one."""
    clock: ProviderClock


class CapturesResult(Frozen):
    """The results of adjacent captures, in the order of the call. None: this capture runs by itself."""

    results: tuple[CaptureResult | None, ...]


class ChangeResult(Frozen):
    """The outcome of a change or its undo. `already` means that the provider was in the wanted state before."""

    already: bool
    note: MessageText
    references: tuple[str, ...] = ()


class CommitResult(Frozen):
    """The outcome of an irreversible call."""

    already: bool
    note: MessageText
    references: tuple[str, ...] = ()


class EffectStatus(StrEnum):
    """Whether an irreversible call took effect, as the provider's state tells."""

    DONE = "done"
    NOT_DONE = "not-done"
    UNKNOWN = "unknown"


class ProbeResult(Frozen):
    """The provider's state read after, or before, an irreversible call."""

    standing: EffectStatus
    note: MessageText
    clock: ProviderClock


class PollResult(Frozen):
    """One look at something that the provider does in its own time."""

    reached: bool
    note: MessageText
    evidence: tuple[EvidenceRef, ...] = ()
    findings: tuple[Finding, ...] = ()
    """A blocking finding parks the step: the awaited state will not come."""
    look_again_at: Moment | None = None
    """When the provider's state can change next, as far as it says; None takes the plan's pace."""
    effective_at: Moment | None = None
    """The provider's effective date, when it shows one that differs from the plan's."""
    clock: ProviderClock
    proof: EvidenceResult | None = Field(default=None, exclude_if=is_default)
    """As in a `CheckResult`."""


class CompareCall(Frozen):
    """Compare the configuration with the captured one."""

    run: str
    service: ServiceRef
    before: EvidenceRef


class EvidenceCall(Frozen):
    """Look whether evidence is kept."""

    run: str
    step: str
    evidence: tuple[EvidenceRef, ...]


class CompareResult(Frozen):
    """The differences, field by field."""

    differences: tuple[Difference, ...]
    evidence: tuple[EvidenceRef, ...]


class NoticeKind(StrEnum):
    """Why people are told something."""

    TASK = "task"
    OVERDUE = "overdue"
    APPROVAL = "approval"
    IN_DOUBT = "in-doubt"
    """An irreversible call was sent and no answer came."""
    PARKED = "parked"
    HOLD = "hold"
    RELEASE = "release"
    ENDED = "ended"
    INTERFERENCE = "interference"
    """Somebody did something to a run in Temporal itself, or run and service no longer fit together."""


class Notice(Frozen):
    """A message to the people who look after a run."""

    run: str
    kind: NoticeKind
    title: MessageText
    text: MessageText
    step: str | None = None
    reason: ParkReason | None = None
    about: str | None = None
    """A cause that many runs share, as ``ovhcloud/default`` that does not answer. People are notified of it once."""
    translations: Translations = Field(default_factory=dict)
    """The runbook's translations of the title and the text."""
    people: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Who must know of it themselves, by the names by which the run knows them. A worker knows their addresses."""


class AccessCall(Frozen):
    """Which credential to check, for which actions."""

    provider: str
    account: str
    actions: tuple[str, ...]
    products: tuple[str, ...] = ()
    """The products that the actions are for; empty: all that the provider knows."""


class CredentialStatus(StrEnum):
    """Whether a worker has a credential."""

    GIVEN = "given"
    ABSENT = "absent"
    """Nothing is known of the account: nobody set it up."""
    NOT_NEEDED = "not-needed"


class AccessResult(Frozen):
    """Whether a credential works, and exactly which rights it lacks."""

    provider: str
    account: str
    caller: MessageText = ""
    endpoint: str = ""
    proxy: str = Field(default="", exclude_if=is_default)
    """The host of the proxy through which it is called, as the worker's environment says; empty for none."""
    missing: tuple[str, ...] = ()
    """As ``DELETE /ovhCloudConnect/*/config/pop/*``."""
    problem: Problem | None = None
    given: CredentialStatus = CredentialStatus.GIVEN
    end: CredentialEnd | None = None
    """When it ends by itself; None when it does not, or the provider does not show it."""
    unsaid: MessageText = Field(default="", exclude_if=is_default)
    """A setting that the credential lacks and something depends on, and the remedy. Empty when none is lacking."""


class InquiryCall(Frozen):
    """A question that only a worker can answer, since only workers hold credentials. Reads, never touches."""

    facts: FactsCall | None = None
    access: AccessCall | None = None
    timeout: timedelta = timedelta(seconds=60)


class InquiryAnswer(Frozen):
    """The answer to an inquiry: the requested data, or the problem."""

    facts: ServiceFacts | None = None
    access: AccessResult | None = None
    problem: Problem | None = None
