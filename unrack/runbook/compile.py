"""Compiles request, runbook and facts into a frozen plan. Pure: the same input gives the same plan."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from unrack import zones
from unrack.documents.diagnostics import Diagnostic, InputError, Place, did_you_mean
from unrack.documents.document import Document
from unrack.model.base import JsonScalar
from unrack.model.evidence import EvidenceWanted
from unrack.model.grace import Grace, LandOn
from unrack.model.ids import step_id
from unrack.model.lifecycle import Phase, StepKind, Timing
from unrack.model.message import msg
from unrack.model.plan import Approval, FollowUp, FormField, Plan, PlannedStep, ProviderEnd, TaskForm, Undo
from unrack.model.reliance import last_bringer
from unrack.model.request import Request
from unrack.model.service import ServiceFacts
from unrack.model.translation import of_these
from unrack.providers.catalogue import ACTIONS
from unrack.runbook.calendars import frozen_calendar, horizon
from unrack.runbook.conditions import holds, why_not
from unrack.runbook.foresee import blockers, foreseen_dates, warnings
from unrack.runbook.freezes import FreezeFile, frozen_freezes
from unrack.runbook.identity import as_read, foreign_facts, id_errors
from unrack.runbook.load import LoadedRequest, LoadedRunbook
from unrack.runbook.outlook import taken_back
from unrack.runbook.reach import reach
from unrack.runbook.source import (
    EvidenceSource,
    Form,
    FormFieldSource,
    FromParameter,
    GraceSource,
    Runbook,
    Step,
    TimingSource,
)
from unrack.runbook.spans import parse_positive_span
from unrack.runbook.stated_facts import stated_errors
from unrack.runbook.wishes import unmet

Values = Mapping[str, JsonScalar]
"""Every declared parameter with its value; None where the request gives none."""


def check_request(runbook: LoadedRunbook, loaded: LoadedRequest) -> None:
    """Judge whether the request in a file fits the runbook.

    Raises:
        InputError: it does not; every mistake with its place in the file.
    """
    found = list(_request_errors(runbook.model, loaded.request, loaded.document))
    if found:
        raise InputError(found, runbook.translations)


def compile_plan(
    runbook: LoadedRunbook, request: Request, facts: ServiceFacts, freezes: Sequence[FreezeFile] = ()
) -> Plan:
    """The plan for `request`, with the dates and findings that follow from `facts`.

    A plan that must not be launched is still compiled: `Plan.blockers` says why.

    Args:
        runbook: The runbook that the request names.
        request: The request.
        facts: The facts of the service, from its provider.
        freezes: Calendar files with times in which nothing may be purged.

    The service's id is in the plan as its provider spells it.

    Raises:
        InputError: the request does not fit the runbook, the facts are those of another service, or a calendar file
            cannot be understood.
    """
    model = runbook.model
    found = [*_request_errors(model, request, _NOWHERE), *foreign_facts(model, request, facts)]
    if found:
        raise InputError(found)
    request = as_read(request, facts)
    timing = request.timing or model.default_timing
    meaning = model.timings[timing]
    steps, left_out = _steps(model, timing, _values(model, request))
    grace = _grace(model, meaning.grace, facts)
    plan = Plan(
        provider=model.provider,
        product=model.product,
        runbook=model.name,
        runbook_version=model.version,
        runbook_digest=runbook.digest,
        runbook_title=model.title,
        request=request,
        timing=timing,
        facts=facts,
        service=facts.service,
        approval=Approval.model_validate(model.approval.model_dump()),  # a rule that is new there is data here
        grace=grace,
        provider_end=_provider_end(meaning),
        steps=steps,
        left_out=left_out,
        loses=meaning.loses,
        keeps=meaning.keeps,
        summary=meaning.summary,
        ends_after=_ends_after(meaning, _values(model, request)),
        follow_ups=tuple(_follow_ups(model, timing, _values(model, request))),
        zone_data=zones.version(),
    )
    frozen = tuple(frozen_freezes(file, *reach(plan), grace.calendar.zone) for file in freezes)
    plan = plan.model_copy(update={"freezes": frozen})
    judged = {
        "dates": foreseen_dates(plan),
        "taken_back": taken_back(plan, meaning.taken_back),
        "blockers": (*blockers(plan), *unmet(model, plan)),
        "warnings": warnings(plan),
    }
    return _translated(plan.model_copy(update=judged), runbook.translations)


def _translated(plan: Plan, translations: Mapping[str, Mapping[str, str]]) -> Plan:
    """Return `plan` with its texts in the runbook's other languages."""
    content = plan.model_dump(mode="json", exclude={"facts", "request", "freezes", "blockers", "warnings"})
    return plan.model_copy(update={"translations": of_these(translations, content)})


_NOWHERE = Document(file="", data=None, values={(): Place()})
"""For a request that does not come from a file."""


def _request_errors(model: Runbook, request: Request, document: Document) -> Iterator[Diagnostic]:
    if request.runbook != model.name:
        message = msg(
            "the request is for the runbook '{runbook}', not '{name}'", runbook=request.runbook, name=model.name
        )
        yield document.diagnostic(("runbook",), message)
    if request.timing is not None and request.timing not in model.timings:
        message = msg("the runbook '{name}' has no timing '{timing}'", name=model.name, timing=request.timing)
        yield document.diagnostic(("timing",), message, did_you_mean(request.timing, model.timings))
    yield from id_errors(model, request, document)
    yield from _parameter_errors(model, request, document)
    yield from stated_errors(model, request, document)


def _parameter_errors(model: Runbook, request: Request, document: Document) -> Iterator[Diagnostic]:
    for name, given in request.parameters.items():
        declared = model.parameters.get(name)
        if declared is None:
            suggestion = did_you_mean(name, model.parameters) or msg("It has none")
            message = msg("the runbook '{name}' has no parameter '{name2}'", name=model.name, name2=name)
            yield document.diagnostic(("parameters", name), message, suggestion, key=True)
        elif given is not None:
            try:
                declared.value(given)
            except ValueError as error:
                yield document.diagnostic(
                    ("parameters", name), msg("parameter '{name}': {error}", name=name, error=error)
                )
    for name, declared in model.parameters.items():
        if declared.required and request.parameters.get(name) is None:
            message = msg(
                "the parameter '{name}' is missing: {description}", name=name, description=declared.description
            )
            yield document.diagnostic(("parameters",), message, key=True)
    yield from _lonely_parameters(model, request, document)


def _lonely_parameters(model: Runbook, request: Request, document: Document) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each given parameter whose needed parameter is not given.

    Without it, steps would be left out or lack a value.
    """
    values = _values(model, request)
    for name in request.parameters.keys() & model.parameters.keys():
        for needed in model.parameters[name].needs if _is_given(request.parameters[name]) else ():
            if needed in model.parameters and not _is_given(values[needed]):
                message = msg(
                    "the parameter '{name}' is given without '{needed}': {description}",
                    name=name,
                    needed=needed,
                    description=model.parameters[needed].description,
                )
                yield document.diagnostic(("parameters", name), message, key=True)


def _is_given(value: JsonScalar) -> bool:
    """As for conditions: a no is as good as nothing."""
    return value is not None and value is not False


def _values(model: Runbook, request: Request) -> Values:
    given = {name: value for name, value in request.parameters.items() if value is not None}
    return {name: given.get(name, declared.default) for name, declared in model.parameters.items()}


def _grace(model: Runbook, source: GraceSource, facts: ServiceFacts) -> Grace:
    grace = Grace.model_validate(source.model_dump())
    if model.calendar is None:
        return grace
    with_days = grace.business_days != 0 or grace.land_on is not LandOn.ANY_DAY
    calendar = frozen_calendar(model.calendar, *horizon(facts), with_days=with_days)
    return grace.model_copy(update={"calendar": calendar})


def _provider_end(meaning: TimingSource) -> ProviderEnd | None:
    end = meaning.provider_end
    return None if end is None else ProviderEnd(step=end.step, last_call=end.last_call)


def _steps(model: Runbook, timing: Timing, values: Values) -> tuple[tuple[PlannedStep, ...], tuple[str, ...]]:
    steps: list[PlannedStep] = []
    left_out: list[str] = []
    for phase, _, step in model.in_order():
        reason = why_not(step.when, timing, values)
        if reason is None:
            steps.append(_planned(phase, step, values, steps))
        else:
            left_out.append(msg("{step_id}: {reason}", step_id=step_id(phase, step.name), reason=reason))
    return tuple(steps), tuple(left_out)


def _planned(phase: Phase, step: Step, values: Values, before: Sequence[PlannedStep]) -> PlannedStep:
    spec = ACTIONS[step.action] if step.action else None
    wait_for = _length(step, values)
    return PlannedStep(
        id=step_id(phase, step.name),
        phase=phase,
        kind=spec.kind if spec else StepKind.TASK if step.task else StepKind.WAIT,
        title=step.title,
        action=step.action,
        explain=step.explain.strip(),
        rules=step.rules,
        parameters=_told(step, values),
        timeout=step.timeout or wait_for or timedelta(0),
        poll_every=step.poll_every,
        answer_within=step.answer_within,
        wait_for=wait_for,
        task=_form(step.task) if step.task else None,
        evidence=spec.evidence if spec else (),
        reads_evidence=(*spec.needs_evidence, *spec.reads_evidence) if spec else (),
        reads_days=spec.reads_days if spec else False,
        undo=_undo(step),
        point_of_no_return=step.point_of_no_return,
        skippable=step.skippable,
        restores=step.restores,
        relies_on=_relies_on(phase, step, before),
    )


def _relies_on(phase: Phase, step: Step, before: Sequence[PlannedStep]) -> tuple[str, ...]:
    """Return the steps that `step` relies on, by the runbook and by the needs of its action.

    Needed fields come from its own phase, needed evidence from the last step that brings it.
    Steps that are left out of the plan are left out here.
    """
    spec = ACTIONS[step.action] if step.action else None
    fields, needed = set(spec.needs_fields if spec else ()), spec.needs_evidence if spec else ()
    stated = {each.id for each in before if each.phase is phase and fields & _collected(each)}
    kept = {each.id for kind in needed for each in [last_bringer(before, kind)] if each is not None}
    return tuple(each.id for each in before if each.id in {*step.relies_on, *stated, *kept})


def _collected(step: PlannedStep) -> set[str]:
    return {field.name for field in step.task.fields} if step.task else set()


def _ends_after(meaning: TimingSource, values: Values) -> timedelta:
    if isinstance(meaning.ends_after, FromParameter):
        given = values.get(meaning.ends_after.parameter)
        return parse_positive_span(given) if given is not None else timedelta(0)
    return meaning.ends_after or timedelta(0)


def _follow_ups(model: Runbook, timing: Timing, values: Values) -> Iterator[FollowUp]:
    for source in model.follow_ups:
        if holds(source.when, timing, values):
            yield FollowUp(runbook=source.runbook, title=source.title, after=source.after)


def _length(step: Step, values: Values) -> timedelta | None:
    if isinstance(step.wait_for, FromParameter):
        return parse_positive_span(values[step.wait_for.parameter])
    return step.wait_for


def _told(step: Step, values: Values) -> dict[str, JsonScalar]:
    """Return the parameters of the action. A parameter that is not given is left out."""
    told: dict[str, JsonScalar] = {
        name: values[value.parameter] if isinstance(value, FromParameter) else value
        for name, value in step.parameters.items()
    }
    return {name: value for name, value in told.items() if value is not None}


def _undo(step: Step) -> Undo | None:
    if step.undo is None:
        return None
    return Undo(title=step.undo.title, task=_form(step.undo.task) if step.undo.task else None)


def _form(form: Form) -> TaskForm:
    return TaskForm(
        instructions=form.instructions,
        fields=tuple(FormField.model_validate(_optional_until(field)) for field in form.fields),
        evidence=tuple(EvidenceWanted.model_validate(_optional_until(wanted)) for wanted in form.evidence),
        shows=form.shows,
    )


def _optional_until(asked: FormFieldSource | EvidenceSource) -> dict[str, Any]:
    """Return `asked` as data. One with a condition is required only once the condition is met."""
    return {**asked.model_dump(), "required": asked.required and asked.required_when is None}
