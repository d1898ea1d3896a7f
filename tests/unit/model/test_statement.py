"""What is signed is read strictly, is bound to its times, and a manifest counts only for the rows that it lists."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from unrack.model.decision import Actor, Complete
from unrack.model.statement import (
    LONGEST_LIFE,
    MOST_AHEAD,
    MOST_MANIFEST,
    MOST_ROWS,
    MOST_SIGNED,
    USUAL_LIFE,
    HoldAllStatement,
    LaunchStatement,
    Manifest,
    Proof,
    Refusal,
    SignatureRefused,
    Statement,
    act_of,
    read_manifest,
    read_proof,
    read_statement,
    row_of,
    same_act,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PLAN = "sha256:" + "a" * 64
WHO = {"signer": "alice@example.org", "at": "2026-12-01T12:00:00Z", "expires": "2026-12-02T12:00:00Z"}
STATEMENT = {
    **WHO,
    "unrack": "decision/1",
    "installation": "unrack-default",
    "run": "ovhcloud-connect-direct/1",
    "execution": "0193-first",
    "plan": PLAN,
    "revision": 1,
    "act": {"kind": "approve", "id": "decision-1"},
}
LAUNCH = {**WHO, "unrack": "launch/1", "installation": "unrack-default", "run": "a-b/1", "plan": PLAN}
HOLD_ALL = {**WHO, "unrack": "hold-all/1", "installation": "unrack-default", "order": {"kind": "hold"}}


def text(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def refused(signed: bytes) -> str:
    with pytest.raises(SignatureRefused) as caught:
        read_statement(signed)
    assert caught.value.refusal is Refusal.ALTERED
    return caught.value.words


@pytest.mark.parametrize(
    ("content", "kind"), [(STATEMENT, Statement), (LAUNCH, LaunchStatement), (HOLD_ALL, HoldAllStatement)]
)
def test_each_kind_is_told_by_its_name(content: dict[str, object], kind: type) -> None:
    """A signature for a launch is no decision, whatever else is in it."""
    assert isinstance(read_statement(text(content)), kind)


@pytest.mark.parametrize("field", STATEMENT)
def test_a_statement_binds_everything(field: str) -> None:
    """No part may be left out, and nothing unknown added."""
    assert refused(text({name: value for name, value in STATEMENT.items() if name != field}))
    assert "more" in refused(text({**STATEMENT, "more": 1}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unrack": "manifest/1"}, "manifest/1"),
        ({"unrack": "decision/2"}, "decision/2"),
        ({"plan": "sha256:abc"}, "plan"),
        ({"revision": 0}, "revision"),
        ({"signer": "alice, bob"}, "signer"),
        ({"revision": "1"}, "revision"),
        ({"revision": True}, "revision"),
        ({"at": 1764590400}, "at"),
        ({"at": "2026-12-01T12:00:00"}, "at"),
        ({"at": "2026-12-01T13:00:00+01:00"}, "in UTC"),
        ({"expires": WHO["at"]}, "expires after"),
        ({"expires": "2026-12-08T12:00:01Z"}, "at most 7 days"),
        ({"act": "approve"}, "act"),
        ({"run": "x" * 401}, "run"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], words: str) -> None:
    """The field that is wrong stands in the words."""
    assert words in refused(text({**STATEMENT, **change}))


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        (b'{"act":{},"act":{}}', "twice"),
        (b'{"act":{"a":{"b":1,"b":1}}}', "twice"),
        (b'{"act":{"a":NaN}}', "NaN is no number"),
        (b'{"act":{"a":-Infinity}}', "-Infinity is no number"),
        (b'{"act":{"a":1e999}}', "too large"),
        (b'{"act":"\xff"}', "utf-8"),
        (b'{"act":"\\ud800"}', "surrogates"),
        (b'\xef\xbb\xbf{"act":1}', "BOM"),
        (b"", "Expecting value"),
        (b"[]", "statement"),
        (b"{} {}", "Extra data"),
        (b"[" * 2000 + b"]" * 2000, "nested too deeply"),
        (b" " * (MOST_SIGNED + 1), str(MOST_SIGNED)),
    ],
)
def test_only_strict_json_is_read(signed: bytes, words: str) -> None:
    """What two readers could understand differently, or not at all, is nobody's decision."""
    assert words in refused(signed)


def test_the_size_is_judged_before_anything_is_read() -> None:
    """A manifest may be longer than a statement, and has its bound, too."""
    with pytest.raises(SignatureRefused, match=str(MOST_MANIFEST)):
        read_manifest(b"x" * (MOST_MANIFEST + 1))
    with pytest.raises(SignatureRefused, match="Expecting value"):
        read_manifest(b"x" * (MOST_SIGNED + 1))


def test_times_are_judged_by_the_servers_clock() -> None:
    """Ten minutes ahead are a clock that goes wrong, more is refused; the moment of expiry is over."""
    made = read_statement(text(STATEMENT))
    second = timedelta(seconds=1)
    assert made.expires - made.at == USUAL_LIFE
    assert made.time_fault(NOW) is None
    assert made.time_fault(NOW - MOST_AHEAD) is None
    assert made.time_fault(NOW - MOST_AHEAD - second) is Refusal.AHEAD
    assert made.time_fault(NOW + USUAL_LIFE - second) is None
    assert made.time_fault(NOW + USUAL_LIFE) is Refusal.EXPIRED
    assert read_statement(text({**STATEMENT, "expires": (NOW + LONGEST_LIFE).isoformat()}))


def proof(manifest: dict[str, object], row: dict[str, object] = STATEMENT) -> Proof:
    signed = text(row).decode()
    listed = {**WHO, "unrack": "manifest/1", "rows": [row_of(signed.encode())], **manifest}
    return Proof(signed=signed, signature="armored", manifest=text(listed).decode())


def test_a_manifest_counts_for_the_rows_it_lists() -> None:
    """Then it is what the signature is over; alone, the statement itself is."""
    one = Proof(signed=text(STATEMENT).decode(), signature="armored")
    assert one.message == text(STATEMENT)
    assert read_proof(one).manifest is None
    many = proof({"rows": ["b" * 64, row_of(text(STATEMENT))]})
    assert many.manifest is not None
    assert many.message == many.manifest.encode()
    assert read_proof(many).statement == read_proof(one).statement


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"rows": ["b" * 64]}, "does not list"),
        ({"signer": "bob@example.org"}, "different signers"),
        ({"rows": []}, "rows"),
        ({"unrack": "decision/1"}, "unrack"),
    ],
)
def test_a_manifest_of_others_is_refused(manifest: dict[str, object], words: str) -> None:
    """Another list, another signer, or no manifest."""
    with pytest.raises(SignatureRefused, match=words):
        read_proof(proof(manifest))


def test_the_manifests_times_count_too() -> None:
    """What was signed last year is not made new by a statement of today, nor the other way round."""
    late = proof({"expires": "2026-12-01T13:00:00Z"})
    assert read_proof(late).time_fault(NOW) is None
    assert read_proof(late).time_fault(NOW + timedelta(hours=1)) is Refusal.EXPIRED
    early = proof({}, {**STATEMENT, "expires": "2026-12-01T13:00:00Z"})
    assert read_proof(early).time_fault(NOW + timedelta(hours=1)) is Refusal.EXPIRED


def test_a_full_manifest_fits() -> None:
    """The bounds agree with each other."""
    full = Manifest.model_validate({**WHO, "rows": ["a" * 64] * MOST_ROWS})
    assert len(full.model_dump_json()) < MOST_MANIFEST
    with pytest.raises(ValidationError):
        Manifest.model_validate({**WHO, "rows": ["a" * 64] * (MOST_ROWS + 1)})


def test_a_proof_is_bounded_in_bytes() -> None:
    """A character counts as many bytes as it has."""
    assert Proof(signed="é" * (MOST_SIGNED // 2), signature="armored")
    with pytest.raises(ValidationError, match="more than 64000 bytes"):
        Proof(signed="é" * (MOST_SIGNED // 2 + 1), signature="armored")
    with pytest.raises(ValidationError, match="more than 200000 bytes"):
        Proof(signed="{}", signature="armored", manifest="é" * (MOST_MANIFEST // 2 + 1))
    with pytest.raises(ValidationError):
        Proof(signed="{}", signature="a\x1b[31m")


def test_an_act_is_a_decision_without_its_proof() -> None:
    """Every field, as JSON; ``1``, ``1.0`` and ``true`` are not the same."""
    decision = Complete(id="decision-1", by=Actor(name="Alice"), step="detach.pops", fields={"a": "1"})
    act = act_of(decision)
    assert act["step"] == "detach.pops"
    assert "proof" not in act
    assert same_act(act, json.loads(json.dumps(act)))
    assert not same_act({"a": 1}, {"a": True})
    assert not same_act({"a": 1}, {"a": 1.0})


def test_a_time_of_another_zone_is_not_made() -> None:
    """Who signs writes UTC."""
    with pytest.raises(ValidationError, match="UTC"):
        LaunchStatement.model_validate({**LAUNCH, "at": NOW.astimezone(timezone(timedelta(hours=1)))})
