"""Differences between two plans, or between the facts of a plan and those of now, field by field. Pure."""

from collections.abc import Iterator, Mapping
from typing import cast

from unrack.model.plan import Plan
from unrack.model.service import ServiceFacts
from unrack.model.state import Difference

_ABSENT = "(none)"


def moved(shown: Plan, now: Plan) -> tuple[Difference, ...]:
    """Field by field, what differs between the plan shown and the plan of now; empty when nothing moved."""
    return _differences(_content(shown), _content(now))


def facts_moved(planned: ServiceFacts, now: ServiceFacts) -> tuple[Difference, ...]:
    """Field by field, what differs between the facts of a plan and those of now; the times of reading do not count."""
    return _differences(planned.fingerprint(), now.fingerprint())


def _differences(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Difference, ...]:
    before, after = dict(fields_of(old)), dict(fields_of(new))
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        Difference(field=name, before=before.get(name, _ABSENT), after=after.get(name, _ABSENT))
        for name in names
        if before.get(name) != after.get(name)
    )


def _content(plan: Plan) -> dict[str, object]:
    """Return the content that the plan's digest covers."""
    return {**plan.model_dump(mode="json", exclude={"facts"}), "facts": plan.facts.fingerprint()}


def fields_of(content: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Every field of JSON `content` with its path, as ``steps[purge.await-end].title``; absent values are left out."""
    return _fields("", content)


def _fields(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in cast("Mapping[str, object]", value).items():
            yield from _fields(f"{path}.{name}" if path else name, part)
    elif isinstance(value, list):
        for index, part in enumerate(cast("list[object]", value)):
            yield from _fields(f"{path}[{_name_of(part, index)}]", part)
    elif value is not None:
        yield path, str(value)


def _name_of(part: object, index: int) -> str:
    """Name an entry of a list by its own id or name, else by its index, so that an insertion shows as one."""
    if isinstance(part, Mapping):
        entry = cast("Mapping[str, object]", part)
        for key in ("id", "name", "subject"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return str(index)
