"""The one validation of what a person states and proves for a task: the command and the workflow both go by it. Pure.

Form, fields and proofs in; what is wrong with them out. It is the same for a completion and for an amendment, which is
judged as the whole form with its changes put in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, timedelta
from enum import StrEnum

from pydantic import Field

from unrack.model.base import Frozen, Moment
from unrack.model.evidence import EvidenceWanted, WantedWhen
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.people import unseen
from unrack.model.plan import FieldType, FormField, TaskForm
from unrack.model.shortened import quoted

HANDOVER_PREFIX = "handover:"
"""How a reference begins that stands for a handed-over secret."""

_FARTHEST = timedelta(days=3660)
"""Ten years: a date farther from now is mistyped, whatever the form says of it."""
LATEST_ZONE = timedelta(hours=14)
"""UTC+14, where each day begins first: what is still to come there has happened nowhere."""


class KnownDay(StrEnum):
    """A day of the run to which a date of a form may be held."""

    LAUNCH = "launch"
    """The run was launched."""
    REQUEST = "request"
    """The end was asked for: the last step of that phase was done."""
    EXPIRY = "expiry"
    """The end of the term, as the facts of the plan have it."""
    END_OF_COMMITMENT = "end-of-commitment"
    """The end of the minimum term."""
    EFFECTIVE_DATE = "effective-date"
    """The service ended, or ends."""
    NEXT_INVOICE = "next-invoice"
    """The next invoice would have been due, had the service gone on."""


class Known(Frozen):
    """The time and days that stated dates are held against."""

    now: Moment
    """The provider's time."""
    days: dict[str, date] = Field(default_factory=dict)
    """By name: each `KnownDay`, and the dates that earlier tasks stated, as ``<step id>.<field>``."""


class Fault(Frozen):
    """One thing that is wrong."""

    name: str
    """The field or the type of proof that it is about."""
    text: MessageText
    """The mistake, for the person who filled in the form."""
    known: bool = True
    """Whether the form has such a field or proof at all."""


def faults(form: TaskForm, fields: Mapping[str, str], evidence: Iterable[str], known: Known) -> tuple[Fault, ...]:
    """Everything that is wrong with what was given for `form`; empty when it is complete and plausible.

    Args:
        form: What is asked for.
        fields: What was written, by name; an amendment gives all fields, those that it leaves alone included.
        evidence: The types of the proofs that are given, or were and still count.
        known: The provider's time and the days that the run knows.
    """
    written = {name: value.strip() for name, value in fields.items() if not is_blank(value)}
    dates = _Dates(form, written, known)
    return (
        *_unknown_fields(form, fields),
        *(fault for field in form.fields for fault in _field(field, written, dates)),
        *_proofs(form.evidence, set(evidence), written, dates),
    )


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing in `text`."""
    return all(sign.isspace() or unseen(sign) is not None for sign in text)


def day_of(text: str) -> date | None:
    """The day that a field holds, as ``2026-11-23``; None when it holds no such day."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.isoformat() == text.strip() else None  # week dates and dates without hyphens are read, too


class _Dates:
    """The days that one form is held to: its own, those of the run, and those that are written out."""

    def __init__(self, form: TaskForm, written: Mapping[str, str], known: Known) -> None:
        own = [field.name for field in form.fields if field.type is FieldType.DATE]
        self._own = {name: day_of(written.get(name, "")) for name in own}
        self._known = known

    def get(self, name: str) -> date | None:
        """The day called `name`; None when it is not known, or not (rightly) given."""
        if name in self._own:
            return self._own[name]
        return self._known.days.get(name) or day_of(name) or (self._launch if "." in name else None)

    @property
    def _launch(self) -> date | None:
        """In place of what an earlier task did not state: it was left out or skipped."""
        return self._known.days.get(KnownDay.LAUNCH)

    @property
    def today(self) -> date:
        """The day that it is where days begin first."""
        return (self._known.now.astimezone(UTC) + LATEST_ZONE).date()


def _unknown_fields(form: TaskForm, given: Iterable[str]) -> Iterator[Fault]:
    names = [field.name for field in form.fields]
    for name in sorted(set(given) - set(names)):
        text = msg(
            "there is no field '{quoted}' (fields: {value})", quoted=quoted(name), value=", ".join(names) or "none"
        )
        yield Fault(name=name, text=text, known=False)


def _field(field: FormField, written: Mapping[str, str], dates: _Dates) -> Iterator[Fault]:
    value = written.get(field.name)
    if value is None:
        if field.required or _wanted(field.required_when, written, dates):
            yield Fault(
                name=field.name, text=msg("field '{name}' is missing ({label})", name=field.name, label=field.label)
            )
        return
    for text in _KINDS[field.type](field, value, dates):
        yield Fault(name=field.name, text=text)


def _text(_: FormField, __: str, ___: _Dates) -> Iterator[str]:
    yield from ()


def _choice(field: FormField, value: str, _: _Dates) -> Iterator[str]:
    if value not in field.choices:
        yield msg(
            "field '{name}' is one of {join}, not '{quoted}'",
            name=field.name,
            join=", ".join(field.choices),
            quoted=quoted(value),
        )


def _yes(field: FormField, value: str, _: _Dates) -> Iterator[str]:
    if value.casefold() not in ("yes", "true"):
        yield msg(
            "field '{name}' must be answered with yes, as {name2}=yes: {label}",
            name=field.name,
            name2=field.name,
            label=field.label,
        )


def _handover(field: FormField, value: str, _: _Dates) -> Iterator[str]:
    """The value is never repeated: it may be the secret."""
    if not value.removeprefix(HANDOVER_PREFIX) or not value.startswith(HANDOVER_PREFIX):
        yield (
            msg(
                "field '{name}' takes a reference made by `unrack secret` (or `--secret {name2}`), not the "
                "secret itself; a secret that was sent is in the history for good, so ask the provider for a new one",
                name=field.name,
                name2=field.name,
            )
        )


def _date(field: FormField, value: str, dates: _Dates) -> Iterator[str]:
    day = day_of(value)
    if day is None:
        yield msg("field '{name}' is a date as 2026-11-23, not '{quoted}'", name=field.name, quoted=quoted(value))
        return
    if field.happened and day > dates.today:
        yield (
            msg(
                "field '{name}' ({day}) is in the future: that day has begun nowhere yet, and the field is for what "
                "happened",
                name=field.name,
                day=day,
            )
        )
    elif abs(day - dates.today) > _FARTHEST:
        yield msg("field '{name}' ({day}) is more than ten years from now", name=field.name, day=day)
    yield from _too_early(field, day, dates)
    yield from _too_late(field, day, dates)


def _too_early(field: FormField, day: date, dates: _Dates) -> Iterator[str]:
    first = dates.get(field.not_before) if field.not_before else None
    if first is not None and day < first:
        yield msg(
            "field '{name}' ({day}) is before '{not_before}' ({first})",
            name=field.name,
            day=day,
            not_before=field.not_before,
            first=first,
        )
    limit = field.back_to
    start = dates.get(limit.of) if limit else None
    if limit is not None and start is not None and day < (first := later(start, -limit.span)):
        yield (
            msg(
                "field '{name}' ({day}) is too early: {first} was the first day, {days} days before '{of}' ({start})",
                name=field.name,
                day=day,
                first=first,
                days=limit.span.days,
                of=limit.of,
                start=start,
            )
        )


def _too_late(field: FormField, day: date, dates: _Dates) -> Iterator[str]:
    limit = field.within
    start = dates.get(limit.of) if limit else None
    if limit is None or start is None:
        return
    last = later(start, limit.span)
    if day > last:
        yield (
            msg(
                "field '{name}' ({day}) is too late: {last} was the last day, {days} days after '{of}' ({start})",
                name=field.name,
                day=day,
                last=last,
                days=limit.span.days,
                of=limit.of,
                start=start,
            )
        )


def later(day: date, span: timedelta) -> date:
    """`day` so much later, or earlier; the last or first day that there is where that would lie beyond."""
    try:
        return day + span
    except OverflowError:
        return date.max if span > timedelta(0) else date.min


_KINDS: dict[FieldType, Callable[[FormField, str, _Dates], Iterator[str]]] = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.YES: _yes,
    FieldType.HANDOVER: _handover,
    FieldType.DATE: _date,
}


def _proofs(
    asked: tuple[EvidenceWanted, ...], given: set[str], written: Mapping[str, str], dates: _Dates
) -> Iterator[Fault]:
    types = [each.type for each in asked]
    for name in sorted(given - set(types)):
        text = msg(
            "no evidence '{quoted}' is asked for (types: {value})",
            quoted=quoted(name),
            value=", ".join(types) or "none",
        )
        yield Fault(name=name, text=text, known=False)
    for each in asked:
        if each.type not in given and (each.required or _wanted(each.required_when, written, dates)):
            yield Fault(
                name=each.type, text=msg("evidence '{type}' is missing ({title})", type=each.type, title=each.title)
            )


def _wanted(when: WantedWhen | None, written: Mapping[str, str], dates: _Dates) -> bool:
    """Whether what is asked for only sometimes is asked for now."""
    if when is None or when.field not in written:
        return False
    if when.one_of and written[when.field] not in when.one_of:
        return False
    if when.before is None:
        return True
    day, limit = dates.get(when.field), dates.get(when.before)
    return day is not None and limit is not None and day < limit
