"""What nobody waits for any more is not sent: the run has gone on, and may have been held meanwhile."""

import asyncio
import threading
from typing import cast

import pytest
from pydantic import SecretStr

from unrack.model.errors import NOT_SENT, Category, UnrackError
from unrack.providers.ovhcloud import client as ovh_client
from unrack.providers.ovhcloud.client import OvhApi, OvhClient
from unrack.providers.ovhcloud.credential import OvhCredential

KEYS = {"application_key": "a", "application_secret": SecretStr("b"), "consumer_key": SecretStr("c")}


_HANG_GUARD = 60.0
"""Seconds; nothing waits this long but in a test that fails."""


class _Client:
    """Sends by noting it; gets ready and answers when the test says so."""

    last = None

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.opening, self.ready, self.answers = threading.Event(), threading.Event(), threading.Event()

    def opened(self) -> OvhClient:
        """Takes until it may be ready, as with a token that has to be fetched first."""
        self.opening.set()
        self.ready.wait(_HANG_GUARD)
        return cast("OvhClient", self)

    def send(self, method: str, path: str, *_: object, **__: object) -> str:
        """Notes the call."""
        self.sent.append(f"{method} {path}")
        self.answers.wait(_HANG_GUARD)
        return "done"

    def close(self) -> None:
        """Nothing is open."""


def _api(monkeypatch: pytest.MonkeyPatch, client: _Client, overall: float) -> OvhApi:
    api = OvhApi(OvhCredential.model_validate(KEYS))
    monkeypatch.setattr(api, "_opened", client.opened)
    monkeypatch.setattr(ovh_client, "_OVERALL", overall)
    return api


async def _finished(api: OvhApi, client: _Client) -> None:
    """Lets the thread go on that nobody waits for any more, to its end."""
    client.ready.set()
    client.answers.set()
    await asyncio.to_thread(api._threads._pool.shutdown)
    await api.close()


async def test_a_call_whose_time_was_over_before_it_was_sent_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """F2, F3: a token or a clock that takes long; the thread gets ready later, and must not send then."""
    client = _Client()
    api = _api(monkeypatch, client, overall=0.2)
    with pytest.raises(UnrackError) as given_up:
        await api.change("POST", "/services/1/terminate", str)
    await _finished(api, client)

    assert given_up.value.problem.category in NOT_SENT
    assert client.sent == []


async def test_a_call_that_was_stopped_before_it_was_sent_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same where somebody stopped it."""
    client = _Client()
    api = _api(monkeypatch, client, overall=_HANG_GUARD)
    calling = asyncio.create_task(api.change("POST", "/services/1/terminate", str))
    await asyncio.to_thread(client.opening.wait, _HANG_GUARD)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await _finished(api, client)

    assert client.sent == []


async def test_a_call_without_an_answer_may_have_been_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was: nobody knows what became of it."""
    client = _Client()
    client.ready.set()
    api = _api(monkeypatch, client, overall=2.0)  # time enough to send, on a busy machine too
    with pytest.raises(UnrackError) as lost:
        await api.change("POST", "/services/1/terminate", str)
    await _finished(api, client)

    assert lost.value.problem.category is Category.UNKNOWN_OUTCOME
    assert client.sent == ["POST /services/1/terminate"]
