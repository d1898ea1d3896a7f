"""AWS Marketplace's adapter as a subject of the promises, on the unmodified `boto3`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from tests.conformance.subject import Bench, Case, Prepare, Subject, Trouble
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.providers.awsmarketplace.credential import AwsCredential
from unrack.providers.awsmarketplace.provider import AwsMarketplace
from unrack.simulator import Fault, FaultKind
from unrack.simulator import awsmarketplace as aws

_ENDS_IN = timedelta(days=60)
_ASKS_IN = timedelta(hours=3)
_OURS = "/aws-marketplace/*"

CONTRACT = ServiceRef(provider="awsmarketplace", product="agreement", service=aws.CONTRACT)


def credential_for(url: str, **changed: object) -> AwsCredential:
    """The credential that opens the simulator at `url`, with some of it changed."""
    fields: dict[str, object] = {
        "endpoint": f"{url}/aws-marketplace",
        "access_key_id": SecretStr(aws.ACCESS_KEY_ID),
        "secret_access_key": SecretStr(aws.SECRET_ACCESS_KEY),
    }
    return AwsCredential.model_validate(fields | changed)


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    """The adapter on a contract that renews by itself, and whose seller will ask to cancel it."""
    seed = {"contract_ends_in": _ENDS_IN.total_seconds(), "seller_asks_in": _ASKS_IN.total_seconds()}
    simulator = sim.Simulator.create(folder, sim.Seed(vendors={"awsmarketplace": dict(seed)}))
    async with simulator.serve() as url:
        adapter = AwsMarketplace(credential_for(url))
        try:
            yield Bench(adapter, simulator, CONTRACT, secrets_given=(aws.SECRET_ACCESS_KEY,))
        finally:
            await adapter.close()
    simulator.close()


async def _captured(bench: Bench) -> None:
    await bench.capture("awsmarketplace.agreement.capture-configuration")


async def _not_renewing(bench: Bench) -> None:
    await _captured(bench)
    await bench.change("awsmarketplace.agreement.stop-renewal")


async def _expired(bench: Bench) -> None:
    await _not_renewing(bench)
    bench.simulator.set_clock(advance=_ENDS_IN + timedelta(hours=1))


async def _metered(bench: Bench) -> None:
    """Another agreement, which its buyer may cancel alone."""
    bench.service = bench.service.model_copy(update={"service": aws.METERED})


async def _asked_by_the_seller(bench: Bench) -> None:
    bench.simulator.set_clock(advance=_ASKS_IN)


def _says(status: int, code: str | None = None) -> Prepare:
    async def cause(bench: Bench) -> None:
        fault = Fault(kind=FaultKind.ERROR_BEFORE, path=_OURS, status=status, error_code=code, times=None)
        bench.simulator.inject(fault)

    return cause


def _fails(kind: FaultKind) -> Prepare:
    async def cause(bench: Bench) -> None:
        bench.simulator.inject(Fault(kind=kind, path=_OURS, times=None))

    return cause


async def _wrong_secret(bench: Bench) -> None:
    assert isinstance(bench.provider, AwsMarketplace)
    url = bench.provider.api.endpoint.removesuffix("/aws-marketplace")
    await bench.provider.close()
    bench.provider = AwsMarketplace(credential_for(url, secret_access_key=SecretStr("not-the-secret")))


async def _unknown_key(bench: Bench) -> None:
    assert isinstance(bench.provider, AwsMarketplace)
    url = bench.provider.api.endpoint.removesuffix("/aws-marketplace")
    await bench.provider.close()
    bench.provider = AwsMarketplace(credential_for(url, access_key_id=SecretStr("AKIANOBODY")))


async def _nobody_listens(bench: Bench) -> None:
    await bench.provider.close()
    bench.provider = AwsMarketplace(credential_for("http://127.0.0.1:9"))


def _shown(bench: Bench) -> object:
    """The agreements and what waits for an answer; a rejected request is past."""
    tables = bench.simulator.tables_for(aws.Tables)
    agreements = [agreement.model_dump(exclude={"opted_out", "seller_asks_at"}) for agreement in tables.agreements]
    return agreements, [request.agreement for request in tables.requests.where(status="PENDING_APPROVAL")]


_CHECKS = (
    *("check-buyer", "check-status", "check-way", "check-leftovers", "check-others"),
    *("check-none-goes-on", "check-unchanged"),
)

SUBJECT = Subject(
    namespace="awsmarketplace",
    open=opened,
    cases=(
        *(Case(f"awsmarketplace.agreement.{name}", _captured) for name in _CHECKS),
        Case("awsmarketplace.agreement.capture-configuration"),
        Case("awsmarketplace.agreement.capture-confirmation", _not_renewing),
        Case("awsmarketplace.agreement.stop-renewal", _captured),
        Case("awsmarketplace.agreement.receive-cancellation", changes_nothing=True),
        Case("awsmarketplace.agreement.cancel", _metered, timing=Timing.IMMEDIATE),
        Case("awsmarketplace.agreement.accept-cancellation", _asked_by_the_seller, timing=Timing.IMMEDIATE),
        Case("awsmarketplace.agreement.await-end", _expired),
        Case("awsmarketplace.agreement.verify-gone", _expired),
        Case("awsmarketplace.agreement.verify-billing-stopped", _expired, effective_in=-timedelta(hours=1)),
    ),
    troubles=(
        Trouble("400", _says(400, "INVALID_STATUS"), Category.INVALID),
        Trouble("403", _says(403, "INVALID_ACCESS"), Category.DENIED),
        Trouble("403, without a second factor", _says(403, "MISSING_MFA"), Category.DENIED),
        Trouble("403, a wrong secret", _wrong_secret, Category.DENIED),
        Trouble("403, an unknown key", _unknown_key, Category.DENIED),
        Trouble("404", _says(404), Category.NOT_FOUND),
        Trouble("409", _says(409), Category.CONFLICT),
        Trouble("429", _says(429), Category.RATE_LIMITED),
        Trouble("500", _says(500), Category.UNAVAILABLE),
        Trouble("no answer", _fails(FaultKind.CUT_BEFORE), Category.UNAVAILABLE),
        Trouble("nobody listens", _nobody_listens, Category.UNAVAILABLE),
    ),
    shown=_shown,
)
