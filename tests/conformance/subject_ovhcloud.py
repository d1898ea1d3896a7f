"""OVHcloud's adapter as a subject of the promises."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from tests.conformance.adapter import REMOVALS, SERVICE, credential_for, without_ids
from tests.conformance.simulated import running
from tests.conformance.subject import Bench, Case, Prepare, Subject, Trouble
from tests.conformance.subject_ovhcloud_products import CASES, PLANTED, PRODUCTS
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.providers.ovhcloud.provider import OvhCloud
from unrack.simulator import Fault, FaultKind
from unrack.simulator.ovhcloud.scenario_events import ScenarioEvent, happen
from unrack.simulator.ovhcloud.seeds_products import COMMITTED

_ENDS_IN = timedelta(days=30)
ASK = "ovhcloud.connect.ask-termination"


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Bench]:
    """The adapter on a service with ports, configuration and vRack."""
    async with running(folder, sim.Seed(expires_in=_ENDS_IN, products=PLANTED)) as run:
        credential = credential_for(run)
        given = tuple(value.get_secret_value() for value in credential.secrets().values() if value is not None)
        bench = Bench(OvhCloud(credential), run.simulator, SERVICE, secrets_given=given)
        try:
            yield bench
        finally:
            await bench.provider.close()


async def _captured(bench: Bench) -> None:
    await bench.capture("ovhcloud.connect.capture-configuration")


async def _asked(bench: Bench) -> None:
    """Termination was asked for, and a person handed the mailed token over."""
    await bench.provider.commit(bench.call(ASK), bench.materials)
    bench.simulator.set_clock(advance=timedelta(minutes=5))
    bench.secrets["token"] = bench.simulator.mail()[-1].body.partition("&token=")[2].split()[0]


async def _scheduled(bench: Bench) -> None:
    await bench.change("ovhcloud.service.schedule-termination")


async def _ended(bench: Bench) -> None:
    """The service ended at its expiry and is retained."""
    await _captured(bench)
    await _scheduled(bench)
    bench.simulator.set_clock(advance=_ENDS_IN + timedelta(hours=1))


async def _pulled(bench: Bench) -> None:
    """No light arrives any more."""
    gone = ScenarioEvent(service=sim.DEMO_SERVICE, light=False)
    bench.simulator.happen(lambda world, now: happen(world, gone, now))


def _after(removal: str) -> Prepare:
    async def prepare(bench: Bench) -> None:
        await _captured(bench)
        for earlier in REMOVALS[: REMOVALS.index(removal)]:
            await bench.change(f"ovhcloud.connect.{earlier}")

    return prepare


async def _locked(bench: Bench) -> None:
    await _captured(bench)
    await bench.change("ovhcloud.connect.lock-interfaces")


def _says(status: int, code: str | None = None) -> Prepare:
    async def cause(bench: Bench) -> None:
        fault = Fault(kind=FaultKind.ERROR_BEFORE, method="GET", status=status, error_code=code, times=None)
        bench.simulator.inject(fault)

    return cause


def _fails(kind: FaultKind, path: str = "*") -> Prepare:
    async def cause(bench: Bench) -> None:
        bench.simulator.inject(Fault(kind=kind, method="GET", path=path, times=None))

    return cause


_CHECKS = (
    "service.check-admin-contact",
    "service.check-status",
    "service.check-debt",
    "service.check-commitment",
    "service.check-billing-period",
    "service.check-can-delete-at-expiration",
    "service.check-options",
    "connect.check-unchanged",
)


def _shown(bench: Bench) -> object:
    """Every service of the bench, by the simulator's own account."""
    names = (sim.DEMO_SERVICE, COMMITTED, *(sim.DEMOS[product].name for product in PRODUCTS))
    return {name: without_ids(bench.simulator.configuration(name)) for name in names}


SUBJECT = Subject(
    namespace="ovhcloud",
    open=opened,
    cases=(
        *(Case(f"ovhcloud.{name}", _captured) for name in _CHECKS),
        Case("ovhcloud.connect.capture-loa"),
        Case("ovhcloud.connect.capture-configuration"),
        Case("ovhcloud.service.capture-confirmation", _scheduled),
        Case("ovhcloud.connect.lock-interfaces", _captured),
        Case("ovhcloud.connect.unlock-interfaces", _locked),
        *(Case(f"ovhcloud.connect.{removal}", _after(removal)) for removal in REMOVALS),
        Case("ovhcloud.service.schedule-termination"),
        Case(
            ASK,
            timing=Timing.IMMEDIATE,
            repeats_because="a mailed token shows nowhere but in the mailbox; a second mail does no harm",
        ),
        Case("ovhcloud.connect.confirm-termination", _asked, timing=Timing.IMMEDIATE),
        Case("ovhcloud.connect.await-port-dark", _pulled),
        Case("ovhcloud.service.await-end", _ended),
        Case("ovhcloud.service.skip-retention", _ended),
        Case("ovhcloud.connect.verify-gone", _ended),
        Case("ovhcloud.service.verify-billing-stopped", _ended, effective_in=-timedelta(hours=1)),
        *CASES,
    ),
    troubles=(
        Trouble("400", _says(400), Category.INVALID),
        Trouble("403, a call that is not granted", _says(403, "NOT_GRANTED_CALL"), Category.DENIED),
        Trouble("403, a credential that is not valid", _says(403, "INVALID_CREDENTIAL"), Category.DENIED),
        Trouble("404", _says(404), Category.NOT_FOUND),
        Trouble("409", _says(409), Category.CONFLICT),
        Trouble("429", _says(429), Category.RATE_LIMITED),
        Trouble("460, expired", _says(460), Category.GONE),
        Trouble("500", _says(500), Category.UNAVAILABLE),
        Trouble("503", _says(503), Category.UNAVAILABLE),
        Trouble("no answer", _fails(FaultKind.CUT_BEFORE), Category.UNAVAILABLE),
        Trouble("200 with an error's body", _fails(FaultKind.LYING_OK, "/me"), Category.UNAVAILABLE),
    ),
    shown=_shown,
)
