"""Reads the events of an iCalendar file (RFC 5545) as they are written, each with its place in the file.

Nothing is interpreted here, so nothing is lost: libraries that build whole calendars drop an event with the UID of
another, forget a zone that they do not know, and make ``PT36H`` and ``P1DT12H`` one thing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from icalendar import vText
from icalendar.parser import Contentline

from unrack.documents.diagnostics import Diagnostic, InputError
from unrack.model.message import msg

EXPORTED = msg("Name a file with the change freezes, as exported (.ics)")


@dataclass(frozen=True, slots=True)
class Value:
    """One property of an event."""

    text: str
    """As written, still escaped."""
    zone: str = ""
    """Its TZID."""
    range: str = ""
    """``THISANDFUTURE`` of a RECURRENCE-ID."""


@dataclass(frozen=True, slots=True)
class VEvent:
    """One VEVENT."""

    source: str
    line: int
    properties: dict[str, list[Value]] = field(default_factory=dict[str, list[Value]])

    def every(self, name: str) -> Sequence[Value]:
        """Every property called `name`, in the order of the file."""
        return self.properties.get(name, ())

    def one(self, name: str) -> Value | None:
        """The property called `name`.

        Raises:
            InputError: it is written more than once, so nobody knows which counts.
        """
        found = self.every(name)
        if len(found) > 1:
            raise self.unusable(msg("it has {len} times {name}", len=len(found), name=name), msg("Leave one of them"))
        return found[0] if found else None

    @property
    def uid(self) -> str:
        """Its UID; events may share one, or have none."""
        return "".join(value.text.strip() for value in self.every("UID"))

    @property
    def name(self) -> str:
        """The name that people gave the event, or ``freeze``."""
        words = " ".join(str(vText.from_ical(value.text)) for value in self.every("SUMMARY")).split()
        return " ".join(words)[:200] or "freeze"

    @property
    def cancelled(self) -> bool:
        """Whether it was called off; of several words for its state, all must say so."""
        states = {value.text.strip().upper() for value in self.every("STATUS")}
        return states == {"CANCELLED"}

    def unusable(self, why: str, suggestion: str = "") -> InputError:
        """The error that names this event."""
        begins = "".join(value.text for value in self.every("DTSTART")[:1])[:40]
        marks = [f"UID {self.uid[:80]}" if self.uid else "no UID", f"begins {begins}" if begins else "no DTSTART"]
        message = msg(
            "the event '{name}' ({join}) cannot be understood as a freeze: {why}",
            name=self.name[:80],
            join=", ".join(marks),
            why=why,
        )
        advice = suggestion or msg("Correct it, or mark it as cancelled (STATUS:CANCELLED)")
        return InputError([Diagnostic(self.source, self.line, 1, message, advice)])


def read_vevents(text: str, source: str) -> tuple[list[VEvent], dict[str, str]]:
    """The events of a file, and its other times: ``X-WR-TIMEZONE``, and each VTIMEZONE as text by its TZID.

    Raises:
        InputError: it is no iCalendar file, is cut off, or has a line in an event that cannot be read.
    """
    return _Reader(source).read(text)


@dataclass(slots=True)
class _Reader:
    source: str
    inside: list[str] = field(default_factory=list[str])
    events: list[VEvent] = field(default_factory=list[VEvent])
    zones: dict[str, str] = field(default_factory=dict[str, str])
    zone_lines: list[str] = field(default_factory=list[str])

    def read(self, text: str) -> tuple[list[VEvent], dict[str, str]]:
        lines = list(_unfolded(text))
        if not lines or lines[0][1].strip().upper() != "BEGIN:VCALENDAR":
            raise self._broken(1, msg("this is no iCalendar file: it does not begin with BEGIN:VCALENDAR"))
        for number, line in lines:
            self._take(number, line)
        if self.inside:
            raise self._broken(
                lines[-1][0], msg("the file is cut off: END:{inside} is missing", inside=self.inside[-1])
            )
        return self.events, self.zones

    def _take(self, number: int, line: str) -> None:
        word, _, what = line.strip().upper().partition(":")
        if "VTIMEZONE" in self.inside or (word, what) == ("BEGIN", "VTIMEZONE"):
            self.zone_lines.append(line)
        if word == "BEGIN":
            if not self.inside and what != "VCALENDAR":
                raise self._broken(number, msg("a {what} stands outside of any VCALENDAR", what=what[:40]))
            self.inside.append(what)
            if what == "VEVENT":
                self.events.append(VEvent(self.source, number))
        elif word == "END":
            self._close(number, what)
        elif not self.inside:
            raise self._broken(number, msg("this line stands outside of any VCALENDAR"))
        elif self.inside[-1] == "VEVENT":
            self._property(number, line)
        elif len(self.inside) == 1 and word == "X-WR-TIMEZONE":
            self.zones[""] = line.partition(":")[2].strip()

    def _close(self, number: int, what: str) -> None:
        if not self.inside or self.inside.pop() != what:
            raise self._broken(number, msg("END:{what} closes nothing that was begun", what=what[:40]))
        if what == "VTIMEZONE":
            named = [line.partition(":")[2].strip() for line in self.zone_lines if line.upper().startswith("TZID")]
            self.zones.update(dict.fromkeys(named[:1], "\r\n".join(self.zone_lines)))
            self.zone_lines = []

    def _property(self, number: int, line: str) -> None:
        event = self.events[-1]
        try:
            name, parameters, text = Contentline(line).raw_parts()
        except ValueError:
            why = msg("line {value} has no form that is known: '{line}'", value=number, line=line[:60])
            raise event.unusable(why, msg("Begin a continued line with a space, as RFC 5545 says")) from None
        found = Value(text, zone=_text(parameters.get("TZID")), range=_text(parameters.get("RANGE")).upper())
        event.properties.setdefault(name.upper(), []).append(found)

    def _broken(self, number: int, message: str) -> InputError:
        return InputError([Diagnostic(self.source, number, 1, message, EXPORTED)])


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a file with the number of each; one that begins with a space goes on with the one before."""
    number, whole = 0, ""
    for count, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line[:1] in (" ", "\t") and whole:
            whole += line[1:]
            continue
        if whole.strip():
            yield number, whole
        number, whole = count, line
    if whole.strip():
        yield number, whole


def _text(parameter: object) -> str:
    return "" if parameter is None else str(parameter).strip()
