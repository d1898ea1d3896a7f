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
        try:
            return await pipeline(request)
        except Cut:
            return _Silence(connections)

    return Starlette(routes=[*Admin(provider).routes(), Route(f"{BASE}/{{path:path}}", answer, methods=_METHODS)])


class _Silence(Response):
    """No answer: the connection is cut."""

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # nothing is sent
        self._connections.cut(scope)
        while (await receive())["type"] != "http.disconnect":
            pass
