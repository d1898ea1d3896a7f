"""Rules for each form, and for a step's references to the steps that it relies on."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.documents.document import Location
from unrack.model.form import KnownDay, day_of
from unrack.model.lifecycle import StepKind
from unrack.model.plan import FieldType
from unrack.runbook.check_steps import UNTOUCHED, kind_of
from unrack.runbook.parts import Parts, Placed
from unrack.runbook.source import CountedDaySource, Form, FormFieldSource, WantedWhenSource


def check_forms(parts: Parts) -> Iterator[Diagnostic]:
    """Yield the faults of single forms, and of the references in ``relies-on``."""
    for index, placed in enumerate(parts.steps):
        earlier = parts.steps[:index]
        if placed.step.task:
            yield from _Checked(parts, placed, ("task",), placed.step.task, earlier).faults()
        if placed.step.undo and placed.step.undo.task:
            done = parts.steps[: index + 1]
            yield from _Checked(parts, placed, ("undo", "task"), placed.step.undo.task, done).faults()
        yield from _reliance(parts, placed, earlier)
        yield from _restoring(parts, placed)


class _Checked:
    """One form, with the steps that were done before it."""

    def __init__(self, parts: Parts, placed: Placed, path: Location, form: Form, earlier: Sequence[Placed]) -> None:
        self._parts, self._placed, self._path, self._form = parts, placed, path, form
        self._fields = {field.name: field for field in form.fields}
        self._dates = {field.name for field in form.fields if field.type is FieldType.DATE}
        self._stated = {
            f"{each.id}.{field.name}"
            for each in earlier
            for field in (each.step.task.fields if each.step.task else ())
            if field.type is FieldType.DATE
        }

    def faults(self) -> Iterator[Diagnostic]:
        yield from self._twice("fields", "name", [field.name for field in self._form.fields])
        yield from self._twice("evidence", "type", [wanted.type for wanted in self._form.evidence])
        for index, field in enumerate(self._form.fields):
            yield from self._field(field, ("fields", index))
        for index, wanted in enumerate(self._form.evidence):
            yield from self._wanted_when(wanted.required_when, ("evidence", index))

    def _field(self, field: FormFieldSource, at: Location) -> Iterator[Diagnostic]:
        if (field.type is FieldType.CHOICE) != bool(field.choices):
            yield self._at(at, f"'{field.name}': 'choices' belong to the type 'choice', and only to it")
        yield from self._wanted_when(field.required_when, at, field.name)
        if field.type is not FieldType.DATE:
            yield from self._no_date(field, at)
            return
        if field.not_before is not None:
            yield from self._day(field.not_before, (*at, "not-before"), field.name)
        elif field.happened and field.back_to is None:
            message = f"'{field.name}' says when something happened, and any day in the past would do"
            yield self._at((*at, "happened"), message, "Add 'not-before' or 'back-to'", key=True)
        for key, counted in _counted(field):
            yield from self._day(counted.of, (*at, key, "of"), field.name)
            if counted.span % timedelta(days=1):
                yield self._at((*at, key, "span"), "a date is counted in whole days", "Write it as 30d")

    def _no_date(self, field: FormFieldSource, at: Location) -> Iterator[Diagnostic]:
        if field.not_before is not None:
            yield self._at((*at, "not-before"), "only a date can be not before another", key=True)
        for key, _ in _counted(field):
            yield self._at((*at, key), "only a date is counted from another", key=True)
        if field.happened:
            yield self._at((*at, "happened"), "only a date says when something happened", key=True)

    def _wanted_when(self, when: WantedWhenSource | None, at: Location, own: str = "") -> Iterator[Diagnostic]:
        if when is None:
            return
        at = (*at, "required-when")
        others = self._fields.keys() - {own}
        if when.field not in others:
            suggestion = did_you_mean(when.field, others)
            yield self._at((*at, "field"), f"no other field '{when.field}' here", suggestion)
            return
        other = self._fields[when.field]
        for index, choice in enumerate(when.one_of):
            if choice not in other.choices:
                message = f"'{choice}' is no choice of '{when.field}'"
                yield self._at((*at, "one-of", index), message, did_you_mean(choice, other.choices))
        if when.before is not None and other.type is not FieldType.DATE:
            yield self._at((*at, "before"), f"'{when.field}' is no date", key=True)
        elif when.before is not None:
            yield from self._day(when.before, (*at, "before"), when.field)

    def _day(self, name: str, at: Location, own: str) -> Iterator[Diagnostic]:
        """`name` is a day that will be known when the form is filled in."""
        others = self._dates - {own}
        if name in others or name in self._stated or day_of(name) is not None:
            return
        if name != own and name in set(KnownDay):
            return
        if "." in name:
            yield self._at(at, f"no earlier task states the date '{name}'", did_you_mean(name, self._stated))
        elif name[0].isdigit():
            yield self._at(at, f"there is no day '{name}'")
        else:
            suggestion = did_you_mean(name, others | set(KnownDay))
            yield self._at(at, f"no other date field '{name}' here", suggestion)

    def _twice(self, part: str, key: str, names: list[str]) -> Iterator[Diagnostic]:
        for index, name in enumerate(names):
            if name in names[:index]:
                yield self._at((part, index, key), f"'{name}' is asked for twice in this form")

    def _at(self, at: Location, message: str, suggestion: str = "", *, key: bool = False) -> Diagnostic:
        return self._parts.at(self._placed, (*self._path, *at), message, suggestion, key=key)


def _counted(field: FormFieldSource) -> Iterator[tuple[str, CountedDaySource]]:
    """The first and the last day of a date that are counted from another, each with its key."""
    for key, counted in (("back-to", field.back_to), ("within", field.within)):
        if counted is not None:
            yield key, counted


def _reliance(parts: Parts, placed: Placed, earlier: Sequence[Placed]) -> Iterator[Diagnostic]:
    known, every = [each.id for each in earlier], {each.id for each in parts.steps}
    for index, name in enumerate(placed.step.relies_on):
        at = ("relies-on", index)
        if name == placed.id:
            yield parts.at(placed, at, "a step does not rely on itself")
        elif name in every - set(known):
            yield parts.at(placed, at, f"'{name}' comes later, so nothing here can rely on it")
        elif name not in known:
            yield parts.at(placed, at, f"there is no step '{name}'", did_you_mean(name, known))
        elif name in placed.step.relies_on[:index]:
            yield parts.at(placed, at, f"'{name}' stands here twice")


def _restoring(parts: Parts, placed: Placed) -> Iterator[Diagnostic]:
    """A step that goes on under a hold must be one that gives something back."""
    kind = kind_of(placed)
    if not placed.step.restores or kind is None:
        return
    if kind is not StepKind.CHANGE or placed.phase in UNTOUCHED:
        yield parts.at(placed, ("restores",), "only a change brings something back", "Remove 'restores'", key=True)
    elif placed.step.undo is not None or placed.step.point_of_no_return:
        message = "what brings something back takes nothing away, so it has no undo and ends nothing"
        yield parts.at(placed, ("restores",), message, "Remove 'restores', or write 'no-undo'", key=True)
