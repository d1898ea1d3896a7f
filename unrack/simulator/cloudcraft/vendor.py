"""Cloudcraft as a vendor of the simulator."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from unrack.simulator.cloudcraft import seeds, subscription, views
from unrack.simulator.cloudcraft.records import Blueprint, Rendering, Tables, User
from unrack.simulator.vendor import Call, Event, Operation, Received, Refused, Reply
from unrack.simulator.world import World

_PICTURES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
_EXPORT = re.compile(r"/blueprint/(?P<id>[^/]+)(?:/(?P<kind>png|svg|pdf|budget/csv))?")


class CloudcraftVendor:
    """See `unrack.simulator.vendor.Vendor`. The API is offered as far as it reads."""

    name = "cloudcraft"
    prefix = "/cloudcraft"
    tables = Tables

    def plant(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """See `Vendor.plant`; `seed` has the fields of `CloudcraftSeed`."""
        seeds.plant(world.room(Tables), seeds.CloudcraftSeed.model_validate(dict(seed)), now)

    def upcoming(self, world: World) -> Iterator[Event]:
        """See `Vendor.upcoming`."""
        return subscription.upcoming(world)

    def operation(self, received: Received) -> Operation:
        """See `Vendor.operation`."""
        return Operation(received.path, mutates=received.method != "GET")

    def answer(self, call: Call) -> Reply:
        """See `Vendor.answer`."""
        tables, path = call.world.room(Tables), call.received.path
        user = _authorised(tables, call.received)
        if call.received.method != "GET":
            raise _refused(405, "Method Not Allowed")
        listed = _listed(tables, path, user, call.now)
        if listed is not None:
            return Reply(listed)
        found = _EXPORT.fullmatch(path)
        blueprint = tables.blueprints.get(found["id"]) if found else None
        if found is None or blueprint is None:
            raise _refused(404, "Not Found")
        return _exported(tables, blueprint, found["kind"], call.now)

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """See `Vendor.error`."""
        return Reply({"error": message} | ({"code": code} if code else {}), status=status)

    def credentials(self, url: str) -> Mapping[str, str]:
        """See `Vendor.credentials`."""
        return {"endpoint": f"{url}{self.prefix}", "api_key": seeds.API_KEY}


def _authorised(tables: Tables, received: Received) -> User:
    """The member whose key it is; the API is part of the paid plan."""
    given = received.headers.get("authorization", "").removeprefix("Bearer ")
    user = next((one for one in tables.users if one.api_key and one.api_key == given), None)
    if user is None:
        raise _refused(401, "Unauthorized")
    plan = tables.subscription
    if plan.plan == "free" and not plan.api_on_free_plan:
        raise _refused(403, "The developer API needs a paid plan")
    return user


def _listed(tables: Tables, path: str, user: User, now: datetime) -> Any:  # noqa: ANN401  # any JSON
    match path:
        case "/user/me":
            return views.me(user, now)
        case "/team":
            return views.teams(tables)
        case "/blueprint":
            return {"blueprints": [views.summary(one) for one in tables.blueprints]}
        case "/aws/account" | "/azure/account":
            return {"accounts": [views.cloud(one) for one in tables.clouds.where(source=path.split("/")[1])]}
        case _:
            return None


def _exported(tables: Tables, blueprint: Blueprint, kind: str | None, now: datetime) -> Reply:
    if kind is None:
        return Reply(views.whole(blueprint))
    if kind == "budget/csv":
        return Reply(views.budget(blueprint), media_type="text/csv")
    if not _rendered(tables, f"{blueprint.id}/{blueprint.changed_at.isoformat()}/{kind}", now):
        return Reply({"message": "rendering"}, status=202)
    return Reply(views.picture(blueprint, kind), media_type=_PICTURES[kind])


def _rendered(tables: Tables, key: str, now: datetime) -> bool:
    """Whether a picture is ready; the first request for it starts the rendering."""
    rendering = tables.renderings.get(key)
    if rendering is None:
        ready = now + timedelta(seconds=tables.subscription.rendering)
        rendering = tables.renderings.put(Rendering(key=key, ready_at=ready))
    return rendering.ready_at <= now


def _refused(status: int, message: str) -> Refused:
    return Refused(Reply({"error": message}, status=status), message)
