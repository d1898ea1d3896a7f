"""The whole state of a run: one model, given by the workflow, carried through continue-as-new, shown to people."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from unrack.model.authority import Access, Denied, Unjudged
from unrack.model.base import Frozen, Moment, Mutable, is_default
from unrack.model.calendar import Freeze, Interval
from unrack.model.decision import Actor, DecisionResult, HoldScope
from unrack.model.errors import Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus
from unrack.model.message_text import MessageText
from unrack.model.not_begun import NotBegun
from unrack.model.plan import TaskForm
from unrack.model.service import Finding, ProviderClock
from unrack.model.translation import Translations


class Parked(Frozen):
    """A step that cannot go on by itself."""

    step: str
    reason: ParkReason
    since: Moment
    problem: Problem
    findings: tuple[Finding, ...] = ()
    may_skip: bool = True
    again_at: Moment | None = None
    """When it is tried again by itself, since it only met an outage; None: a person decides."""


class Replaced(Frozen):
    """The fields and proofs of a task before an amendment replaced them."""

    fields: dict[str, str] = Field(default_factory=dict)
    evidence: tuple[EvidenceRef, ...] = ()
    by: Actor
    """Who had stated it."""
    at: Moment | None = None
    """When it was stated."""
    amended_by: Actor
    amended_at: Moment
    reason: str


class StepState(Mutable):
    """The state of one step so far. Times are the provider's."""

    status: StepStatus = StepStatus.PENDING
    begun_at: Moment | None = None
    ended_at: Moment | None = None
    tries: int = 0
    """How often the step was started anew, operator's retries included."""
    note: MessageText = ""
    """The effect of the step, in one sentence."""
    references: tuple[str, ...] = ()
    """The provider's own ids: task numbers, query ids."""
    findings: tuple[Finding, ...] = ()
    fields: dict[str, str] = Field(default_factory=dict)
    evidence: tuple[EvidenceRef, ...] = ()
    done_by: Actor | None = None
    skipped_because: str | None = None
    away_since: Moment | None = None
    """Since when who is asked for this step does not answer, and people know; None once there was an answer."""
    accepted: tuple[Finding, ...] = ()
    """For a check that an operator skipped: what it had shown. Read again, it parks only for something else."""
    before: tuple[Finding, ...] | None = None
    """For a check of preflight that is read again after a long hold: what it had shown before."""
    asked_at: Moment | None = None
    """When the irreversible call was sent that has no answer; None when none is missing."""
    no_worker_since: Moment | None = Field(default=None, exclude_if=is_default)
    """Since when its call is known to wait for a worker; None while that is not so."""
    lost_answers: int = 0
    """How often the irreversible call was sent without an answer, since an operator last decided."""
    rejected_by: tuple[Actor, ...] = ()
    """Everybody who ever said that this task cannot be done as written."""
    while_held: tuple[str, ...] = ()
    """The holds that stood when a person completed it: it is what happened, and it is marked."""
    replaced: tuple[Replaced, ...] = ()
    """The values that the last amendments replaced, the oldest first."""
    also_stated_by: tuple[Actor, ...] = ()
    """Who amended it before those."""
    late_at: Moment | None = None
    """When what is awaited must be there, or whether a call took effect must be known, before the step parks. A fresh
    history does not move it; a retry does."""

    resets: int = Field(default=0, exclude_if=is_default)
    """How often it was put back to its beginning: whoever is about an earlier turn of it notices by that."""

    def anew(self, tries: int = 0) -> "StepState":
        """The step at its beginning. Who once said no to it goes on being somebody who did."""
        return StepState(
            tries=tries, rejected_by=self.rejected_by, also_stated_by=self.also_stated_by, resets=self.resets + 1
        )


class GivenApproval(Frozen):
    """One person's approval of this plan."""

    by: Actor
    plan: str
    at: Moment
    revision: int = 1
    """The consent revision that it names."""
    groups: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """The person's groups in the policy by which it was judged: the seats of a quorum that it may fill."""


class ConsentChange(Frozen):
    """Something that an approver would see otherwise than before."""

    revision: int
    """The consent revision that it began."""
    at: Moment
    what: MessageText
    """One sentence for people."""
    by: Actor | None = None
    voids: bool = False
    """Whether it alters what will be done, so that older approvals stopped counting."""


class VoidedApproval(Frozen):
    """An approval that no longer counts."""

    approval: GivenApproval
    at: Moment
    why: MessageText


class HoldOn(Frozen):
    """A hold that stands."""

    by: Actor
    reason: str
    since: Moment
    id: str = ""
    """``h1``, ``h2``: by which it is released."""
    scope: HoldScope = HoldScope.ALL
    until: Moment | None = None
    """When it ends by itself, by the provider's clock."""
    from_all: str | None = None
    """The installation's hold that it comes from, as ``a1``; only that one's release lifts it."""

    def stands(self, now: datetime) -> bool:
        """Whether it still stands at the provider's time `now`."""
        return self.until is None or now < self.until


class ReleasedHold(Frozen):
    """A hold that stood, and who lifted it."""

    hold: HoldOn
    until: Moment
    by: Actor
    reason: str = ""


class SetFreeze(Frozen):
    """A freeze that a decision set on this run."""

    freeze: Freeze
    by: Actor
    reason: str
    at: Moment


class LiftedFreeze(Frozen):
    """A freeze that a decision took off this run."""

    freeze: str
    """Its id."""
    by: Actor
    reason: str
    at: Moment


class Extension(Frozen):
    """One move of the end of grace."""

    by: Actor
    span: timedelta
    """By how much the end moved, business hours included; negative for a shortening."""
    reason: str
    at: Moment
    to: Moment
    """The end that came of it."""
    id: str
    """``e1``, ``e2``: by which it is taken back."""
    by_span: timedelta | None = None
    """By how much it was asked to move, without a sign; None: to `asked`."""
    asked: Moment
    """The end that was asked for, before business hours."""
    runbook: Moment | None
    """The runbook's end that it moved."""
    shortens: bool = False
    """Whether it was asked to make grace shorter."""
    stopped: timedelta = timedelta(0)
    """How long the clock had stood still by then."""
    withdrawn_by: tuple[Actor, ...] = ()
    """Who took it back; somebody else's is taken back by two people."""
    withdrawn_at: Moment | None = None
    """Since when it does not count any more."""


class Rollback(Frozen):
    """The run is rolled back or stopped."""

    to: Outcome
    by: Actor
    reason: str
    at: Moment


class EndedByProvider(Frozen):
    """Somebody saw that the provider ended the service by itself, before the run was ready for it."""

    by: Actor
    reason: str
    at: Moment


class GraceState(Mutable):
    """Where the grace window stands."""

    begun_at: Moment | None = None
    extensions: list[Extension] = Field(default_factory=list[Extension])
    """Those that count, and the last ones that were taken back."""
    moves: int = 0
    """How many there ever were: their ids count on."""
    not_before: Moment | None = None
    """The end that extensions and shortenings ask for, before business hours and stopped clocks."""
    moved_from: Moment | None = None
    """The runbook's end that they moved. Once that moves, `not_before` counts only when it is later."""

    @property
    def extended_by(self) -> timedelta:
        """All extensions together that still count."""
        return sum((each.span for each in self.extensions if each.withdrawn_at is None), timedelta(0))


class OpenTask(Frozen):
    """A task that waits for a person."""

    step: str
    title: MessageText
    since: Moment
    deadline: Moment
    form: TaskForm
    rules: tuple[str, ...] = ()
    translations: Translations = Field(default_factory=dict)
    """The texts of title and form in the plan's other languages."""
    assignee: Actor | None = Field(default=None, exclude_if=is_default)
    """Who takes care of it; None: whoever is on call."""


class JournalEntry(Frozen):
    """One fact of a run, as an auditor reads it."""

    at: Moment
    """The provider's time."""
    what: Annotated[MessageText, Field(max_length=1000)]
    step: str | None = None
    by: Actor | None = None
    answer: DecisionResult | None = None
    refused: bool = False
    """Whether somebody wanted something that changed nothing: a decision, or what could not be read as one."""


class RunState(Mutable):
    """The state of a run."""

    plan_digest: str
    launched_by: Actor
    launched_at: Moment
    clock: ProviderClock
    phase: Phase = Phase.PREFLIGHT
    steps: dict[str, StepState] = Field(default_factory=dict[str, StepState])
    """By step id; undo steps stand under ``undo.<step id>``."""
    approvals: list[GivenApproval] = Field(default_factory=list[GivenApproval])
    asked_to_approve: bool = False
    """Whether people were told that the run waits for their approval."""
    voided: list[VoidedApproval] = Field(default_factory=list[VoidedApproval])
    revision: int = 1
    """The consent revision: it counts up whenever what an approver would see changes."""
    consent: list[ConsentChange] = Field(default_factory=list[ConsentChange])
    """The last changes that made the revision count up, the oldest first."""
    stopping: str | None = None
    """The step whose call is being stopped by a hold: at most the one request that is being sent completes."""
    recheck_preflight: bool = False
    """Whether a hold stood so long that preflight is read again before anything changes."""
    settles_at: Moment | None = None
    """Nothing is purged before: an amendment or a withdrawal gets a day in which it can be noticed."""
    unproved: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Tasks whose proof an amendment replaced, and whose new one nobody has looked for yet."""
    go_back_to: Phase | None = None
    """An amendment made a step of this earlier phase due again: the run goes back to it."""
    holds: list[HoldOn] = Field(default_factory=list[HoldOn])
    held: int = 0
    """How many holds of this run alone there ever were: their ids count on."""
    released: list[ReleasedHold] = Field(default_factory=list[ReleasedHold])
    """The last ones, the oldest first."""
    held_before: list[Interval] = Field(default_factory=list[Interval])
    """When holds stood that were released before those."""
    freezes: list[SetFreeze] = Field(default_factory=list[SetFreeze])
    """Those of the plan's calendars stand in the plan. What is over or taken off goes when there are many."""
    frozen: int = 0
    """How many freezes decisions ever set: their ids count on."""
    lifted: list[LiftedFreeze] = Field(default_factory=list[LiftedFreeze])
    grace: GraceState = Field(default_factory=GraceState)
    effective_at: Moment | None = None
    """When the provider ends the service, as read there; None while no end is scheduled."""
    scheduled: bool = False
    """Whether the provider will end the service by itself unless told otherwise."""
    schedule_again_after: Moment | None = None
    """Set when a scheduled end was revoked: the term end that must pass before the next one is scheduled."""
    ended_by_provider: EndedByProvider | None = None
    """Set when the provider ended the service by itself though its end was to be taken back: nothing is purged then."""
    parked: dict[str, Parked] = Field(default_factory=dict[str, Parked])
    tasks: dict[str, OpenTask] = Field(default_factory=dict[str, OpenTask])
    rollback: Rollback | None = None
    rolling_back: bool = False
    """Whether the way forward was left: a fresh history goes on with the rollback as it stands."""
    passed_no_return_at: Moment | None = None
    answers: dict[str, DecisionResult] = Field(default_factory=dict[str, DecisionResult])
    """The last ones by decision id, the oldest first: what makes the same decision twice get the same answer."""
    decided: dict[str, str] = Field(default_factory=dict[str, str])
    """Of the same decisions: digests, so that an id used twice for different things is noticed."""
    accepted: dict[str, str] = Field(default_factory=dict[str, str])
    """Decisions accepted before those: short digests of their ids, and of what they were."""
    access: Access = Field(default_factory=Access)
    """By what it is judged who decides."""
    unjudged: list[Unjudged] = Field(default_factory=list[Unjudged], exclude_if=is_default)
    """The decisions that have arrived and are not judged yet, in their order. A fresh history begins with none."""
    denied: list[Denied] = Field(default_factory=list[Denied], exclude_if=is_default)
    """The last decisions that do not count, the oldest first."""
    denials: int = Field(default=0, exclude_if=is_default)
    """How many there ever were."""
    judged: int = 0
    """How many decisions were judged in all; one that came again is not counted again."""
    of_all: int = 0
    """How many of them were about holds of the whole installation."""
    refused: int = 0
    """How often somebody wanted something that changed nothing; the journal has the last ones."""
    journal: list[JournalEntry] = Field(default_factory=list[JournalEntry])
    """The last refusals, the last accepted decisions, and the last facts of the run's own, in their order."""
    left_out: int = 0
    """How many older entries the journal had."""
    differences: list["Difference"] = Field(default_factory=list["Difference"])
    outcome: Outcome | None = None
    not_begun: NotBegun | None = Field(default=None, exclude_if=is_default)
    """Set when it ended before its first step because it may not begin."""
    moves: int = 0
    """Moves to newer workers in a row that did not arrive at the newest: what ends an endless round of moving."""

    @property
    def written(self) -> int:
        """How many entries the journal ever had."""
        return len(self.journal) + self.left_out

    @property
    def in_doubt(self) -> dict[str, StepState]:
        """The steps whose irreversible call was sent and has no answer."""
        return {step: standing for step, standing in self.steps.items() if standing.status is StepStatus.IN_DOUBT}

    def step(self, step: str) -> StepState:
        """The state of `step`, made when first asked for."""
        return self.steps.setdefault(step, StepState())

    def now(self, here: datetime) -> datetime:
        """The provider's time when the workflow's clock shows `here`."""
        return self.clock.at(here)


class Difference(Frozen):
    """One field of the configuration that differs from the captured one."""

    field: str
    """Path of the field, as ``pop[1].datacenter[7].ovhBgpArea``."""
    before: MessageText
    after: MessageText
    expected: bool = False
    """Whether the provider assigns it anew, so that it cannot be the same."""


class RunView(Frozen):
    """A run as one visibility query shows it (kept in the memo): what ``list`` and ``tasks`` print."""

    service: str
    provider: str
    product: str
    title: str
    phase: Phase
    timing: str
    waiting_for: tuple[str, ...] = ()
    """``approval``, ``task:<step>``, ``in-doubt:<step>``, ``parked:<step>``, ``grace``, ``provider:<step>``,
    ``hold:<id>``; until the call under way is stopped ``stopping:<step>`` in its place."""
    due: Moment | None = None
    tasks: tuple[OpenTask, ...] = ()
    parked: tuple[Parked, ...] = ()
    approvals_missing: int = 0
    plan_digest: str = ""
    outcome: Outcome | None = None
    rehearsal: bool = False
    account: str = "default"
    """Name of the credential that can read the service."""
    runbook: str = ""
    ticket: str | None = None
    """The change ticket of the request."""
    owner: str | None = None
    """Who answers for the service inside the company, as the request says."""
    scheduled: bool = False
    """Whether the run counts on the provider to end the service by itself."""
    no_return: bool = False
    """Whether the point of no return is passed."""
    held: tuple[str, ...] = ()
    """Ids of the standing holds that stop every change, as ``h1``; of the whole installation's, as ``a1``."""
    stopping: str | None = None
    """The step whose call is being stopped."""
    allowed_stated: bool = Field(default=False, exclude_if=is_default)
    """Whether it acts on a real provider by names that people only state."""
    broken_glass: bool = Field(default=False, exclude_if=is_default)
    """Whether somebody used a right that is for emergencies alone."""
    not_begun: MessageText = Field(default="", exclude_if=is_default)
    """Why it ended before its first step, where it was refused to begin."""


class ReasonKind(StrEnum):
    """The kind of reason that keeps a run from purging."""

    SETTLING = "settling"
    """An amendment or a withdrawal is less than a day old."""
    GRACE = "grace"
    MINIMUM = "minimum"
    EXTENSION = "extension"
    SHORTENING = "shortening"
    STOPPED_CLOCK = "stopped-clock"
    FREEZE = "freeze"
    HOLD = "hold"
    UNJUDGED = "unjudged"
    """A decision that would stop the run has arrived, and nobody has judged it yet."""
    APPROVAL = "approval"
    EVIDENCE = "evidence"
    STEP = "step"


class Reason(Frozen):
    """One reason for which the service is not purged yet."""

    kind: ReasonKind
    text: MessageText
    """A clause that follows ``because``, with dates in the plan's zone."""
    until: Moment | None = None
    """When it goes away by itself; None: only by a decision or by work."""
    by: Actor | None = None


class RunReport(Frozen):
    """The report that a run returns when it ends, and its query before: enough for status and timeline."""

    run: str
    plan_digest: str
    outcome: Outcome | None
    state: RunState
    purge_blockers: tuple[Finding, ...] = ()
    """Why the service is not purged now, each in one sentence."""
    purge_not_before: Moment | None = None
    """The end of grace, or of the freeze in which it would fall; None while the provider's date is not known."""
    purge_because: tuple[Reason, ...] = ()
    """Everything that makes up that date, and everything else that keeps the purge waiting."""
    not_admitted: bool = Field(default=False, exclude_if=is_default)
    """Whether no worker has said yet that it may begin, or go on: until then it touches nothing."""
