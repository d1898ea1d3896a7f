"""The ASGI application: each vendor's API under its prefix, our own under ``/_simulator``."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from unrack.simulator.admin import Admin
from unrack.simulator.connection_dropped import ConnectionDropped
from unrack.simulator.pipeline import Pipeline
from unrack.simulator.provider import Provider
from unrack.simulator.transport import Connections
from unrack.simulator.vendors import VENDORS

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def build(provider: Provider, connections: Connections) -> ASGIApp:
    """The application over `provider`; `connections` lets it cut a connection."""
    routes = Admin(provider).routes()
    for vendor in VENDORS:
        pipeline = Pipeline(provider, vendor)
        routes += [_route(f"{vendor.prefix}{rest}", pipeline, connections) for rest in ("", "/{path:path}")]
    return Starlette(routes=routes)


def _route(path: str, pipeline: Callable[[Request], Awaitable[Response]], connections: Connections) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return await pipeline(request)
        except ConnectionDropped:
            return _Silence(connections)

    return Route(path, answer, methods=_METHODS)


class _Silence(Response):
    """No answer: the connection is cut."""

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # nothing is sent
        self._connections.cut(scope)
        while (await receive())["type"] != "http.disconnect":
            pass
