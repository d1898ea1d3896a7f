"""What is signed is RFC 8785 JSON: anybody writes the same bytes with other tools."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from unrack.model.errors import UnrackError
from unrack.model.statement import MOST_SIGNED, Statement, read_statement
from unrack.signing.canonical import canonical

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)


def statement(act: dict[str, JsonValue]) -> Statement:
    return Statement(
        installation="unrack-default",
        run="ovhcloud-connect-direct/1",
        execution="first",
        plan="sha256:" + "a" * 64,
        revision=2,
        act=act,
        signer="alice@example.org",
        at=AT,
        expires=AT + timedelta(days=1),
    )


def test_the_bytes_are_those_of_rfc_8785() -> None:
    """Names in order, no spaces, numbers as JavaScript writes them, text as UTF-8, times in UTC with their Z."""
    signed = canonical(statement({"z": 3600.0, "a": "é\n", "m": [1, None, True]}))
    assert signed.decode() == (
        '{"act":{"a":"é\\n","m":[1,null,true],"z":3600},"at":"2026-12-01T12:00:00Z","execution":"first",'
        '"expires":"2026-12-02T12:00:00Z","installation":"unrack-default","plan":"sha256:' + "a" * 64 + '",'
        '"revision":2,"run":"ovhcloud-connect-direct/1","signer":"alice@example.org","unrack":"decision/1"}'
    )


def test_what_is_signed_is_read_again() -> None:
    """The strict reader takes every statement that can be signed."""
    made = statement({"kind": "note", "text": "schön " * 1000})
    assert read_statement(canonical(made)) == made


def test_what_nobody_would_read_is_not_signed() -> None:
    """Too long, or a number that JSON cannot say exactly: said before anybody is asked for a touch."""
    with pytest.raises(UnrackError, match=f"at most {MOST_SIGNED}"):
        canonical(statement({"text": "x" * MOST_SIGNED}))
    with pytest.raises(UnrackError, match="cannot be signed"):
        canonical(statement({"number": 2**60}))


def test_the_order_of_names_does_not_matter() -> None:
    """Two senders of one decision sign the same bytes."""
    one: dict[str, JsonValue] = {"a": 1, "b": {"c": 1, "d": 2}}
    other = json.loads('{"b":{"d":2,"c":1},"a":1}')
    assert canonical(statement(one)) == canonical(statement(other))
