"""What operations type first: plan and launch."""

import json
from pathlib import Path

import pytest

from tests.surfaces.installation import Bench
from unrack.model.plan import Plan


def test_a_plan_shows_everything_and_changes_nothing(desk: Bench) -> None:
    """Order, who, undo, dates with their zone, losses, digest; the ledger stays as it was (S0.4, S0.5, S2.2)."""
    before = desk.ledger()
    result = desk.type("plan", desk.request())
    assert result.exit_code == 0, result.stderr
    for expected in (
        "detach.remove-pops",
        "human",
        "automatic",
        "Take the scheduled end",
        "point of no return",
        "Leaving early",
        "Lost for good",
        "UTC",
        "sha256:",
    ):
        assert expected in result.stdout
    assert result.stdout.index("detach.remove-pops") < result.stdout.index("detach.dissociate-vrack")
    assert desk.ledger() == before


def test_a_plan_as_json_is_one_document_that_reads_back(desk: Bench) -> None:
    """The document holds the plan itself, with the digest that approvals bind to."""
    document = desk.ask("plan", desk.request())
    plan = Plan.model_validate(document["plan"])
    assert document["digest"] == plan.digest
    assert document["may_launch"] is True
    assert document["point_of_no_return"] == "purge.await-end"


def test_a_launch_starts_the_plan_that_was_shown(desk: Bench) -> None:
    """The run carries the digest of the plan; who launched it is recorded as stated."""
    path = desk.request()
    shown = desk.ask("plan", path)
    launched = desk.ask("launch", path, "--confirm", path.stem, "--as", "olivia")
    report = desk.report(launched["run"])
    assert report.plan_digest == shown["digest"] == launched["plan_digest"]
    assert (report.state.launched_by.name, report.state.launched_by.assurance) == ("olivia", "stated")


def test_a_plan_that_nobody_saw_is_not_launched(desk: Bench) -> None:
    """Without a keyboard, launch says which command shows the plan; nothing starts."""
    path = desk.request()
    result = desk.type("launch", path, "--confirm", path.stem)
    assert result.exit_code == 3
    assert f"unrack plan {path}" in result.stderr.replace("\n", "")
    assert desk.type("status", path.stem).exit_code == 5


@pytest.mark.parametrize(("confirm", "says"), [((), "--confirm"), (("--confirm", "another"), "not the service id")])
def test_a_launch_wants_the_service_id(desk: Bench, confirm: tuple[str, ...], says: str) -> None:
    """Cancelling is destructive: no id or another id starts nothing."""
    path = desk.request()
    desk.ask("plan", path)
    result = desk.type("launch", path, *confirm)
    assert result.exit_code == 2
    assert says in result.stderr
    assert desk.type("status", path.stem).exit_code == 5


def test_a_launch_is_refused_when_the_facts_moved(desk: Bench) -> None:
    """Somebody changed the service after the plan was shown: each moved field is named with both values."""
    path = desk.request()
    desk.ask("plan", path)
    provider = desk.provider()
    pops = f"/ovhCloudConnect/{path.stem}/config/pop"
    (pop,) = provider.get(pops)
    first, *_ = provider.get(f"{pops}/{pop}/datacenter")
    sessions = f"{pops}/{pop}/datacenter/{first}/extra"
    gone, *_ = provider.get(sessions)
    provider.delete(f"{sessions}/{gone}")
    desk.wait_for(lambda: gone not in provider.get(sessions))
    provider._session.close()
    result = desk.type("launch", path, "--confirm", path.stem)
    assert result.exit_code == 3
    assert "moved since the plan was shown" in result.stderr
    assert f"facts.dependants[{gone}]" in result.stderr
    assert "configuration_digest" in result.stderr
    assert desk.type("status", path.stem).exit_code == 5


def test_a_launch_is_refused_when_the_request_changed(desk: Bench) -> None:
    """The plan covers the request too."""
    path = desk.request()
    desk.ask("plan", path)
    desk.request(path.stem, reason="'something else'")
    result = desk.type("launch", path, "--confirm", path.stem)
    assert result.exit_code == 3
    assert "request.reason: not needed → something else" in result.stderr


def test_a_service_has_one_open_run(desk: Bench) -> None:
    """Launching twice is refused and names the running run."""
    path = desk.request()
    desk.ask("plan", path)
    run = desk.ask("launch", path, "--confirm", path.stem)["run"]
    again = desk.type("launch", path, "--confirm", path.stem, "--json")
    assert again.exit_code == 3
    assert again.stdout == ""
    assert json.loads(again.stderr)["problem"]["reference"] == run
    assert desk.ask("plan", path)["open_run"] == run


def test_a_launch_is_refused_when_the_plan_is_blocked(desk: Bench) -> None:
    """A service that ends already must not be launched: the plan says why, with exit code 3, and launch repeats it."""
    path = desk.request()
    provider = desk.provider()
    number = provider.get("/services", resourceName=path.stem)[0]
    provider.put(f"/services/{number}", terminationPolicy="terminateAtExpirationDate")
    provider._session.close()
    planned = desk.type("plan", path, "--json")
    shown = json.loads(planned.stdout)
    assert shown["may_launch"] is False
    assert (planned.exit_code, desk.type("plan", path).exit_code) == (3, 3)
    result = desk.type("launch", path, "--confirm", path.stem)
    assert result.exit_code == 3
    assert shown["plan"]["blockers"][0]["subject"] in result.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("runbook: ovhcloud-conect-direct\nreason: x\nservice: {id: a}\n", "Did you mean 'ovhcloud-connect-direct'"),
        ("runbook: [\n", "not valid YAML"),
        ("runbook: ovhcloud-connect-direct\nreason: 7\nservice: {id: [1]}\n", "request.yaml:3"),
        ("runbook: ovhcloud-connect-direct\nreason: x\nservice: {id: a}\ntiming: tomorrow\n", "request.yaml:4"),
    ],
    ids=["unknown runbook", "malformed YAML", "wrong types", "unknown timing"],
)
def test_a_bad_request_is_refused_with_its_place(desk: Bench, tmp_path: Path, text: str, says: str) -> None:
    """Bad input: exit code 2, file and line, the nearest name; nothing is asked of anybody."""
    path = tmp_path / "request.yaml"
    path.write_text(text, encoding="utf-8")
    for command in ("plan", "launch"):
        result = desk.type(command, path)
        assert result.exit_code == 2
        assert says in result.stderr.replace("\n", " ")
        assert "Traceback" not in result.stderr


def test_a_missing_request_is_bad_input(desk: Bench, tmp_path: Path) -> None:
    """The path is named."""
    result = desk.type("plan", tmp_path / "nothing.yaml")
    assert result.exit_code == 2
    assert "nothing.yaml" in result.stderr


def test_an_unknown_service_is_told_by_the_provider(desk: Bench) -> None:
    """Exit code 5, the service and the provider's own reference."""
    service = "00000000-0000-4000-8000-000000000000"
    result = desk.type("plan", desk.request(service), "--json")
    assert result.exit_code == 5, result.stderr
    problem = json.loads(result.stderr)["problem"]
    assert service in problem["message"]
    assert problem["reference"]


def test_an_account_without_credentials_is_refused_by_the_worker(desk: Bench, tmp_path: Path) -> None:
    """Wrong credentials: the account is named, and what to do; no secret is in the answer."""
    path = tmp_path / "request.yaml"
    path.write_text(
        f"runbook: ovhcloud-connect-direct\nreason: x\nservice: {{id: {desk.service()}, account: nobody}}\n",
        encoding="utf-8",
    )
    result = desk.type("plan", path, "--json")
    assert result.exit_code in (2, 3)
    assert "nobody" in json.loads(result.stderr)["problem"]["message"]
    assert "Secret000" not in result.stderr


def test_several_services_are_cancelled_in_one_go(desk: Bench) -> None:
    """S0.1: each with its own plan, approval and confirmation, started by one command."""
    paths = [desk.request() for _ in range(3)]
    for path in paths:
        desk.ask("plan", path)
    confirmed = [word for path in paths for word in ("--confirm", path.stem)]

    launched = desk.ask("launch", *paths, *confirmed, "--as", "olivia")["runs"]

    assert [each["run"].partition("/")[2] for each in launched] == [path.stem for path in paths]
    for each in launched:
        assert desk.report(each["run"]).plan_digest == each["plan_digest"]


def test_when_one_of_several_is_refused_none_is_started(desk: Bench) -> None:
    """S0.1: half a list of cancellations is worse than none: unseen, unconfirmed or twice, and nothing starts."""
    first, second = desk.request(), desk.request()
    desk.ask("plan", first)
    both = ("--confirm", first.stem, "--confirm", second.stem)

    unseen = desk.type("launch", first, second, *both, "--json")
    desk.ask("plan", second)
    unconfirmed = desk.type("launch", first, second, "--confirm", first.stem, "--json")
    twice = desk.type("launch", first, first, "--confirm", first.stem, "--json")

    assert [result.exit_code for result in (unseen, unconfirmed, twice)] == [3, 2, 2]
    open_runs = {each["run"] for each in desk.ask("list")["runs"]}
    assert not any(path.stem in run for path in (first, second) for run in open_runs)
