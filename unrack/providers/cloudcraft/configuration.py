"""The account's members, diagrams and linked clouds. Captured before the end, compared after a rollback."""

from collections.abc import Iterator

from unrack.model.base import Frozen
from unrack.model.message import msg
from unrack.model.service import ServiceRef
from unrack.model.state import Difference
from unrack.providers.base import Compared
from unrack.providers.cloudcraft.client import CloudcraftApi
from unrack.providers.cloudcraft.schemas import Blueprints, Cloud, Clouds, Team, Teams, User
from unrack.providers.snapshot import Snapshot, compared

EVIDENCE = "configuration"
"""The type of evidence that holds an `Inventory`."""

CLOUDS = {"AWS": "/aws/account", "Azure": "/azure/account"}
"""Where the linked accounts of each cloud are listed."""


class LinkedCloud(Frozen):
    """A cloud that Cloudcraft reads; its role or application is removed on the cloud's side."""

    cloud: str
    id: str
    name: str
    access: str
    """The IAM role, or the application and directory, by which it reads."""


class Inventory(Snapshot):
    """Everything that the account holds, by name."""

    schema_version: int = 1
    user: str
    owners: tuple[str, ...]
    teams: tuple[str, ...]
    blueprints: dict[str, str]
    """Name by id."""
    clouds: tuple[LinkedCloud, ...]

    @classmethod
    def unreadable(cls, faults: int) -> str:
        """See `Snapshot`."""
        return msg("the captured inventory cannot be read ({faults} faults)", faults=faults)


async def read_inventory(api: CloudcraftApi) -> Inventory:
    """Read the current inventory of the account."""
    user, teams = await api.get("/user/me", User), await read_teams(api)
    blueprints = await api.get("/blueprint", Blueprints)
    return Inventory(
        user=user.email,
        owners=owners(teams),
        teams=tuple(sorted(team.name for team in teams)),
        blueprints={item.id: item.name for item in blueprints.blueprints},
        clouds=await read_clouds(api),
    )


async def read_teams(api: CloudcraftApi) -> tuple[Team, ...]:
    """The teams with their members."""
    return (await api.get("/team", Teams)).root


async def read_clouds(api: CloudcraftApi) -> tuple[LinkedCloud, ...]:
    """The linked clouds."""
    found: list[LinkedCloud] = []
    for cloud, path in CLOUDS.items():
        accounts = (await api.get(path, Clouds)).accounts
        found += [LinkedCloud(cloud=cloud, id=item.id, name=item.name, access=_access(item)) for item in accounts]
    return tuple(sorted(found, key=lambda item: (item.cloud, item.name, item.id)))


def owners(teams: tuple[Team, ...]) -> tuple[str, ...]:
    """Return the owners of teams. The account's owner is among them (S3.1)."""
    return tuple(sorted({member.email for team in teams for member in team.members if member.role == "owner"}))


async def compare(api: CloudcraftApi, ref: ServiceRef, before: bytes) -> Compared:
    """Compare with the capture, item by item. Both sides are kept."""
    captured, now = Inventory.from_bytes(before), await read_inventory(api)
    found = tuple(_differences(captured, now))
    return compared(ref, captured, now, found, await api.clock())


def _access(cloud: Cloud) -> str:
    if cloud.role_arn:
        return cloud.role_arn
    return msg(
        "application {application_id} in directory {directory_id}, {subscription_id}",
        application_id=cloud.application_id,
        directory_id=cloud.directory_id,
        subscription_id=cloud.subscription_id,
    )


def _differences(before: Inventory, now: Inventory) -> Iterator[Difference]:
    """Diagrams that are new do not matter; those that are gone, and clouds that are no longer linked, do."""
    for number, name in before.blueprints.items():
        if now.blueprints.get(number) != name:
            yield Difference(field=f"blueprint[{number}]", before=name, after=now.blueprints.get(number, ""))
    linked = {cloud.access for cloud in now.clouds}
    for cloud in before.clouds:
        if cloud.access not in linked:
            yield Difference(field=f"cloud[{cloud.id}]", before=f"{cloud.cloud} {cloud.name}", after="")
    if before.owners != now.owners:
        yield Difference(field="owners", before=", ".join(before.owners), after=", ".join(now.owners))
