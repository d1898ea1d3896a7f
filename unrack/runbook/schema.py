"""The JSON Schemas of runbooks and requests, by which an editor completes and checks them.

``python -m unrack.runbook.schema`` rewrites the committed files.
"""

from pathlib import Path
from typing import Any

from unrack.documents.schema import SCHEMAS, rewrite, schema_of, schema_text
from unrack.model.request import Request
from unrack.runbook.source import Runbook
from unrack.runbook.translation import Translation


def runbook_schema() -> dict[str, Any]:
    """The JSON Schema of a runbook file."""
    return schema_of(Runbook, "Unrack runbook")


def request_schema() -> dict[str, Any]:
    """The JSON Schema of a request file."""
    return schema_of(Request, "Unrack request")


def translation_schema() -> dict[str, Any]:
    """The JSON Schema of a file that translates a runbook."""
    return schema_of(Translation, "Unrack runbook in another language")


def schema_files() -> dict[Path, str]:
    """Every published schema file with the text it must have."""
    return {
        SCHEMAS / "runbook.schema.json": schema_text(runbook_schema()),
        SCHEMAS / "request.schema.json": schema_text(request_schema()),
        SCHEMAS / "translation.schema.json": schema_text(translation_schema()),
    }


if __name__ == "__main__":
    rewrite(schema_files())
