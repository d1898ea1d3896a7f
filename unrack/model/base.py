"""The base of every model that crosses a boundary, and the one way to digest it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

JsonScalar = str | int | float | bool | None

Text = Annotated[str, Field(min_length=1, max_length=4000)]
"""A text a person wrote: never empty, bounded so that no large thing enters the history."""

PERIOD = "P([1-9][0-9]{0,2})([DWMY])"
"""A pattern for a length of a term, as ``P1M``: ISO 8601 of one unit, and longer than nothing."""

Moment = AwareDatetime
"""A point in time with its zone; naive datetimes are refused."""


class Frozen(BaseModel):
    """A value that never changes and refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Mutable(BaseModel):
    """State owned by exactly one workflow; assignments are validated."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


def is_default(value: object) -> bool:
    """For ``Field(exclude_if=is_default)`` of a field that a later release added with an empty default.

    Left out of the JSON while it is empty, it leaves the digests of older plans, and so their approvals, as they were.
    """
    return not value


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of `content`.

    Args:
        content: JSON-ready data (``model_dump(mode="json")``).

    Returns:
        ``sha256:`` followed by 64 hexadecimal digits.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
