"""No secret leaves a worker: whole runs at every provider with planted credentials, and all they leave is searched."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows import test_cloudcraft_runs as clouds
from tests.workflows import test_whmcs_runs as shops
from tests.workflows.by_people import by_people, has_ended, term_end, walk
from tests.workflows.driving import closed, driven
from tests.workflows.mutants import NOTICE_TOKEN, PROXY_PASSWORD, Trail, forms, left_behind, logged, place
from tests.workflows.rehearsal import Rehearsed, environment_of, rehearsal
from unrack import simulator as sim
from unrack.model.lifecycle import Outcome
from unrack.providers.base import Captured, Record
from unrack.providers.ovhcloud.provider import OvhCloud
from unrack.simulator.awsmarketplace import seeds as aws
from unrack.simulator.cloudcraft import seeds as cloudcraft
from unrack.simulator.whmcs import seeds as whmcs

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")]

PLANTED = {
    "application secret": sim.APPLICATION_SECRET,
    "consumer key": sim.CONSUMER_KEY,
    "WHMCS identifier": whmcs.IDENTIFIER,
    "WHMCS secret": whmcs.SECRET,
    "AWS secret access key": aws.SECRET_ACCESS_KEY,
    "Cloudcraft key": cloudcraft.API_KEY,
    "notice token": NOTICE_TOKEN,
    "proxy's password": PROXY_PASSWORD,
}
"""What no run may repeat anywhere; each opens something, and each is found nowhere else."""

_LONGER = timedelta(days=115)
"""Than the term that the requests state."""


@pytest.fixture(autouse=True)
def proxied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's environment names a proxy with a password; this machine is reached without it."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://worker:{PROXY_PASSWORD}@127.0.0.1:1")


@asynccontextmanager
async def searched(folder: Path, env: WorkflowEnvironment) -> AsyncIterator["Searched"]:
    """Logs from before the run begins."""
    with logged(environment_of("http://127.0.0.1"), folder) as stream:
        yield Searched(env, folder, stream.getvalue)


class Searched:
    """Searches what a run left behind."""

    def __init__(self, env: WorkflowEnvironment, folder: Path, logs: Callable[[], str]) -> None:
        self.env, self.folder, self.logs = env, folder, logs

    async def trail(self, run: Rehearsed) -> Trail:
        """All of it, and that it is all of it: each kind of place has content."""
        trail = await left_behind(self.env, run, self.folder, self.logs())
        assert {name.partition(" ")[0] for name in trail.places} >= {"log", "history", "export", "shown", "unrack"}
        assert '"level": "debug"' in self.logs()
        assert "notice-not-sent" in self.logs()
        return trail


@pytest.mark.long
async def test_ovhcloud(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """To the end, with a token that a person hands over; that one is looked for, too."""
    async with searched(tmp_path, env) as search:
        request = "ovhcloud-connect-direct-immediate.yaml"
        async with rehearsal(env, tmp_path, request, sim.Seed(), notify=(place(),)) as run:
            await driven(run, lambda report: "purge.enter-token" in report.state.tasks)
            token = await run.token()
            await run.complete("purge.enter-token", token=await run.evidence.hand_over(token))
            await closed(run)
            trail = await search.trail(run)

    assert trail.repeating(PLANTED | {"handed-over token": token}) == []
    assert any(name.startswith("evidence") for name in trail.places)


async def test_whmcs(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Every call carries identifier and secret as fields of its form."""
    async with (
        searched(tmp_path, env) as search,
        rehearsal(env, tmp_path, shops.END_OF_TERM, shops.seeded(), notify=(place(),)) as run,
    ):
        await closed(run)
        trail = await search.trail(run)

    assert trail.repeating(PLANTED) == []


@pytest.mark.long
async def test_awsmarketplace(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The library signs each call, and says at DEBUG what it signs."""
    async with (
        searched(tmp_path, env) as search,
        rehearsal(env, tmp_path, "awsmarketplace-agreement.yaml", sim.Seed(), notify=(place(),)) as run,
    ):
        await closed(run)
        trail = await search.trail(run)

    assert trail.repeating(PLANTED) == []


@pytest.mark.long
async def test_cloudcraft(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """The key is a header of each call; people act, and the diagrams are saved."""
    async with searched(tmp_path, env) as search:
        more: dict[str, Any] = {"stated": clouds.stated(), "notify": (place(),)}
        async with rehearsal(env, tmp_path, clouds.DIRECT, clouds.seeded(), **more) as run:
            answers = await clouds.cancelled_in_the_app(run)
            await closed(run, answers)
            trail = await search.trail(run)

    assert trail.repeating(PLANTED) == []


async def test_services_that_people_state(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Nothing is called, and still nothing of the worker's environment is told."""
    async with searched(tmp_path, env) as search, by_people(env, tmp_path, "whc-ssl", notify=(place(),)) as run:
        await walk(run, lambda report: report.state.grace.begun_at is not None, effective_date=f"{term_end()}")
        await run.forward(_LONGER)
        await walk(run, has_ended)
        report = await run.handle.result()
        trail = await search.trail(run)

    assert report.outcome is Outcome.CLOSED
    assert trail.repeating(PLANTED) == []


def _into_the_note(captured: Captured, secret: str) -> Captured:
    return replace(captured, note=f"{captured.note} with {secret}")


def _into_the_record(captured: Captured, secret: str) -> Captured:
    carried = json.dumps({"curl": f"-H 'X-Ovh-Consumer: {secret}'"}).encode()
    more = Record(type="call", name="call.json", media_type="application/json", content=carried)
    return replace(captured, records=(*captured.records, more))


def _into_the_note_in_base64(captured: Captured, secret: str) -> Captured:
    hidden = base64.b64encode(f"ck:{secret}:".encode()).decode()
    return replace(captured, note=f"{captured.note} {hidden}")


@pytest.mark.long
@pytest.mark.parametrize(
    ("bug", "where"),
    [
        (_into_the_note, {"history", "export", "unrack"}),
        (_into_the_record, {"evidence"}),
        (_into_the_note_in_base64, {"history", "unrack"}),
    ],
)
async def test_the_search_finds_a_key_that_a_capture_repeats(
    env: WorkflowEnvironment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bug: Callable[[Captured, str], Captured],
    where: set[str],
) -> None:
    """The bug that no test caught: a consumer key in a capture's result."""
    right = OvhCloud.capture

    async def wrong(self: OvhCloud, *arguments: Any) -> Captured:  # noqa: ANN401  as the method takes them
        return bug(await right(self, *arguments), sim.CONSUMER_KEY)

    monkeypatch.setattr(OvhCloud, "capture", wrong)
    async with (
        searched(tmp_path, env) as search,
        rehearsal(env, tmp_path, "ovhcloud-connect-direct.yaml", sim.Seed(), notify=(place(),)) as run,
    ):
        await run.to_handover()
        trail = await search.trail(run)

    found = trail.repeating(PLANTED)
    assert {each.partition(": ")[0] for each in found} == {"consumer key"}
    assert {each.partition(": ")[2].partition(" ")[0] for each in found} >= where


@pytest.mark.parametrize("around", [b"", b"x", b"xy", b"xyz"])
def test_a_value_is_found_in_whatever_form_it_stands(around: bytes) -> None:
    """In base 64 wherever it begins, escaped for JSON once and twice, in a URL, in hexadecimal."""
    secret = 'pl4nted/"5ecret"+=é'
    raw = around + secret.encode() + around
    places = {
        "plain": raw,
        "base 64": base64.b64encode(raw),
        "base 64 for URLs": base64.urlsafe_b64encode(raw),
        "JSON": json.dumps({"it": raw.decode()}).encode(),
        "JSON in JSON": json.dumps({"it": json.dumps({"it": raw.decode()})}).encode(),
        "hexadecimal": raw.hex().encode(),
    }

    assert Trail(places).repeating({"secret": secret}) == sorted(f"secret: {place}" for place in places)
    assert all(len(form) > 10 for form in forms(secret))
