"""However a request writes its service's id: one service, one plan, one run."""

from pathlib import Path

import pytest

from tests.workflows.plans import plan
from unrack.model.plan import Plan
from unrack.operations.planning import RequestToPlan, names_service, read_request
from unrack.operations.shown_plans import ShownPlans
from unrack.process.settings import SHIPPED_RUNBOOKS
from unrack.runbook import InputError, compile_plan

WHC = """\
runbook: whc-domain
service: {{id: "{id}"}}
timing: let-expire
reason: The brand was given up.
stated: {{by: Ann Roy, title: the domain, owner: ann@example.org, expires-at: 2027-04-02}}
"""


def wish(folder: Path, written: str) -> RequestToPlan:
    """What a request for the domain `written` asks for."""
    path = folder / "request.yaml"
    path.write_text(WHC.format(id=written), encoding="utf-8")
    return read_request(path, [SHIPPED_RUNBOOKS])


@pytest.mark.parametrize("written", ["Old-Brand.Example", "old-brand.example.", " old-brand.example"])
def test_every_spelling_asks_for_the_same(tmp_path: Path, written: str) -> None:
    """The request is the same to the letter, so the plan and its digest are."""
    assert wish(tmp_path, written).request == wish(tmp_path, "old-brand.example").request


def test_a_domain_with_umlauts_is_meant_by_its_ascii_form(tmp_path: Path) -> None:
    """As DNS and registries know it."""
    assert wish(tmp_path, "münchen.example").service.service == "xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    ("written", "told"),
    [("www.münchen.example", "write xn--mnchen-3ya.example"), ("a b.example", "it is a domain name")],
)
def test_what_is_no_id_is_refused_with_its_place(tmp_path: Path, written: str, told: str) -> None:
    """And with the form that is right."""
    with pytest.raises(InputError, match=rf"request\.yaml:2:15: '{written}' is not the id of a whc domain: .*{told}"):
        wish(tmp_path, written)


def test_the_spelling_of_the_provider_counts_in_the_end(tmp_path: Path) -> None:
    """A plan names the service as its provider does, in request, facts and run id."""
    asked = wish(tmp_path, "old-brand.example")
    facts = plan().facts.model_copy(
        update={"service": asked.service.model_copy(update={"service": "Old-Brand.Example"})}
    )
    made = compile_plan(asked.runbook, asked.request, facts)
    named = (made.request.service.id, made.service.service, made.run_id.service)
    assert named == ("Old-Brand.Example",) * 3


def test_facts_of_a_service_of_another_name_are_refused_with_that_name(tmp_path: Path) -> None:
    """A provider that answers to two ids would have two runs for one service."""
    asked = wish(tmp_path, "alias.example")
    facts = plan().facts.model_copy(update={"service": asked.service.model_copy(update={"service": "real.example"})})
    with pytest.raises(InputError, match=r"the facts are those of whc domain real\.example"):
        compile_plan(asked.runbook, asked.request, facts)


def at(address: str | None, service: str = "42") -> Plan:
    """A plan for WHMCS service 42 at `address`."""
    made = plan(service=service)
    ref = made.service.model_copy(update={"provider": "whmcs", "product": "service", "address": address})
    return made.model_copy(update={"provider": "whmcs", "product": "service", "service": ref})


def test_the_address_is_part_of_the_run_unless_it_is_the_default() -> None:
    """The account's name never is."""
    assert str(at(None).run_id) == "whmcs-service/42"
    assert str(at("brand2-example").run_id) == "whmcs-service/42@brand2-example"


def test_plans_of_two_addresses_are_remembered_apart(tmp_path: Path) -> None:
    """Showing one does not make the other seen."""
    plans, one, other = ShownPlans(tmp_path), at("brand1-example"), at("brand2-example")
    plans.remember(one)
    assert plans.recall(other.run_id) is None
    plans.remember(other)
    recalled = plans.recall(one.run_id)
    assert recalled is not None
    assert recalled.plan.run_id == one.run_id


@pytest.mark.parametrize("typed", ["42", " 42 ", "0042", "\uff14\uff12", "42@brand2-example", "0042@brand2-example"])
def test_a_service_is_confirmed_in_any_spelling(typed: str) -> None:
    """With or without the address."""
    assert names_service(typed, at("brand2-example"))


@pytest.mark.parametrize("typed", ["", "43", "42@brand1-example", "4 2", "42@"])
def test_another_service_confirms_nothing(typed: str) -> None:
    """Nor the same number at another address."""
    assert not names_service(typed, at("brand2-example"))


@pytest.mark.parametrize(
    ("runbook", "written", "refused"),
    [
        ("ovhcloud-domain", "www.demo-name.example", "write demo-name.example"),
        ("whmcs-service", "4 2", "number after 'id='"),
        ("ovhcloud-connect-direct", "2f0c9a1e", ""),
    ],
)
def test_where_the_provider_can_be_asked_it_says_what_is_no_id(
    tmp_path: Path, runbook: str, written: str, refused: str
) -> None:
    """Refused here is what means another service, or could be no run's id at all."""
    path = tmp_path / "request.yaml"
    path.write_text(f'runbook: {runbook}\nservice: {{id: "{written}"}}\nreason: gone\n', encoding="utf-8")
    if refused:
        with pytest.raises(InputError, match=refused):
            read_request(path, [SHIPPED_RUNBOOKS])
    else:
        assert read_request(path, [SHIPPED_RUNBOOKS]).service.service == written
