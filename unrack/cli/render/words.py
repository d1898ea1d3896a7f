"""Moments, spans and people in words. Dates always carry their zone."""

from datetime import UTC, datetime, timedelta

import humanize

from unrack.model.calendar import Zone
from unrack.model.decision import Actor
from unrack.model.lifecycle import StepStatus

STATUS_STYLE = {
    StepStatus.PENDING: "dim",
    StepStatus.RUNNING: "cyan",
    StepStatus.WAITING: "yellow",
    StepStatus.PARKED: "bold red",
    StepStatus.DONE: "green",
    StepStatus.SKIPPED: "dim magenta",
    StepStatus.UNDOING: "cyan",
    StepStatus.UNDONE: "magenta",
}


def moment(at: datetime | None, missing: str = "not known yet") -> str:
    """``2026-03-31 14:05 UTC``: to the minute, in UTC."""
    return missing if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def local(at: datetime, zone: Zone) -> str:
    """``2026-12-24 10:00 CET (Europe/Paris), 09:00 UTC``: as a clock at the provider shows it, and in UTC."""
    if zone.name == "UTC":
        return moment(at)
    here, utc = zone.local(at), at.astimezone(UTC)
    day = "" if utc.date() == here.date() else f"{utc:%Y-%m-%d} "
    return f"{zone.words(at)} ({zone.name}), {day}{utc:%H:%M} UTC"


def exact(at: datetime) -> str:
    """``2026-03-31 14:05:09 UTC``: to the second, for things that happened."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(length: timedelta) -> str:
    """``30 days``, ``2 hours and 5 minutes``; shorter than a second is ``at once``."""
    if abs(length) < timedelta(seconds=1):
        return "at once"
    rounded = timedelta(seconds=round(abs(length).total_seconds()))
    return humanize.precisedelta(rounded, minimum_unit="seconds", suppress=["years", "months"], format="%0.0f")


def about(length: timedelta) -> str:
    """``3 days and 2 hours``: the two largest units."""
    return " and ".join(span(length).replace(" and ", ", ").split(", ")[:2])


def distance(at: datetime, now: datetime) -> str:
    """``in 3 days and 2 hours`` or ``4 minutes ago``."""
    text = about(at - now)
    if text == "at once":
        return "now"
    return f"in {text}" if at > now else f"{text} ago"


def person(actor: Actor) -> str:
    """``alice (stated, not verified)``."""
    vouched = f"verified by {actor.issuer}" if actor.issuer else actor.assurance.value
    return f"{actor.name} ({vouched if actor.issuer else 'stated, not verified'})"


def count(number: int, noun: str) -> str:
    """``1 task``, ``2 tasks``."""
    return f"{number} {noun if number == 1 else noun + 's'}"
