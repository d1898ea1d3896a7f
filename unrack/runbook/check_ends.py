"""Rules for runbooks in which people make the provider end a service, and for stated facts."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.model.lifecycle import StepKind, Timing
from unrack.model.plan import SHARE_BY_HAND
from unrack.providers.catalogue import ACTIONS
from unrack.runbook.check_steps import kind_of
from unrack.runbook.parts import Parts, Placed
from unrack.runbook.source import FactsFrom, FromParameter, ParameterType, TimingSource
from unrack.runbook.spans import span_text


def check_ends(parts: Parts) -> Iterator[Diagnostic]:
    """Everything wrong with ends that people bring about, and with where facts come from."""
    yield from _facts(parts)
    for timing, source in parts.timings.items():
        yield from _ends_after(parts, timing, source)
        found = _step(parts, source)
        if found is not None and kind_of(found) is StepKind.TASK:
            yield from _by_hand(parts, timing, source, found)


def check_follow_ups(parts: Parts, runbooks: Iterable[str]) -> Iterator[Diagnostic]:
    """Follow-ups that name no runbook of the same folder."""
    data = parts.document.data
    given = data.get("follow-ups") if isinstance(data, dict) else None
    known = set(runbooks)
    for index, entry in enumerate(given if isinstance(given, list) else ()):
        name = entry.get("runbook") if isinstance(entry, dict) else None
        if isinstance(name, str) and name not in known:
            message = f"there is no runbook '{name}' in this folder"
            yield parts.document.diagnostic(("follow-ups", index, "runbook"), message, did_you_mean(name, known))


def _facts(parts: Parts) -> Iterator[Diagnostic]:
    data = parts.document.data
    facts = data.get("facts", FactsFrom.READ.value) if isinstance(data, dict) else None
    adapters = {spec.provider for spec in ACTIONS.values()}
    if facts == FactsFrom.READ.value and parts.provider is not None and parts.provider not in adapters:
        message = f"nothing can read the facts of a service of '{parts.provider}'"
        suggestion = did_you_mean(parts.provider, adapters)
        nearest = suggestion if suggestion.startswith("Did") else "Write 'facts: stated', so that requests state them"
        yield parts.document.diagnostic(("provider",), message, nearest)


def _ends_after(parts: Parts, timing: Timing, source: TimingSource) -> Iterator[Diagnostic]:
    given, at = source.ends_after, ("timings", timing.value, "ends-after")
    if given is None:
        return
    if timing is Timing.IMMEDIATE:
        yield parts.document.diagnostic(at, "an immediate end waits for no term, so nothing is kept after it", key=True)
    if not isinstance(given, FromParameter):
        return
    declared = parts.parameters.get(given.parameter)
    if given.parameter not in parts.declared:
        suggestion = did_you_mean(given.parameter, parts.declared) or "Declare it under 'parameters'"
        yield parts.document.diagnostic((*at, "parameter"), f"unknown parameter '{given.parameter}'", suggestion)
    elif declared and declared.type is not ParameterType.DURATION:
        message = f"'{given.parameter}' is not a duration but {declared.type.value}"
        yield parts.document.diagnostic((*at, "parameter"), message)


def _step(parts: Parts, source: TimingSource) -> Placed | None:
    end = source.provider_end
    return next((placed for placed in parts.steps if end and placed.id == end.step), None)


def _by_hand(parts: Parts, timing: Timing, source: TimingSource, placed: Placed) -> Iterator[Diagnostic]:
    """Where a person asks for the end, a person must be able to take it back in time."""
    step, end = placed.step, source.provider_end
    if step.undo is None or step.undo.task is None:
        message = f"'{placed.id}' makes the provider end the service; a person must be told how to take that back"
        yield parts.at(placed, (), message, "Add 'undo' with a 'task'", key=True)
    if step.skippable:
        message = f"'{placed.id}' makes the provider end the service; without it nothing ends"
        yield parts.at(placed, (), message, "Add 'skippable: false'", key=True)
    room = -source.grace.offset - (end.last_call if end else timedelta(0))
    needed = step.timeout or timedelta(0)
    if room * SHARE_BY_HAND < needed:
        given = span_text(max(room * SHARE_BY_HAND, timedelta(0)))
        message = (
            f"a person gets {given} to take the end back by hand, three quarters of the time from the end of grace to "
            f"the last call; '{placed.id}' gives people {span_text(needed)}"
        )
        suggestion = "End grace earlier, or shorten the step's timeout"
        yield parts.document.diagnostic(("timings", timing.value, "grace", "offset"), message, suggestion)
