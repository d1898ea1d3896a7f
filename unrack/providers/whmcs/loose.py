"""Reading WHMCS's answers where its own documents are loose, and nowhere else.

Ids come as text or as numbers; an empty list comes as ``""`` or ``[]``; some lists come as flat fields with brackets in
their names (``packages[package][0][id]``, as in the documented samples); no date is ``0000-00-00``.
"""

import re
from datetime import date
from typing import Annotated, Any, TypeVar, cast

from pydantic import BeforeValidator

Item = TypeVar("Item")

_PART = re.compile(r"([^\[\]]+)")


def nested(body: dict[str, Any]) -> dict[str, Any]:
    """`body` with flat fields put where their names say; a list that is numbered from 0 becomes one."""
    if not any("[" in name for name in body):
        return body
    grown: dict[str, Any] = {}
    for name, value in body.items():
        place, parts = grown, cast("list[str]", _PART.findall(name))
        for part in parts[:-1]:
            place = cast("dict[str, Any]", place.setdefault(part, {}))
        place[parts[-1]] = value
    return cast("dict[str, Any]", _lists(grown))


def _lists(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if not isinstance(value, dict):
        return value
    fields = {str(name): _lists(item) for name, item in cast("dict[Any, Any]", value).items()}
    if fields and all(name.isdecimal() for name in fields):
        return [fields[name] for name in sorted(fields, key=int)]
    return fields


def _unwrapped(given: Any) -> Any:  # noqa: ANN401  # any JSON
    """The list inside ``{"product": [...]}``, or numbered by its keys; nothing for what WHMCS writes for nothing.

    Any other shape is passed on, to be refused: read as an empty list it would hide what stands in it.
    """
    if given in ("", None, {}):
        return ()
    found = _lists(given)
    inner = list(cast("dict[str, Any]", found).values()) if isinstance(found, dict) else []
    return _unwrapped(inner[0]) if len(inner) == 1 else cast("object", found)


def _day(given: Any) -> Any:  # noqa: ANN401  # any JSON
    text = str(given or "")[:10]
    return None if text in ("", "0000-00-00") else text


def _yes(given: Any) -> Any:  # noqa: ANN401  # any JSON
    return given in (True, 1, "1", "on", "true", "yes")


Listed = Annotated[tuple[Item, ...], BeforeValidator(_unwrapped)]
"""A list in a wrapper, or nothing."""

Day = Annotated[date | None, BeforeValidator(_day)]
"""A day in the zone of the WHMCS; None for ``0000-00-00``. The time of a date-time is left out."""

Yes = Annotated[bool, BeforeValidator(_yes)]
"""A flag: ``1``, ``on`` and ``true`` are yes."""
