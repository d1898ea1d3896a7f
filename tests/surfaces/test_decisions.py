"""Decisions typed at the command line: what is sent, what the answer says, and the exit code."""

import json
from pathlib import Path

import pytest

from tests.surfaces.installation import Bench
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.state import RunReport

ATTESTATION = "preflight.attest-moved"
ATTESTED = (
    *("--field", "workloads-moved=yes"),
    *("--field", "routing-independent=yes"),
    *("--field", "cross-connect-removal-known=yes"),
    *("--field", "network-checked-by=Nadia"),
    *("--field", "workloads-checked-by=Wei"),
)


@pytest.fixture(scope="module")
def run(desk: Bench) -> str:
    """A run that waits for its first human task; tests that use it leave it there."""
    return desk.at_attestation()


def in_approval(desk: Bench) -> str:
    """A fresh run that waits for approvals."""
    run = desk.at_attestation()
    assert desk.type("complete", run, ATTESTATION, *ATTESTED, "--as", "omar").exit_code == 0
    desk.until(run, lambda report: report.state.phase is Phase.APPROVAL)
    return run


def answered(report: RunReport) -> list[tuple[str, str]]:
    """Who decided what, by the run's own journal."""
    return [(entry.by.name, entry.answer.verdict) for entry in report.state.journal if entry.by and entry.answer]


def test_two_people_beside_the_launcher_approve_this_very_plan(desk: Bench) -> None:
    """The launcher is refused, a second time by the same person is already so, the quorum lets the run go on."""
    run = in_approval(desk)
    digest = desk.report(run).plan_digest
    assert desk.type("approve", run, "--as", "olivia", "--yes").exit_code == 3
    shown = desk.type("approve", run, "--as", "alice", "--yes")
    assert (shown.exit_code, digest in shown.stdout) == (0, True)
    assert desk.ask("approve", run, "--as", "alice", "--yes")["answer"]["verdict"] == "already"
    assert desk.ask("approve", run, "--as", "bob", "--plan", digest, "--yes")["decision"]["plan"] == digest
    desk.until(run, lambda report: report.state.phase is not Phase.APPROVAL)


def test_an_approval_of_another_plan_is_not_sent(desk: Bench) -> None:
    """`--plan` demands a digest; the run records nothing when it has another."""
    run = in_approval(desk)
    result = desk.type("approve", run, "--as", "alice", "--plan", "sha256:" + "0" * 64, "--yes")
    assert result.exit_code == 3
    assert "nothing was approved" in result.stderr
    assert desk.report(run).state.approvals == []


def test_an_approval_can_be_withdrawn_while_others_are_missing(desk: Bench) -> None:
    """One's own only."""
    run = in_approval(desk)
    desk.ask("approve", run, "--as", "alice", "--yes")
    assert desk.type("withdraw", run, "--reason", "not mine", "--as", "bob").exit_code == 3
    desk.ask("withdraw", run, "--reason", "wrong port", "--as", "alice")
    assert desk.report(run).state.approvals == []


def test_a_reactivation_tells_what_it_restores_before_it_is_confirmed(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the keyboard a no sends nothing; `--yes` does not ask."""
    run = in_approval(desk)
    monkeypatch.setattr("unrack.cli.questions.at_a_keyboard", lambda: True)

    refused = desk.type("reactivate", run, "--reason", "still needed", "--as", "omar", text="n\n")
    assert "there is nothing to take back" in refused.stdout
    assert "Roll the run back as omar?" in refused.stderr
    assert desk.report(run).state.rollback is None

    assert desk.type("reactivate", run, "--reason", "still needed", "--as", "omar", "--yes").exit_code == 0
    desk.until(run, lambda report: report.outcome is Outcome.REACTIVATED)


def test_a_task_is_completed_once(desk: Bench) -> None:
    """Again with the same proof is already so; with another it is a conflict, and the first stands."""
    run = desk.at_attestation()
    first = desk.type("complete", run, "attest-moved", *ATTESTED, "--as", "omar")
    assert first.exit_code == 0, first.stderr
    same = desk.ask("complete", run, ATTESTATION, *ATTESTED, "--as", "omar")
    assert same["answer"]["verdict"] == "already"
    other = desk.type("complete", run, ATTESTATION, *ATTESTED[:-1], "workloads-checked-by=Eve", "--as", "eve", "--json")
    assert other.exit_code == 3
    assert json.loads(other.stdout)["answer"]["verdict"] == "conflict"
    assert desk.report(run).state.step(ATTESTATION).fields["workloads-checked-by"] == "Wei"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("complete", "{run}", "attest-mved", "--field", "a=b"), "no step 'attest-mved'"),
        (("complete", "{run}", "preflight.check-debt"), "no task for a person"),
        (("complete", "{run}", ATTESTATION, *ATTESTED, "--field", "network-checkd-by=x"), "'network-checked-by'"),
        (("complete", "{run}", ATTESTATION, *ATTESTED[2:]), "'workloads-moved'"),
        (("complete", "{run}", ATTESTATION, *ATTESTED[2:], "--field", "workloads-moved=no"), "workloads-moved=yes"),
        (("complete", "{run}", ATTESTATION, "--field", "no-equals-sign"), "key=value"),
        (("complete", "{run}", ATTESTATION, *ATTESTED[:2], *ATTESTED[:2]), "given twice"),
        (("complete", "{run}", ATTESTATION, *ATTESTED, "--evidence", "photo=/nonexistent"), "missing"),
        (("complete", "{run}", ATTESTATION, *ATTESTED, "--evidence", "photo={empty}"), "empty"),
        (("complete", "{run}", ATTESTATION, *ATTESTED, "--evidence", "poto={full}"), "no evidence 'poto'"),
        (("complete", "{run}", ATTESTATION, *ATTESTED, "--secret", "token"), "no secret field"),
        (("resolve", "{run}", "detach.remove-pop", "retry", "--reason", "x"), "Did you mean 'detach.remove-pops'"),
        (("resolve", "{run}", "detach.remove-pops", "repair", "--reason", "x"), "repair"),
        (("extend", "{run}", "--by", "soon", "--reason", "x"), "not a duration"),
        (("hold", "{run}"), "--reason"),
        (("hold", "{run}", "--reason", "x", "--until", "soon"), "no date"),
        (("amend", "{run}", ATTESTATION, "--reason", "x", "--yes"), "say what changes"),
        (("amend", "{run}", "attest-mved", "--field", "a=b", "--reason", "x", "--yes"), "no step 'attest-mved'"),
        (
            ("amend", "{run}", "preflight.check-debt", "--field", "a=b", "--reason", "x", "--yes"),
            "no task for a person",
        ),
        (("list", "--due-before", "tomorrow"), "no date"),
    ],
)
def test_bad_input_is_told_before_anything_is_sent(
    desk: Bench, run: str, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    """Exit code 2, what is wrong in words, no traceback; the run records nothing."""
    (tmp_path / "empty").touch()
    (tmp_path / "full").write_text("proof", encoding="utf-8")
    before = answered(desk.report(run))
    filled = [word.format(run=run, empty=tmp_path / "empty", full=tmp_path / "full") for word in words]
    result = desk.type(*filled)
    assert result.exit_code == 2, result.output
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr
    assert answered(desk.report(run)) == before


@pytest.mark.parametrize(
    "words",
    [
        ("complete", "{run}", "verify.check-routing", "--field", "routing-clean=yes", "--field", "checked-by=x",
         "--evidence", "routing-check={proof}"),
        ("reject", "{run}", "verify.check-routing", "--reason", "too early"),
        ("resolve", "{run}", "detach.remove-pops", "retry", "--reason", "x"),
        ("approve", "{run}", "--as", "olivia", "--yes"),
    ],
    ids=lambda words: str(words[0]),
)  # fmt: skip
def test_a_decision_that_nothing_waits_for_is_refused_by_the_run(
    desk: Bench, run: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Exit code 3, and the refusal is in the run's own record: denied attempts are kept."""
    proof = tmp_path / "proof.txt"
    proof.write_text("proof", encoding="utf-8")
    before = len(answered(desk.report(run)))
    result = desk.type(*[word.format(run=run, proof=proof) for word in words])
    assert result.exit_code == 3, result.output
    assert len(answered(desk.report(run))) == before + 1


@pytest.mark.parametrize(
    "name", [" ", "", "\u00a0", "bob\u200b", "bo\x1bb", "preflight.check-status", "undo.detach.x", "\u3164"]
)
@pytest.mark.parametrize(
    "words",
    [
        ("hold", "{run}", "--reason", "x"),
        ("approve", "{run}", "--yes"),
        ("reject", "{run}", ATTESTATION, "--reason", "x"),
        ("note", "{run}", "x"),
        ("launch", "{request}", "--confirm", "{service}"),
        ("resume", "{run}", "--reason", "x"),
    ],
    ids=lambda words: str(words[0]),
)
def test_nobody_acts_under_a_name_that_is_none(desk: Bench, run: str, words: tuple[str, ...], name: str) -> None:
    """Blank, with signs that nobody sees, or like a step: exit code 2 with what is wrong, and nothing is sent."""
    before, request = answered(desk.report(run)), desk.folder / "unread.yaml"
    filled = [word.format(run=run, request=request, service="x") for word in words]

    result = desk.type(*filled, "--as", name)

    assert result.exit_code == 2, result.output
    assert "nobody can act under this name: " in " ".join(result.stderr.split())
    assert "Value error" not in result.stderr
    assert answered(desk.report(run)) == before


@pytest.mark.parametrize("text", [" ", "", "\u200b", "\u3164 \t"])
@pytest.mark.parametrize(
    "words",
    [
        ("hold", "{run}", "--reason"),
        ("withdraw", "{run}", "--reason"),
        ("reactivate", "{run}", "--yes", "--reason"),
        ("abort", "{run}", "--reason"),
        ("extend", "{run}", "--by", "1d", "--yes", "--reason"),
        ("shorten", "{run}", "--by", "1d", "--reason"),
        ("freeze", "{run}", "--until", "2999-01-01", "--reason"),
        ("freeze", "{run}", "--until", "2999-01-01", "--reason", "x", "--name"),
        ("unfreeze", "{run}", "f1", "--reason"),
        ("resolve", "{run}", "detach.remove-pops", "retry", "--reason"),
        ("reject", "{run}", ATTESTATION, "--reason"),
        ("amend", "{run}", ATTESTATION, "--field", "network-checked-by=x", "--yes", "--reason"),
        ("resume", "{run}", "--reason"),
        ("note", "{run}"),
    ],
    ids=lambda words: str(words[0]),
)
def test_a_reason_that_says_nothing_is_refused(desk: Bench, run: str, words: tuple[str, ...], text: str) -> None:
    """Exit code 2 before anything is sent."""
    before = answered(desk.report(run))

    result = desk.type(*[word.format(run=run) for word in words], text)

    assert result.exit_code == 2, result.output
    assert "Value error" not in result.stderr
    assert answered(desk.report(run)) == before


def test_holds_are_lifted_by_their_owner_or_with_a_reason(desk: Bench, run: str) -> None:
    """Somebody else needs --everyone and a reason."""
    desk.ask("hold", run, "--reason", "audit", "--as", "dana")
    assert "audit" in desk.type("status", run).stdout
    assert desk.type("release", run, "--as", "omar").exit_code == 3
    assert desk.type("release", run, "--everyone", "--as", "omar").exit_code == 2
    desk.ask("release", run, "--everyone", "--reason", "the auditor left", "--as", "omar")
    assert desk.report(run).state.holds == []


def test_a_rejected_task_parks_and_is_opened_again(desk: Bench) -> None:
    """Status names the commands that apply and the page to read; a retry brings the task back."""
    run = desk.at_attestation()
    desk.ask("reject", run, ATTESTATION, "--reason", "a customer is still on it", "--as", "omar")
    desk.until(run, lambda report: bool(report.state.parked))
    shown = desk.type("status", run).stdout
    assert f"unrack resolve {run} {ATTESTATION} retry" in shown
    assert "docs/on-call/rejected.md" in shown
    desk.ask("resolve", run, ATTESTATION, "retry", "--reason", "the customer moved")
    desk.until(run, lambda report: ATTESTATION in report.state.tasks)


def test_a_run_that_touched_nothing_is_aborted_and_takes_no_more_decisions(desk: Bench) -> None:
    """After its end every decision is a conflict; its report needs no worker; the service may be launched again."""
    run = desk.at_attestation()
    desk.ask("abort", run, "--reason", "wrong service")
    desk.until(run, lambda report: report.outcome is Outcome.ABORTED)
    assert desk.type("hold", run, "--reason", "too late").exit_code == 3
    assert desk.ask("status", run)["outcome"] == "aborted"
    path = desk.request(run.partition("/")[2])
    desk.ask("plan", path)
    assert desk.ask("launch", path, "--confirm", path.stem)["run"] == run


def test_who_acts_is_the_systems_user_unless_stated(desk: Bench, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is recorded as stated, not verified."""
    monkeypatch.setenv("LOGNAME", "sysuser")
    by = desk.ask("hold", run, "--reason", "mine")["decision"]["by"]
    assert by == {"name": "sysuser", "assurance": "stated", "issuer": None}
    desk.ask("release", run)


def test_two_decisions_never_share_an_id(desk: Bench, run: str) -> None:
    """Each invocation makes its own."""
    ids = {desk.ask("release", run)["decision"]["id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("command", ["status", "wake", "approve", "tasks", "watch"])
def test_an_unknown_run_is_not_found(desk: Bench, command: str) -> None:
    """Exit code 5."""
    for name in ("ovhcloud-connect-direct/no-such-service", "no-such-run", "''"):
        assert desk.type(command, name).exit_code == 5


def test_a_secret_is_handed_over_and_only_its_reference_printed(desk: Bench) -> None:
    """From stdin; the store keeps it, the screen does not."""
    result = desk.type("handover", text="s3cr3t-token\n")
    assert result.exit_code == 0, result.stderr
    assert "s3cr3t" not in result.output
    reference = result.stdout.strip()
    assert reference.startswith("handover:")
    kept = desk.home / "evidence" / "handover" / reference.removeprefix("handover:")
    assert kept.read_text(encoding="utf-8") == "s3cr3t-token"
    assert desk.type("handover", text="\n").exit_code == 2


def _handed_over(desk: Bench) -> list[Path]:
    return list((desk.home / "evidence" / "handover").iterdir())


def test_a_mailed_link_is_handed_over_as_its_token(desk: Bench, tmp_path: Path) -> None:
    """From a file that Windows wrote, mark and line end included; a link without a token is refused."""
    link, other = tmp_path / "link.txt", tmp_path / "other.txt"
    link.write_bytes(b"\xef\xbb\xbfhttps://www.ovh.com/#/billing/confirmTerminate?id=4711&token=AbCdEf123456\r\n")
    other.write_text("https://www.ovh.com/support/?action=cancel&t=AbCdEf", encoding="utf-8")

    reference = desk.type("handover", "--file", str(link)).stdout.strip()
    refused = desk.type("handover", "--file", str(other))

    kept = desk.home / "evidence" / "handover" / reference.removeprefix("handover:")
    assert kept.read_text(encoding="utf-8") == "AbCdEf123456"
    assert refused.exit_code == 2
    assert "link without a token" in refused.stderr
    assert "AbCdEf" not in refused.output


def test_a_proof_that_is_not_what_its_name_says_is_refused(desk: Bench, tmp_path: Path) -> None:
    """A program called a screenshot: exit code 2, nothing is kept."""
    shot = tmp_path / "shot.png"
    shot.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(60))

    refused = desk.type("evidence", "add", str(shot))

    assert refused.exit_code == 2
    assert "a program for Linux" in refused.stderr


def test_a_secret_typed_as_a_field_is_refused_with_the_way_to_hand_it_over(desk: Bench) -> None:
    """Before anything is sent: what was sent would be in the history for ever."""
    service = desk.service()
    path = desk.request(service, timing="immediate")
    desk.ask("plan", path)
    run = desk.ask("launch", path, "--confirm", service)["run"]
    result = desk.type("complete", run, "enter-token", "--field", "token=s3cr3t")
    assert result.exit_code == 2
    assert "--secret token" in result.stderr
    assert "s3cr3t" not in desk.report(run).model_dump_json()
    kept = set(_handed_over(desk))
    handed = desk.type("complete", run, "enter-token", "--secret", "token", text="s3cr3t\n")
    assert handed.exit_code == 3  # the run does not wait for it yet
    assert set(_handed_over(desk)) == kept, "a secret that the run refused is not kept"
    assert "s3cr3t" not in desk.report(run).model_dump_json()
