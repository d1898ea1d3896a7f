"""One service of OVHcloud, read through its product's routes and through ``/services``."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from unrack.contracts.domain_names import same_name
from unrack.contracts.id_form import IdForm
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ServiceRef
from unrack.providers._http import Attempt
from unrack.providers.ovhcloud.client import OvhApi, Shape
from unrack.providers.ovhcloud.errors import could_not_look
from unrack.providers.ovhcloud.products import CONNECT_DIRECT, PRODUCTS, Infos, OvhProduct
from unrack.providers.ovhcloud.schemas.base import Iam
from unrack.providers.ovhcloud.schemas.published import Connect, Customer, Interface, InterfaceStatus, ServiceInfos
from unrack.providers.ovhcloud.schemas.services import BilledService, NonExpiringInfos

_DOMAINS = (IdForm.HOST, IdForm.REGISTERED)

View = dict[str, Any]
"""The product's own view of a service."""


class Shown(StrEnum):
    """How OVHcloud answers for the service."""

    ACTIVE = "active"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    """It answers, in a state in which it neither works nor is gone."""
    UNKNOWN_TO_IT = "404"
    EXPIRED = "460"
    """Ended and retained, or suspended for debt: only the life cycle tells."""


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether the service still lives, by everything OVHcloud says of it."""

    shown: Shown
    billed: BilledService | None
    what: str = CONNECT_DIRECT.words

    @property
    def ended(self) -> bool:
        """Closed, or no longer answered for, and no life cycle that says otherwise."""
        if self.shown in (Shown.ACTIVE, Shown.SUSPENDED):
            return False
        return self.shown is Shown.CLOSED or self.billed is None or self.terminated

    @property
    def terminated(self) -> bool:
        """Ended by its life cycle, though OVHcloud may retain it and let it be had back."""
        return self.billed is not None and self.billed.state == "terminated"

    def words(self) -> str:
        """For people."""
        state = self.billed.state if self.billed else msg("not listed")
        return msg(
            "{what} answers {value}; /services says {state}", what=self.what, value=self.shown.value, state=state
        )


class OvhService:
    """Reads one service; changes nothing."""

    def __init__(self, api: OvhApi, product: OvhProduct, service: str) -> None:
        """Read the service `service` of `product`.

        Raises:
            UnrackError: `service` cannot be an id of this product, so OVHcloud has no such service.
        """
        self.api = api
        self.product = product
        self.id = service
        self.parts = _parts(product, service)
        self.path = product.path.format(*(quote(part, safe="@") for part in self.parts))

    @property
    def name(self) -> str:
        """The name under which ``/services`` and bills know it."""
        return self.parts[-1]

    def id_spelled(self, name: str) -> str:
        """The id with its last part as OVHcloud spells it; as it was asked for where `name` is empty."""
        return ":".join((*self.parts[:-1], name)) if name else self.id

    @property
    def collection(self) -> str:
        """The path of the list that has it; empty when there is none."""
        return self.product.collection.format(*(quote(part, safe="@") for part in self.parts[:-1]))

    async def view(self) -> View:
        """The product's own view.

        Raises:
            UnrackError: the answer does not show a state where the product's schema promises one.
        """
        view = await self.api.get(self.path, View)
        if self.product.state and not isinstance(view.get(self.product.state), str):
            raise UnrackError(
                Problem(
                    category=Category.UNAVAILABLE,
                    message=msg(
                        "OVHcloud: GET {path}: the answer shows no '{state}'", path=self.path, state=self.product.state
                    ),
                    suggestion=msg("it is tried again; report it if it lasts"),
                )
            )
        return view

    async def below(self, path: str, shape: type[Shape], **query: str) -> Shape:
        """Read the sub-resource of the service at `path`, as ``/account``.

        Raises:
            UnknownRouteError: OVHcloud answers 404 there, and answers for the service all the same.
            UnrackError: the service itself is not there either, or the read failed in another way.
        """
        whole = f"{self.path}{path}"
        return await unless_parent_answers(self.api, self.path, whole, lambda: self.api.get(whole, shape, **query))

    async def states(self) -> tuple[str, str]:
        """The product's word for the state, and that of OVHcloud's rights management; empty where it shows none."""
        view = await self.view()
        iam = view.get("iam")
        said = Iam.model_validate(iam).state if isinstance(iam, dict) else None
        return str(view.get(self.product.state) or "active"), said or ""

    async def state(self) -> str:
        """The product's word for the state."""
        return (await self.states())[0]

    async def infos(self) -> ServiceInfos:
        """The billing state as the product shows it, or as ``/services`` does where the product shows none."""
        match self.product.infos:
            case Infos.FULL:
                return await self.below("/serviceInfos", ServiceInfos)
            case Infos.NON_EXPIRING:
                return (await self.below("/serviceInfos", NonExpiringInfos)).as_infos()
            case Infos.NONE:
                return (await self.must_be_billed()).as_infos()

    async def billed(self, service_id: int) -> BilledService:
        """The generic view of service `service_id`."""
        return await self.api.get(f"/services/{service_id}", BilledService)

    async def find_billed(self) -> BilledService | None:
        """The generic view, found by name, also after the product's route is gone; None when nothing is listed."""
        for service_id in await self.api.get("/services", list[int], resourceName=self.name):
            found = await self.unless_missing(service_id)
            if found and self._is_this(found):
                return found
        return None

    async def must_be_billed(self) -> BilledService:
        """The generic view.

        Raises:
            UnrackError: ``/services`` does not list the service.
        """
        if self.product.infos is not Infos.NONE:
            return await self.billed((await self.infos()).service_id)
        if found := await self.find_billed():
            return found
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("/services does not list {id}", id=self.id),
                suggestion=msg("check the id, and that the credential belongs to the account that owns the service"),
            )
        )

    async def liveness(self) -> Liveness:
        """Whether the service still lives."""
        return Liveness(shown=await self._shown(), billed=await self.find_billed(), what=self.product.words)

    async def listed(self) -> bool:
        """Whether the product's list has it; False where the product has no list."""
        return bool(self.collection) and any(map(self.is_name, await self.api.get(self.collection, list[str])))

    def is_name(self, text: str) -> bool:
        """Whether `text` names this service: names of domains in whatever form, other names to the letter."""
        return text == self.name or (self.product.id_parts[-1] in _DOMAINS and same_name(text, self.name))

    async def caller(self) -> str:
        """Whose credential this is."""
        return (await self.api.get("/me", Customer)).nichandle

    async def unless_missing(self, service_id: int) -> BilledService | None:
        """The generic view of `service_id`; None when it is gone."""
        try:
            return await self.billed(service_id)
        except UnrackError as error:
            if error.problem.category in (Category.NOT_FOUND, Category.GONE):
                return None
            raise

    def _is_this(self, found: BilledService) -> bool:
        route = found.route.path if found.route else None
        elsewhere = bool(self.product.route) and route is not None and route != self.product.route
        return found.parent_service_id is None and self.is_name(found.resource.name) and not elsewhere

    async def _shown(self) -> Shown:
        try:
            state = await self.state()
        except UnrackError as error:
            answers = {Category.NOT_FOUND: Shown.UNKNOWN_TO_IT, Category.GONE: Shown.EXPIRED}
            if error.problem.category not in answers:
                raise
            return answers[error.problem.category]
        if state in self.product.ended:
            return Shown.CLOSED
        works = not self.product.active or state in self.product.active | self.product.passing
        return Shown.ACTIVE if works else Shown.SUSPENDED


class ConnectService(OvhService):
    """An OVHcloud Connect service, with its ports."""

    def __init__(self, api: OvhApi, service: str, product: OvhProduct = CONNECT_DIRECT) -> None:
        """See `OvhService`."""
        super().__init__(api, product, service)

    async def connect(self) -> Connect:
        """The product's own view."""
        return await self.api.get(self.path, Connect)

    async def interfaces(self) -> list[Interface]:
        """The ports, by id."""
        ids = await self.below("/interface", list[int])
        return [await self.api.get(f"{self.path}/interface/{number}", Interface) for number in sorted(ids)]

    async def interface_status(self, number: int) -> InterfaceStatus:
        """When the port `number` last came up."""
        return await self.api.get(f"{self.path}/interface/{number}/status", InterfaceStatus)

    async def states(self) -> tuple[str, str]:
        """See `OvhService.states`."""
        connect = await self.connect()
        return connect.status, (connect.iam.state if connect.iam else None) or ""


class NumberedService(OvhService):
    """A service known by its number in ``/services`` and nothing else: the generic view is its only one."""

    async def find_billed(self) -> BilledService | None:
        """The generic view; None when it is gone."""
        return await self.unless_missing(int(self.id))

    async def must_be_billed(self) -> BilledService:
        """The generic view."""
        return await self.billed(int(self.id))

    async def view(self) -> View:
        """Read the names of the resource from ``/services``."""
        resource = (await self.must_be_billed()).resource
        return {"name": resource.name, "displayName": resource.display_name}

    async def states(self) -> tuple[str, str]:
        """The life-cycle state; a suspended resource answers as expired, as other products' routes do."""
        billed = await self.must_be_billed()
        if billed.state == "terminated":
            raise UnrackError(Problem(category=Category.GONE, message=msg("service {id} is terminated", id=self.id)))
        return billed.resource.state, ""


async def unless_parent_answers(api: OvhApi, parent: str, path: str, reading: Callable[[], Awaitable[Shape]]) -> Shape:
    """Return the result of `reading` at `path`. A 404 means "there is none" only where `parent` is missing, too.

    Raises:
        UnknownRouteError: `parent` answers, so OVHcloud does not know the call.
    """
    try:
        return await reading()
    except UnrackError as error:
        if error.problem.category is not Category.NOT_FOUND:
            raise
        await api.get(parent, object)  # raises when it is gone, too: then that is what is told
        raise could_not_look(
            Attempt("GET", path, changes=False),
            msg("a 404, though {parent} answers", parent=parent),
            error.problem.reference,
        ) from None


def service_of(api: OvhApi, ref: ServiceRef) -> OvhService:
    """The service that `ref` names.

    Raises:
        UnrackError: the product is not known here, or the id cannot be one of this product.
    """
    product = PRODUCTS.get(ref.product)
    if product is None:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("OVHcloud's adapter knows no product '{product}'", product=ref.product),
                suggestion=msg(
                    "known: {join}; 'any-service' takes the number of /services", join=", ".join(sorted(PRODUCTS))
                ),
            )
        )
    if product.name.startswith("connect-"):
        return ConnectService(api, ref.service, product)
    kind = NumberedService if product.path.startswith("/services/") else OvhService
    return kind(api, product, ref.service)


def _parts(product: OvhProduct, service: str) -> tuple[str, ...]:
    parts = tuple(service.split(":")) if product.parts > 1 else (service,)
    if len(parts) != product.parts or not all(re.fullmatch(product.id_form, part) for part in parts):
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg(
                    "'{service}' is not an id of {words}: {id_words}",
                    service=service,
                    words=product.words,
                    id_words=product.id_words,
                ),
                suggestion=msg(
                    "copy the id from the Control Panel, or from GET {value}", value=product.collection or "/services"
                ),
            )
        )
    return parts
