"""The ASGI application: the provider's API under ``/1.0``, the simulator's own under ``/_simulator``."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from unrack.simulator.admin import Admin
from unrack.simulator.pipeline import BASE, Cut, Pipeline
from unrack.simulator.provider import Provider
from unrack.simulator.transport import Connections

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def build(provider: Provider, connections: Connections) -> ASGIApp:
    """The application over `provider`; `connections` lets it cut a connection."""
    pipeline = Pipeline(provider)

    async def answer(request: Request) -> Response:
        return await pipeline(request)

    routes = [*Admin(provider).routes(), Route(f"{BASE}/{{path:path}}", answer, methods=_METHODS)]
    return _Cutting(Starlette(routes=routes), connections)


class _Cutting:
    """Cuts the connection where the pipeline orders it."""

    def __init__(self, inner: ASGIApp, connections: Connections) -> None:
        self._inner = inner
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._inner(scope, receive, send)
        except Cut:
            self._connections.cut(scope)
            while (await receive())["type"] != "http.disconnect":
                pass
