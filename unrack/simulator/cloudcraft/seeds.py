"""The demo's account. The key below protects nothing: it opens a simulator and is written in the documentation."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from unrack.model.base import Frozen
from unrack.simulator.cloudcraft.records import Blueprint, Cloud, Subscription, User
from unrack.simulator.cloudcraft.tables import Tables

API_KEY = "5imu1at0r-Cloudcraft-key-00000000000000000000"[:44]
OWNER = "ada@example.net"
_NAMESPACE = UUID("0c9a8f6e-3f41-4f3e-8f5a-6f1f6f4f1c11")


class CloudcraftSeed(Frozen):
    """The first state of the account."""

    each: int = 1
    """Of no effect: an account has one subscription."""
    cycle_ends_in: timedelta = timedelta(days=20)
    renews: bool = True
    blueprints: int = 3
    rendering: float = 2
    api_on_free_plan: bool = False
    key_of_owner: bool = True
    """Whether the API key is the owner's; another member's otherwise."""


def fill(tables: Tables, seed: CloudcraftSeed, now: datetime) -> None:
    """Fills empty tables."""
    tables.subscription_row.put(
        Subscription(
            cycle_ends_at=now + seed.cycle_ends_in,
            renews=seed.renews,
            rendering=seed.rendering,
            api_on_free_plan=seed.api_on_free_plan,
        )
    )
    owner_key, member_key = (API_KEY, None) if seed.key_of_owner else (None, API_KEY)
    owner = User(id=_id("owner"), name="Ada Lovelace", email=OWNER, role="owner", api_key=owner_key)
    member = User(id=_id("member"), name="Bob", email="bob@example.net", role="member", api_key=member_key)
    tables.users.put(owner)
    tables.users.put(member)
    for number in range(seed.blueprints):
        tables.blueprints.put(
            Blueprint(
                id=_id(f"blueprint-{number}"),
                name=f"Network {number + 1} / Paris",
                grid="infinite" if number == 0 else "standard",
                creator=owner.id,
                nodes=number + 1,
                changed_at=now - timedelta(days=number + 1),
            )
        )
    tables.clouds.put(Cloud(id=_id("aws"), source="aws", name="Production", number="558791803304"))
    tables.clouds.put(Cloud(id=_id("azure"), source="azure", name="Office", number="db0297eb-ad6c-4e63"))


def _id(name: str) -> str:
    return str(uuid5(_NAMESPACE, name))
