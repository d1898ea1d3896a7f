"""One OVHcloud Connect service, read through the product's routes and through ``/services``."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.ovhcloud.answers import BilledService, Connect, Customer, Interface, ServiceInfos
from unrack.providers.ovhcloud.transport import OvhApi


class Shown(StrEnum):
    """How OVHcloud answers for the service."""

    ACTIVE = "active"
    CLOSED = "closed"
    UNKNOWN_TO_IT = "404"
    EXPIRED = "460"
    """Ended and retained, or suspended for debt: only the life cycle tells."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the service still lives, by everything OVHcloud says of it."""

    shown: Shown
    billed: BilledService | None

    @property
    def ended(self) -> bool:
        """Closed, or no longer answered for, and no life cycle that says otherwise."""
        if self.shown is Shown.ACTIVE:
            return False
        return self.shown is Shown.CLOSED or self.billed is None or self.billed.state == "terminated"

    def words(self) -> str:
        """For people."""
        state = self.billed.state if self.billed else "not listed"
        return f"OVHcloud Connect answers {self.shown.value}; /services says {state}"


class ConnectService:
    """Reads one service; changes nothing."""

    def __init__(self, api: OvhApi, service: str) -> None:
        """Read the service with the uuid `service`.

        Raises:
            UnrackError: `service` is not a uuid, so OVHcloud has no such service.
        """
        self.api = api
        self.id = service
        self.path = f"/ovhCloudConnect/{_uuid(service)}"

    async def connect(self) -> Connect:
        """The product's own view."""
        return await self.api.get(self.path, Connect)

    async def infos(self) -> ServiceInfos:
        """The billing state as the product shows it."""
        return await self.api.get(f"{self.path}/serviceInfos", ServiceInfos)

    async def billed(self, service_id: int) -> BilledService:
        """The generic view of service `service_id`."""
        return await self.api.get(f"/services/{service_id}", BilledService)

    async def find_billed(self) -> BilledService | None:
        """The generic view, found by name, also after the product's route is gone; None when nothing is listed."""
        for service_id in await self.api.get("/services", list[int], resourceName=self.id):
            found = await self._unless_missing(service_id)
            if found and found.parent_service_id is None and found.resource.name == self.id:
                return found
        return None

    async def must_be_billed(self) -> BilledService:
        """The generic view.

        Raises:
            UnrackError: ``/services`` does not list the service.
        """
        return await self.billed((await self.infos()).service_id)

    async def standing(self) -> Standing:
        """Whether the service still lives."""
        return Standing(shown=await self._shown(), billed=await self.find_billed())

    async def interfaces(self) -> list[Interface]:
        """The ports, by id."""
        ids = await self.api.get(f"{self.path}/interface", list[int])
        return [await self.api.get(f"{self.path}/interface/{number}", Interface) for number in sorted(ids)]

    async def caller(self) -> str:
        """Whose credential this is."""
        return (await self.api.get("/me", Customer)).nichandle

    async def _shown(self) -> Shown:
        try:
            connect = await self.connect()
        except UnrackError as error:
            answers = {Category.NOT_FOUND: Shown.UNKNOWN_TO_IT, Category.GONE: Shown.EXPIRED}
            if error.problem.category not in answers:
                raise
            return answers[error.problem.category]
        return Shown.CLOSED if connect.status == "closed" else Shown.ACTIVE

    async def _unless_missing(self, service_id: int) -> BilledService | None:
        try:
            return await self.billed(service_id)
        except UnrackError as error:
            if error.problem.category in (Category.NOT_FOUND, Category.GONE):
                return None
            raise


def _uuid(service: str) -> str:
    try:
        return str(UUID(service))
    except ValueError:
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=f"'{service}' is not the id of an OVHcloud Connect service: those are uuids",
                suggestion="copy the id from the Control Panel, or from GET /ovhCloudConnect",
            )
        ) from None
