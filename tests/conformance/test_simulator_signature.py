"""The simulator lets in who signs as OVHcloud asks, and turns everybody else away in OVHcloud's words."""

import asyncio
import hashlib
import time
from typing import Any

import httpx2
import ovh.exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
import pytest

from tests.conformance.conftest import Start
from tests.conformance.ovh_judge import Judge
from tests.conformance.simulated import DEMO, client
from unrack import simulator as sim


async def test_the_official_client_is_let_in(start: Start) -> None:
    """The unmodified `ovh` client reads the account, with a query and a body signed as well."""
    run = await start()

    assert (await run.get("/me"))["nichandle"] == sim.NICHANDLE
    assert await run.get("/services", resourceName=sim.DEMO_SERVICE, routes="/ovhCloudConnect/{serviceName}")
    await run.put(f"/services/{await run.service_id()}", displayName="é")


@pytest.mark.parametrize(
    ("wrong", "error", "code"),
    [
        ({"key": "nobody"}, vendor.InvalidKey, "INVALID_KEY"),
        ({"consumer": "nobody"}, vendor.NotCredential, "NOT_CREDENTIAL"),
        ({"secret": "wrong"}, vendor.BadParametersError, "INVALID_SIGNATURE"),
    ],
)
async def test_a_wrong_key_is_named(start: Start, wrong: dict[str, str], error: type[Any], code: str) -> None:
    """Wrong application key, consumer key and secret answer as OVHcloud does, with a query id."""
    run = await start()
    stranger = client(run.url, **wrong)

    with pytest.raises(error) as raised:
        await _ask(stranger)

    assert raised.value.response.json()["errorCode"] == code
    assert raised.value.query_id.startswith("EU.")
    stranger._session.close()


async def _ask(stranger: Any) -> None:  # noqa: ANN401  # the client is untyped
    await asyncio.to_thread(stranger.get, "/me")


@pytest.mark.parametrize("spoilt", ["url", "method", "body", "timestamp"])
async def test_the_signature_covers_everything(start: Start, ovh_judge: Judge, spoilt: str) -> None:
    """A signature over another address, method, body or time is refused with 400."""
    run = await start()
    told = {"url": f"{run.url}/1.0/me", "method": "GET", "body": "", "timestamp": str(int(time.time()))}
    signed = told | {spoilt: told[spoilt] + "1"}
    parts = [sim.APPLICATION_SECRET, sim.CONSUMER_KEY, *(signed[k] for k in ("method", "url", "body", "timestamp"))]
    headers = {
        "X-Ovh-Application": sim.APPLICATION_KEY,
        "X-Ovh-Consumer": sim.CONSUMER_KEY,
        "X-Ovh-Timestamp": told["timestamp"],
        "X-Ovh-Signature": "$1$" + hashlib.sha1("+".join(parts).encode()).hexdigest(),  # noqa: S324
    }

    async with httpx2.AsyncClient() as http:
        answer = await http.get(told["url"], headers=headers)

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_SIGNATURE")


async def test_a_right_that_was_not_granted_is_missing(start: Start) -> None:
    """Rights are judged for each method and path; the ledger keeps the refused call as one without effect."""
    run = await start(rules=[{"method": "GET", "path": "/ovhCloudConnect/*"}])
    assert await run.get(f"{DEMO}/config/pop")

    with pytest.raises(vendor.NotGrantedCall):
        await run.get("/me")
    with pytest.raises(vendor.NotGrantedCall):
        await run.post(f"{DEMO}/terminate")

    assert [(e.path, e.took_effect) for e in run.simulator.ledger()] == [(f"{DEMO}/terminate", False)]
    assert (await run.get("/auth/currentCredential"))["rules"] == [{"method": "GET", "path": "/ovhCloudConnect/*"}]


async def test_a_new_consumer_key_waits_for_a_person(start: Start) -> None:
    """`POST /auth/credential` gives a key that works only after a person opened the address."""
    run = await start()
    asked = await run.post("/auth/credential", accessRules=[{"method": "GET", "path": "/me"}])
    newcomer = client(run.url, consumer=asked["consumerKey"])

    with pytest.raises(vendor.InvalidCredential):
        await _ask(newcomer)
    async with httpx2.AsyncClient() as http:
        await http.get(asked["validationUrl"])

    await _ask(newcomer)
    newcomer._session.close()
