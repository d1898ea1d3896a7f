"""What a request asks for must be there to act on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unrack.model.base import JsonScalar
from unrack.model.lifecycle import Timing
from unrack.model.plan import Plan
from unrack.model.request import Request, RequestedService
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.runbook import compile_plan, load_runbook

Facts = Callable[..., ServiceFacts]
RUNBOOKS = Path(__file__).parents[3] / "runbooks"
UUID = "5f0c3a1e-7a54-4e0b-9a3f-2d1c6b8e9f10"


def planned(
    facts: ServiceFacts, runbook: str, service: ServiceRef, missing: dict[str, str], **given: JsonScalar
) -> Plan:
    """The plan for `service`, at which nothing is there for the actions in `missing`."""
    loaded = load_runbook(RUNBOOKS / f"{runbook}.yaml")
    parameters = {name.replace("_", "-"): value for name, value in given.items()}
    asked = Request(
        runbook=runbook,
        service=RequestedService(id=service.service),
        reason="gone",
        parameters=parameters,
        timing=Timing.END_OF_TERM,
    )
    return compile_plan(loaded, asked, facts.model_copy(update={"service": service, "nothing_for": missing}))


WHMCS = ServiceRef(provider="whmcs", product="service", service="42")
HOSTING = ServiceRef(provider="ovhcloud", product="web-hosting", service="demo.cluster031.hosting.example")
CONNECT = ServiceRef(provider="ovhcloud", product="connect-direct", service=UUID)

WISHES = [
    ("whmcs-service", WHMCS, "whmcs.domain.stop-renewal", {"stop_domain_renewal": True}),
    ("whmcs-service", WHMCS, "whmcs.service.suspend", {"scream_test": "24h"}),
    ("ovhcloud-web-hosting", HOSTING, "ovhcloud.mail.ask-option-termination", {"end_mail_option": True}),
    ("ovhcloud-connect-direct", CONNECT, "ovhcloud.connect.lock-interfaces", {"scream_test": "24h"}),
]


@pytest.mark.parametrize(("runbook", "service", "action", "wish"), WISHES)
def test_a_wish_that_finds_nothing_blocks_the_plan(
    facts: Facts, runbook: str, service: ServiceRef, action: str, wish: dict[str, JsonScalar]
) -> None:
    """It is named by its parameter, with what is missing; it is never left to the step to find nothing."""
    missing = {action: "no domain is named so"}
    made = planned(facts(), runbook, service, missing, **wish)
    (found,) = [each for each in made.blockers if each.subject == next(iter(wish)).replace("_", "-")]
    assert "no domain is named so" in found.text
    assert found.blocking


@pytest.mark.parametrize(("runbook", "service", "action", "wish"), WISHES)
def test_what_nobody_asked_for_blocks_nothing(
    facts: Facts, runbook: str, service: ServiceRef, action: str, wish: dict[str, JsonScalar]
) -> None:
    """And a wish that finds something does not either."""
    names = {name.replace("_", "-") for name in wish}
    without = planned(facts(), runbook, service, {action: "nothing is there"})
    there = planned(facts(), runbook, service, {}, **wish)
    assert not names & {each.subject for each in (*without.blockers, *there.blockers)}
