"""The parts of a runbook that can be read even while other parts are wrong, so that all mistakes are shown at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from unrack.documents.diagnostics import Diagnostic
from unrack.documents.document import Data, Document, Location
from unrack.documents.typed import M, validated
from unrack.model.lifecycle import Phase, Timing
from unrack.runbook.source import CalendarSource, Parameter, Step, TimingSource


@dataclass(frozen=True, slots=True)
class Placed:
    """A step and where it stands."""

    phase: Phase
    step: Step
    at: Location

    @property
    def id(self) -> str:
        """``<phase>.<name>``."""
        return f"{self.phase.value}.{self.step.name}"


@dataclass(frozen=True, slots=True)
class Parts:
    """The readable parts of a runbook. Steps are in the order of the lifecycle."""

    document: Document
    provider: str | None
    product: str | None
    parameters: dict[str, Parameter]
    declared: frozenset[str]
    """Names of all parameters, readable or not."""
    timings: dict[Timing, TimingSource]
    declared_timings: frozenset[str]
    complete: bool
    """Whether the whole document fits its types, so that nothing is missing here."""
    calendar: CalendarSource | None = None
    calendar_declared: bool = False
    """Whether one is written, readable or not."""
    steps: list[Placed] = field(default_factory=list[Placed])

    def at(
        self, placed: Placed, path: tuple[str | int, ...], message: str, suggestion: str = "", *, key: bool = False
    ) -> Diagnostic:
        """Return a diagnostic at `path` inside a step."""
        return self.document.diagnostic((*placed.at, *path), message, suggestion, key=key)


def parts_of(document: Document, *, complete: bool) -> Parts:
    """Everything in `document` that fits its type; `complete` when all of it does."""
    data = document.data if isinstance(document.data, dict) else {}
    provider, parameters, timings = data.get("provider"), data.get("parameters"), data.get("timings")
    product = data.get("product")
    return Parts(
        document=document,
        provider=provider if isinstance(provider, str) else None,
        product=product if isinstance(product, str) else None,
        parameters=dict(_readable(Parameter, parameters)),
        declared=frozenset(parameters) if isinstance(parameters, dict) else frozenset(),
        timings={Timing(name): part for name, part in _readable(TimingSource, timings) if name in set(Timing)},
        declared_timings=frozenset(timings) if isinstance(timings, dict) else frozenset(),
        complete=complete,
        calendar=_read(CalendarSource, data["calendar"]) if "calendar" in data else None,
        calendar_declared="calendar" in data,
        steps=list(_steps(data.get("phases"))),
    )


def _steps(phases: Data) -> Iterator[Placed]:
    given = phases if isinstance(phases, dict) else {}
    for phase in Phase:
        steps = given.get(phase.value)
        for index, raw in enumerate(steps if isinstance(steps, list) else ()):
            step = _read(Step, raw)
            if step is not None:
                yield Placed(phase, step, ("phases", phase.value, index))


def _readable(model: type[M], data: Data) -> Iterator[tuple[str, M]]:
    for name, raw in (data if isinstance(data, dict) else {}).items():
        part = _read(model, raw)
        if part is not None:
            yield name, part


def _read(model: type[M], data: Data) -> M | None:
    try:
        return validated(model, data)
    except ValidationError:
        return None
