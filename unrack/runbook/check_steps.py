"""Rules for each step and parameter on its own."""

from collections.abc import Iterator

from unrack.contracts.action import ActionSpec
from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.model.lifecycle import Phase, StepKind
from unrack.providers.catalogue import ACTIONS, SHARED_NAMESPACES
from unrack.runbook.parts import Parts, Placed
from unrack.runbook.source import FromParameter, Parameter, ParameterType

UNTOUCHED = frozenset({Phase.PREFLIGHT, Phase.APPROVAL, Phase.CAPTURE, Phase.GRACE, Phase.VERIFY})
"""In these phases nothing changes at the provider."""
TOUCHED = frozenset({Phase.DETACH, Phase.REQUEST, Phase.CONFIRM, Phase.HANDOVER})
"""Phases that reactivation undoes."""


def kind_of(placed: Placed) -> StepKind | None:
    """Return the kind of the step; None when its action is unknown."""
    if placed.step.task is not None:
        return StepKind.TASK
    if placed.step.wait_for is not None:
        return StepKind.WAIT
    spec = spec_of(placed)
    return None if spec is None else spec.kind


def spec_of(placed: Placed) -> ActionSpec | None:
    """The declaration of the step's action, when it has a known one."""
    return ACTIONS.get(placed.step.action or "")


def check_steps(parts: Parts) -> Iterator[Diagnostic]:
    """Everything wrong with single steps and parameters."""
    for name, parameter in parts.parameters.items():
        yield from _parameter(parts, name, parameter)
    yield from _unique_names(parts)
    for placed in parts.steps:
        yield from _action(parts, placed)
        yield from _kind_in_phase(parts, placed)
        yield from _pace(parts, placed)
        yield from _taking_back(parts, placed)
        yield from _references(parts, placed)


def _parameter(parts: Parts, name: str, parameter: Parameter) -> Iterator[Diagnostic]:
    at = ("parameters", name)
    if (parameter.type is ParameterType.CHOICE) != bool(parameter.choices):
        yield parts.document.diagnostic(at, "'choices' belong to the type 'choice', and only to it", key=True)
    yield from _needs(parts, name, parameter)
    if parameter.default is None:
        return
    if parameter.required:
        yield parts.document.diagnostic((*at, "default"), "a required parameter has no default", "Remove one of them")
    try:
        parameter.value(parameter.default)
    except ValueError as error:
        yield parts.document.diagnostic((*at, "default"), str(error))


def _needs(parts: Parts, name: str, parameter: Parameter) -> Iterator[Diagnostic]:
    others = parts.declared - {name}
    for index, needed in enumerate(parameter.needs):
        if needed not in others:
            message = f"no other parameter is called '{needed}'"
            at = ("parameters", name, "needs", index)
            yield parts.document.diagnostic(at, message, did_you_mean(needed, others))


def _unique_names(parts: Parts) -> Iterator[Diagnostic]:
    first: dict[str, Placed] = {}
    for placed in parts.steps:
        other = first.setdefault(placed.step.name, placed)
        if other is not placed:
            line = parts.document.place((*other.at, "name")).line
            yield parts.at(placed, ("name",), f"'{placed.step.name}' is also the name of the step in line {line}")


def _action(parts: Parts, placed: Placed) -> Iterator[Diagnostic]:
    name = placed.step.action
    if name is None:
        if placed.step.parameters:
            yield parts.at(placed, ("parameters",), "only an action takes parameters", key=True)
        return
    spec = ACTIONS.get(name)
    if spec is None:
        yield parts.at(placed, ("action",), f"unknown action '{name}'", did_you_mean(name, ACTIONS))
        return
    if parts.provider is not None and spec.provider not in (parts.provider, *SHARED_NAMESPACES):
        yield parts.at(placed, ("action",), f"'{name}' is an action of {spec.provider}, not of {parts.provider}")
    if spec.products and parts.product is not None and parts.product not in spec.products:
        message = f"'{name}' is not for '{parts.product}' but for {', '.join(sorted(spec.products))}"
        yield parts.at(placed, ("action",), message)
    for key in placed.step.parameters:
        if key not in spec.parameters:
            suggestion = did_you_mean(key, spec.parameters) or "It takes none"
            yield parts.at(placed, ("parameters", key), f"'{name}' has no parameter '{key}'", suggestion, key=True)


def _kind_in_phase(parts: Parts, placed: Placed) -> Iterator[Diagnostic]:
    kind, phase = kind_of(placed), placed.phase
    if phase in UNTOUCHED and kind in (StepKind.CHANGE, StepKind.COMMIT):
        yield parts.at(placed, ("action",), f"'{placed.step.action}' changes the provider; {phase.value} only looks")
    elif kind is StepKind.COMMIT and phase is not Phase.PURGE:
        message = f"'{placed.step.action}' cannot be taken back; that belongs into purge, not {phase.value}"
        yield parts.at(placed, ("action",), message)
    if placed.step.point_of_no_return and phase is not Phase.PURGE:
        message = f"the point of no return lies in purge, not in {phase.value}"
        yield parts.at(placed, ("point-of-no-return",), message)


def _pace(parts: Parts, placed: Placed) -> Iterator[Diagnostic]:
    step, kind = placed.step, kind_of(placed)
    if kind is not StepKind.WAIT and step.timeout is None:
        yield parts.at(placed, (), "'timeout' is missing", "Say how long the step may take, as 30m or 7d", key=True)
    if kind is StepKind.WAIT and step.timeout is not None:
        yield parts.at(placed, ("timeout",), "a wait has a set length and needs no timeout", "Remove it", key=True)
    if kind is StepKind.AWAIT and step.poll_every is None:
        yield parts.at(placed, (), "'poll-every' is missing", "Say how often the provider is looked at", key=True)
    if kind not in (StepKind.AWAIT, None) and step.poll_every is not None:
        message = "'poll-every' is for actions that wait for the provider"
        yield parts.at(placed, ("poll-every",), message, "Remove it", key=True)
    if kind not in (StepKind.COMMIT, None) and step.answer_within is not None:
        yield parts.at(placed, ("answer-within",), "'answer-within' is for irreversible actions", "Remove it", key=True)
    if step.poll_every and step.timeout and step.poll_every > step.timeout:
        yield parts.at(placed, ("poll-every",), "'poll-every' is longer than 'timeout': it would look only once")


def _taking_back(parts: Parts, placed: Placed) -> Iterator[Diagnostic]:
    step, kind, spec = placed.step, kind_of(placed), spec_of(placed)
    if step.undo and step.no_undo:
        yield parts.at(placed, ("no-undo",), "a step has an undo or a reason for none, not both", key=True)
        return
    if kind is StepKind.COMMIT and spec is not None and spec.undoable:
        return  # the provider lets it be taken back for a while
    if kind in (StepKind.CHECK, StepKind.CAPTURE, StepKind.WAIT, StepKind.AWAIT, StepKind.COMMIT):
        if step.undo:
            word = "cannot be taken back" if kind is StepKind.COMMIT else "changes nothing"
            yield parts.at(placed, ("undo",), f"this step {word}, so it has no undo", "Remove it", key=True)
        return
    changes = kind is StepKind.CHANGE or (kind is StepKind.TASK and placed.phase in TOUCHED)
    if changes and not step.undo and not step.no_undo:
        message = "this step changes something and does not say how it is taken back"
        yield parts.at(placed, (), message, "Add 'undo', or 'no-undo' with the reason", key=True)
    if step.undo and step.undo.task is None and (spec is None or not spec.undoable) and kind is not None:
        message = "nothing can undo this step by itself"
        yield parts.at(placed, ("undo",), message, "Add 'task' to the undo, or 'no-undo' with the reason", key=True)


def _references(parts: Parts, placed: Placed) -> Iterator[Diagnostic]:
    step = placed.step
    if step.when and step.when.timing and step.when.timing.value not in parts.declared_timings:
        message = f"the runbook has no timing '{step.when.timing.value}'"
        yield parts.at(placed, ("when", "timing"), message, did_you_mean(step.when.timing, parts.declared_timings))
    if step.when and step.when.parameter:
        yield from _known_parameter(parts, placed, step.when.parameter, ("when", "parameter"))
        declared = parts.parameters.get(step.when.parameter)
        if declared and step.when.equals is not None:
            try:
                declared.value(step.when.equals)
            except ValueError as error:
                yield parts.at(placed, ("when", "equals"), str(error))
    for key, value in step.parameters.items():
        if isinstance(value, FromParameter):
            yield from _known_parameter(parts, placed, value.parameter, ("parameters", key, "parameter"))
    if isinstance(step.wait_for, FromParameter):
        yield from _length_of_wait(parts, placed, step.wait_for.parameter)


def _length_of_wait(parts: Parts, placed: Placed, name: str) -> Iterator[Diagnostic]:
    at = ("wait-for", "parameter")
    yield from _known_parameter(parts, placed, name, at)
    declared, when = parts.parameters.get(name), placed.step.when
    if declared is None:
        return
    if declared.type is not ParameterType.DURATION:
        yield parts.at(placed, at, f"'{name}' is not a duration but {declared.type.value}")
    elif declared.default is None and not declared.required and not (when and when.parameter == name):
        message = f"a request need not give '{name}', and then this wait has no length"
        yield parts.at(placed, at, message, f"Add 'when: {{parameter: {name}}}', or a default")


def _known_parameter(parts: Parts, placed: Placed, name: str, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    if name not in parts.declared:
        suggestion = did_you_mean(name, parts.declared) or "Declare it under 'parameters'"
        yield parts.at(placed, path, f"unknown parameter '{name}'", suggestion)
