"""unrack runbook list, show, new: choosing a runbook, granting exactly what it needs, and starting a new one."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from unrack.cli.app import app
from unrack.runbook.load import load_runbook

ROOT = Path(__file__).resolve().parents[2]


def type_(*words: str) -> Result:
    """Types a command; no installation is needed for any of these."""
    return CliRunner().invoke(app, ["runbook", *words])


def ask(*words: str) -> dict[str, Any]:
    """The JSON document of a command."""
    result = type_(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_list_has_every_shipped_runbook() -> None:
    """Each with its provider, its timings, and how much of it is a person's work."""
    listed = {each["name"]: each for each in ask("list")["runbooks"]}

    assert listed.keys() == {path.stem for path in (ROOT / "runbooks").glob("*.yaml")}
    assert listed["whc-domain"]["timings"] == ["let-expire", "immediate"]
    assert listed["whc-domain"]["facts"] == "stated"
    assert listed["ovhcloud-connect-direct"]["human_steps"] < listed["ovhcloud-connect-direct"]["automatic_steps"]
    assert {each["provider"] for each in ask("list", "--provider", "whc")["runbooks"]} == {"whc"}


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "runbooks").glob("*.yaml")))
def test_every_runbook_can_be_shown(name: str) -> None:
    """For people and as JSON; an example request is named where one ships."""
    shown, document = type_("show", name), ask("show", name)

    assert shown.exit_code == 0
    assert document["title"] in " ".join(shown.stdout.split()) or len(document["title"]) > 40
    assert document["automatic_steps"] + document["human_steps"] == len(document["steps"])
    example = ROOT / "examples" / f"{name}.yaml"
    assert document["example"] == (str(example) if example.is_file() else None)


def test_the_rules_of_a_minimal_consumer_key_can_be_sent_as_they_are() -> None:
    """S0.3: exactly the calls that the runbook's actions and their undoing make, none twice, and no wildcard method."""
    rules = json.loads(type_("show", "ovhcloud-connect-direct", "--access-rules").stdout)["accessRules"]
    calls = [f"{rule['method']} {rule['path']}" for rule in rules]

    assert len(calls) == len(set(calls))
    assert {"GET /me", "PUT /services/*", "POST /vrack/*/ovhCloudConnect"} <= set(calls)
    assert not any(call.endswith(" /*") for call in calls)
    assert {rule["method"] for rule in rules} <= {"GET", "POST", "PUT", "DELETE"}


def test_an_iam_policy_can_be_sent_as_it_is() -> None:
    """S0.3: OVHcloud's form or AWS's, with the rights of this runbook and no wildcard; none where nothing is called."""
    ours = json.loads(type_("show", "ovhcloud-vrack", "--iam-policy").stdout)
    theirs = json.loads(type_("show", "awsmarketplace-agreement", "--iam-policy").stdout)
    refused = type_("show", "whc-ssl", "--iam-policy")
    allowed = [each["action"] for each in ours["permissions"]["allow"]]
    (statement,) = theirs["Statement"]

    assert {"account:apiovh:me/get", "vrack:apiovh:get"} <= set(allowed)
    assert "aws-marketplace:CancelAgreement" in statement["Action"]
    assert not any("*" in action for action in [*allowed, *statement["Action"]])
    assert refused.exit_code == 2


def test_a_runbook_without_calls_needs_no_consumer_key() -> None:
    """Asked for one all the same, the command says why there is none."""
    refused = type_("show", "whc-ssl", "--access-rules")

    assert refused.exit_code == 2
    assert "makes no call at OVHcloud" in refused.stderr


def test_what_must_be_given_together_is_said() -> None:
    """S4.8: a zone without the servers that go says nothing."""
    zone = next(each for each in ask("show", "whc-hosting")["parameters"] if each["name"] == "zone")
    shown = " ".join(type_("show", "whc-hosting").stdout.split())

    assert zone["needs"] == ["leaving-name-servers"]
    assert "zone: text; only together with leaving-name-servers." in shown


def test_the_catalogue_is_read_in_french() -> None:
    """The runbook's own words, too: what is lost, who does what, what a request may set."""
    shown = " ".join(CliRunner().invoke(app, ["--lang", "fr", "runbook", "show", "whc-ssl"]).stdout.split())
    listed = " ".join(CliRunner().invoke(app, ["--lang", "fr", "runbook", "list"]).stdout.split())

    assert "end-of-term (par défaut)" in shown
    assert "perdu" in shown
    assert "Déposer la demande" in shown
    assert "seulement quand la date est immediate" in shown
    assert "Abonnement Cloudcraft" in listed
    assert "procédures." in listed


def test_mistakes_of_a_request_are_told_in_french(tmp_path: Path) -> None:
    """Where, what, and what was meant; a parameter's own description comes in the runbook's French."""
    asked = tmp_path / "request.yaml"
    example = (ROOT / "examples" / "whc-app.yaml").read_text(encoding="utf-8")
    asked.write_text(example.replace("app: Anti-spam", "ap: Anti-spam"), encoding="utf-8")
    told = CliRunner().invoke(app, ["--lang", "fr", "--home", str(tmp_path), "plan", str(asked)])

    assert told.exit_code == 2
    assert "request.yaml:12:3: la procédure « whc-app » n'a pas de paramètre « ap ». Vouliez-vous dire" in told.stderr
    assert "le paramètre « app » manque : De quelle application il s'agit" in told.stderr
    assert "rien n'a été changé" in told.stderr


def test_an_unknown_runbook_is_answered_with_the_nearest() -> None:
    """Exit code 2, and what was probably meant."""
    refused = type_("show", "whc-hostin")

    assert refused.exit_code == 2
    assert "whc-hosting" in refused.stderr


def test_a_new_runbook_passes_once_its_blanks_are_filled(tmp_path: Path) -> None:
    """Made, refused with every blank named, filled in, valid."""
    path = tmp_path / "acme-backup.yaml"
    made = ask("new", "acme-backup", "--provider", "acme", "--product", "backup", "--output", str(path))
    before = type_("check", str(path), "--json")
    path.write_text(re.sub(r"<<(.+?)>>", r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
    after = type_("check", str(path))

    assert before.exit_code == 2
    assert len(json.loads(before.stdout)["diagnostics"]) == len(made["blanks"]) > 10
    assert after.exit_code == 0
    assert load_runbook(path).model.product == "backup"


def test_a_new_runbook_like_another_is_valid_at_once(tmp_path: Path) -> None:
    """A copy under its own name, as version 1."""
    path = tmp_path / "whc-ssl-two.yaml"
    (tmp_path / "whc-refund.yaml").write_bytes((ROOT / "runbooks" / "whc-refund.yaml").read_bytes())
    made = type_("new", "whc-ssl-two", "--like", "whc-ssl", "--output", str(path))

    assert made.exit_code == 0
    assert type_("check", str(path)).exit_code == 0
    assert (load_runbook(path).model.name, load_runbook(path).model.version) == ("whc-ssl-two", 1)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("Acme",), "joined by hyphens"),
        (("acme-x",), "--provider and --product"),
        (("acme-x", "--provider", "Acme!", "--product", "x"), "one lower-case word"),
        (("acme-x", "--like", "whc-ssl", "--product", "x"), "--like takes"),
    ],
)
def test_what_cannot_be_a_runbook_is_refused(tmp_path: Path, words: tuple[str, ...], text: str) -> None:
    """Exit code 2, and nothing is written."""
    path = tmp_path / "new.yaml"
    refused = type_("new", *words, "--output", str(path))

    assert refused.exit_code == 2
    assert text in refused.stderr
    assert not path.exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    path = tmp_path / "acme-x.yaml"
    path.write_text("mine", encoding="utf-8")
    refused = type_("new", "acme-x", "--provider", "acme", "--product", "x", "--output", str(path))

    assert refused.exit_code == 3  # as wherever something would be overwritten
    assert path.read_text(encoding="utf-8") == "mine"
