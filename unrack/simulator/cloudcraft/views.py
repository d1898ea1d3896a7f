"""The answers of the API, in the shapes of DataDog/cloudcraft-go's types and test data."""

from datetime import UTC, datetime
from typing import Any

from unrack.simulator.cloudcraft.records import Blueprint, Cloud, User
from unrack.simulator.cloudcraft.tables import Tables

_CREATED = datetime(2024, 3, 1, tzinfo=UTC)
_CUSTOMER = "e6d4ccd3-551e-425f-b415-637f9005ed2a"


def me(user: User, now: datetime) -> dict[str, Any]:
    """``/user/me``."""
    settings = {"currency": "USD", "firstTime": False}
    dates = {"createdAt": stamp(_CREATED), "updatedAt": stamp(_CREATED), "accessedAt": stamp(now)}
    return {"id": user.id, "name": user.name, "email": user.email, "settings": settings, **dates}


def teams(tables: Tables) -> list[dict[str, Any]]:
    """``/team``."""
    members = [
        {"id": f"member-{user.id}", "role": user.role, "userId": user.id, "name": user.name, "email": user.email}
        for user in tables.users
    ]
    team = {"id": "2d2f9b4d-53ac-463f-9c7a-97249a22a7fa", "name": "Everybody", "visible": True, "role": "owner"}
    dates = {"createdAt": stamp(_CREATED), "updatedAt": stamp(_CREATED)}
    flags = {"crossOrganizational": False, "externalSharing": False, "customerId": _CUSTOMER}
    return [{**team, **flags, **dates, "members": [{**member, "mfaEnabled": True} for member in members]}]


def summary(blueprint: Blueprint) -> dict[str, Any]:
    """A line of ``/blueprint``."""
    return {
        "id": blueprint.id,
        "name": blueprint.name,
        "tags": None,
        "readAccess": None,
        "writeAccess": None,
        "createdAt": stamp(_CREATED),
        "updatedAt": stamp(blueprint.changed_at),
        "CreatorId": blueprint.creator,
        "CurrentVersionId": blueprint.id,
        "LastUserId": blueprint.creator,
    }


def whole(blueprint: Blueprint) -> dict[str, Any]:
    """``/blueprint/{id}``."""
    nodes = [{"id": f"node-{number}", "type": "ec2", "mapPos": [number, 0]} for number in range(blueprint.nodes)]
    empty: dict[str, list[Any]] = {name: [] for name in ("edges", "groups", "icons", "images", "surfaces", "text")}
    data = {"grid": blueprint.grid, "name": blueprint.name, "nodes": nodes, "version": 4, "shareDocs": False, **empty}
    return {**summary(blueprint), "CustomerId": None, "data": data}


def cloud(linked: Cloud) -> dict[str, Any]:
    """A line of ``/aws/account`` or ``/azure/account``."""
    shared = {"id": linked.id, "name": linked.name, "source": linked.source, "readAccess": None, "writeAccess": None}
    dates = {"createdAt": stamp(_CREATED), "updatedAt": stamp(_CREATED), "CreatorId": "b92570ba"}
    if linked.source == "aws":
        role = f"arn:aws:iam::{linked.number}:role/cloudcraft"
        return {**shared, **dates, "roleArn": role, "externalId": "61fc01d6-3e6f-47ab-bc44-53fab97c217a"}
    application = {"applicationId": "3a64bc23-5dd6-4624-8ce8-fe3e61b41579", "directoryId": "5d7ef62e-c8bb"}
    return {**shared, **dates, **application, "subscriptionId": linked.number, "hint": "3RK"}


def budget(blueprint: Blueprint) -> bytes:
    """``/blueprint/{id}/budget/csv``."""
    rows = [f"Compute,ec2,us-east-1,1,0.096,{70 + number}.08" for number in range(blueprint.nodes)]
    return "\n".join(["category,type,region,count,unitPrice,cost", *rows, ""]).encode()


def picture(blueprint: Blueprint, kind: str) -> bytes:
    """A picture, small but of its kind."""
    if kind == "svg":
        return f'<svg xmlns="http://www.w3.org/2000/svg"><text>{blueprint.name}</text></svg>'.encode()
    if kind == "pdf":
        return f"%PDF-1.4\n% {blueprint.name}\n%%EOF\n".encode()
    return b"\x89PNG\r\n\x1a\n" + blueprint.name.encode()


def stamp(moment: datetime) -> str:
    """A moment as Cloudcraft writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
