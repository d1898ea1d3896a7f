"""JSON Schemas, by which an editor completes and checks what people write: how they are made and where they lie."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

SCHEMAS = Path(__file__).resolve().parents[2] / "runbooks"
"""The folder of the committed files."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The JSON Schema of a file that holds a `model`."""
    return {"$schema": _DIALECT, **model.model_json_schema(by_alias=True), "title": title}


def schema_text(schema: Mapping[str, Any]) -> str:
    """The content of a schema file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def rewrite(files: Mapping[Path, str]) -> None:
    """Write the committed files anew."""
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")
