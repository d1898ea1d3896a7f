"""The way of one call through the provider: faults, signature, rights, the endpoint, the ledger, the answer."""

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path

from unrack.simulator import signature
from unrack.simulator.api import (
    auth,
    cloud,
    connect,
    connect_config,
    domain,
    mail_accounts,
    mail_domain,
    me,
    service_form,
    service_infos,
    service_keys,
    services,
    sms,
    telephony,
    vrack,
    vrack_service,
    web_hosting,
)
from unrack.simulator.api.endpoint import Answer, Call, Endpoint
from unrack.simulator.connection_dropped import ConnectionDropped
from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.ledger import LedgerEntry, without_secrets
from unrack.simulator.provider import Provider
from unrack.simulator.refusal import Refusal

BASE = "/1.0"
AREAS = (auth, me, connect, connect_config, service_infos, vrack, services)
PRODUCT_AREAS = (
    service_form,
    web_hosting,
    mail_domain,
    mail_accounts,
    cloud,
    domain,
    vrack_service,
    service_keys,
    telephony,
    sms,
)
"""The further products; a more special path stands before one that would take it in."""
_ROUTES = [(compile_path(endpoint.path), endpoint) for area in (*PRODUCT_AREAS, *AREAS) for endpoint in area.ENDPOINTS]
FAULT_HEADER = "X-Simulator-Fault"
"""Names the injected fault that spoiled an answer, so that nobody judges it by the published schemas."""
_READ = "GET"


@dataclass(frozen=True, slots=True)
class _Received:
    method: str
    path: str
    url: str
    base_url: str
    headers: dict[str, str]
    query: dict[str, str]
    raw: bytes
    query_id: str
    fate: InjectedFaults

    def json(self) -> Any:  # noqa: ANN401  # any JSON
        try:
            return json.loads(self.raw) if self.raw else None
        except ValueError as error:
            raise Refusal(400, "The body is not valid JSON") from error


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: int
    body: Any


class Pipeline:
    """Answers calls, one at a time; only injected delays overlap."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def __call__(self, request: Request) -> Response:
        """Answers one call of the provider's API.

        Raises:
            ConnectionDropped: the connection is to be cut.
        """
        received = await self._receive(request)
        fate = received.fate
        if delay := fate.of(FaultKind.DELAY_BEFORE):
            await asyncio.sleep(delay.seconds)
        outcome = self._spoiled(received) or self._handle(received)
        if delay := fate.of(FaultKind.DELAY_AFTER):
            await asyncio.sleep(delay.seconds)
        if fate.of(FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER):
            raise ConnectionDropped
        return self._respond(received, self._falsified(received, outcome))

    async def _receive(self, request: Request) -> _Received:
        path = request.url.path.removeprefix(BASE)
        return _Received(
            method=request.method,
            path=path,
            url=str(request.url),
            base_url=str(request.base_url).rstrip("/"),
            headers={key.lower(): value for key, value in request.headers.items()},
            query=dict(request.query_params),
            raw=await request.body(),
            query_id="EU.sim." + secrets.token_hex(8),
            fate=self._provider.take_faults(request.method, path),
        )

    def _spoiled(self, received: _Received) -> _Outcome | None:
        """The outcome of a call that a fault keeps from having any effect."""
        hit = received.fate.of(FaultKind.ERROR_BEFORE, FaultKind.CUT_BEFORE, FaultKind.LYING_OK)
        if hit is None:
            return None
        refusal = Refusal(hit.status, hit.message, hit.error_code)
        self._record(received, _find(received), f"nothing: {hit.kind.value} was injected", hit.status)
        status = 200 if hit.kind is FaultKind.LYING_OK else hit.status
        return _Outcome(status, refusal.body(received.query_id))

    def _falsified(self, received: _Received, outcome: _Outcome) -> _Outcome:
        hit = received.fate.of(FaultKind.ERROR_AFTER)
        if hit is None:
            return outcome
        return _Outcome(hit.status, Refusal(hit.status, hit.message, hit.error_code).body(received.query_id))

    def _handle(self, received: _Received) -> _Outcome:
        now = self._provider.catch_up()
        found = _find(received)
        try:
            answer = self._answer(received, found, now)
        except Refusal as refusal:
            self._provider.undo()
            self._record(received, found, f"nothing: refused {refusal.status}, {refusal.message}", refusal.status)
            return _Outcome(refusal.status, refusal.body(received.query_id))
        except Exception:
            self._provider.undo()
            raise
        self._record(received, found, answer.effect or "nothing: it was so already", 200, took=bool(answer.effect))
        return _Outcome(200, answer.body)

    def _answer(self, received: _Received, found: tuple[Endpoint, dict[str, Any]] | None, now: datetime) -> Answer:
        world = self._provider.world
        if found is None:
            signature.application(world, received.headers)
            _no_such_call(received)
        endpoint, path = found
        credential = None
        key = "" if endpoint.path == "/auth/time" else signature.application(world, received.headers)
        if endpoint.signed:
            url, body = received.url, received.raw
            credential = signature.caller(world, received.headers, received.method, url, body)
            if not endpoint.path.startswith("/auth/"):
                signature.require_right(credential, received.method, received.path)
        call = Call(
            world=world,
            now=now,
            path=path,
            query=received.query,
            body=received.json(),
            fate=received.fate,
            base_url=received.base_url,
            application=key,
            credential=credential,
        )
        return endpoint.handle(call)

    def _record(
        self,
        received: _Received,
        found: tuple[Endpoint, dict[str, Any]] | None,
        effect: str,
        status: int,
        *,
        took: bool = False,
    ) -> None:
        """Stores the changes and, in the same transaction, the ledger's entry of a mutating call."""
        if received.method == _READ or (found and not found[0].mutates) or _is_dry_run(received):
            self._provider.commit()
            return
        entry = LedgerEntry(
            method=received.method,
            path=received.path,
            body=without_secrets(_lenient_json(received.raw)),
            at=self._provider.clock.now(),
            effect=effect,
            took_effect=took,
            status=status,
            query_id=received.query_id,
        )
        self._provider.commit(entry)

    def _respond(self, received: _Received, outcome: _Outcome) -> Response:
        now = self._provider.clock.now()
        headers = {"X-OVH-QUERYID": received.query_id, "Date": format_datetime(now, usegmt=True)}
        hit = received.fate.of(FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER)
        if hit and hit.retry_after is not None:
            headers["Retry-After"] = str(hit.retry_after)
        if received.fate.hits:
            headers[FAULT_HEADER] = received.fate.hits[0].kind.value
        return JSONResponse(outcome.body, status_code=outcome.status, headers=headers)


def _find(received: _Received) -> tuple[Endpoint, dict[str, Any]] | None:
    for (pattern, _, convertors), endpoint in _ROUTES:
        if endpoint.method == received.method and (match := pattern.match(received.path)):
            return endpoint, {name: convertors[name].convert(text) for name, text in match.groupdict().items()}
    return None


def _no_such_call(received: _Received) -> NoReturn:
    raise Refusal(404, f"Got an invalid (or empty) URL: {received.method} {received.path}", "INVALID_URL")


def _is_dry_run(received: _Received) -> bool:
    body = _lenient_json(received.raw)
    return received.path.endswith("/billing/engagement/flush") and isinstance(body, dict) and body.get("dryRun") is True  # pyright: ignore[reportUnknownMemberType]


def _lenient_json(raw: bytes) -> Any:  # noqa: ANN401  # any JSON
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return f"{len(raw)} bytes that are not JSON"
