"""AWS Marketplace beyond what every adapter promises: its rules, its quotes, its refusals, on the real `boto3`."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import ClientError  # pyright: ignore[reportMissingTypeStubs]

from tests.conformance.adapter import problem_of
from tests.conformance.subject import Bench, Case
from tests.conformance.subject_awsmarketplace import CONTRACT, credential_for
from unrack import simulator as sim
from unrack.contracts.calls import EffectStatus
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.model.service import Finding
from unrack.providers.awsmarketplace.provider import AwsMarketplace
from unrack.providers.awsmarketplace.schemas import Charge
from unrack.providers.awsmarketplace.service import BUYER, SELLER, BoughtAgreement
from unrack.simulator import awsmarketplace as aws
from unrack.simulator.world import World

CONFIGURATION = "awsmarketplace.agreement.capture-configuration"
STOP = "awsmarketplace.agreement.stop-renewal"
CANCEL = "awsmarketplace.agreement.cancel"
ACCEPT = "awsmarketplace.agreement.accept-cancellation"


class Start:
    """Opens the adapter on worlds made to order."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.url = ""

    async def __call__(self, service: str = aws.CONTRACT, **fields: object) -> Bench:
        """The adapter on a world that looks like `fields` of `aws.AwsSeed`."""
        seed = aws.AwsSeed.model_validate(fields)
        simulator = sim.Simulator.create(
            self._folder / "provider", sim.Seed(vendors={"awsmarketplace": seed.model_dump(mode="json")})
        )
        self._stack.callback(simulator.close)
        self.url = await self._stack.enter_async_context(simulator.serve())
        adapter = AwsMarketplace(credential_for(self.url))
        self._stack.push_async_callback(adapter.close)
        return Bench(adapter, simulator, CONTRACT.model_copy(update={"service": service}))


@pytest.fixture
async def start(tmp_path: Path) -> AsyncGenerator[Start]:
    """Opens adapters on simulators of their own."""
    async with AsyncExitStack() as stack:
        yield Start(tmp_path, stack)


async def test_who_may_cancel_is_told_before_anybody_asks(start: Start) -> None:
    """S3.7: pay-as-you-go and fresh contracts by the buyer, older ones only through the seller."""
    bench = await start()
    told: dict[str, list[str]] = {}
    for name in (aws.METERED, aws.FRESH_CONTRACT, aws.CONTRACT):
        bench.service = CONTRACT.model_copy(update={"service": name})
        facts = await bench.provider.facts(bench.service)
        told[name] = [finding.text for finding in facts.findings if finding.subject == "who cancels"]

    assert BUYER in told[aws.METERED][0]
    assert "less than 48 hours" in told[aws.FRESH_CONTRACT][0]
    assert told[aws.CONTRACT][0].count(SELLER) == 1


async def test_the_buyers_window_closes_after_48_hours(start: Start) -> None:
    """S3.7: AWS itself refuses then, says why, and nothing happens."""
    bench = await start(aws.FRESH_CONTRACT)
    bench.simulator.set_clock(advance=timedelta(hours=47))
    refused = await problem_of(bench.provider.commit(bench.call(CANCEL), bench.materials))
    probed = await bench.provider.probe(bench.call(CANCEL), bench.materials)

    assert refused.problem.category is Category.INVALID
    assert "UNSUPPORTED_ACTION" in refused.problem.message
    assert probed.standing is EffectStatus.NOT_DONE
    assert bench.effects() == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"amendment_cost": "35.00"}, "would charge"), ({"approval_required": True}, "needs an approval")],
)
async def test_a_change_of_the_renewal_is_not_accepted_at_any_price(
    start: Start, settings: dict[str, object], words: str
) -> None:
    """A quote that costs money, or waits for somebody's approval, is for a person; the renewal stays on."""
    bench = await start(settings=settings)
    await bench.capture(CONFIGURATION)
    failed = await problem_of(bench.change(STOP))

    assert failed.problem.category is Category.CONFLICT
    assert words in failed.problem.message
    assert [entry.path for entry in bench.effects()] == ["/aws-marketplace/CreateAgreementRequest"]
    assert bench.simulator.tables_for(aws.Tables).agreements[aws.CONTRACT].auto_renew


async def test_a_lost_quote_is_asked_for_again_with_the_same_token(start: Start) -> None:
    """The client token is remembered before the call, so that a worker that dies does not leave two quotes."""
    bench = await start()
    await bench.capture(CONFIGURATION)
    bench.simulator.inject(
        sim.Fault(kind=sim.FaultKind.CUT_AFTER, path="/aws-marketplace/CreateAgreementRequest", times=1)
    )
    progress: list[tuple[str, ...]] = [()]
    lost = await problem_of(bench.provider.change(bench.call(STOP), _remembering(bench, progress)))
    again = await problem_of(bench.provider.change(bench.call(STOP), _remembering(bench, progress)))

    assert (lost.problem.category, again.problem.category) == (Category.UNAVAILABLE, Category.NOT_YET)
    assert len(list(bench.simulator.tables_for(aws.Tables).quotes)) == 1


def _remembering(bench: Bench, progress: list[tuple[str, ...]]) -> Any:  # noqa: ANN401
    """Materials as an attempt gets them that follows others."""
    given = bench.materials
    return type(given)(evidence=given.evidence, progress=progress[-1], remember=progress.append)


async def test_a_contract_without_renewal_needs_nothing(start: Start) -> None:
    """It ends at its end date anyway; AWS is not called."""
    bench = await start(renewal_term=False)
    await bench.capture(CONFIGURATION)
    result = await bench.change(STOP)

    assert result.already
    assert bench.simulator.ledger() == []


async def test_a_renewed_agreement_is_never_taken_for_an_ended_one(start: Start) -> None:
    """Its product goes on under a new agreement: whoever waits for the end is told, and cancelling it is refused."""
    bench = await start()
    bench.simulator.set_clock(advance=timedelta(days=61))
    looked = await bench.provider.poll(bench.call("awsmarketplace.agreement.await-end"), bench.materials)
    refused = await problem_of(bench.provider.commit(bench.call(CANCEL), bench.materials))

    assert not looked.reached
    assert [finding.blocking for finding in looked.findings] == [True]
    assert refused.problem.category is Category.CONFLICT
    assert bench.simulator.ledger() == []


async def test_the_sellers_request_is_waited_for(start: Start) -> None:
    """S3.7: until the seller asks there is nothing to accept; its request is named when it comes."""
    bench = await start(seller_asks_in=timedelta(hours=1))
    action = "awsmarketplace.agreement.receive-cancellation"
    early = await problem_of(bench.provider.change(bench.call(action), bench.materials))
    bench.simulator.set_clock(advance=timedelta(hours=2))
    came = await bench.provider.change(bench.call(action), bench.materials)

    assert early.problem.category is Category.NOT_YET
    assert came.note.startswith("the seller asked to cancel")


async def test_a_withdrawn_request_of_the_seller_is_not_accepted(start: Start) -> None:
    """S3.7: what was withdrawn while the run waited ends nothing."""
    bench = await start(seller_asks_in=timedelta(hours=1))
    bench.simulator.set_clock(advance=timedelta(hours=2))
    bench.simulator.happen(lambda world, now: aws.withdraw(world, now, aws.CONTRACT))
    refused = await problem_of(bench.provider.commit(bench.call(ACCEPT), bench.materials))

    assert refused.problem.category is Category.CONFLICT
    assert bench.simulator.ledger() == []


async def test_a_late_charge_blocks_the_proof(start: Start) -> None:
    """A charge after the month of the end was settled is for the seller's billing, not for the archive."""
    bench = await start(aws.METERED)
    await bench.provider.commit(bench.call(CANCEL), bench.materials)
    call = bench.call("awsmarketplace.agreement.verify-billing-stopped").model_copy(
        update={"effective_at": bench.simulator.clock.now()}
    )
    bench.simulator.set_clock(advance=timedelta(days=45))
    late = bench.simulator.clock.now() - timedelta(days=1)
    bench.simulator.happen(lambda world, _: aws.charge(world.tables_for(aws.Tables), _metered(bench), late, "9.00"))
    looked = await bench.provider.poll(call, bench.materials)

    assert not looked.reached
    assert [finding.blocking for finding in looked.findings].count(True) == 1


async def test_a_charge_without_a_date_blocks_the_proof(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be for the time after the end: left out, the archive would say that nothing was charged."""
    bench = await start(aws.METERED)
    await bench.provider.commit(bench.call(CANCEL), bench.materials)
    call = bench.call("awsmarketplace.agreement.verify-billing-stopped").model_copy(
        update={"effective_at": bench.simulator.clock.now()}
    )
    bench.simulator.set_clock(advance=timedelta(days=90))
    read = BoughtAgreement.charges

    async def undated(bought: BoughtAgreement) -> tuple[Charge, ...]:
        return (*await read(bought), Charge(id="c-9", amount="9.00", currency_code="USD"))

    monkeypatch.setattr(BoughtAgreement, "charges", undated)
    looked = await bench.provider.poll(call, bench.materials)

    assert not looked.reached
    assert ["c-9" in found.text for found in looked.findings if found.blocking] == [True]


def _metered(bench: Bench) -> aws.Agreement:
    return bench.simulator.tables_for(aws.Tables).agreements[aws.METERED]


async def test_a_missing_right_is_named(start: Start) -> None:
    """An IAM policy is mended by the exact action; a second factor is not a missing right."""
    reads = tuple(f"aws-marketplace:{verb}*" for verb in ("Describe", "Get", "List", "Search"))
    bench = await start(aws.METERED, allowed=reads)
    denied = await problem_of(bench.provider.commit(bench.call(CANCEL), bench.materials))

    assert denied.problem.category is Category.DENIED
    assert denied.problem.missing_rights == ("iam aws-marketplace:CancelAgreement",)


async def test_a_second_factor_is_asked_for_in_plain_words(start: Start) -> None:
    """AWS's MISSING_MFA: a temporary key that was got with MFA helps, and nothing else does."""
    bench = await start(aws.METERED, mfa_for=("CancelAgreement",))
    denied = await problem_of(bench.provider.commit(bench.call(CANCEL), bench.materials))

    assert "MISSING_MFA" in denied.problem.message
    assert "MFA" in denied.problem.suggestion
    assert denied.problem.missing_rights == ()


async def test_another_accounts_agreement_is_not_found(start: Start) -> None:
    """What the credential's account did not accept, it cannot see."""
    bench = await start(buyer="999988887777")
    missing = await problem_of(bench.provider.facts(bench.service))

    assert missing.problem.category is Category.NOT_FOUND
    assert "buyer" in missing.problem.suggestion


async def test_every_page_is_read(start: Start) -> None:
    """More charges than one page holds are all kept as evidence."""
    bench = await start()
    contract = bench.simulator.tables_for(aws.Tables).agreements[aws.CONTRACT]

    def charge_often(world: Any, now: Any) -> None:  # noqa: ANN401
        for _ in range(120):
            aws.charge(world.tables_for(aws.Tables), contract, now, "1.00")

    bench.simulator.happen(charge_often)
    captured = await bench.provider.capture(bench.call(CONFIGURATION), bench.materials)

    assert "121 charges" in captured.note


async def test_the_simulator_judges_requests_by_the_published_shapes(start: Start) -> None:
    """What boto3's own check would have stopped is refused on the other side as well."""
    await start()
    client: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "marketplace-agreement",
        endpoint_url=f"{start.url}/aws-marketplace",
        region_name="us-east-1",
        aws_access_key_id=aws.ACCESS_KEY_ID,
        aws_secret_access_key=aws.SECRET_ACCESS_KEY,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    for parameters in ({}, {"agreementId": "has a blank"}):
        with pytest.raises(ClientError) as refused:
            await asyncio.to_thread(client.cancel_agreement, **parameters)
        assert "ValidationException" in str(refused.value)
    client.close()


async def test_an_immediate_end_without_an_end_date_needs_no_date(start: Start) -> None:
    """A pay-as-you-go agreement offers no end of term, and a check says so."""
    bench = await start(aws.METERED)
    facts = await bench.provider.facts(bench.service)
    checked = await bench.provider.check(bench.call("awsmarketplace.agreement.check-status"), bench.materials)

    assert facts.timings == (Timing.IMMEDIATE,)
    assert [finding.blocking for finding in checked.findings] == [True]


@pytest.mark.parametrize(("days", "blocked"), [(10, False), (70, True)])
async def test_a_renewal_that_is_fixed_already_blocks_the_end_of_the_term(
    start: Start, days: int, *, blocked: bool
) -> None:
    """AWS's lockout period: until when it can be changed is told, and after it nothing is promised."""
    bench = await start(lockout_days=days)
    await bench.capture(CONFIGURATION)
    checked = await bench.provider.check(bench.call("awsmarketplace.agreement.check-status"), bench.materials)
    told = [finding for finding in checked.findings if finding.subject == "renewal"]

    assert [finding.blocking for finding in told] == [blocked]
    if blocked:
        refused = await problem_of(bench.change(STOP))
        assert refused.problem.category is Category.CONFLICT
        assert "lockout" in refused.problem.message


async def test_an_agreement_that_was_cancelled_by_hand_does_not_stop_the_run(start: Start) -> None:
    """Somebody was faster: the check says so, and the commit finds nothing to do."""
    bench = await start(aws.METERED)
    await bench.capture(CONFIGURATION)
    await bench.provider.commit(bench.call(CANCEL), bench.materials)
    case = Case("awsmarketplace.agreement.check-unchanged", timing=Timing.IMMEDIATE)
    checked = await bench.provider.check(bench.call(case.action, case), bench.materials)
    again = await bench.provider.commit(bench.call(CANCEL), bench.materials)

    assert [finding.blocking for finding in checked.findings] == [False]
    assert again.already


async def _findings(bench: Bench, name: str) -> tuple[Finding, ...]:
    call = bench.call(f"awsmarketplace.agreement.{name}")
    return (await bench.provider.check(call, bench.materials)).findings


async def test_a_renewal_that_was_accepted_in_advance_is_told_and_stops_the_end(start: Start) -> None:
    """Future dated agreements: the plan names it with its dates; before the run closes a person has to accept it."""
    bench = await start(aws.CONTRACT)
    booked: list[str] = []
    bench.simulator.happen(lambda world, now: booked.append(aws.accept_in_advance(world, now, aws.CONTRACT)))
    tables = bench.simulator.tables_for(aws.Tables)
    begins = tables.agreements[aws.CONTRACT].ends_at
    assert begins is not None

    told = [each for each in (await bench.provider.facts(bench.service)).findings if each.item == booked[0]]
    preflight, last = await _findings(bench, "check-others"), await _findings(bench, "check-none-goes-on")

    assert [each.blocking for each in told] == [False]
    assert f"begins on {begins:%Y-%m-%d}" in told[0].text
    assert [(each.item, each.blocking) for each in preflight] == [(booked[0], False)]
    assert [(each.item, each.blocking) for each in last] == [(booked[0], True)]


async def test_an_agreement_in_force_is_told_and_one_that_ended_is_not(start: Start) -> None:
    """Whatever the state of the run's own."""
    bench = await start(aws.CONTRACT)
    tables = bench.simulator.tables_for(aws.Tables)
    mine = tables.agreements[aws.CONTRACT]
    tables.agreements.put(mine.model_copy(update={"id": "agmt-9inforce", "ends_at": None, "auto_renew": False}))
    tables.agreements.put(mine.model_copy(update={"id": "agmt-8ended", "status": "EXPIRED"}))
    tables.agreements.put(mine.model_copy(update={"id": "agmt-7theirs", "buyer": "999900001111"}))
    tables.agreements.put(mine.model_copy(update={"id": "agmt-6elsewhere", "product": "prod-other"}))

    (found,) = await _findings(bench, "check-none-goes-on")
    assert (found.item, found.blocking) == ("agmt-9inforce", True)
    assert "is in force, without an end date" in found.text
    tables.agreements.change(tables.agreements["agmt-9inforce"], status="CANCELLED")
    (none,) = await _findings(bench, "check-none-goes-on")
    assert not none.blocking


async def test_an_agreement_bought_while_the_run_goes_on_blocks_the_last_check(start: Start) -> None:
    """Somebody wants the product; one that was there before the run is told only."""
    bench = await start(aws.CONTRACT)
    bench.simulator.happen(_accepted_in_advance)
    await bench.capture("awsmarketplace.agreement.capture-configuration")
    quiet = await _findings(bench, "check-unchanged")
    new: list[str] = []
    bench.simulator.happen(lambda world, now: new.append(aws.accept_in_advance(world, now, aws.CONTRACT)))
    found = await _findings(bench, "check-unchanged")
    assert not any(each.blocking for each in quiet if each.subject == "other agreement")
    assert [each.item for each in found if each.blocking and each.subject == "other agreement"] == new


async def test_a_future_dated_agreement_provisions_nothing_before_it_begins(start: Start) -> None:
    """As AWS shows it: SCHEDULED (botocore: AgreementEntitlementStatus)."""
    bench = await start(aws.CONTRACT)
    booked: list[str] = []
    bench.simulator.happen(lambda world, now: booked.append(aws.accept_in_advance(world, now, aws.CONTRACT)))
    assert isinstance(bench.provider, AwsMarketplace)
    agreement = BoughtAgreement(bench.provider.api, booked[0])
    assert [item.status for item in await agreement.entitlements()] == ["SCHEDULED"]


def _accepted_in_advance(world: World, now: datetime) -> None:
    aws.accept_in_advance(world, now, aws.CONTRACT)
