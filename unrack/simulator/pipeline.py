"""The way of one call through a vendor: faults, the vendor's own judgement, the ledger, the answer."""

import asyncio
import json
import secrets
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from unrack.simulator.calls import ReceivedCall
from unrack.simulator.connection_dropped import ConnectionDropped
from unrack.simulator.faults import FaultKind, InjectedFaults
from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.provider import Provider
from unrack.simulator.vendor import Call, Operation, Received, Refused, Reply, SimulatedVendor

FAULT_HEADER = "X-Simulator-Fault"
"""Names the injected fault that spoiled an answer, so that nobody judges it by the published schemas."""


class Pipeline:
    """Answers calls to one vendor, one at a time; only injected delays overlap."""

    def __init__(self, provider: Provider, vendor: SimulatedVendor) -> None:
        self._provider = provider
        self._vendor = vendor

    async def __call__(self, request: Request) -> Response:
        """Answers one call.

        Raises:
            ConnectionDropped: the connection is to be cut.
        """
        received = await self._receive(request)
        operation = self._vendor.operation(received)
        faults = self._provider.take_faults(received.method, self._shown(operation))
        if delay := faults.of(FaultKind.DELAY_BEFORE):
            await asyncio.sleep(delay.seconds)
        reply = self._spoiled(received, operation, faults) or self._handle(received, operation, faults)
        if delay := faults.of(FaultKind.DELAY_AFTER):
            await asyncio.sleep(delay.seconds)
        reply = self._falsified(faults, reply)
        dropped = faults.of(FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER) is not None
        self._note(received, operation, None if dropped else reply.status)
        if dropped:
            raise ConnectionDropped
        return self._respond(received, reply, faults)

    def _shown(self, operation: Operation) -> str:
        """How the ledger, the list of calls and faults call an operation."""
        return self._vendor.ledger_prefix + operation.name

    def _note(self, received: Received, operation: Operation, status: int | None) -> None:
        call = ReceivedCall(
            vendor=self._vendor.name,
            method=received.method,
            path=self._shown(operation),
            status=status,
            at=self._provider.clock.now(),
        )
        self._provider.calls.add(call)

    async def _receive(self, request: Request) -> Received:
        return Received(
            method=request.method,
            path=request.url.path.removeprefix(self._vendor.prefix) or "/",
            url=str(request.url),
            base_url=str(request.base_url).rstrip("/"),
            headers={key.lower(): value for key, value in request.headers.items()},
            query=dict(request.query_params),
            raw=await request.body(),
            query_id=self._vendor.id_prefix + secrets.token_hex(8),
        )

    def _spoiled(self, received: Received, operation: Operation, faults: InjectedFaults) -> Reply | None:
        """The answer to a call that a fault keeps from having any effect."""
        hit = faults.of(FaultKind.ERROR_BEFORE, FaultKind.CUT_BEFORE, FaultKind.LYING_OK)
        if hit is None:
            return None
        self._record(received, operation, f"nothing: {hit.kind.value} was injected", hit.status)
        reply = self._vendor.error(hit.status, hit.error_code, hit.message)
        if hit.kind is FaultKind.LYING_OK:
            return Reply(body=reply.body, status=200, media_type=reply.media_type)
        return reply

    def _falsified(self, faults: InjectedFaults, reply: Reply) -> Reply:
        hit = faults.of(FaultKind.ERROR_AFTER)
        return self._vendor.error(hit.status, hit.error_code, hit.message) if hit else reply

    def _handle(self, received: Received, operation: Operation, faults: InjectedFaults) -> Reply:
        now = self._provider.catch_up()
        try:
            reply = self._vendor.answer(Call(self._provider.world, now, received, operation, faults))
        except Refused as refused:
            self._provider.undo()
            self._record(
                received, operation, f"nothing: refused {refused.reply.status}, {refused.reason}", refused.reply.status
            )
            return refused.reply
        except Exception:
            self._provider.undo()
            raise
        effect = reply.effect or "nothing: it was so already"
        self._record(received, operation, effect, reply.status, took=bool(reply.effect))
        return reply

    def _record(
        self, received: Received, operation: Operation, effect: str, status: int, *, took: bool = False
    ) -> None:
        """Stores the changes and, in the same transaction, the ledger's entry of a mutating call."""
        if not operation.mutates:
            self._provider.commit()
            return
        entry = LedgerEntry(
            method=received.method,
            path=self._shown(operation),
            body=operation.body,
            at=self._provider.clock.now(),
            effect=effect,
            took_effect=took,
            status=status,
            query_id=received.query_id,
        )
        self._provider.commit(entry)

    def _respond(self, received: Received, reply: Reply, faults: InjectedFaults) -> Response:
        headers = {
            "Date": format_datetime(self._provider.clock.now(), usegmt=True),
            self._vendor.id_header: received.query_id,
        }
        headers |= reply.headers
        hit = faults.of(FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER)
        if hit and hit.retry_after is not None:
            headers["Retry-After"] = str(hit.retry_after)
        if faults.hits:
            headers[FAULT_HEADER] = faults.hits[0].kind.value
        return Response(
            _content(reply, received.query_id), status_code=reply.status, headers=headers, media_type=reply.media_type
        )


def _content(reply: Reply, query_id: str) -> bytes:
    body = reply.body(query_id) if callable(reply.body) else reply.body
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
