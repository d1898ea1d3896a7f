"""A provider whose answers are not what its documents say: the simulator, with something wrong during the rollback."""

import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.hostile import mutating

_STATUS = (200, 200, 200, 204, 301, 400, 401, 403, 404, 409, 429, 460, 500, 502, 503)
_PAGE = b"<!doctype html><title>Maintenance</title><p>We are back soon."


@dataclass
class Corrupting:
    """Wraps an application; answers are corrupted while `chance` is set."""

    inner: ASGIApp
    chance: Callable[[], random.Random | None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        chance = self.chance() if scope["type"] == "http" and "/_simulator" not in scope["path"] else None
        if chance is None or chance.random() < 0.5:
            return await self.inner(scope, receive, send)
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.inner(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in kept)
        status = next((message["status"] for message in kept if message["type"] == "http.response.start"), 200)
        if chance.random() < 0.2:
            status = chance.choice(_STATUS)
        await _answer(send, status, b"" if status == 204 else _corrupted(chance, body))
        return None


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _corrupted(chance: random.Random, body: bytes) -> bytes:
    how = chance.randrange(12)
    if how == 0:
        return body[: chance.randint(0, len(body))]
    if how == 1:
        return chance.choice([b"", b"null", b"[]", b"{}", b'""', b"\xef\xbb\xbf" + body, b"\xff\xfe\x00", _PAGE])
    if how == 2:
        return mutating.deep(500).encode()
    document: Any = None
    with contextlib.suppress(ValueError):
        document = json.loads(body)
    return json.dumps(mutating.document(chance, document)).encode()
