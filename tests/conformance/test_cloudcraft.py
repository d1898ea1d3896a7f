"""Cloudcraft beyond what every adapter promises: pictures that are not ready, large accounts, whose key it is."""

import io
import zipfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr, ValidationError

from tests.conformance.adapter import problem_of
from tests.conformance.subject import Bench, Case
from tests.conformance.subject_cloudcraft import SERVICE, adapter_for
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.providers.cloudcraft.client import Pace
from unrack.providers.cloudcraft.credential import CloudcraftCredential
from unrack.providers.cloudcraft.provider import Cloudcraft
from unrack.simulator import cloudcraft

IMAGES = "cloudcraft.account.export-images"
DATA = "cloudcraft.account.export-blueprints"
CHANNEL = "cloudcraft.account.check-channel"


class Start:
    """Opens the adapter on worlds made to order."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack

    async def __call__(self, **fields: object) -> Bench:
        """The adapter on a world that looks like `fields` of `cloudcraft.CloudcraftSeed`."""
        seed = cloudcraft.CloudcraftSeed.model_validate(fields)
        simulator = sim.Simulator.create(
            self._folder / "provider", sim.Seed(vendors={"cloudcraft": seed.model_dump(mode="json")})
        )
        self._stack.callback(simulator.close)
        url = await self._stack.enter_async_context(simulator.serve())
        adapter = adapter_for(url)
        self._stack.push_async_callback(adapter.close)
        return Bench(adapter, simulator, SERVICE)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncGenerator[Start]:
    """Opens adapters on simulators of their own."""
    async with AsyncExitStack() as stack:
        yield Start(tmp_path, stack)


async def test_a_picture_that_is_not_ready_is_asked_for_again(start: Start) -> None:
    """S3.3: 202 means later, not failed; once rendered, the archive is whole."""
    bench = await start(rendering=3600)
    early = await problem_of(bench.provider.capture(bench.call(IMAGES), bench.materials))
    bench.simulator.set_clock(advance=timedelta(hours=1))
    captured = await bench.provider.capture(bench.call(IMAGES), bench.materials)

    assert early.problem.category is Category.NOT_YET
    assert early.retry_after is not None
    assert len(_files(captured.records[0].content)) == 1 + 3 * 3


async def test_a_later_attempt_goes_on_where_one_stopped(start: Start) -> None:
    """S3.3: a large account takes more than one attempt; what came before a failure is not fetched again."""
    bench = await start(rendering=0, blueprints=40)
    seen: list[str] = []
    failing = sim.Fault(kind=sim.FaultKind.ERROR_BEFORE, path="/cloudcraft/blueprint/*/pdf", status=500, skip=20)
    bench.simulator.inject(failing)
    await problem_of(bench.provider.capture(bench.call(IMAGES), bench.materials))
    _watch(bench, seen)
    captured = await bench.provider.capture(bench.call(IMAGES), bench.materials)

    assert len(_files(captured.records[0].content)) == 1 + 3 * 40
    assert [path.rsplit("/", 1)[1] for path in seen] == ["blueprint", "pdf"]


def _watch(bench: Bench, seen: list[str]) -> None:
    async def note(request: httpx2.Request) -> None:
        seen.append(request.url.path)

    assert isinstance(bench.provider, Cloudcraft)
    http = bench.provider.api._http._http  # the adapter's own client, to count its calls
    http.event_hooks = {"request": [note]}


async def test_what_is_no_picture_is_not_kept(start: Start) -> None:
    """An archive of error pages would be found out in ten years."""
    bench = await start(rendering=0, blueprints=1)
    bench.simulator.inject(sim.Fault(kind=sim.FaultKind.LYING_OK, path="/cloudcraft/blueprint/*/png", times=None))
    failed = await problem_of(bench.provider.capture(bench.call(IMAGES), bench.materials))

    assert failed.problem.category is Category.FAILED
    assert "by hand" in failed.problem.suggestion


async def test_the_same_diagrams_make_the_same_archive(start: Start) -> None:
    """Evidence is addressed by its content; packing it twice must not make two pieces of it."""
    bench = await start(rendering=0)
    first = await bench.provider.capture(bench.call(DATA), bench.materials)
    second = await bench.provider.capture(bench.call(DATA), bench.materials)

    assert first.records == second.records
    assert {name.rsplit("/")[-1][:7] for name in _files(first.records[0].content)} == {"Network", "index.j"}


async def test_another_members_key_is_told_and_the_owner_named(start: Start) -> None:
    """S3.1: only the owner can cancel; the key may be somebody else's, who can read as well."""
    bench = await start(key_of_owner=False)
    checked = await bench.provider.check(bench.call("cloudcraft.account.check-owner"), bench.materials)
    told = " ".join(finding.text for finding in checked.findings)

    assert "bob@example.net" in told
    assert f"owned by {cloudcraft.OWNER}" in told


async def test_a_request_that_names_no_owner_is_told(start: Start) -> None:
    """S3.1: whoever the request names as the account could not cancel, so the plan says it."""
    bench = await start()
    call = bench.call("cloudcraft.account.check-owner")
    named = call.model_copy(update={"service": call.service.model_copy(update={"service": "eve@example.net"})})
    checked = await bench.provider.check(named, bench.materials)

    assert "the request names eve@example.net, who owns no team" in checked.findings[-1].text


@pytest.mark.parametrize(
    ("channel", "timing", "possible"),
    [
        ("direct", Timing.END_OF_TERM, True),
        ("direct", Timing.IMMEDIATE, True),
        ("direct", Timing.LET_EXPIRE, False),
        ("datadog", Timing.LET_EXPIRE, True),
        ("datadog", Timing.END_OF_TERM, False),
        ("datadog", Timing.IMMEDIATE, False),
        ("aws-marketplace", Timing.END_OF_TERM, True),
        ("aws-marketplace", Timing.IMMEDIATE, False),
    ],
)
async def test_how_it_was_bought_decides_how_it_ends(
    start: Start, channel: str, timing: Timing, *, possible: bool
) -> None:
    """S3.4, S3.6, S3.7: in the app, through Datadog's sales, or through AWS Marketplace."""
    bench = await start()
    case = Case(CHANNEL, parameters={"channel": channel}, timing=timing)
    checked = await bench.provider.check(bench.call(CHANNEL, case), bench.materials)

    assert [finding.blocking for finding in checked.findings] == [not possible]


async def test_linked_clouds_are_listed_with_what_to_remove(start: Start) -> None:
    """S3.3: their resources are no longer refreshed, and the access stays until somebody removes it."""
    bench = await start()
    checked = await bench.provider.check(bench.call("cloudcraft.account.check-clouds"), bench.materials)

    assert [finding.subject for finding in checked.findings] == ["AWS account", "Azure account"]
    assert "arn:aws:iam::558791803304:role/cloudcraft" in checked.findings[0].text


async def test_facts_cannot_be_read(start: Start) -> None:
    """The API shows neither plan nor dates: a person states them."""
    bench = await start()
    refused = await problem_of(bench.provider.facts(SERVICE))

    assert "stated" in refused.problem.suggestion


def test_pauses_grow_as_in_cloudcrafts_own_client() -> None:
    """1 s, 2 s, 4 s, at most 30 s, a tenth more or less (cloudcraft-go, retry.go)."""
    pauses = [Pace().seconds(attempt) for attempt in range(10)]

    assert all(0.9 * 2**n <= pause <= 1.1 * 2**n for n, pause in enumerate(pauses[:4]))
    assert max(pauses) <= 33


@pytest.mark.parametrize("key", ["k3y", "x" * 45])
def test_a_key_of_another_length_is_no_key(key: str) -> None:
    """Cloudcraft's own client refuses it before any call; the value is not repeated."""
    with pytest.raises(ValidationError) as refused:
        CloudcraftCredential(api_key=SecretStr(key))

    assert key not in str(refused.value)


def _files(archive: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()
