"""Decisions that are signed at the command line, judged by a worker with a policy, and verified by OpenSSH."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.surfaces.installation import Bench, bench
from tests.surfaces.people import ALICE, BOB, OLIVIA, OMAR, keys_of, make_key, policy_of
from tests.surfaces.test_decisions import ATTESTATION, ATTESTED
from tests.unit.signing import openssh
from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import order_for
from unrack.temporal.installation_holds import register_policy

pytestmark = pytest.mark.usefixtures("no_key_of_this_machine")


@dataclass
class Signing:
    """An installation with a policy, and the keys of the people in it."""

    desk: Bench
    keys: dict[str, Path]
    policy: Path

    def type(self, who: str, *words: object) -> Result:
        """Type a command with somebody's key."""
        return self.desk.type(*words, "--key", self.keys[who])

    def ask(self, who: str, *words: object) -> dict[str, Any]:
        """The document of a command that must succeed."""
        result = self.type(who, *words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def launched(self) -> str:
        """A fresh run, launched by Olivia."""
        path = self.desk.request()
        self.desk.ask("plan", path)
        return str(self.ask(OLIVIA, "launch", path, "--confirm", path.stem)["run"])

    def in_approval(self) -> str:
        """A fresh run that waits for approvals."""
        run = self.launched()
        self.desk.until(run, lambda report: bool(report.state.tasks))
        self.ask(OMAR, "complete", run, ATTESTATION, *ATTESTED)
        self.desk.until(run, lambda report: report.state.phase is Phase.APPROVAL)
        return run

    def decided(self, source: object) -> list[dict[str, Any]]:
        """What `unrack decisions` tells."""
        result = self.desk.type("decisions", source, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    """The installation."""
    folder = tmp_path_factory.mktemp("signed")
    keys = keys_of(folder, OLIVIA, ALICE, BOB, OMAR)
    policy = policy_of(keys, folder / "policy.yaml")
    with bench(tmp_path_factory.mktemp("installation"), policy) as ready:
        yield Signing(ready, keys, policy)


@openssh.needed
def test_signed_decisions_are_listed_exported_and_verified_by_openssh(signing: Signing, tmp_path: Path) -> None:
    """Launch, completion and approvals: each counts, each pair is accepted as of then, and nothing else is in it."""
    run = signing.in_approval()
    shown = signing.type(ALICE, "approve", run, "--yes")
    assert shown.exit_code == 0, shown.output
    assert "Signing as alice@example.org" in shown.stderr
    assert signing.type(ALICE, "approve", run, "--yes").exit_code == 3
    assert signing.desk.type("approve", run, "--yes", "--unsigned", "--as", BOB).exit_code == 3
    assert signing.type(BOB, "approve", run, "--yes").exit_code == 0

    told = [
        (each["kind"], each["by"], each["assurance"], each["verdict"], each["why"]) for each in signing.decided(run)
    ]
    assert told == [
        ("launch", OLIVIA, "signed", "accepted", None),
        ("complete", OMAR, "signed", "accepted", None),
        ("approve", ALICE, "signed", "accepted", None),
        ("approve", ALICE, "signed", "refused", "same-person"),
        ("approve", BOB, "stated", "refused", "unsigned"),
        ("approve", BOB, "signed", "accepted", None),
    ]
    folder = tmp_path / "proofs"
    assert signing.desk.type("decisions", run, "--export", folder).exit_code == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    proven = [each for each in manifest["decisions"] if "signature" in each]
    assert [each["n"] for each in proven] == [1, 2, 3, 6]
    for each in proven:
        assert verified(folder, each), each
        assert verified(folder, {**each, "verify_time": "20360101000000Z"}), each
        assert not verified(folder, {**each, "principal": "mallory@example.org"})


def verified(folder: Path, row: dict[str, Any]) -> bool:
    """Whether ssh-keygen accepts an exported decision."""
    command = (
        *(openssh.KEYGEN, "-Y", "verify", "-f", folder / "allowed_signers", "-I", row["principal"]),
        *("-n", "unrack-decision", "-s", folder / row["signature"], "-O", f"verify-time={row['verify_time']}"),
    )
    with (folder / row["statement"]).open("rb") as statement:
        return subprocess.run(command, stdin=statement, capture_output=True, check=False, timeout=60).returncode == 0


def test_a_decision_is_signed_into_a_file_and_sent_by_somebody_else(signing: Signing, tmp_path: Path) -> None:
    """What is sent later counts as its signer's; sent again it is the same; with a letter changed it counts no more."""
    run, file = signing.in_approval(), tmp_path / "hold.decision"
    words = ("sign", run, "hold", "--reason", "incident 4711", "-o", file)
    signed = signing.type(ALICE, *words)
    assert signed.exit_code == 0, signed.output
    assert signing.desk.report(run).state.holds == []

    changed = tmp_path / "changed.decision"
    changed.write_text(file.read_text().replace("incident 4711", "incident 4712", 1))
    assert signing.desk.type("send", changed).exit_code == 3
    sent = signing.desk.type("send", file)
    assert sent.exit_code == 0, sent.output
    assert "Signed by alice@example.org" in sent.stderr
    assert "incident 4711" in sent.stderr
    assert signing.desk.type("send", file).exit_code == 0
    assert [hold.by.name for hold in signing.desk.report(run).state.holds] == [ALICE]
    assert [each["why"] for each in signing.decided(run)[-2:]] == ["altered", None]
    assert signing.type(ALICE, *words).exit_code == 2


def test_a_key_that_is_somebody_elses_is_refused_before_anything_is_sent(signing: Signing) -> None:
    """`--as` names the principal: with another person's key it ends with 3, with a stranger's the run refuses it."""
    run = signing.in_approval()
    other = signing.type(ALICE, "approve", run, "--yes", "--as", BOB)
    assert other.exit_code == 3
    assert f"is {ALICE}'s" in other.stderr
    stranger = make_key(signing.policy.parent, "stranger")
    refused = signing.desk.type("approve", run, "--yes", "--as", BOB, "--key", stranger)
    assert refused.exit_code == 3
    assert signing.decided(run)[-1]["why"] == "key-unknown"


def test_without_a_key_it_is_said_how_to_make_one(signing: Signing) -> None:
    """Nothing is sent, exit code 2."""
    run = signing.in_approval()
    before = len(signing.decided(run))
    result = signing.desk.type("approve", run, "--yes", "--as", ALICE)
    assert result.exit_code == 2
    assert "ssh-keygen -t ed25519" in result.stderr
    assert len(signing.decided(run)) == before


def test_a_launch_that_does_not_count_is_refused_by_the_command(signing: Signing) -> None:
    """Exit code 3, the word, and what to do; status, list and history say why, and signed it starts as it was shown."""
    path = signing.desk.request()
    signing.desk.ask("plan", path)
    words = ("launch", path, "--confirm", path.stem)
    told = signing.desk.type(*words, "--unsigned", "--as", OLIVIA)
    stranger = make_key(signing.policy.parent, "nobody")
    unknown = signing.desk.type(*words, "--as", OLIVIA, "--key", stranger, "--json")
    document = json.loads(unknown.stdout)
    run = document["run"]

    assert (told.exit_code, told.stdout) == (3, "")
    for part in ("Refused (unsigned)", "must be signed", "Nothing was touched", "What to do: sign it", run):
        assert part in told.stderr, part
    assert unknown.exit_code == 3
    assert (document["admission"]["verdict"], document["admission"]["why"]) == ("refused", "key-unknown")
    assert "unrack whoami" in document["admission"]["next"]
    assert signing.desk.report(run).outcome is Outcome.ABORTED
    assert [(each["kind"], each["verdict"], each["why"]) for each in signing.decided(run)] == [
        ("launch", "refused", "key-unknown")
    ]
    assert signing.desk.type("status", run).stdout.startswith("Not begun: key-unknown: the policy does not know")
    assert signing.desk.ask("status", run)["not_begun"]["why"] == "key-unknown"
    assert "not begun: key-unknown" in " ".join(signing.desk.type("history", run).stdout.split())
    signing.desk.wait_for(lambda: '"not_begun": "key-unknown' in signing.desk.type("list", "--all", "--json").stdout)
    assert "not begun: key-unknown" in " ".join(signing.desk.type("list", "--all").stdout.split())
    assert signing.ask(OLIVIA, *words)["admission"]["verdict"] == "accepted"


def test_of_several_launches_each_is_told(signing: Signing) -> None:
    """None of them counts without a signature; the command ends with 3, and each is told by itself."""
    paths = [signing.desk.request(), signing.desk.request()]
    for path in paths:
        signing.desk.ask("plan", path)
    confirmed = [word for path in paths for word in ("--confirm", path.stem)]
    told = signing.desk.type("launch", *paths, *confirmed, "--unsigned", "--as", OLIVIA)
    again = signing.desk.type("launch", *paths, *confirmed, "--unsigned", "--as", OLIVIA, "--json")

    assert told.exit_code == 3
    assert told.stderr.count("Refused (unsigned)") == 2
    assert [each["admission"]["why"] for each in json.loads(again.stdout)["runs"]] == ["unsigned", "unsigned"]


def test_a_resumption_that_does_not_count_is_refused_by_the_command(signing: Signing) -> None:
    """Exit code 3 with the word; the run that is gone can still be resumed by who may."""
    run = signing.in_approval()
    signing.desk.wait(signing.desk.client().get_workflow_handle(run).terminate(reason="by mistake"))
    words = ("resume", run, "--reason", "by mistake")
    signing.desk.wait_for(lambda: run not in signing.desk.type("list", "--json").stdout)
    refused = signing.desk.type(*words, "--unsigned", "--as", OLIVIA)
    signing.desk.wait_for(lambda: '"outcome": "refused"' in signing.desk.type("list", "--all", "--json").stdout)
    resumed = signing.ask(OLIVIA, *words)

    assert (refused.exit_code, refused.stdout) == (3, "")
    for part in ("Refused (unsigned)", "can still be resumed", "What to do: sign it"):
        assert part in refused.stderr, part
    assert resumed["admission"]["verdict"] == "accepted"
    assert signing.desk.report(run).state.phase is Phase.APPROVAL


@openssh.needed
def test_several_launches_are_one_signature_and_each_is_exportable(signing: Signing, tmp_path: Path) -> None:
    """The signed manifest lists each run's own launch by its digest."""
    paths = [signing.desk.request(), signing.desk.request()]
    for path in paths:
        signing.desk.ask("plan", path)
    confirmed = [word for path in paths for word in ("--confirm", path.stem)]
    runs = signing.ask(OLIVIA, "launch", *paths, *confirmed)["runs"]
    for number, each in enumerate(runs):
        signing.desk.until(each["run"], lambda report: bool(report.state.tasks))
        folder = tmp_path / str(number)
        assert signing.desk.type("decisions", each["run"], "--export", folder).exit_code == 0
        row = json.loads((folder / "manifest.json").read_text())["decisions"][0]
        assert verified(folder, row)
        assert row["row_sha256"] in json.loads((folder / row["statement"]).read_text())["rows"]
        assert json.loads((folder / row["row"]).read_text())["run"] == each["run"]


def test_decisions_are_told_from_an_exported_history(signing: Signing, tmp_path: Path) -> None:
    """Offline, the same as from the server."""
    run = signing.in_approval()
    signing.ask(ALICE, "note", run, "the data centre closes over Christmas")
    file = tmp_path / "run.json"
    assert signing.desk.type("history", run, "--export", file).exit_code == 0
    assert signing.decided(file) == signing.decided(run)


def test_who_may_is_told_by_the_policy_that_rules(signing: Signing) -> None:
    """None is named: it is found by what the worker registered. Who launched is barred, who approved has decided."""
    run = signing.in_approval()
    signing.ask(ALICE, "approve", run, "--yes")
    found = signing.desk.ask("policy", "who", "approve", "--run", run)
    shown = signing.desk.type("policy", "who", "approve", "--run", run)

    assert {each["principal"]: each["now"] for each in found["people"]} == {
        OLIVIA: "barred",
        ALICE: "decided",
        BOB: "may",
        OMAR: "may",
    }
    assert {"version", "digest", "people", "groups"} <= found.keys()
    assert (found["seats"]["given"], found["seats"]["people_open"]) == ([ALICE], 1)
    for part in ("may not now, launched the run", "approved on", "Missing: 1 of 2 people"):
        assert part in shown.stdout, part
    assert signing.desk.ask("policy", "who", "hold-all")["digest"] == found["digest"]


def test_a_policy_that_nobody_kept_keeps_nobody_from_signing(signing: Signing) -> None:
    """Whoever reaches the server can register a version 99: what the evidence store does not have is nobody's."""
    forged = PolicyRef(version=99, digest="sha256:" + "9" * 64)
    order = order_for(forged, 1000, "1@somewhere")
    signing.desk.wait(register_policy(signing.desk.client(), TASK_QUEUE, order))
    run = signing.in_approval()
    assert signing.ask(ALICE, "whoami")["principal"] == ALICE
    assert signing.type(ALICE, "approve", run, "--yes").exit_code == 0


def test_whoami_says_who_signs(signing: Signing) -> None:
    """By the key and the policy; a key that the policy does not know ends with 1."""
    found = signing.ask(ALICE, "whoami", "--policy", signing.policy)
    assert found["principal"] == ALICE
    assert found["groups"] == ["operations"]
    assert {"approve", "hold-all"} <= set(found["rights"])
    assert found["fingerprint"].startswith("SHA256:")
    stranger = make_key(signing.policy.parent, "unknown")
    assert signing.desk.type("whoami", "--key", stranger, "--policy", signing.policy).exit_code == 1


def test_several_runs_are_held_with_one_signature(signing: Signing) -> None:
    """One touch: each run carries the same signed list and its own line of it."""
    runs = [signing.launched(), signing.launched()]
    answers = signing.ask(ALICE, "hold", *runs, "--reason", "incident 4711")["runs"]
    assert [each["answer"]["verdict"] for each in answers] == ["accepted", "accepted"]
    proofs = [each["decision"]["proof"] for each in answers]
    assert proofs[0]["signature"] == proofs[1]["signature"]
    assert proofs[0]["signed"] != proofs[1]["signed"]
    assert [signing.desk.report(run).state.holds[0].by.name for run in runs] == [ALICE, ALICE]


def test_a_hold_of_the_whole_installation_is_signed(signing: Signing) -> None:
    """Order and release count because of the signature; the run's own record says whose."""
    run = signing.launched()
    signing.desk.until(run, lambda report: bool(report.state.tasks))
    held = signing.ask(ALICE, "hold", "--all", "--reason", "incident 4711", "--yes")
    assert (held["reached"] > 0, held["not_reached"]) == (True, [])
    signing.desk.until(run, lambda report: bool(report.state.holds))
    signing.ask(BOB, "release", "--all", "--hold", held["hold"], "--reason", "over")
    signing.desk.until(run, lambda report: not report.state.holds)
    told = [(each["kind"], each["by"], each["assurance"]) for each in signing.decided(run)][-2:]
    assert told == [("hold", ALICE, "signed"), ("release", BOB, "signed")]


def test_an_approval_travels_in_a_file(signing: Signing, tmp_path: Path) -> None:
    """It binds what was shown when it was signed; a file takes one decision, for seven days at most."""
    run, other, file = signing.in_approval(), signing.launched(), tmp_path / "approve.decision"
    assert signing.type(ALICE, "sign", run, "approve", "--yes", "-o", file, "--expires", "8d").exit_code == 2
    assert signing.type(ALICE, "sign", run, "hold", other, "--reason", "audit", "-o", file).exit_code == 2
    assert signing.type(ALICE, "sign", run, "launch", "-o", file).exit_code == 2
    assert not file.exists()
    assert signing.type(ALICE, "sign", run, "approve", "--yes", "-o", file, "--expires", "7d").exit_code == 0
    assert signing.desk.type("send", file).exit_code == 0
    assert [each.by.name for each in signing.desk.report(run).state.approvals] == [ALICE]
