"""Reading WHMCS's answers where its own documents are loose, and nowhere else.

Ids come as text or as numbers; an empty list comes as ``""`` or ``[]``, a list with a gap as an object; some lists come
as flat fields with brackets in their names (``packages[package][0][id]``, as in the documented samples); no date is
``0000-00-00``, or ``-0001-11-30`` after PHP has counted with it; texts may be null, and are escaped for HTML. One
record that cannot be read is told by its number and hides no other.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ValidationError

from unrack.model.message import msg

Shape = TypeVar("Shape", bound=BaseModel)

_PART = re.compile(r"([^\[\]]+)")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
_NO_DAY = re.compile(r"-|0000|\d{4}-00|\d{4}-\d\d-00")
"""How a day begins that is none: MySQL's zeros, whole or in part, and what PHP makes of them."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that breaks the promises of WHMCS's documents."""

    what: str
    """The kind of record, for people."""
    number: str
    """Its id; ``?`` when that cannot be read either."""
    why: str

    def __str__(self) -> str:
        """In words."""
        return msg("{what} {value} cannot be read ({why})", what=self.what, value=self.number, why=self.why)


@dataclass(frozen=True, slots=True)
class Rows(Generic[Shape]):
    """The records of a list."""

    read: tuple[Shape, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def rows_of(given: Sequence[object], shape: type[Shape]) -> Rows[Shape]:
    """Each of `given` as `shape`, or told as unreadable."""
    read, unreadable = list[Shape](), list[Unreadable]()
    for row in given:
        try:
            read.append(shape.model_validate(row))
        except ValidationError as error:
            unreadable.append(_unreadable(row, shape, error))
    return Rows(tuple(read), tuple(unreadable))


def listed(given: Any) -> list[Any]:  # noqa: ANN401  # any JSON
    """The list in `given`: bare, in a wrapper (``{"product": [...]}``), numbered by its keys, or one record alone.

    Raises:
        ValueError: it is of another shape; read as an empty list it would hide its records.
    """
    if given in ("", None, {}, False) or (isinstance(given, str) and not given.strip()):
        return []
    found = _lists(given)
    if isinstance(found, list):
        return cast("list[Any]", found)
    fields = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if "id" in fields:
        return [fields]
    if len(fields) == 1:
        return listed(next(iter(fields.values())))
    raise ValueError(msg("neither a list nor what stands for an empty one"))


def nested(body: dict[str, Any]) -> dict[str, Any]:
    """`body` with flat fields put where their names say; a list that is numbered from 0 becomes one."""
    if not any("[" in name for name in body):
        return body
    grown: dict[str, Any] = {}
    for name, value in body.items():
        _put(grown, cast("list[str]", _PART.findall(name)) or [name], value)
    return cast("dict[str, Any]", _lists(grown))


def _put(place: dict[str, Any], parts: list[str], value: object) -> None:
    """Put `value` where its name says; a name that leads through a value, not a list, stays as it is."""
    for part in parts[:-1]:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        place = cast("dict[str, Any]", inner)
    place[parts[-1]] = value


def _lists(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if not isinstance(value, dict):
        return value
    fields = {str(name): _lists(item) for name, item in cast("dict[Any, Any]", value).items()}
    if fields and all(name.isdecimal() for name in fields):
        return [fields[name] for name in sorted(fields, key=int)]
    return fields


def _unreadable(row: object, shape: type[BaseModel], error: ValidationError) -> Unreadable:
    fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    number = str(fields.get("id") or fields.get("invoiceid") or "?")[:20]
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"])) or "record"
    return Unreadable(
        _WHAT.get(shape.__name__, shape.__name__), number, msg("{where}: {first}", where=where, first=first["msg"])
    )


_WHAT = {
    "Product": "service",
    "CancelRequest": msg("cancellation request"),
    "Domain": "domain",
    "Addon": "add-on",
    "InvoiceSummary": "invoice",
    "InvoiceItem": "line",
    "TicketSummary": "ticket",
}
"""The name of each kind of record, for people."""


def _day(given: Any) -> Any:  # noqa: ANN401  # any JSON
    text = str(given or "").strip()[:10]
    return None if not text or _NO_DAY.match(text) else text


def _yes(given: Any) -> Any:  # noqa: ANN401  # any JSON
    return given in (True, 1, "1", "on", "true", "yes")


def _text(given: Any) -> Any:  # noqa: ANN401  # any JSON
    """Nothing for null and for PHP's empty list; entities as what they stand for."""
    if given is None or given in ([], {}, False):
        return ""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), given) if isinstance(given, str) else given


def _number(given: Any) -> Any:  # noqa: ANN401  # any JSON
    return 0 if given is None or given in ("", [], {}) else given


Day = Annotated[date | None, BeforeValidator(_day)]
"""A day in the zone of the WHMCS; None for what stands for no date. The time of a date-time is left out."""

Yes = Annotated[bool, BeforeValidator(_yes)]
"""A flag: ``1``, ``on`` and ``true`` are yes."""

Words = Annotated[str, BeforeValidator(_text)]
"""A text as people wrote it; empty for null."""

Number = Annotated[int, BeforeValidator(_number)]
"""A number that may be missing: then 0."""
