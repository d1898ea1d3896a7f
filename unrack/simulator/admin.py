"""The simulator's own API under ``/_simulator/``: for demos and tests, not part of any provider. No signature.

Bound to the loopback address, as the whole simulator is.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from unrack.model.base import Frozen, Moment
from unrack.simulator.faults import Fault
from unrack.simulator.provider import Provider
from unrack.simulator.seeds import Seed
from unrack.simulator.vendor import OutOfBand, OutOfBandCall, Refused, Reply
from unrack.simulator.vendors import VENDORS

Handler = Callable[[Request], Awaitable[Response]]


class ClockChange(Frozen):
    """A change of the clock: it is set, then advanced, then scaled."""

    set: Moment | None = None
    advance: timedelta | None = Field(default=None, ge=timedelta(0))
    """Seconds, or an ISO 8601 duration."""
    scale: float | None = Field(default=None, gt=0)


class Admin:
    """Handlers of the simulator's own API."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def routes(self) -> list[Route]:
        """Every route, with its path."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "", self._prove),
            ("GET", "/health", self._health),
            ("GET", "/clock", self._clock),
            ("PUT", "/clock", self._set_clock),
            ("GET", "/ledger", self._ledger),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._inject),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/calls", self._calls),
            ("DELETE", "/calls", self._clear_calls),
            ("POST", "/world", self._reseed),
        ]
        routes = (route for vendor in VENDORS for route in vendor.out_of_band)
        table += [(route.method, route.path, self._out_of_band(route)) for route in routes]
        return [Route(f"/_simulator{path}", _safely(handle), methods=[method]) for method, path, handle in table]

    async def _prove(self, request: Request) -> Response:
        """Answers a worker's challenge; the port is the one that really listens, whatever the caller called."""
        port = int(request.scope["server"][1])
        proof = self._provider.challenge.answer(request.query_params.get("nonce", ""), port, self._provider.clock.scale)
        return _json(proof.model_dump(mode="json"))

    async def _health(self, _: Request) -> Response:
        return _json({"status": "ok", "now": self._provider.catch_up().isoformat()})

    async def _clock(self, _: Request) -> Response:
        self._provider.catch_up()
        return _json(self.clock_view())

    def clock_view(self) -> dict[str, Any]:
        """The time on the clock, and how fast it runs."""
        return {"now": self._provider.clock.now().isoformat(), "scale": self._provider.clock.scale}

    async def _set_clock(self, request: Request) -> Response:
        change = ClockChange.model_validate_json(await request.body())
        self._provider.set_clock(change.set, change.advance, change.scale)
        return _json(self.clock_view())

    async def _ledger(self, _: Request) -> Response:
        return _json([entry.model_dump(mode="json") for entry in self._provider.ledger()])

    async def _faults(self, _: Request) -> Response:
        return _json([fault.model_dump(mode="json") for fault in self._provider.world.faults])

    async def _inject(self, request: Request) -> Response:
        fault = self._provider.inject(Fault.model_validate_json(await request.body()))
        return _json(fault.model_dump(mode="json"))

    async def _clear_faults(self, _: Request) -> Response:
        self._provider.clear_faults()
        return _json(None)

    async def _calls(self, _: Request) -> Response:
        return _json([call.model_dump(mode="json") for call in self._provider.calls])

    async def _clear_calls(self, _: Request) -> Response:
        self._provider.calls.clear()
        return _json(None)

    async def _reseed(self, request: Request) -> Response:
        self._provider.reseed(Seed.model_validate_json(await request.body() or b"{}"))
        return _json(self.clock_view())

    def _out_of_band(self, route: OutOfBand) -> Handler:
        async def answer(request: Request) -> Response:
            raw, now = await request.body(), self._provider.catch_up()
            try:
                reply = route.handle(OutOfBandCall(self._provider.world, now, request.path_params, raw))
            except Refused:
                self._provider.undo()
                raise
            self._provider.commit()
            return _respond(reply)

        return answer


def _safely(handle: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handle(request)
        except Refused as refused:
            return _respond(refused.reply)
        except (ValidationError, ValueError) as error:
            return _json({"message": str(error)}, 400)

    return answer


def _json(content: object, status: int = 200) -> Response:
    return JSONResponse(content, status_code=status)


def _respond(reply: Reply) -> Response:
    if isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, media_type=reply.media_type)
    return _json(reply.body("simulator") if callable(reply.body) else reply.body, reply.status)
