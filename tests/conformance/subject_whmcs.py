"""WHMCS's adapter as a subject of the promises."""

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
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.provider import Whmcs
from unrack.simulator import Fault, FaultKind, whmcs

_DUE_IN = timedelta(days=30)
SERVICE = ServiceRef(provider="whmcs", product="service", service=str(whmcs.SERVICE))


def adapter_for(url: str, secret: str = whmcs.SECRET) -> Whmcs:
    """The adapter on the simulator at `url`."""
    keys = {"identifier": SecretStr(whmcs.IDENTIFIER), "secret": SecretStr(secret)}
    return Whmcs(WhmcsCredential.model_validate({"endpoint": f"{url}/whmcs", **keys}))


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    """The adapter on an active service with its domain, and an unpaid invoice that names another service as well."""
    seed = whmcs.WhmcsSeed(due_in=_DUE_IN, unpaid=True, mixed=True, addons=("Backups",))
    simulator = sim.Simulator.create(folder, sim.Seed(vendors={"whmcs": seed.model_dump(mode="json")}))
    async with simulator.serve() as url:
        given = (whmcs.SECRET, whmcs.IDENTIFIER, "never-read-this-out")
        bench = Bench(adapter_for(url), simulator, SERVICE, secrets_given=given)
        try:
            yield bench
        finally:
            await bench.provider.close()
    simulator.close()


async def _captured(bench: Bench) -> None:
    await bench.capture("whmcs.service.capture-configuration")


async def _suspended(bench: Bench) -> None:
    await _captured(bench)
    await bench.change("whmcs.service.suspend")


async def _requested(bench: Bench) -> None:
    await _captured(bench)
    await bench.change("whmcs.service.request-cancellation")


async def _ended(bench: Bench) -> None:
    await _requested(bench)
    bench.simulator.set_clock(advance=_DUE_IN + timedelta(days=1))


async def _long_ended(bench: Bench) -> None:
    await _ended(bench)
    bench.simulator.set_clock(advance=timedelta(days=5))


def _says(status: int, words: str | None = None) -> Prepare:
    async def cause(bench: Bench) -> None:
        fault = Fault(kind=FaultKind.ERROR_BEFORE, path="/whmcs/*", status=status, error_code=words, times=None)
        bench.simulator.inject(fault)

    return cause


def _fails(kind: FaultKind) -> Prepare:
    async def cause(bench: Bench) -> None:
        bench.simulator.inject(Fault(kind=kind, path="/whmcs/*", times=None))

    return cause


async def _wrong_secret(bench: Bench) -> None:
    assert isinstance(bench.provider, Whmcs)
    url = bench.provider.api.credential.endpoint.removesuffix("/whmcs")
    await bench.provider.close()
    bench.provider = adapter_for(url, "not-the-secret")


async def _nobody_listens(bench: Bench) -> None:
    await bench.provider.close()
    bench.provider = adapter_for("http://127.0.0.1:9")


async def _another_server(bench: Bench) -> None:
    """A web server that is no WHMCS."""
    assert isinstance(bench.provider, Whmcs)
    url = bench.provider.api.credential.endpoint.removesuffix("/whmcs")
    await bench.provider.close()
    bench.provider = adapter_for(f"{url}/_simulator")


def _shown(bench: Bench) -> object:
    """What clients and staff see; a closed ticket is past."""
    tables = bench.simulator.tables_for(whmcs.Tables)
    rows = [row.model_dump() for table in (tables.services, tables.domains, tables.requests) for row in table]
    return rows, [ticket.subject for ticket in tables.tickets if ticket.status != "Closed"]


_TOLD = {"department": whmcs.DEPARTMENT, "message": "Your service ends."}

SUBJECT = Subject(
    namespace="whmcs",
    open=opened,
    cases=(
        Case("whmcs.service.check-status"),
        Case("whmcs.service.check-cancellation", _requested),
        Case("whmcs.invoice.check-open"),
        Case("whmcs.domain.check-renewal"),
        Case("whmcs.service.check-unchanged", _requested),
        Case("whmcs.service.capture-configuration"),
        Case("whmcs.service.capture-confirmation", _requested),
        Case("whmcs.service.suspend", _captured),
        Case("whmcs.service.unsuspend", _suspended),
        Case("whmcs.service.request-cancellation", _captured),
        Case("whmcs.domain.stop-renewal", _captured),
        Case("whmcs.ticket.tell-client", parameters=_TOLD),
        Case("whmcs.invoice.cancel-open"),
        Case("whmcs.service.request-immediate-end", timing=Timing.IMMEDIATE),
        Case("whmcs.service.terminate", timing=Timing.IMMEDIATE),
        Case("whmcs.service.await-end", _ended),
        Case("whmcs.service.await-due-date", _ended),
        Case("whmcs.service.verify-gone", _ended),
        Case("whmcs.invoice.verify-none-open", _long_ended),
    ),
    troubles=(
        Trouble("a wrong secret", _wrong_secret, Category.DENIED),
        Trouble("an address that is not allowed", _says(403, "Invalid IP 192.0.2.7"), Category.DENIED),
        Trouble("an action that the role lacks", _says(403, "Invalid Permissions: API action"), Category.DENIED),
        Trouble("403 of a firewall", _says(403), Category.DENIED),
        Trouble("an unknown id", _says(400, "Service ID Not Found"), Category.NOT_FOUND),
        Trouble("a request that exists", _says(400, "Existing Cancellation Request Exists"), Category.CONFLICT),
        Trouble("no module", _says(400, "Service not assigned to a module"), Category.INVALID),
        Trouble("words of a server", _says(400, "cURL error 28: Operation timed out"), Category.FAILED),
        Trouble("429", _says(429), Category.RATE_LIMITED),
        Trouble("500", _says(500), Category.UNAVAILABLE),
        Trouble("404, another server", _another_server, Category.INVALID),
        Trouble("200 with a page", _fails(FaultKind.LYING_OK), Category.UNEXPECTED),
        Trouble("no answer", _fails(FaultKind.CUT_BEFORE), Category.UNAVAILABLE),
        Trouble("nobody listens", _nobody_listens, Category.UNAVAILABLE),
    ),
    shown=_shown,
)
