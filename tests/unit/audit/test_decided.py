"""Decisions told from the record alone, and exported so that OpenSSH judges them without us."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.replay.kept import kept
from tests.replay.scenarios import SCENARIOS
from tests.unit.audit.test_whatever import PAYLOADS, _replace_payloads
from tests.unit.signing import openssh
from tests.workflows.office import ANN, INSTALLATION, OMAR, policy, public, signed
from unrack.audit.decided import Decided, decisions_of
from unrack.audit.decision_export import export_decisions
from unrack.model.assurance import Assurance
from unrack.model.decision import Verdict
from unrack.model.errors import Category, UnrackError
from unrack.model.policy import Policy
from unrack.model.statement import Manifest, Proof, Refusal, Statement, row_of
from unrack.operations.whose_key import owner_of
from unrack.policy.proving import ref_of
from unrack.signing.canonical import canonical
from unrack.signing.sign import SigningKey

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_stated_decisions_are_told_in_their_order() -> None:
    """The launch first, then each decision with its answer; nobody verified who it was."""
    told = decisions_of(kept("end-of-term-closed"))

    assert [each.n for each in told] == list(range(1, len(told) + 1))
    assert told[0].kind == "launch"
    approvals = [(each.by, each.verdict) for each in told if each.kind == "approve"]
    assert approvals == [("lea", Verdict.REFUSED), ("ann", Verdict.ACCEPTED), ("bob", Verdict.ACCEPTED)]
    assert {each.assurance for each in told} == {Assurance.STATED}
    assert not any(each.proven for each in told)


@pytest.mark.parametrize("scenario", [each.name for each in SCENARIOS])
def test_every_kept_history_is_told(scenario: str) -> None:
    """A resumption is told as one; whatever else it holds."""
    told = decisions_of(kept(scenario))

    assert told[0].kind == ("resume" if scenario.startswith("resumed") else "launch")


@pytest.mark.parametrize("name", PAYLOADS)
def test_whatever_it_holds_the_decisions_are_told(name: str) -> None:
    """Nothing that was sent or forged ends the list."""
    chain = kept("end-of-term-closed")
    for event in chain[0].events:
        _replace_payloads(event, PAYLOADS[name]())

    assert decisions_of(chain) == ()


# The export


def statement(signer: str, act: str, at: datetime = AT) -> Statement:
    return Statement(
        installation=INSTALLATION,
        run="test-thing/svc-1",
        execution="x",
        plan="sha256:" + "1" * 64,
        revision=1,
        act={"kind": act},
        signer=signer,
        at=at,
        expires=at + timedelta(days=1),
    )


def decided(n: int, by: str, proof: Proof | None, ruled: Policy, **more: Any) -> Decided:  # noqa: ANN401
    """A decision that was accepted as signed, unless said otherwise."""
    usual = {"kind": "hold", "assurance": "signed", "verdict": "accepted", "policy": ref_of(ruled), "at": AT}
    return Decided.model_validate({"n": n, "by": by, "proof": proof, **usual, **more})


def exported(folder: Path, rows: list[Decided], *policies: Policy) -> dict[str, Any]:
    """The manifest of an export."""
    export_decisions(kept("end-of-term-closed"), rows, {each.digest: each for each in policies}, folder)
    return json.loads((folder / "manifest.json").read_text())


def accepts(folder: Path, row: dict[str, Any], at: str | None = None) -> bool:
    """The verdict of OpenSSH."""
    command = (
        *(openssh.KEYGEN, "-Y", "verify", "-f", folder / "allowed_signers", "-I", row["principal"]),
        *("-n", "unrack-decision", "-s", folder / row["signature"], "-O", f"verify-time={at or row['verify_time']}"),
    )
    with (folder / row["statement"]).open("rb") as text:
        return subprocess.run(command, stdin=text, capture_output=True, check=False, timeout=60).returncode == 0


@openssh.needed
def test_a_key_that_was_revoked_later_undoes_nothing(tmp_path: Path) -> None:
    """As of its arrival the decision verifies, and as of a time after the revocation it does not."""
    ruled = policy(keys={ANN: [{"key": public(ANN), "revoked": {"at": "2026-12-02T00:00:00Z", "why": "stolen"}}]})
    rows = [decided(1, ANN, signed(statement(ANN, "hold"), ANN), ruled)]

    (row,) = exported(tmp_path / "out", rows, ruled)["decisions"]

    assert accepts(tmp_path / "out", row)
    assert accepts(tmp_path / "out", row, "20261201235959Z")
    assert not accepts(tmp_path / "out", row, "20261202000000Z")
    text = (tmp_path / "out" / "allowed_signers").read_text()
    assert 'valid-before="20261201235959Z"' in text


@openssh.needed
def test_what_counts_is_exported_and_everything_is_listed(tmp_path: Path) -> None:
    """Signed and vouched with their proofs; stated and refused ones in the manifest, with why."""
    console: dict[str, Any] = {"console-keys": [{"key": public("console")}]}
    ruled = policy(**console)
    rows = [
        decided(1, ANN, signed(statement(ANN, "hold"), ANN), ruled),
        decided(2, OMAR, signed(statement(OMAR, "note"), "console"), ruled, assurance="vouched"),
        decided(3, OMAR, None, ruled, assurance="stated"),
        decided(4, OMAR, signed(statement(OMAR, "hold"), "stranger"), ruled, verdict="refused", why="key-unknown"),
    ]

    manifest = exported(tmp_path / "out", rows, ruled)

    assert [each["n"] for each in manifest["decisions"] if "signature" in each] == [1, 2]
    assert all(accepts(tmp_path / "out", each) for each in manifest["decisions"][:2])
    assert [each["why"] for each in manifest["decisions"]] == [None, None, None, Refusal.KEY_UNKNOWN]
    assert sorted(path.name for path in (tmp_path / "out").glob("0*")) == [
        *("0001.json", "0001.json.sig", "0002.json", "0002.json.sig")
    ]


@openssh.needed
def test_what_was_signed_and_does_not_count_lies_apart(tmp_path: Path) -> None:
    """Its signature says who wanted it; nothing in its row reads like a decision, and what is left out is told."""
    ruled = policy()
    text = canonical(statement(OMAR, "release"))
    now = {"signer": OMAR, "at": AT, "expires": AT + timedelta(days=1)}
    many = signed(Manifest.model_validate({**now, "rows": [row_of(text)]}), OMAR)
    denied = {"verdict": "refused", "assurance": "signed"}
    rows = [
        decided(1, ANN, signed(statement(ANN, "hold"), ANN), ruled),
        decided(2, OMAR, signed(statement(OMAR, "hold"), OMAR), ruled, **denied, why="right-missing"),
        decided(3, OMAR, many.model_copy(update={"signed": text.decode(), "manifest": many.signed}), ruled, **denied),
        decided(4, OMAR, signed(statement(OMAR, "hold"), OMAR, "file"), ruled, **denied, why="namespace"),
        decided(5, OMAR, None, ruled, assurance="stated", verdict="refused", why="unsigned"),
        decided(6, OMAR, signed(statement(OMAR, "note"), OMAR), ruled, assurance="stated", verdict=None),
    ]
    out = tmp_path / "out"

    manifest = exported(out, rows, ruled)

    told = {each["n"]: each for each in manifest["decisions"]}
    assert [n for n, each in told.items() if "signature" in each] == [1]
    assert [n for n, each in told.items() if "does_not_count" in each] == [2, 3]
    assert told[2]["why"] == "right-missing"
    for n in (2, 3):
        command, _, statement_file = told[n]["does_not_count"]["check"].partition(" < ")
        text = (out / statement_file).read_bytes()
        asked = subprocess.run(command.split(), input=text, cwd=out, check=False, capture_output=True, timeout=60)
        assert (asked.returncode, b"Good" in asked.stdout) == (0, True)
    assert told[3]["does_not_count"]["row_sha256"] == row_of((out / "refused" / "0003.row.json").read_bytes())
    assert [each["n"] for each in manifest["left_out"]] == [4, 5, 6]
    assert sorted(path.name for path in out.glob("0*")) == ["0001.json", "0001.json.sig"]
    assert sorted(path.name for path in (out / "refused").iterdir()) == [
        *("0002.json", "0002.json.sig", "0003.json", "0003.json.sig", "0003.row.json")
    ]


@openssh.needed
def test_of_several_under_one_signature_the_list_is_verified(tmp_path: Path) -> None:
    """And the row is found in it by its SHA-256."""
    texts = [canonical(statement(ANN, act)) for act in ("hold", "release")]
    manifest = Manifest(rows=tuple(row_of(text) for text in texts), signer=ANN, at=AT, expires=AT + timedelta(days=1))
    whole = signed(manifest, ANN)
    proof = Proof(signed=texts[0].decode(), signature=whole.signature, manifest=whole.signed)

    (row,) = exported(tmp_path / "out", [decided(1, ANN, proof, policy())], policy())["decisions"]

    assert accepts(tmp_path / "out", row)
    assert (tmp_path / "out" / row["row"]).read_bytes() == texts[0]
    assert row["row_sha256"] in json.loads((tmp_path / "out" / row["statement"]).read_text())["rows"]


@openssh.needed
def test_without_the_policy_the_record_itself_is_all_there_is(tmp_path: Path) -> None:
    """It verifies against the key that signed, and the list says what that is worth."""
    rows = [decided(1, ANN, signed(statement(ANN, "hold"), ANN), policy())]

    manifest = exported(tmp_path / "out", rows)

    assert accepts(tmp_path / "out", manifest["decisions"][0])
    assert "# By the run's own record" in (tmp_path / "out" / "allowed_signers").read_text()
    assert manifest["policies"] == [{"digest": policy().digest, "version": None, "found": False}]


def test_a_forged_record_is_told_and_not_exported(tmp_path: Path) -> None:
    """A history that tells a decision as signed, with a signature that is not over it."""
    proof = signed(statement(ANN, "hold"), ANN)
    other = proof.model_copy(update={"signed": canonical(statement(ANN, "release")).decode()})

    done = export_decisions(kept("end-of-term-closed"), [decided(1, ANN, other, policy())], {}, tmp_path / "out")

    assert done.not_genuine == (1,)
    assert not (tmp_path / "out" / "0001.json.sig").exists()


def test_nothing_is_written_where_something_is(tmp_path: Path) -> None:
    """A folder that is not empty is refused, and stays as it is."""
    (tmp_path / "mine").write_text("mine")

    with pytest.raises(UnrackError, match="not empty") as refused:
        exported(tmp_path, [])
    assert refused.value.problem.category is Category.CONFLICT
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@openssh.needed
def test_who_signed_under_another_name_is_verified_by_it(tmp_path: Path) -> None:
    """The policy knows that name as theirs, and counted the decision: so does OpenSSH, with the list beside it."""
    rows = [decided(1, ANN, signed(statement("ann", "hold"), ANN), policy())]

    (row,) = exported(tmp_path / "out", rows, policy())["decisions"]

    assert row["principal"] == "ann"
    assert accepts(tmp_path / "out", row)


@openssh.needed
def test_a_certificate_is_verified_by_its_authority(tmp_path: Path) -> None:
    """The list names the authority for whom it certifies; the key itself stands nowhere."""
    authority, own = openssh.make_key(tmp_path, name="authority"), openssh.make_key(tmp_path, name="own")
    certificate = openssh.certify(authority, own, "-n", ANN, "-V", "20261101000000Z:20270101000000Z")
    ruled = policy(keys={ANN: [{"key": openssh.public(authority), "authority": True}]})
    text = canonical(statement(ANN, "hold"))
    armored = SigningKey.find(str(certificate)).sign(text)
    rows = [decided(1, ANN, Proof(signed=text.decode(), signature=armored), ruled)]

    (row,) = exported(tmp_path / "out", rows, ruled)["decisions"]

    assert accepts(tmp_path / "out", row)
    assert not accepts(tmp_path / "out", row, "20270102000000Z")
    assert owner_of(ruled, SigningKey.find(str(certificate))) == ruled.people[1]
    assert owner_of(ruled, SigningKey.find(str(own))) is None
    assert owner_of(ruled, SigningKey.find(str(authority))) is None
