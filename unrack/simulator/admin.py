"""The simulator's own API under ``/_simulator/``: for demos and tests, not part of any provider. No signature.

Bound to the loopback address, as the whole simulator is.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from unrack.model.base import Frozen, Moment
from unrack.simulator import configuration, letter
from unrack.simulator.api import web_hosting
from unrack.simulator.faults import Fault
from unrack.simulator.provider import Provider
from unrack.simulator.refusal import Refusal
from unrack.simulator.scenario_events import ScenarioEvent
from unrack.simulator.seeds import Seed

Handler = Callable[[Request], Awaitable[Response]]


class ClockChange(Frozen):
    """What to do with the clock: set it, then advance it, then scale it."""

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
            ("POST", "/happenings", self._happen),
            ("GET", "/mail", self._mail),
            ("GET", "/service/{name}/configuration", self._configuration),
            ("POST", "/world", self._plant),
            ("GET", "/loa/{name}.pdf", self._loa),
            ("GET", "/credential/{id:int}/validate", self._validate),
            ("GET", "/confirm/{id:int}/{token}", self._confirm),
        ]
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
        """What the clock shows, and how fast it runs."""
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

    async def _happen(self, request: Request) -> Response:
        self._provider.happen(ScenarioEvent.model_validate_json(await request.body()))
        return _json(None)

    async def _mail(self, _: Request) -> Response:
        now = self._provider.catch_up()
        mails = [mail for mail in self._provider.world.mails if mail.sent_at <= now]
        return _json([mail.model_dump(mode="json") for mail in mails])

    async def _configuration(self, request: Request) -> Response:
        self._provider.catch_up()
        return _json(configuration.snapshot(self._provider.world, request.path_params["name"]))

    async def _plant(self, request: Request) -> Response:
        self._provider.plant(Seed.model_validate_json(await request.body() or b"{}"))
        return _json(self.clock_view())

    async def _loa(self, request: Request) -> Response:
        now = self._provider.catch_up()
        content = letter.of(self._provider.world, request.path_params["name"], now)
        return Response(content, media_type="application/pdf")

    async def _validate(self, request: Request) -> Response:
        """What a person does in a browser to grant a new consumer key its rights."""
        world = self._provider.world
        found = world.credentials.where(id=request.path_params["id"], status="pendingValidation")
        if not found:
            raise Refusal(404, "There is no such credential to validate")
        world.credentials.change(found[0], status="validated")
        self._provider.commit()
        return PlainTextResponse("validated")

    async def _confirm(self, request: Request) -> Response:
        """What a person does who follows a mailed link that ends an option."""
        self._provider.catch_up()
        world, number = self._provider.world, request.path_params["id"]
        owner = world.services[number].contact_admin if world.services.get(number) else ""
        web_hosting.follow_link(world, number, request.path_params["token"], owner)
        self._provider.commit()
        return PlainTextResponse("confirmed")


def _safely(handle: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handle(request)
        except Refusal as refusal:
            return _json(refusal.body("simulator"), refusal.status)
        except (ValidationError, ValueError) as error:
            return _json({"message": str(error)}, 400)

    return answer


def _json(content: object, status: int = 200) -> Response:
    return JSONResponse(content, status_code=status)
