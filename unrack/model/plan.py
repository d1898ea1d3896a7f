"""The plan: request, runbook and facts, compiled and frozen. It is the only input of a run."""

from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen, JsonScalar, Moment, Text, digest_of, is_default
from unrack.model.calendar import FreezeCalendar
from unrack.model.evidence import EvidenceWanted, WantedWhen
from unrack.model.grace import Grace
from unrack.model.ids import RunId
from unrack.model.lifecycle import Outcome, Phase, StepKind, Timing
from unrack.model.message_text import MessageText
from unrack.model.request import Request
from unrack.model.service import Finding, ServiceFacts, ServiceRef
from unrack.model.translation import Translations


class FieldType(StrEnum):
    """What a person may write into a field of a task."""

    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"
    YES = "yes"
    """A statement to agree with; anything but ``yes`` is refused."""
    HANDOVER = "handover"
    """A secret: the field holds a reference made by ``unrack secret``, never the secret itself."""


class CountedDay(Frozen):
    """A day counted from another."""

    of: str
    """The day from which it is counted: another date of the form, or one that the run knows."""
    span: timedelta
    """How far from it; whole days."""


class FormField(Frozen):
    """One field of a task's form."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()
    happened: bool = Field(default=False, exclude_if=is_default)
    """Whether the date is of something that happened: it is not in the future."""
    not_before: str | None = None
    """The first day for a date: another date field, a day that the run knows (``launch``), a field of an earlier task
    (``<step id>.<field>``), or a day that is written out."""
    back_to: CountedDay | None = Field(default=None, exclude_if=is_default)
    """The first day for a date, so long before another."""
    within: CountedDay | None = Field(default=None, exclude_if=is_default)
    """The last day for a date, so long after another."""
    required_when: WantedWhen | None = Field(default=None, exclude_if=is_default)
    """When it must be filled in although it is not required."""


class TaskForm(Frozen):
    """The form of a person's task: the things to do, to write down, and to prove."""

    instructions: Text
    fields: tuple[FormField, ...] = ()
    evidence: tuple[EvidenceWanted, ...] = ()
    shows: tuple[str, ...] = ()
    """Types of evidence captured earlier that the person needs at hand, as the LOA (S2.11)."""


class Undo(Frozen):
    """How a step is taken back. Without a task, the step's own action undoes it."""

    title: str
    task: TaskForm | None = None


class PlannedStep(Frozen):
    """One step of a plan."""

    id: str
    """``<phase>.<name>``."""
    phase: Phase
    kind: StepKind
    title: str
    action: str | None = None
    """Name in the action catalogue; None for tasks and waits."""
    explain: str = ""
    """Why it is done, and what was decided where a source contradicts the provider."""
    rules: tuple[str, ...] = ()
    """Rules of the source documents, as ``S2.5``."""
    parameters: dict[str, JsonScalar] = Field(default_factory=dict)
    timeout: timedelta
    """How long the step may take before people are told (tasks, waits) or it parks (calls)."""
    poll_every: timedelta | None = None
    """For waits: how often the provider is looked at."""
    answer_within: timedelta | None = None
    """For irreversible calls: how long the provider's state is read after an answer was lost, before the step parks."""
    wait_for: timedelta | None = None
    """For ``wait``: how long."""
    task: TaskForm | None = None
    evidence: tuple[EvidenceWanted, ...] = ()
    """The evidence that a capture keeps."""
    reads_evidence: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Types of evidence, captured by earlier steps, that its action goes by."""
    reads_days: bool = Field(default=False, exclude_if=is_default)
    """Whether its action reads days that people wrote down, which begin in the provider's zone."""
    undo: Undo | None = None
    point_of_no_return: bool = False
    """From this step on, reactivation is refused."""
    skippable: bool = True
    """Whether an operator may skip it with a reason once it is parked."""
    restores: bool = Field(default=False, exclude_if=is_default)
    """Whether it brings back what an earlier step took away, as unlocking ports does: a hold does not stop it."""
    relies_on: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """Ids of earlier steps whose fields or proofs this one goes by: amended there, it is done again."""

    @property
    def guarded(self) -> bool:
        """Whether the workflow must judge every condition again just before this step."""
        return self.kind is StepKind.COMMIT or self.point_of_no_return


class Approval(Frozen):
    """How many distinct people must approve, and by when."""

    quorum: Annotated[int, Field(ge=0, le=10)]
    timeout: timedelta


class ProviderEnd(Frozen):
    """The step that makes the provider end the service by itself on a date, and how much warning undoing it needs."""

    step: str
    """Id of the change step that schedules the end."""
    last_call: timedelta
    """So long before the effective date the schedule can still be taken back."""


class FollowUp(Frozen):
    """Another run that people should think of when this one ends, as a refund after a cancellation (S1.10)."""

    runbook: str
    """Name of the other runbook."""
    title: str
    """The effect of that run, and for whom it is worth it."""
    after: Outcome = Outcome.CLOSED
    """The end of this run that calls for it."""


SHARE_BY_HAND = 0.75
"""Of the time from the end of grace to the last call, what a person gets to take a scheduled end back by hand."""


class ForeseenDate(Frozen):
    """A date that the plan foresees, in words and as a moment when it is known."""

    name: str
    at: Moment | None
    text: MessageText


class Plan(Frozen):
    """Everything a run does, fixed when it starts."""

    schema_version: int = 1
    provider: str
    product: str
    runbook: str
    runbook_version: int
    runbook_digest: str
    runbook_title: str
    request: Request
    timing: Timing
    facts: ServiceFacts
    service: ServiceRef
    approval: Approval
    grace: Grace
    provider_end: ProviderEnd | None = None
    steps: tuple[PlannedStep, ...]
    left_out: tuple[MessageText, ...] = ()
    """Steps of the runbook that do not apply, each with the reason."""
    dates: tuple[ForeseenDate, ...] = ()
    loses: tuple[MessageText, ...] = ()
    """Everything that is lost for good, in plain words (S0.4)."""
    keeps: tuple[MessageText, ...] = ()
    freezes: tuple[FreezeCalendar, ...] = Field(default=(), exclude_if=is_default)
    """Times in which nothing may be purged, as the calendar files had them when the plan was made."""
    zone_data: str = Field(default="", exclude_if=is_default)
    """Version of the time zone database from which its local times were taken, as ``2026f``."""
    summary: MessageText = Field(default="", exclude_if=is_default)
    """The meaning of the timing, in plain words."""
    taken_back: tuple[MessageText, ...] = Field(default=(), exclude_if=is_default)
    """Everything that can be taken back, until when and by whom, in plain words (S0.5, S0.7)."""
    ends_after: timedelta = Field(default=timedelta(0), exclude_if=is_default)
    """How long the provider keeps everything after the end of the term, before it ends the service for good (S4.3)."""
    follow_ups: tuple[FollowUp, ...] = Field(default=(), exclude_if=is_default)
    translations: Translations = Field(default_factory=dict, exclude_if=is_default)
    """The runbook's texts in its other languages, so that a run says the same in each until it ends."""
    blockers: tuple[Finding, ...] = ()
    """Why this plan must not be launched; empty when it may."""
    warnings: tuple[Finding, ...] = ()

    @property
    def run_id(self) -> RunId:
        """The id of the run of this plan."""
        service = self.service
        return RunId(provider=self.provider, product=self.product, service=service.service, address=service.address)

    @cached_property
    def digest(self) -> str:
        """Equal exactly when request, runbook, steps and facts are equal; the times of reading do not count."""
        content = self.model_dump(mode="json", exclude={"facts"})
        return digest_of({**content, "facts": self.facts.fingerprint()})

    @property
    def rehearsal(self) -> bool:
        """Whether the provider is simulated, as the worker found it when it read the facts."""
        return self.facts.service.simulated

    def step(self, step: str) -> PlannedStep:
        """The step with id `step`.

        Raises:
            KeyError: the plan has no such step.
        """
        for planned in self.steps:
            if planned.id == step:
                return planned
        raise KeyError(step)

    def may_skip(self, step: PlannedStep) -> bool:
        """Whether an operator may leave `step` out once it is parked.

        Never the step that makes the provider end the service: without it nothing ends, and grace has no end either.
        """
        end = self.provider_end
        return step.skippable and (end is None or step.id != end.step)

    def in_phase(self, phase: Phase) -> tuple[PlannedStep, ...]:
        """The steps of `phase`, in order."""
        return tuple(step for step in self.steps if step.phase is phase)

    @property
    def ends_by_hand(self) -> bool:
        """Whether a person makes the provider end the service by itself, and a person takes that back."""
        return self.provider_end is not None and self.step(self.provider_end.step).kind is StepKind.TASK

    @property
    def no_return(self) -> PlannedStep | None:
        """The point of no return: the first step from which reactivation is refused."""
        return next((step for step in self.steps if step.point_of_no_return), None)
