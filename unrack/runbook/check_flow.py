"""Rules that the steps of a runbook must meet together, under every combination of its conditions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise, product

from unrack.documents.diagnostics import Diagnostic, did_you_mean, listed
from unrack.model.base import JsonScalar
from unrack.model.grace import OF_THE_PROVIDER, Anchor, HoldEffect, LandOn
from unrack.model.lifecycle import LIFECYCLE, Phase, StepKind, Timing
from unrack.runbook.calendars import holidays_problem, zone_problem
from unrack.runbook.check_steps import kind_of, spec_of
from unrack.runbook.conditions import holds
from unrack.runbook.parts import Parts, Placed
from unrack.runbook.source import (
    EvidenceSource,
    FormFieldSource,
    GraceSource,
    Parameter,
    ParameterType,
    TimingSource,
)
from unrack.runbook.spans import span_text

_MOST_SCENARIOS = 2048
_BEFORE_CLOSING = LIFECYCLE[: LIFECYCLE.index(Phase.DETACH)]
_OTHER = "\0other"
"""Stands for any value that no condition names."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way in which the conditions of a runbook can come out."""

    timing: Timing
    values: dict[str, JsonScalar]

    def __str__(self) -> str:
        """In words, for a diagnostic."""
        said = [f"the timing is {self.timing.value}"]
        for name, value in self.values.items():
            if value is None:
                said.append(f"{name} is not given")
            else:
                said.append(f"{name} is given" if value == _OTHER else f"{name} is {value}")
        return ", ".join(said)


@dataclass(slots=True)
class _Seen:
    """Evidence and fields that the steps so far provide."""

    evidence: dict[str, Phase] = field(default_factory=dict[str, Phase])
    fields: set[tuple[Phase, str]] = field(default_factory=set[tuple[Phase, str]])
    """Fields that tasks collected. An action receives only the fields of its own phase."""


def check_flow(parts: Parts) -> Iterator[Diagnostic]:
    """Everything wrong with how the steps follow each other; each mistake is told for the first case that shows it."""
    yield from _phase_order(parts)
    yield from _default_timing(parts)
    yield from _calendar(parts)
    for timing, source in parts.timings.items():
        yield from _grace(parts, timing, source)
    if not parts.complete or any(kind_of(placed) is None for placed in parts.steps):
        return  # what is missing would be told a second time, as a need that nothing fills
    scenarios = _scenarios(parts)
    if scenarios is None:
        message = f"the conditions can come out in more than {_MOST_SCENARIOS} ways, too many to check"
        yield parts.document.diagnostic(("parameters",), message, "Split the runbook", key=True)
    told: set[tuple[int, int, str]] = set()
    for scenario in scenarios or ():
        for diagnostic, key in _in_scenario(parts, scenario):
            place = (diagnostic.line, diagnostic.column, key)
            if place not in told:
                told.add(place)
                yield diagnostic


def _phase_order(parts: Parts) -> Iterator[Diagnostic]:
    data = parts.document.data
    phases = data.get("phases") if isinstance(data, dict) else None
    written = [name for name in (phases if isinstance(phases, dict) else {}) if name in set(Phase)]
    for earlier, later in pairwise(written):
        if LIFECYCLE.index(Phase(later)) < LIFECYCLE.index(Phase(earlier)):
            message = f"'{later}' comes before '{earlier}' in the lifecycle"
            yield parts.document.diagnostic(("phases", later), message, "Write the phases in their order", key=True)


def _default_timing(parts: Parts) -> Iterator[Diagnostic]:
    data = parts.document.data
    default = data.get("default-timing") if isinstance(data, dict) else None
    if isinstance(default, str) and default in set(Timing) and default not in parts.declared_timings:
        message = f"the runbook has no timing '{default}'"
        yield parts.document.diagnostic(("default-timing",), message, did_you_mean(default, parts.declared_timings))


def _calendar(parts: Parts) -> Iterator[Diagnostic]:
    source = parts.calendar
    if source is None:
        return
    nearest = zone_problem(source.zone)
    if nearest is not None:
        message = f"there is no time zone '{source.zone}'"
        yield parts.document.diagnostic(("calendar", "zone"), message, nearest)
    wrong = holidays_problem(source.holidays) if source.holidays else None
    if wrong is not None:
        yield parts.document.diagnostic(("calendar", "holidays"), *wrong)


def _grace(parts: Parts, timing: Timing, source: TimingSource) -> Iterator[Diagnostic]:
    at = ("timings", timing.value, "grace")
    for field_name, message, suggestion in (*_grace_faults(source.grace, parts), *_end_faults(source)):
        yield parts.document.diagnostic((*at, field_name), message, suggestion)


def _grace_faults(grace: GraceSource, parts: Parts) -> Iterator[tuple[str, str, str]]:
    """Yield the faults of a grace window by itself: field, message, suggestion."""
    ahead = grace.anchor in OF_THE_PROVIDER
    if not ahead and (grace.offset < timedelta(0) or grace.business_days < 0):
        message = f"grace cannot end before its anchor '{grace.anchor.value}', which is known only when it has come"
        yield "offset", message, f"Count forward, or from {listed([anchor.value for anchor in OF_THE_PROVIDER])}"
    if grace.max_extension < timedelta(0):
        yield "max-extension", "an extension cannot be negative", ""
    if grace.minimum is not None and grace.minimum < timedelta(0):
        yield "minimum", "a minimum cannot be negative", ""
    if (grace.business_days or grace.land_on is not LandOn.ANY_DAY) and not parts.calendar_declared:
        name = "business-days" if grace.business_days else "land-on"
        yield name, "business days need a calendar", "Add 'calendar' with the provider's zone and holidays"
    if (grace.anchor is Anchor.NOTIFICATION) != (grace.notified_by is not None):
        message = "the anchor 'notification' and 'notified-by' need each other"
        yield "anchor", message, "Name the step that tells the people concerned, as handover.tell-owner"
    if grace.latest is not None and grace.latest.anchor is Anchor.NOTIFICATION and grace.notified_by is None:
        yield "latest", "the anchor 'notification' needs 'notified-by'", ""


def _end_faults(source: TimingSource) -> Iterator[tuple[str, str, str]]:
    """Yield the faults of a grace window where the provider ends the service by itself."""
    grace, end = source.grace, source.provider_end
    if end is None:
        return
    if grace.anchor is not Anchor.EFFECTIVE_DATE:
        message = "where the provider ends the service by itself, grace is measured from the effective date"
        yield "anchor", message, "Use 'effective-date'"
    elif grace.offset > -end.last_call or grace.business_days > 0:
        message = "grace would end after the last call, when the schedule can no longer be taken back"
        yield "offset", message, f"End it at least {span_text(end.last_call)} before the effective date"
    if grace.land_on is LandOn.NEXT_BUSINESS_DAY:
        message = "the next business day may lie after the last call"
        yield "land-on", message, "Use 'previous-business-day'"
    if grace.holds is HoldEffect.STOP_THE_CLOCK:
        message = "the provider's date does not wait, so a hold cannot stop this clock"
        yield "holds", message, "Leave it out: a hold over the last call takes the end back"


def _scenarios(parts: Parts) -> list[Scenario] | None:
    """Every way in which the conditions can come out; None when there are too many to look at."""
    asked = {placed.step.when.parameter for placed in parts.steps if placed.step.when}
    options = {name: _options(parts, name, known) for name, known in parts.parameters.items() if name in asked}
    if math.prod(map(len, options.values())) * len(parts.timings) > _MOST_SCENARIOS:
        return None
    return [
        Scenario(timing, dict(zip(options, values, strict=True)))
        for timing in parts.timings
        for values in product(*options.values())
    ]


def _options(parts: Parts, name: str, parameter: Parameter) -> list[JsonScalar]:
    """Every value of a parameter that a condition could tell apart."""
    none: list[JsonScalar] = [] if parameter.required or parameter.default is not None else [None]
    if parameter.type is ParameterType.YES_NO:
        return [*none, False, True]
    if parameter.type is ParameterType.CHOICE:
        return [*none, *parameter.choices]
    conditions = [placed.step.when for placed in parts.steps if placed.step.when]
    named = {condition.equals for condition in conditions if condition.parameter == name}
    return [*none, _OTHER, *sorted(named - {None}, key=str)]


def _in_scenario(parts: Parts, scenario: Scenario) -> Iterator[tuple[Diagnostic, str]]:
    """Yield the diagnostics of one scenario. The text beside each names the mistake independently of the scenario."""
    steps = [step for step in parts.steps if holds(step.step.when, scenario.timing, scenario.values)]
    yield from _no_return(parts, steps, scenario)
    yield from _provider_end(parts, steps, scenario)
    yield from _anchors(parts, steps, scenario)
    yield from _effective_date(parts, steps, scenario)
    seen = _Seen()
    for placed in steps:
        yield from _needs(parts, placed, seen, scenario)
        _provide(placed, seen)


def _no_return(parts: Parts, steps: list[Placed], scenario: Scenario) -> Iterator[tuple[Diagnostic, str]]:
    purge = [step for step in steps if step.phase is Phase.PURGE]
    last = next((index for index, step in enumerate(purge) if step.step.point_of_no_return), None)
    if last is None:
        message = f"purge has no point of no return when {scenario}"
        suggestion = "Mark the step after which nothing can be taken back with 'point-of-no-return: true'"
        yield parts.document.diagnostic(("phases", "purge"), message, suggestion, key=True), "no-return"
    elif not purge[last].step.task and not any(kind_of(step) is StepKind.CHECK for step in purge[:last]):
        message = f"nothing reads again what allowed the purge before its point of no return when {scenario}"
        suggestion = "Begin purge with a check, as that the service is unchanged"
        yield parts.at(purge[last], (), message, suggestion), "again"


def _provider_end(parts: Parts, steps: list[Placed], scenario: Scenario) -> Iterator[tuple[Diagnostic, str]]:
    end = parts.timings[scenario.timing].provider_end
    if end is None:
        return
    at = ("timings", scenario.timing.value, "provider-end", "step")
    found = next((step for step in steps if step.id == end.step), None)
    if found is None:
        known = [step.id for step in steps if kind_of(step) is StepKind.CHANGE]
        message = f"there is no step '{end.step}' when {scenario}"
        yield parts.document.diagnostic(at, message, did_you_mean(end.step, known)), "step"
    elif kind_of(found) not in (StepKind.CHANGE, StepKind.TASK):
        message = f"'{end.step}' does not change the provider, so it cannot schedule an end"
        yield parts.document.diagnostic(at, message), "kind"


def _anchors(parts: Parts, steps: list[Placed], scenario: Scenario) -> Iterator[tuple[Diagnostic, str]]:
    """An anchor that is the end of steps needs them, before the purge."""
    grace, at = parts.timings[scenario.timing].grace, ("timings", scenario.timing.value, "grace")
    used = {grace.anchor, *([grace.latest.anchor] if grace.latest else ())}
    if Anchor.REQUEST in used and not any(step.phase is Phase.REQUEST for step in steps):
        message = f"nothing is requested when {scenario}, so the anchor 'request' never comes"
        yield parts.document.diagnostic((*at, "anchor"), message), "request"
    wanted = grace.notified_by
    if wanted is None:
        return
    before = [step.id for step in steps if step.phase not in (Phase.PURGE, Phase.VERIFY)]
    if wanted not in before:
        message = f"there is no step '{wanted}' before the purge when {scenario}"
        yield parts.document.diagnostic((*at, "notified-by"), message, did_you_mean(wanted, before)), "notified"


def _effective_date(parts: Parts, steps: list[Placed], scenario: Scenario) -> Iterator[tuple[Diagnostic, str]]:
    """Where grace counts from the effective date, some step must read it, and nobody may skip that step."""
    if parts.timings[scenario.timing].grace.anchor is not Anchor.EFFECTIVE_DATE:
        return
    reading = [step for step in steps if (spec := spec_of(step)) and spec.reads_date]
    if not reading:
        message = f"no step reads the effective date, from which grace counts, when {scenario}"
        at = ("timings", scenario.timing.value, "grace", "anchor")
        yield parts.document.diagnostic(at, message, "Add the step that keeps the provider's confirmation"), "date"
    for step in reading:
        if step.step.skippable:
            message = f"'{step.id}' reads the effective date; without it grace never ends when {scenario}"
            yield parts.at(step, (), message, "Add 'skippable: false'", key=True), step.id


def _needs(parts: Parts, placed: Placed, seen: _Seen, scenario: Scenario) -> Iterator[tuple[Diagnostic, str]]:
    spec, task = spec_of(placed), placed.step.task
    for wanted in spec.needs_evidence if spec else ():
        if wanted not in seen.evidence:
            message = (
                f"'{placed.step.action}' needs the evidence '{wanted}', which no earlier step keeps when {scenario}"
            )
            yield parts.at(placed, ("action",), message, f"Add the step that keeps '{wanted}' before it"), wanted
    for wanted in spec.needs_fields if spec else ():
        if (placed.phase, wanted) not in seen.fields:
            message = (
                f"'{placed.step.action}' needs the field '{wanted}', which no earlier task requires when {scenario}"
            )
            elsewhere = any(name == wanted for _, name in seen.fields)
            suggestion = f"Add a task with the field '{wanted}' before it{', in the same phase' if elsewhere else ''}"
            yield parts.at(placed, ("action",), message, suggestion), wanted
    for index, shown in enumerate(task.shows if task else ()):
        captured = seen.evidence.get(shown)
        if captured is None:
            message = f"no earlier step keeps the evidence '{shown}' when {scenario}"
            suggestion = did_you_mean(shown, seen.evidence)
            yield parts.at(placed, ("task", "shows", index), message, suggestion), shown
        elif placed.phase is Phase.HANDOVER and captured not in _BEFORE_CLOSING:
            message = f"'{shown}' is kept only in {captured.value}, when the provider may no longer give it"
            yield parts.at(placed, ("task", "shows", index), message, "Keep it in 'capture'"), shown


def _provide(placed: Placed, seen: _Seen) -> None:
    spec, task = spec_of(placed), placed.step.task
    for wanted in spec.evidence if spec else ():
        seen.evidence.setdefault(wanted.type, placed.phase)
    if task:
        seen.fields.update((placed.phase, field.name) for field in task.fields if _always(field))
        for attached in task.evidence:
            if _always(attached):
                seen.evidence.setdefault(attached.type, placed.phase)


def _always(asked: FormFieldSource | EvidenceSource) -> bool:
    return asked.required and asked.required_when is None
