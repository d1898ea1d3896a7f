"""The operations, as far as they read: user, team, blueprints, linked clouds, exports."""

import re
from datetime import datetime, timedelta
from typing import Any

from unrack.simulator.cloudcraft import views
from unrack.simulator.cloudcraft.records import Blueprint, Rendering, User
from unrack.simulator.cloudcraft.refusal import refused
from unrack.simulator.cloudcraft.tables import Tables
from unrack.simulator.vendor import Received, Reply

_PICTURES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
_EXPORT = re.compile(r"/blueprint/(?P<id>[^/]+)(?:/(?P<kind>png|svg|pdf|budget/csv))?")


def answer(tables: Tables, path: str, user: User, now: datetime) -> Reply:
    """The answer at `path` for `user`."""
    shown = _listed(tables, path, user, now)
    if shown is not None:
        return Reply(shown)
    found = _EXPORT.fullmatch(path)
    blueprint = tables.blueprints.get(found["id"]) if found else None
    if found is None or blueprint is None:
        raise refused(404, "Not Found")
    return _exported(tables, blueprint, found["kind"], now)


def authorised(tables: Tables, received: Received) -> User:
    """The member whose key it is; the API is part of the paid plan."""
    given = received.headers.get("authorization", "").removeprefix("Bearer ")
    user = next((one for one in tables.users if one.api_key and one.api_key == given), None)
    if user is None:
        raise refused(401, "Unauthorized")
    plan = tables.subscription
    if plan.plan == "free" and not plan.api_on_free_plan:
        raise refused(403, "The developer API needs a paid plan")
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
