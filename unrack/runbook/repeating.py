"""When a repeated event begins, by its rules (RFC 5545, 3.3.10): only as far as is asked for, and in bounded time."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr  # pyright: ignore[reportMissingModuleSource, reportUnknownVariableType]

from unrack.model.message import joined, msg
from unrack.runbook.event_times import Clocks, When

_COARSE = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(days=7), "MONTHLY": None, "YEARLY": None}
"""How often a rule may say that something happens; the step of those whose steps are all of one length."""
_FINE = ("SECONDLY", "MINUTELY", "HOURLY")
_TIMES_OF_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_KNOWN = {
    *("FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH"),
    *("BYSETPOS", *_TIMES_OF_DAY),
}
_NUMBER = re.compile(r"\d{1,9}")
_CYCLE = 400
"""Years after which the calendar repeats, weekdays included."""
_LAST = 9999


def starts(text: str, first: When, clocks: Clocks, since: datetime, until: datetime) -> Iterator[When]:
    """The begins by one rule, from `since` on and before `until`, both by the wall clock.

    Args:
        text: The rule, as ``FREQ=WEEKLY;BYDAY=MO``.
        first: When the event begins.
        clocks: The zones of its file.
        since: Earlier begins are left out.
        until: Begins at or after this moment are left out.

    Raises:
        ValueError: the rule cannot be understood, is finer than a day, or never comes to a day.
    """
    parts = _parts(text)
    last = _last(parts.pop("UNTIL", None), first, clocks)
    bound = until if last is None or last >= until else last + timedelta(seconds=1)
    if first.wall >= bound:
        return
    begin = _skipped(parts, first.wall, since)
    for wall in _walls(parts, begin, bound):
        if wall >= since:
            yield first.at(wall)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().strip(";").split(";"):
        name, _, value = part.partition("=")
        if name not in _KNOWN or not value or name in parts:
            raise ValueError(msg("its rule '{text}' cannot be understood at '{part}'", text=text[:80], part=part[:40]))
        parts[name] = value
    _judge(parts, text)
    return parts


def _judge(parts: dict[str, str], text: str) -> None:
    often = parts.get("FREQ", "")
    finer = often in _FINE or any("," in parts.get(name, "") for name in _TIMES_OF_DAY)
    if finer:
        raise ValueError(
            msg(
                "its rule '{text}' repeats it more than once a day; write one event for each time of day",
                text=text[:80],
            )
        )
    if often not in _COARSE:
        raise ValueError(msg("its rule '{text}' does not say how often it repeats (FREQ)", text=text[:80]))
    for name in ("INTERVAL", "COUNT"):
        if name in parts and (not _NUMBER.fullmatch(parts[name]) or not int(parts[name])):
            raise ValueError(msg("its rule '{text}' has no positive {name}", text=text[:80], name=name))
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError(msg("its rule '{text}' has two ends, COUNT and UNTIL", text=text[:80]))


def _last(until: str | None, first: When, clocks: Clocks) -> datetime | None:
    """The last begin that the rule allows, by the wall clock of the event; a day counts to its end."""
    if until is None:
        return None
    when = clocks.read(until)
    whole = when.whole_day or first.whole_day
    utc = until.endswith("Z")
    try:
        wall = when.seen_in(first) if utc else when.wall
    except OverflowError:  # the end of the year 9999 in another zone
        wall = when.wall
    return datetime.combine(wall.date(), datetime.max.time()).replace(microsecond=0) if whole else wall


def _skipped(parts: dict[str, str], begin: datetime, since: datetime) -> datetime:
    """A later begin that gives the same days from `since` on; only for rules with steps of one length and no count."""
    step = _COARSE[parts["FREQ"]]
    if step is None or "COUNT" in parts or begin >= since:
        return begin
    step *= min(int(parts.get("INTERVAL", "1")), 10**6)
    return begin + step * max(0, (since - begin) // step - 1)


def _walls(parts: dict[str, str], begin: datetime, bound: datetime) -> Iterator[datetime]:
    """Yield the begins that the rule gives before `bound`.

    The library looks for a next day until the year 9999. So it looks in the last possible cycle of the calendar, where
    that is near: a rule that never comes to a day, as each 30 February, is known as such at once.
    """
    years = (_LAST - bound.year) // _CYCLE * _CYCLE
    text = joined(";", (f"{name}={value}" for name, value in parts.items()))
    end, never = _moved(bound, years), True
    for found in _rule(text, _moved(begin, years)):
        if found >= end:
            return
        never = False
        yield _moved(found, -years)
    if never:
        raise ValueError(msg("its rule '{text}' never comes to a day", text=text[:80]))


def _rule(text: str, begin: datetime) -> Iterable[datetime]:
    try:
        return rrulestr(text, dtstart=begin)  # pyright: ignore[reportReturnType]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:  # as the library has them
        raise ValueError(msg("its rule '{text}' cannot be understood: {error}", text=text[:80], error=error)) from error


def _moved(at: datetime, years: int) -> datetime:
    return at.replace(year=at.year + years)
