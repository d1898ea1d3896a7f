"""One service has one open run, however its id is written; equal ids at two addresses are two services."""

import uuid
from pathlib import Path

import pytest

from tests.surfaces.installation import Bench
from tests.workflows.plans import plan
from unrack.model.decision import Actor
from unrack.model.plan import Plan
from unrack.operations.launching import launch

WHC = """\
runbook: whc-domain
service: {{id: "{id}", account: {account}}}
timing: let-expire
reason: The brand was given up.
stated: {{by: Ann Roy, title: the domain, owner: ann@example.org, expires-at: 2027-04-02}}
"""


def request(desk: Bench, written: str, account: str = "default") -> Path:
    """A request for the domain as `written`."""
    path = desk.folder / f"{uuid.uuid4().hex}.yaml"
    path.write_text(WHC.format(id=written, account=account), encoding="utf-8")
    return path


def test_two_spellings_are_one_service(desk: Bench) -> None:
    """Once it has an open run, another spelling is refused, naming that run; any spelling finds it."""
    name = f"brand-{uuid.uuid4().hex[:8]}"
    first = request(desk, f"{name}.münchen.example.")
    desk.ask("plan", first)
    run = desk.ask("launch", first, "--confirm", f"{name}.MÜNCHEN.example", "--as", "lena")["run"]
    assert run == f"whc-domain/{name}.xn--mnchen-3ya.example"

    for written in (f"{name.upper()}.xn--mnchen-3ya.Example", f"{name}.münchen.example"):
        again = request(desk, written)
        assert desk.ask("plan", again)["open_run"] == run
        refused = desk.type("launch", again, "--confirm", written, "--as", "lena")
        assert refused.exit_code == 3
        assert f"has an open run: {run}" in refused.stderr
        for meant in (written, f"whc-domain/{written}"):
            desk.wait_for(lambda meant=meant: desk.type("status", meant).exit_code == 0)
            assert desk.ask("status", meant)["run"] == run
    assert [each["run"] for each in desk.ask("list")["runs"] if name in each["run"]] == [run]


def test_an_account_is_no_part_of_a_run(desk: Bench) -> None:
    """Two names for one address: one run."""
    name = f"brand-{uuid.uuid4().hex[:8]}.example"
    first, second = request(desk, name), request(desk, name, account="other")
    desk.ask("plan", first)
    run = desk.ask("launch", first, "--confirm", name, "--as", "lena")["run"]
    assert desk.ask("plan", second)["open_run"] == run
    assert desk.type("launch", second, "--confirm", name, "--as", "lena").exit_code == 3


def at(address: str | None, service: str) -> Plan:
    """A plan for the WHMCS service `service` at `address`."""
    made = plan(service=service)
    ref = made.service.model_copy(update={"provider": "whmcs", "product": "service", "address": address})
    return made.model_copy(update={"provider": "whmcs", "product": "service", "service": ref})


def test_equal_numbers_at_two_addresses_are_two_runs(desk: Bench) -> None:
    """The number alone fits both and decides nothing; with the address it names one."""
    number = str(uuid.uuid4().int % 10**9)
    olivia, nobody = Actor(name="olivia"), "a queue that nobody polls"
    places = (number, f"{number}@brand1-example", f"{number}@brand2-example")
    for address in (None, "brand1-example", "brand2-example"):
        desk.wait(launch(desk.client(), at(address, number), olivia, nobody))

    def listed() -> set[str]:
        return {each["run"] for each in desk.ask("list")["runs"] if number in each["run"]}

    desk.wait_for(lambda: len(listed()) == 3)
    assert listed() == {f"whmcs-service/{place}" for place in places}
    several = desk.type("hold", number, "--reason", "x")
    assert several.exit_code == 2
    for place in places:
        assert f"whmcs-service/{place}" in several.stderr
    with pytest.raises(AssertionError, match="brand1"):
        desk.ask("resume", f"{number}@brand1-example", "--reason", "x", "--as", "olivia")
    twice = desk.type("resume", f"0{number}@brand2-example", "--reason", "x", "--as", "olivia")
    assert f"whmcs-service/{number}@brand2-example is open" in twice.stderr
