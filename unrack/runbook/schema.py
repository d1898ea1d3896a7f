"""The JSON Schemas of runbooks and requests, by which an editor completes and checks them.

``python -m unrack.runbook.schema`` rewrites the committed files.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from unrack.model.request import Request
from unrack.runbook.source import Runbook
from unrack.runbook.translation import Translation

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FOLDER = Path(__file__).resolve().parents[2] / "runbooks"


def runbook_schema() -> dict[str, Any]:
    """The JSON Schema of a runbook file."""
    return _schema(Runbook, "Unrack runbook")


def request_schema() -> dict[str, Any]:
    """The JSON Schema of a request file."""
    return _schema(Request, "Unrack request")


def translation_schema() -> dict[str, Any]:
    """The JSON Schema of a file that translates a runbook."""
    return _schema(Translation, "Unrack runbook in another language")


def schema_files() -> dict[Path, str]:
    """Every published schema file with the text it must have."""
    return {
        _FOLDER / "runbook.schema.json": _text(runbook_schema()),
        _FOLDER / "request.schema.json": _text(request_schema()),
        _FOLDER / "translation.schema.json": _text(translation_schema()),
    }


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    return {"$schema": _DIALECT, **model.model_json_schema(by_alias=True), "title": title}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Rewrite the committed files."""
    for path, text in schema_files().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
