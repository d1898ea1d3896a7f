"""A new runbook to fill in. Its blanks stand in ``<<…>>``; the check of runbooks names each that is left."""

import re
from collections.abc import Iterator
from pathlib import Path

from unrack.documents.diagnostics import Diagnostic
from unrack.documents.document import Document
from unrack.model.base import Frozen
from unrack.providers.catalogue import ACTIONS
from unrack.runbook.source import FactsFrom

_TEMPLATE = Path(__file__).with_name("template.yaml")

BLANK = re.compile(r"<<([^<>]+)>>")
"""A blank for a person to fill in."""


class Blank(Frozen):
    """One thing to fill in."""

    line: int
    text: str


def new_runbook(name: str, provider: str, product: str) -> str:
    """The text of a new runbook in which people act.

    Where an adapter for `provider` exists, its actions are listed at the top: each may replace a task.
    """
    actions = [spec for spec in ACTIONS.values() if spec.provider == provider]
    text = _TEMPLATE.read_text(encoding="utf-8")
    listed = "".join(f"#   {spec.name}: {spec.summary}\n" for spec in actions)
    known = f"# Actions of {provider} that may replace tasks:\n{listed}#\n" if actions else ""
    given = {"NAME": name, "PROVIDER": provider, "PRODUCT": product, "FACTS": FactsFrom.STATED.value}
    for word, value in {**given, "ACTIONS\n": known}.items():
        text = text.replace(f"@{word}", value)
    return text


def like(path: Path, name: str) -> str:
    """The text of the runbook at `path` under a new `name`, as version 1."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^name:.*$", f"name: {name}", text, count=1, flags=re.MULTILINE)
    return re.sub(r"^version:.*$", "version: 1", text, count=1, flags=re.MULTILINE)


def blanks(text: str) -> tuple[Blank, ...]:
    """Return the blanks that are left, in reading order."""
    lines = [(line, content) for line, content in enumerate(text.splitlines(), 1) if not content.startswith("#")]
    return tuple(Blank(line=line, text=found) for line, content in lines for found in BLANK.findall(content))


def unfilled(document: Document) -> Iterator[Diagnostic]:
    """Every blank of a template that a document still has, outside comments."""
    for location, place in document.values.items():
        text = _text(document, location)
        for found in BLANK.findall(text):
            message = f"a blank of the template is not filled in: {found}"
            yield Diagnostic(document.file, place.line, place.column, message, "Write it in place of <<…>>")


def _text(document: Document, location: tuple[str | int, ...]) -> str:
    value = document.data
    for part in location:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
    return value if isinstance(value, str) else ""
