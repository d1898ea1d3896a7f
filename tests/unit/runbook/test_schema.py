"""The published JSON Schemas say what the checks say."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from ruamel.yaml import YAML

from unrack.providers.catalogue import ACTIONS
from unrack.runbook.schema import request_schema, runbook_schema, schema_files, translation_schema

ROOT = Path(__file__).resolve().parents[3]

FORMATS = FormatChecker(("date",))
"""Formats as an editor checks them; without a further package only days are known to the validator."""


@FORMATS.checks("date-time", ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def plain(path: Path) -> object:
    """As our own reader has it: a date is text."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path), default=str))


def test_committed_schemas_are_current() -> None:
    """The files equal what the models say; `python -m unrack.runbook.schema` rewrites them."""
    committed = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in schema_files()}

    assert committed == {
        "runbook.schema.json": runbook_schema(),
        "request.schema.json": request_schema(),
        "translation.schema.json": translation_schema(),
    }
    assert {path: path.read_text(encoding="utf-8") for path in schema_files()} == schema_files()


def test_shipped_files_fit_their_schema() -> None:
    """Every runbook and every example passes in an editor as it does here."""
    runbooks = list((ROOT / "runbooks").glob("*.yaml"))
    examples = list((ROOT / "examples").glob("*.yaml"))

    assert runbooks
    assert examples
    for path in runbooks:
        Draft202012Validator(runbook_schema()).validate(plain(path))
    for path in examples:
        Draft202012Validator(request_schema(), format_checker=FORMATS).validate(plain(path))


def test_files_name_their_schema() -> None:
    """An editor finds the schema by the first line, whose path exists."""
    for path in [*(ROOT / "runbooks").glob("*.yaml"), *(ROOT / "examples").glob("*.yaml")]:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema="), path.name
        assert (path.parent / first.partition("=")[2]).is_file(), path.name


def test_schema_lists_every_action() -> None:
    """An editor completes the names of actions with what each does."""
    text = json.dumps(runbook_schema())

    assert all(f'"{name}"' in text for name in ACTIONS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ovhcloud.connect.remove-pops", "ovhcloud.connect.remove-pop"),
        ("quorum: 2", "quorum: two"),
        ("timeout: 30d", "timeout: a month"),
        ("rules: [S2.1]", "rules: [2.1]"),
        ("  verify:", "  verfy:"),
        ("      wait-for: {parameter: pause}\n", ""),
        ("when: {parameter: pause}", "when: {}"),
    ],
)
def test_schema_refuses_what_the_checks_refuse(small: str, old: str, new: str) -> None:
    """The schema is closed: unknown names and wrong types are marked while typing."""
    validator = Draft202012Validator(runbook_schema())
    load = YAML(typ="safe", pure=True).load

    assert validator.is_valid(load(small))
    assert old in small
    assert not validator.is_valid(load(small.replace(old, new, 1)))
