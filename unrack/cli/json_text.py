"""JSON for stdout: what a terminal would obey, or stdout's encoding may lack, is escaped."""

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from unrack.model.message import msg
from unrack.model.visible import visible_json


def json_text(content: object) -> str:
    """`content` as JSON."""
    return visible_json(json.dumps(content, default=_plain, indent=2, ensure_ascii=not _takes_every_sign()))


def json_row(content: object) -> str:
    """The same of one entry of a list, which came as JSON and so holds nothing odd: a tenth of the work."""
    return visible_json(to_json(content, indent=2, ensure_ascii=not _takes_every_sign()).decode())


def _takes_every_sign() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _plain(value: Any) -> object:  # noqa: ANN401 - json hands over whatever it does not know
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(msg("not JSON: {name}", name=type(value).__name__))
