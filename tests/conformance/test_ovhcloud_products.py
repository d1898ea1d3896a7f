"""OVHcloud's further products when something goes wrong: lost answers, wrong tokens, others at work."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conformance.adapter import problem_of
from tests.conformance.subject import Bench, Case
from tests.conformance.subject_ovhcloud import SUBJECT
from tests.conformance.subject_ovhcloud_products import asked, done, ended, turned
from unrack.contracts.calls import EffectStatus
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.simulator import Fault, FaultKind

OpenBench = Callable[[str], Awaitable[Bench]]
SERVICE = "ovhcloud.service."
CONFIRM = f"{SERVICE}confirm-termination"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncGenerator[OpenBench]:
    """Opens the adapter on the demonstration service of a product, captured."""
    async with AsyncExitStack() as stack:

        async def begin(product: str) -> Bench:
            bench = await stack.enter_async_context(SUBJECT.open(tmp_path / "provider"))
            await turned(product)(bench)
            return bench

        yield begin


@pytest.mark.parametrize("product", ["any-service", "web-hosting", "mx-plan", "public-cloud", "dns-zone", "vrack"])
async def test_a_lost_answer_to_the_confirmation_is_read_not_repeated(on: OpenBench, product: str) -> None:
    """DESIGN 2: it took effect and the answer was lost: the probe knows, and a second commit sends nothing."""
    bench = await on(product)
    await asked(bench)
    bench.simulator.inject(Fault(kind=FaultKind.CUT_AFTER, method="POST", path="*onfirm*"))
    lost = await problem_of(bench.provider.commit(bench.call(CONFIRM), bench.materials))
    probed = await bench.provider.probe(bench.call(CONFIRM), bench.materials)
    again = await bench.provider.commit(bench.call(CONFIRM), bench.materials)

    assert lost.problem.category is Category.UNKNOWN_OUTCOME
    assert bench.secrets["token"] not in lost.problem.model_dump_json()
    assert (probed.standing, again.already) == (EffectStatus.DONE, True)
    assert [entry.path for entry in bench.effects()].count(bench.simulator.ledger()[-1].path) == 1


@pytest.mark.parametrize("product", ["any-service", "web-hosting", "mx-plan", "public-cloud"])
async def test_a_wrong_token_ends_nothing(on: OpenBench, product: str) -> None:
    """It is refused, not repeated in words, and the probe says that the service stands."""
    bench = await on(product)
    await asked(bench)
    bench.secrets["token"] = "wrongtoken0000"
    refused = await problem_of(bench.provider.commit(bench.call(CONFIRM), bench.materials))
    probed = await bench.provider.probe(bench.call(CONFIRM), bench.materials)

    assert refused.problem.category is Category.INVALID
    assert "wrongtoken0000" not in refused.problem.model_dump_json()
    assert probed.standing is EffectStatus.NOT_DONE


@pytest.mark.parametrize(
    ("product", "action", "timing"),
    [
        ("telephony-group", "ovhcloud.telephony.terminate", Timing.END_OF_TERM),
        ("telephony-line", "ovhcloud.telephony.terminate", Timing.END_OF_TERM),
        ("email-pro", "ovhcloud.mail.schedule-termination", Timing.END_OF_TERM),
        ("domain", f"{SERVICE}stop-renewal", Timing.LET_EXPIRE),
        ("sms", "ovhcloud.sms.stop-recredit", Timing.IMMEDIATE),
    ],
)
async def test_a_lost_answer_to_a_change_is_made_good(on: OpenBench, product: str, action: str, timing: Timing) -> None:
    """Each first call's answer is lost: the next attempt reads what became of it, and no call takes effect twice."""
    bench = await on(product)
    for method in ("PUT", "DELETE"):
        bench.simulator.inject(Fault(kind=FaultKind.CUT_AFTER, method=method))
    await _through_lost_answers(bench, action, timing)
    calls = [entry.call() for entry in bench.effects()]

    assert len(calls) == len(set(calls)) > 0


async def _through_lost_answers(bench: Bench, action: str, timing: Timing) -> None:
    for _ in range(6):
        try:
            await bench.change(action, Case(action, timing=timing))
        except UnrackError as error:
            if error.problem.category is not Category.UNAVAILABLE:
                raise
        else:
            return
    raise AssertionError("it never ends")


async def test_a_ticket_is_opened_once(on: OpenBench) -> None:
    """DESIGN 2: the answer to the ticket was lost: it is found by its subject, which names the run."""
    bench = await on("sms")
    call = bench.call("ovhcloud.sms.ask-deletion")
    before = await bench.provider.probe(call, bench.materials)
    bench.simulator.inject(Fault(kind=FaultKind.CUT_AFTER, method="POST"))
    lost = await problem_of(bench.provider.commit(call, bench.materials))
    probed = await bench.provider.probe(call, bench.materials)
    again = await bench.provider.commit(call, bench.materials)

    assert lost.problem.category is Category.UNKNOWN_OUTCOME
    assert (before.standing, probed.standing, again.already) == (EffectStatus.NOT_DONE, EffectStatus.DONE, True)
    assert len(bench.effects()) == 1


async def test_a_confirmed_project_is_retained_once_and_not_after_its_deletion(on: OpenBench) -> None:
    """S0.7: `retain` is the undo of the confirmation; a lost answer is read; a deleted project is a person's matter."""
    bench = await on("public-cloud")
    call = bench.call("ovhcloud.cloud.confirm-termination")
    await asked(bench)
    await bench.provider.commit(call, bench.materials)
    bench.simulator.inject(Fault(kind=FaultKind.CUT_AFTER, method="POST", path="*/retain"))
    lost = await problem_of(bench.finish(bench.provider.undo, call))
    kept = await bench.finish(bench.provider.undo, call)
    await asked(bench)
    await bench.provider.commit(call, bench.materials)
    bench.simulator.set_clock(advance=timedelta(days=31))
    gone = await problem_of(bench.finish(bench.provider.undo, call))

    assert lost.problem.category is Category.UNAVAILABLE
    assert kept.already
    assert [entry.path.endswith("/retain") for entry in bench.effects()].count(True) == 1
    assert gone.problem.category is Category.CONFLICT


async def test_an_account_of_someone_else_is_left_alone(on: OpenBench) -> None:
    """An account that was to end before the run still ends after its reactivation: it is as it was captured."""
    bench = await on("email-pro")
    service = "/email/pro/emailpro-ul12345-1"
    api = bench.provider.api  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]
    body = {"deleteAtExpiration": True}
    await api.change("PUT", f"{service}/account/ada@demo-email-pro.example", type(None), body)  # pyright: ignore[reportUnknownMemberType]
    await bench.capture("ovhcloud.service.capture-configuration")
    before = SUBJECT.shown(bench)
    await done("ovhcloud.mail.schedule-termination")(bench)
    await bench.undo_all()

    assert SUBJECT.shown(bench) == before


async def test_bills_are_judged_by_the_name_not_the_number(on: OpenBench) -> None:
    """S2.15: a service known by its number is billed under its name, which is captured while it still has one."""
    bench = await on("any-service")
    await ended(bench)
    bench.simulator.set_clock(advance=timedelta(days=40))
    action = f"{SERVICE}verify-billing-stopped"
    case = Case(action, effective_in=-timedelta(days=75))
    seen = await bench.provider.poll(bench.call(action, case), bench.materials)

    assert not seen.reached
    assert any(finding.blocking and "after the end" in finding.text for finding in seen.findings)


@pytest.mark.parametrize(
    ("product", "service"),
    [
        ("any-service", "load-balancer"),
        ("vrack", "vrack-1"),
        ("public-cloud", "../me"),
        ("telephony-line", "0033972100200"),
        ("exchange", "a:b:c"),
        ("web-hosting", "a/b"),
    ],
)
async def test_what_is_no_id_of_the_product_is_not_asked_for(on: OpenBench, product: str, service: str) -> None:
    """Whatever was typed, no other address of the API is reached by it; the answer says what an id looks like."""
    bench = await on(product)
    wrong = bench.service.model_copy(update={"service": service})
    refused = await problem_of(bench.provider.facts(wrong))

    assert refused.problem.category is Category.NOT_FOUND
    assert refused.problem.suggestion


async def test_an_unknown_product_is_named_with_those_that_are_known(on: OpenBench) -> None:
    """S0.2: a runbook for a product that the adapter does not know cannot be planned."""
    bench = await on("any-service")
    refused = await problem_of(bench.provider.facts(bench.service.model_copy(update={"product": "vps"})))

    assert refused.problem.category is Category.INVALID
    assert "any-service" in refused.problem.suggestion
