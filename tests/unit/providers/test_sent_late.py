"""What nobody waits for any more is not sent: the run has gone on, and may have been held meanwhile."""

import asyncio
import time
from typing import cast

import pytest
from pydantic import SecretStr

from unrack.model.errors import NOT_SENT, Category, UnrackError
from unrack.providers.ovhcloud import client as ovh_client
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.ovhcloud.sdk import OvhClient

KEYS = {"application_key": "a", "application_secret": SecretStr("b"), "consumer_key": SecretStr("c")}


class _Client:
    """Sends by noting it, and answers after `answers_in` seconds."""

    last = None

    def __init__(self, answers_in: float) -> None:
        self.sent: list[str] = []
        self._answers_in = answers_in

    def send(self, method: str, path: str, *_: object, **__: object) -> str:
        """Notes the call."""
        self.sent.append(f"{method} {path}")
        time.sleep(self._answers_in)
        return "done"

    def close(self) -> None:
        """Nothing is open."""


def _api(monkeypatch: pytest.MonkeyPatch, client: _Client, ready_in: float) -> OvhApi:
    api = OvhApi(OvhCredential.model_validate(KEYS))

    def opened() -> OvhClient:
        time.sleep(ready_in)
        return cast("OvhClient", client)

    monkeypatch.setattr(api, "_opened", opened)
    monkeypatch.setattr(ovh_client, "_OVERALL", 0.2)
    return api


async def test_a_call_whose_time_was_over_before_it_was_sent_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """F2, F3: a token or a clock that takes long; the thread gets ready later, and must not send then."""
    client = _Client(answers_in=0)
    api = _api(monkeypatch, client, ready_in=0.5)
    with pytest.raises(UnrackError) as given_up:
        await api.change("POST", "/services/1/terminate", str)
    await asyncio.sleep(0.6)
    await api.close()

    assert given_up.value.problem.category in NOT_SENT
    assert client.sent == []


async def test_a_call_that_was_stopped_before_it_was_sent_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where somebody stopped it."""
    client = _Client(answers_in=0)
    api = _api(monkeypatch, client, ready_in=0.3)
    calling = asyncio.create_task(api.change("POST", "/services/1/terminate", str))
    await asyncio.sleep(0.1)
    calling.cancel()
    await asyncio.sleep(0.4)
    await api.close()

    assert client.sent == []


async def test_a_call_without_an_answer_may_have_been_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was: nobody knows what became of it."""
    client = _Client(answers_in=0.5)
    api = _api(monkeypatch, client, ready_in=0)
    with pytest.raises(UnrackError) as lost:
        await api.change("POST", "/services/1/terminate", str)
    await asyncio.sleep(0.4)
    await api.close()

    assert lost.value.problem.category is Category.UNKNOWN_OUTCOME
    assert client.sent == ["POST /services/1/terminate"]
