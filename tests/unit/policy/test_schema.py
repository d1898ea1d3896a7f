"""The published JSON Schema of policies says what the check says."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from tests.unit.policy.keys import ed25519
from unrack.model.ssh_key import read_public_key
from unrack.policy.schema import policy_schema, schema_files
from unrack.policy.starter import starter


def plain(text: str) -> Any:  # noqa: ANN401 - whatever is written
    """As our own reader has it: a time is text, as it stands in the file."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"))


def test_the_committed_schema_is_current() -> None:
    """`python -m unrack.policy.schema` rewrites it."""
    assert {path: path.read_text(encoding="utf-8") for path in schema_files()} == schema_files()


def test_good_policies_fit_the_schema(whole: str) -> None:
    """They pass in an editor as they do here."""
    Draft202012Validator.check_schema(policy_schema())
    Draft202012Validator(policy_schema()).validate(plain(whole))
    Draft202012Validator(policy_schema()).validate(plain(starter({"a@b": [read_public_key(ed25519("a"))]})))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 3", "version: 0"),
        ("valid-after:", "valid_after:"),
        ("[approve, reject]", "[aprove, reject]"),
        ("note: signed", "nte: signed"),
        ("network: 2", "network: two"),
        ("timing: immediate", "timing: at-once"),
        ("ssh-ed25519", "my-key"),
    ],
)
def test_the_schema_refuses_what_the_check_refuses(whole: str, old: str, new: str) -> None:
    """It is closed: unknown names and wrong types are marked while typing."""
    assert old in whole
    assert not Draft202012Validator(policy_schema()).is_valid(plain(whole.replace(old, new, 1)))
