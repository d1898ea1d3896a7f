"""The demo: one command, no keyboard, from plan to proof."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.signing import openssh
from unrack.cli.demo_policy import APPROVERS, ON_CALL, OPERATOR, make_cast
from unrack.cli.demo_proofs import Proofs
from unrack.model.access import may
from unrack.model.rights import Action
from unrack.policy.load import load_policy
from unrack.signing.sign import SigningKey

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120
"""Seconds that the demo may take."""


def demo(home: Path, *options: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Play it in a process of its own, without a keyboard, and by somebody who has no key.

    Args:
        home: Its data folder, and the home of whoever plays it.
        options: Of the command.
        path: Where its programs are; None: where ours are.
    """
    environment = {**os.environ, "UNRACK_HOME": str(home), "PYTHONPATH": str(ROOT), "HOME": str(home)}
    environment = {name: value for name, value in environment.items() if not name.startswith(("SSH_", "GIT_"))}
    environment |= {"PATH": path} if path is not None else {}
    return subprocess.run(
        [sys.executable, "-m", "unrack.cli.app", "demo", *options],
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT * 2,
    )


def document(home: Path, *options: str) -> dict[str, Any]:
    """The one document of a demo that must succeed in time."""
    begun = time.monotonic()
    done = demo(home, "--json", *options)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < LIMIT
    return json.loads(done.stdout)


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_cancels_a_service_from_plan_to_proof(tmp_path: Path) -> None:
    """One document: closed, each mutating call once and in the safe order (S2.5, S2.6), every proof (S2.13)."""
    shown = document(tmp_path)
    assert shown["outcome"] == "closed"
    assert shown["differences"] == []
    assert set(shown["ledger"][0]) == {"method", "path", "at", "effect"}
    calls = [(entry["method"], entry["path"]) for entry in shown["ledger"]]
    assert len(calls) == len(set(calls))
    order = [path for method, path in calls if method == "DELETE"]
    assert [path for path in order if path.startswith("/vrack")] == order[-1:]
    kinds = {kept["type"] for kept in shown["evidence"]}
    assert kinds >= {"loa", "configuration", "provider-confirmation", "removal-confirmation", "gone", "bills"}
    assert {"olivia", "alice", "bob", "omar"} <= {entry["by"]["name"] for entry in shown["timeline"] if entry["by"]}
    assert_proved(shown)


def assert_proved(shown: dict[str, Any]) -> None:
    """Every decision is signed; one person was refused as the second, and OpenSSH accepts whatever counts."""
    told = [(each["kind"], each["by"], each["verdict"], each["why"]) for each in shown["decisions"]]
    assert told[:2] == [("launch", "olivia", "accepted", None), ("complete", "omar", "accepted", None)]
    assert [each[1:] for each in told if each[0] == "approve"] == [
        ("alice", "accepted", None),
        ("alice", "refused", "same-person"),
        ("bob", "accepted", None),
    ]
    assert {each["assurance"] for each in shown["decisions"]} == {"signed"}
    counting = [each["n"] for each in shown["decisions"] if each["verdict"] == "accepted"]
    proofs = shown["proofs"]
    assert proofs["signatures"] == len(counting)
    assert proofs["accepted"] == (len(counting) if openssh.KEYGEN else None)
    folder = Path(proofs["folder"])
    assert sorted(path.name for path in folder.glob("*.sig")) == [f"{n:04d}.json.sig" for n in counting]
    rows = json.loads((folder / "manifest.json").read_text())["decisions"]
    for row in (each for each in rows if "signature" in each and openssh.KEYGEN):
        assert verified(folder, row)
        assert verified(folder, {**row, "verify_time": "20360101000000Z"})
        assert not verified(folder, {**row, "principal": "carol"})


def verified(folder: Path, row: dict[str, Any]) -> bool:
    """Whether ssh-keygen accepts an exported decision."""
    command = (
        *(openssh.KEYGEN, "-Y", "verify", "-f", folder / "allowed_signers", "-I", row["principal"]),
        *("-n", "unrack-decision", "-s", folder / row["signature"], "-O", f"verify-time={row['verify_time']}"),
    )
    with (folder / row["statement"]).open("rb") as statement:
        return subprocess.run(command, stdin=statement, capture_output=True, check=False, timeout=60).returncode == 0


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_turned_round_restores_the_configuration(tmp_path: Path) -> None:
    """Reactivated in grace; nothing differs but the ids that the provider assigns anew, which are listed (S0.7)."""
    shown = document(tmp_path, "--reactivate")
    assert shown["outcome"] == "reactivated"
    assert shown["differences"] == []
    assert shown["assigned_anew"]
    assert all(each["field"].endswith(".id") for each in shown["assigned_anew"])
    assert ("reactivate", "olivia", "signed") in [
        (each["kind"], each["by"], each["assurance"]) for each in shown["decisions"]
    ]
    assert_proved(shown)


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_prints_each_command_and_ends_with_the_proofs(tmp_path: Path) -> None:
    """What a person would type, as it would be typed; timeline, evidence, ledger, where to look next."""
    done = demo(tmp_path)
    assert done.returncode == 0, done.stderr
    for typed in ("$ unrack plan ", "$ unrack launch ", "$ unrack approve ", "$ unrack complete ", "$ unrack history "):
        assert typed in done.stdout
    for ending in ("Evidence", "ledger", "Done:", "unrack replay"):
        assert ending in done.stdout
    for proof in ("Signing as alice", "Refused: alice has approved already", "alice (signed)", "unrack decisions "):
        assert proof in done.stdout
    assert "stated, not verified" not in done.stdout
    checked = "accepts every signature" if openssh.KEYGEN else "ssh-keygen is not installed"
    assert checked in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.alone  # its time is measured
@pytest.mark.timeout(LIMIT * 2)
def test_the_demo_needs_no_openssh(tmp_path: Path) -> None:
    """It makes keys and signs by itself; only the check by OpenSSH is skipped, and said to be."""
    programs = tmp_path / "programs"
    programs.mkdir()
    server = shutil.which("temporal", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    (programs / "temporal").symlink_to(server or "")
    done = demo(tmp_path, path=str(programs))
    assert done.returncode == 0, done.stderr
    assert "ssh-keygen is not installed" in done.stdout
    assert "this part is skipped" in done.stdout
    assert "alice (signed)" in done.stdout


def test_the_people_of_the_demo_have_rights_and_keys_that_only_their_owner_reads(tmp_path: Path) -> None:
    """The policy is good, everybody may do their part alone, and each key signs."""
    people = make_cast(tmp_path / "home")
    policy = load_policy(people.policy)
    assert all(may(policy, name, Action.APPROVE) for name in APPROVERS)
    assert may(policy, OPERATOR, Action.LAUNCH)
    assert may(policy, ON_CALL, Action.COMPLETE)
    assert not may(policy, OPERATOR, Action.APPROVE)
    assert not may(policy, ON_CALL, Action.APPROVE)
    for name, path in people.keys.items():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        key = SigningKey.find(str(path))
        assert [owner.principal for owner, _ in policy.by_fingerprint[key.fingerprint]] == [name]
        assert key.sign(b"hello").startswith("-----BEGIN SSH SIGNATURE-----")


@pytest.mark.parametrize(
    ("signatures", "accepted", "good"), [(6, 6, True), (6, None, True), (6, 5, False), (0, 0, False), (0, None, False)]
)
def test_a_signature_that_openssh_refuses_ends_the_demo_with_1(
    tmp_path: Path, signatures: int, accepted: int | None, *, good: bool
) -> None:
    """And so does a run without any signature; that OpenSSH is missing does not."""
    assert Proofs(tmp_path, signatures, accepted).good is good


def test_an_interactive_demo_without_a_keyboard_is_refused(tmp_path: Path) -> None:
    """Before anything is started."""
    done = demo(tmp_path, "--interactive")
    assert done.returncode == 2
    assert not (tmp_path / "demo").exists()
