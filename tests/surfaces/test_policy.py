"""unrack policy new, check, show, who, schema: a first policy, what is wrong in one, and who may decide."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.surfaces.installation import Bench
from tests.unit.policy.conftest import WHOLE
from tests.unit.policy.keys import ed25519
from unrack.cli.app import app
from unrack.policy.load import parse_policy

ANN, BEN, CAT, DAN = (f"{each}@example.org" for each in ("ann", "ben", "cat", "dan"))


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The file of a policy that passes every check."""
    file = tmp_path / "policy.yaml"
    file.write_text(WHOLE)
    return file


def type_(*words: object) -> Result:
    """Types a command; no installation is needed for any of these."""
    return CliRunner().invoke(app, ["policy", *map(str, words)])


def ask(*words: object) -> dict[str, Any]:
    """The JSON document of a command."""
    result = type_(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def principals(document: dict[str, Any]) -> list[str]:
    """The people in a document, in its order."""
    return [each["principal"] for each in document["people"]]


def key_file(folder: Path, name: str) -> Path:
    """The file of somebody's public key."""
    file = folder / f"{name}.pub"
    file.write_text(f"{ed25519(name)} {name}@laptop\n")
    return file


def test_a_first_policy_is_printed_and_passes(tmp_path: Path) -> None:
    """What `new` prints is a file that `check` takes and `show` reads."""
    file = tmp_path / "policy.yaml"
    made = type_("new", f"{ANN}={key_file(tmp_path, 'ann')}", f"{BEN}={key_file(tmp_path, 'ben')}")
    file.write_text(made.stdout)

    assert made.exit_code == 0
    assert type_("check", file).exit_code == 0
    shown = ask("show", "--policy", file)
    assert shown["version"] == 1
    assert shown["digest"] == parse_policy(made.stdout).digest
    assert principals(shown) == [ANN, BEN]
    assert shown["groups"] == {"operations": [ANN, BEN]}
    assert shown["people"][0]["keys"][0]["fingerprint"].startswith("SHA256:")


def test_one_person_alone_is_told_so(tmp_path: Path) -> None:
    """Beside the policy, not in it."""
    made = type_("new", f"{ANN}={key_file(tmp_path, 'ann')}")

    assert "One person alone cannot approve" in made.stderr
    assert parse_policy(made.stdout)


@pytest.mark.parametrize("word", ["ann", "=key.pub", "ann@example.org="])
def test_a_person_without_a_key_is_refused(word: str) -> None:
    """Exit code 2, and nothing is printed that could be taken for a policy."""
    made = type_("new", word)

    assert made.exit_code == 2
    assert made.stdout == ""


def test_a_private_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    """Whoever names the wrong file of the two."""
    file = tmp_path / "id_ed25519"
    file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n")

    made, checked = type_("new", f"{ANN}={file}"), type_("check", file)

    assert (made.exit_code, checked.exit_code) == (2, 2)
    assert "this is a private key" in made.stderr
    assert "c2VjcmV0" not in made.output + checked.output


def test_check_tells_the_place(whole: Path) -> None:
    """Line, column and the near miss; exit code 2."""
    whole.write_text(WHOLE.replace("[approve, reject]", "[aprove, reject]"))

    told, document = type_("check", whole), json.loads(type_("check", whole, "--json").stdout)

    line = WHOLE[: WHOLE.index("[approve, reject]")].count("\n") + 1
    assert told.exit_code == 2
    assert f"policy.yaml:{line}:15: 'aprove' is not known here. Did you mean 'approve'?" in told.stdout
    assert document["valid"] is False
    assert [(each["line"], each["column"]) for each in document["diagnostics"]] == [(line, 15)]


def test_check_notes_what_no_runbook_has(whole: Path) -> None:
    """It is no fault: a runbook may come. But whoever mistyped it would never see that the right is none."""
    whole.write_text(WHOLE.replace("{provider: ovhcloud, timing", "{provider: ovhclowd, timing"))

    document = ask("check", whole)

    assert document["valid"]
    assert document["version"] == 3
    assert ["ovhclowd" in each["message"] for each in document["notes"]] == [True]
    assert "Did you mean 'ovhcloud'?" in document["notes"][0]["suggestion"]
    assert ask("check", whole)["digest"] == ask("show", "--policy", whole)["digest"]


def test_the_policy_of_the_settings_is_shown(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is named; and where no setting names one, it is said what to do."""
    monkeypatch.setenv("UNRACK_POLICY", str(whole))
    shown = type_("show")

    assert shown.exit_code == 0
    for part in ("Policy of example, version 3", ANN, "revoked", "The laptop was stolen.", "2 of network", "emergency"):
        assert part in " ".join(shown.stdout.split()), part
    assert type_("check").exit_code == 0
    monkeypatch.delenv("UNRACK_POLICY")
    lost = type_("show")
    assert lost.exit_code == 2
    assert "UNRACK_POLICY" in lost.stderr


def test_who_may_is_told_with_the_groups(whole: Path) -> None:
    """Anywhere; who breaks the glass is told apart."""
    approve, hold = ask("who", "approve", "--policy", whole), ask("who", "hold-all", "--policy", whole)

    assert principals(approve) == [ANN, BEN, CAT]
    assert {each["right"] for each in approve["people"]} == {"granted"}
    assert approve["groups"] == {"network": [ANN, BEN], "finance": [CAT]}
    assert approve["assurance"] == "signed"
    assert hold["people"] == []
    assert "nobody" in type_("who", "hold-all", "--policy", whole).stdout
    assert type_("who", "aprove", "--policy", whole).exit_code == 2
    assert type_("who", "skip", "--step", "purge.end", "--policy", whole).exit_code == 2


def test_the_schema_is_printed() -> None:
    """For an editor."""
    assert json.loads(type_("schema").stdout)["title"] == "Unrack policy"


def test_who_may_is_told_for_a_run(desk: Bench, whole: Path) -> None:
    """By its provider, its timing and the step at which it is; a quorum with it."""
    run = desk.at_attestation()
    step = desk.ask("tasks", run)["tasks"][0]["task"]["step"]
    whole.write_text(WHOLE.replace("step: handover.*", f"step: {step}"))

    here = desk.ask("policy", "who", "complete", "--run", run, "--policy", str(whole))
    elsewhere = desk.ask("policy", "who", "complete", "--run", run, "--step", "capture.loa", "--policy", str(whole))
    approve = desk.ask("policy", "who", "approve", "--run", run, "--policy", str(whole))

    assert here["step"] == step
    assert here["run"] == run
    assert principals(here) == [ANN, BEN]
    assert elsewhere["people"] == []
    assert principals(approve) == [ANN, BEN, CAT]
    assert approve["step"] is None
    assert approve["quorum"]["network"] >= 1
    assert desk.type("policy", "who", "complete", "--run", run, "--step", "a.b", "--policy", str(whole)).exit_code == 5
    none = desk.type("policy", "who", "approve", "--run", run)
    assert none.exit_code == 2
    assert "no policy is named" in none.stderr
