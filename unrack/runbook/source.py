"""The source format of a runbook: what its YAML may say. Types only; what must fit together is checked elsewhere."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from unrack.model.base import Frozen, JsonScalar, Text, is_default
from unrack.model.grace import Anchor, HoldEffect, LandOn
from unrack.model.lifecycle import Outcome, Phase, Timing
from unrack.model.message import msg
from unrack.model.plan import FieldType
from unrack.providers.catalogue import ACTIONS
from unrack.runbook.spans import PositiveSpan, Span, parse_positive_span

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
"""Lower-case words joined by hyphens."""

StepId = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z][a-z0-9-]*$")]
"""The id of a step, as request.schedule-termination."""

Rule = Annotated[str, Field(pattern=r"^S\d+\.\d+$")]
"""The number of a rule in the source documents."""

ActionName = Annotated[
    str,
    WithJsonSchema(
        {"type": "string", "oneOf": [{"const": spec.name, "description": spec.summary} for spec in ACTIONS.values()]}
    ),
]
"""A name in the action catalogue; the check of a runbook suggests the nearest, the schema lists all."""


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class Source(Frozen):
    """A part of a runbook as written: hyphens in names, nothing unknown, nothing converted."""

    model_config = ConfigDict(alias_generator=_kebab, strict=True, use_attribute_docstrings=True)


class Citation(Source):
    """A document that the runbook was written from."""

    title: Text
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    read_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    """The day on which it was read, as 2026-06-16."""


class ParameterType(StrEnum):
    """What a request may give for a parameter."""

    TEXT = "text"
    DURATION = "duration"
    CHOICE = "choice"
    YES_NO = "yes-no"
    INTEGER = "integer"


class Parameter(Source):
    """Something that a request may set."""

    type: ParameterType
    description: Text
    default: JsonScalar = None
    """Taken when the request says nothing; a duration is written as 24h."""
    required: bool = False
    choices: tuple[Text, ...] = ()
    needs: Annotated[tuple[Slug, ...], Field(exclude_if=is_default)] = ()
    """Other parameters that a request must give together with this one."""

    def value(self, given: JsonScalar) -> JsonScalar:
        """`given` when it fits the type.

        Raises:
            ValueError: it does not fit, in words that name what would.
        """
        match self.type:
            case ParameterType.DURATION:
                parse_positive_span(given)
            case ParameterType.CHOICE if given not in self.choices:
                raise ValueError(msg("'{given}' is not one of {join}", given=given, join=", ".join(self.choices)))
            case ParameterType.YES_NO if not isinstance(given, bool):
                raise ValueError(msg("'{given}' must be true or false, without quotes", given=given))
            case ParameterType.INTEGER if isinstance(given, bool) or not isinstance(given, int):
                raise ValueError(msg("'{given}' must be a whole number, without quotes", given=given))
            case ParameterType.TEXT if not isinstance(given, str) or not given:
                raise ValueError(msg("'{given}' must be text; put it in quotes", given=given))
            case _:
                pass
        return given


class FromParameter(Source):
    """A value taken from a parameter of the request."""

    parameter: Slug


def _form_of(value: Any) -> str:  # noqa: ANN401 - pydantic passes whatever was written
    return "parameter" if isinstance(value, dict | FromParameter) else "literal"


SpanOrParameter = Annotated[
    Annotated[PositiveSpan, Tag("literal")] | Annotated[FromParameter, Tag("parameter")], Discriminator(_form_of)
]
ScalarOrParameter = Annotated[
    Annotated[str | int | bool, Tag("literal")] | Annotated[FromParameter, Tag("parameter")], Discriminator(_form_of)
]


class Condition(Source):
    """When a step belongs to the plan. Everything that is written must hold."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["timing"]}, {"required": ["parameter"]}]},
    )

    timing: Timing | None = None
    """The request's timing is this one."""
    parameter: Slug | None = None
    """The request gives this parameter (a yes-no: says yes)."""
    equals: JsonScalar = None
    """The parameter has exactly this value."""

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if self.timing is None and self.parameter is None:
            raise ValueError(msg("a condition names a timing, a parameter, or both"))
        if self.equals is not None and self.parameter is None:
            raise ValueError(msg("'equals' needs a 'parameter' to compare with"))
        return self


def _instructions(text: str) -> str:
    return text.strip()


DayName = Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]*|[a-z]+(\.[a-z][a-z0-9-]*){2}|\d{4}-\d{2}-\d{2})$")]
"""A day: a date field of the same form; a day that the run knows (launch, request, expiry, end-of-commitment,
effective-date, next-invoice); a field of an earlier task, as confirm.read-confirmation.effective-date; 2026-01-31."""


class CountedDaySource(Source):
    """A day counted from another."""

    of: DayName
    """The day from which it is counted."""
    span: PositiveSpan
    """How far from it, in whole days: 30d."""


class WantedWhenSource(Source):
    """When something must be given that is optional otherwise; all that is written must hold."""

    field: Slug
    """This field of the form is filled in …"""
    one_of: tuple[Text, ...] = ()
    """… with one of these choices …"""
    before: DayName | None = None
    """… with a date before this day."""


class FormFieldSource(Source):
    """One field that a person fills in."""

    name: Slug
    label: Text
    type: FieldType = FieldType.TEXT
    required: bool = True
    choices: tuple[Text, ...] = ()
    happened: bool = False
    """The date is of something that happened: it is not in the future, and needs a first day."""
    not_before: DayName | None = None
    """The first day for this date."""
    back_to: CountedDaySource | None = None
    """The first day for this date, counted back from another: {of: launch, span: 90d}."""
    within: CountedDaySource | None = None
    """The last day for this date, counted on from another: {of: paid-on, span: 30d}."""
    required_when: WantedWhenSource | None = None
    """When it must be filled in, and otherwise need not: {field: invoice, one-of: [credited]}."""


class EvidenceSource(Source):
    """A piece of evidence that a person attaches."""

    type: Slug
    title: Text
    required: bool = True
    required_when: WantedWhenSource | None = None
    """When it must be attached, and otherwise need not: {field: issued-on, before: effective-date}."""


class Form(Source):
    """What a person does, writes down and proves."""

    instructions: Annotated[Text, AfterValidator(_instructions)]
    """Exactly what to do, in plain words."""
    fields: tuple[FormFieldSource, ...] = ()
    evidence: tuple[EvidenceSource, ...] = ()
    shows: tuple[Slug, ...] = ()
    """Types of evidence captured earlier that the person needs at hand."""


class UndoSource(Source):
    """How a step is taken back; without a task, its own action does it."""

    title: Text
    task: Form | None = None


class Step(Source):
    """One step: an action of the catalogue, a task for a person, or a wait of a set length."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["action"]}, {"required": ["task"]}, {"required": ["wait-for"]}],
        },
    )

    name: Slug
    """Unique in the runbook; with the phase it is the step's id."""
    title: Text
    """What happens, as a person would say it."""
    action: ActionName | None = None
    task: Form | None = None
    wait_for: SpanOrParameter | None = None
    """How long to wait: 24h, or {parameter: name}."""
    explain: str = ""
    """Why, and what was decided where a document contradicts the provider's API."""
    rules: tuple[Rule, ...] = ()
    """Rules of the source documents that this step keeps."""
    when: Condition | None = None
    """Without it the step is always part of the plan."""
    timeout: PositiveSpan | None = None
    """How long it may take before people are told (tasks) or the step parks (calls)."""
    poll_every: PositiveSpan | None = None
    """For actions that wait for the provider: how often it is looked at."""
    answer_within: PositiveSpan | None = None
    """For irreversible actions whose answer is lost: how long the provider's state is read before the step parks."""
    parameters: dict[Slug, ScalarOrParameter] = Field(default_factory=dict)
    """What the action is told; literal, or {parameter: name}."""
    undo: UndoSource | None = None
    no_undo: Text | None = None
    """Why there is nothing to take back, for a change without an undo."""
    point_of_no_return: bool = False
    """From here on, reactivation is refused."""
    skippable: bool = True
    """Whether an operator may skip the step with a reason once it is parked."""
    restores: Annotated[bool, Field(exclude_if=is_default)] = False
    """It brings back what an earlier step took away, as unlocking ports does: a hold does not stop it."""
    relies_on: Annotated[tuple[StepId, ...], Field(exclude_if=is_default)] = ()
    """Earlier steps whose fields or proofs this one goes by, beside those that its action and form name."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Step":
        if sum(part is not None for part in (self.action, self.task, self.wait_for)) != 1:
            raise ValueError(msg("a step has exactly one of 'action', 'task' and 'wait-for'"))
        return self


class ApprovalSource(Source):
    """How many distinct people, none of them the launcher, must approve the plan."""

    quorum: Annotated[int, Field(ge=0, le=10)]
    timeout: PositiveSpan
    """After this long without enough approvals, people are told."""


class BoundSource(Source):
    """A moment by an anchor."""

    anchor: Anchor
    offset: Span = timedelta(0)
    """Negative before the anchor."""


class GraceSource(Source):
    """The window in which nothing is lost yet."""

    anchor: Anchor
    offset: Span
    """From the anchor to the end of grace; negative before it."""
    business_days: Annotated[int, Field(ge=-250, le=250)] = 0
    """Counted after the offset, by the runbook's calendar; negative counts back."""
    land_on: LandOn = LandOn.ANY_DAY
    """Where an end outside business hours goes."""
    minimum: Span | None = None
    """How long grace lasts at least, from its begin; without it nobody can shorten it."""
    max_extension: Span
    """How far the end may be moved in all; 0h when the provider's date decides."""
    latest: BoundSource | None = None
    """No extension reaches beyond this."""
    holds: HoldEffect = HoldEffect.STOP_THE_PURGE
    """Whether a hold stops the clock, too."""
    notified_by: StepId | None = None
    """For the anchor notification: the step that tells the people concerned."""


class ProviderEndSource(Source):
    """The step after which the provider ends the service by itself."""

    step: StepId
    """Its id, as request.schedule-termination."""
    last_call: PositiveSpan
    """So long before the effective date the schedule can still be taken back."""


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WORKING_DAYS = (Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY)


class CalendarSource(Source):
    """Where the days of a plan begin, and which of them are business days."""

    zone: Annotated[str, Field(pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$")]
    """The provider's time zone by its name in the tz database, as Europe/Paris."""
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None
    """Whose public holidays count: a country, or a part of one, as FR or DE-BY. Without it only weekdays count."""
    working_days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = _WORKING_DAYS
    working_hours: Annotated[str, Field(pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$")] | None = None
    """Local hours of a business day, as 09:00-17:00; without them the whole day."""

    @field_validator("working_hours")
    @classmethod
    def _in_order(cls, text: str | None) -> str | None:
        opens, closes = hours_of(text)
        if closes <= opens:
            raise ValueError(msg("'{text}' does not end after it begins", text=text))
        return text


def hours_of(text: str | None) -> tuple[time, time]:
    """When a business day begins and ends; the whole day when nothing is written.

    Raises:
        ValueError: there is no such time.
    """
    if text is None:
        return time(0), time(23, 59, 59)
    opens, _, closes = text.partition("-")
    return time.fromisoformat(opens), time.fromisoformat(closes)


class FactsFrom(StrEnum):
    """Where the facts of a service come from."""

    READ = "read"
    """From the provider, by its adapter."""
    STATED = "stated"
    """From the request: the provider gives its customers no API."""


class FollowUpSource(Source):
    """Another runbook that people should think of when a run of this one ends."""

    runbook: Slug
    title: Text
    """What it does, and for whom it is worth it."""
    when: Condition | None = None
    """Without it, it is told for every request."""
    after: Outcome = Outcome.CLOSED
    """The end of a run that calls for it."""


class TimingSource(Source):
    """What one timing means."""

    summary: Text
    explain: str = ""
    """Why its dates are what they are."""
    grace: GraceSource
    provider_end: ProviderEndSource | None = None
    loses: tuple[Text, ...] = ()
    """What is lost for good, in plain words."""
    keeps: tuple[Text, ...] = ()
    """What stays."""
    taken_back: tuple[Text, ...] = ()
    """What the provider takes back, until when and how, in plain words, beside what the run's own dates tell."""
    ends_after: SpanOrParameter | None = None
    """How long after the end of the term the provider ends the service for good: 7d, or {parameter: name}."""


class Runbook(Source):
    """A runbook: everything Unrack does to cancel one product of one provider."""

    name: Slug
    """The name of the file without its ending, and what requests call it."""
    version: Annotated[int, Field(ge=1)]
    """Raised with every reviewed change."""
    provider: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")]
    product: Slug
    title: Text
    summary: Text
    sources: Annotated[tuple[Citation, ...], Field(min_length=1)]
    parameters: dict[Slug, Parameter] = Field(default_factory=dict)
    facts: FactsFrom = FactsFrom.READ
    """Whether the provider is asked, or the request states the facts of the service."""
    default_timing: Timing
    timings: Annotated[dict[Timing, TimingSource], Field(min_length=1)]
    approval: ApprovalSource
    calendar: CalendarSource | None = None
    """Needed where grace counts business days; without it, times are shown in UTC."""
    phases: Annotated[dict[Phase, tuple[Step, ...]], Field(min_length=1)]
    """The steps of each phase, in order."""
    follow_ups: tuple[FollowUpSource, ...] = ()
    """What people should think of when a run has ended."""

    def in_order(self) -> list[tuple[Phase, int, Step]]:
        """Every step with its phase and position, in the order of the lifecycle."""
        return [(phase, index, step) for phase in Phase for index, step in enumerate(self.phases.get(phase, ()))]
