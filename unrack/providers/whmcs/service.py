"""One service of a client, with what hangs on it."""

from unrack.contracts.domain_names import comparable, without_www
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.lenient import Rows, Shape, Unreadable
from unrack.providers.whmcs.open_invoices import Books, Claims, OpenInvoice
from unrack.providers.whmcs.schemas import Addon, CancelRequest, Domain, Product


class HostedService:
    """A service, by the number that its page in the admin area has."""

    def __init__(self, api: WhmcsApi, service: str) -> None:
        """Look at `service`.

        Raises:
            UnrackError: it is no number.
        """
        if not (service.isascii() and service.isdecimal()):
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=msg("WHMCS: '{service}' is no service id", service=service),
                    suggestion=msg(
                        "take the number after 'id=' in the address of the service's page in the admin area"
                    ),
                )
            )
        self.api = api
        self.id = int(service)
        self.unreadable: dict[Unreadable, None] = {}
        """Records on the way that could not be read, each once: they are told, and hide no other."""

    async def product(self) -> Product:
        """The service itself.

        Raises:
            UnrackError: ``NOT_FOUND``; WHMCS answers an empty list then.
        """
        rows = await self.api.listing("GetClientsProducts", "products", Product, serviceid=self.id).whole()
        product = next((one for one in rows.read if one.id == self.id), None)
        if product is not None:
            return product
        broken = next((one for one in rows.unreadable if one.number == str(self.id)), None)
        if broken is not None:
            raise UnrackError(
                Problem(
                    category=Category.UNEXPECTED,
                    message=f"WHMCS: {broken}",
                    suggestion=msg(
                        "look at the service in the admin area: WHMCS shows it in a form that no document has"
                    ),
                )
            )
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("WHMCS: there is no service {id}", id=self.id),
                suggestion=msg("check the number, and that the credential is one of this WHMCS"),
            )
        )

    async def request(self) -> CancelRequest | None:
        """Its newest cancellation request.

        The list has no filter and holds every request that this WHMCS ever had, so the newest are read first, and a
        reading that was cut off is gone on with.
        """
        listing = self.api.listing("GetCancelledPackages", "packages", CancelRequest)
        found, unreadable = await listing.newest(
            lambda one: one.relid == self.id, lambda one: one.id, self.api.readings, f"GetCancelledPackages/{self.id}"
        )
        self.unreadable |= dict.fromkeys(unreadable)
        return found

    async def domains(self, product: Product) -> tuple[Domain, ...]:
        """The client's domains of the service's name.

        A service may carry the name as people read it, or with ``www.`` before it; the domain's record has what the
        registry knows (WHMCS/developer-docs #180).
        """
        if not product.domain:
            return ()
        listing = self.api.listing("GetClientsDomains", "domains", Domain, clientid=product.clientid)
        wanted = _registered(product.domain)
        return tuple(one for one in self._read(await listing.whole()) if _registered(one.domainname) == wanted)

    async def addons(self) -> tuple[Addon, ...]:
        """Read the add-ons of the service, active or not. They are billed apart."""
        listing = self.api.listing("GetClientsAddons", "addons", Addon, serviceid=self.id)
        return tuple(one for one in self._read(await listing.whole()) if one.serviceid in (0, self.id))

    async def open_invoices(self, product: Product) -> tuple[OpenInvoice, ...]:
        """The client's invoices under which money may still move, and which name the service or its domain."""
        return await self.open_among(product, await self.domains(product), await self.addons())

    async def open_among(
        self, product: Product, domains: tuple[Domain, ...], addons: tuple[Addon, ...]
    ) -> tuple[OpenInvoice, ...]:
        """As `open_invoices`, for addons and domains read before."""
        claims = Claims(self.id, frozenset(one.id for one in addons), frozenset(one.id for one in domains))
        books = Books(self.api, product.clientid, claims)
        found = await books.open()
        self.unreadable |= dict.fromkeys(books.unreadable)
        return found

    def _read(self, rows: Rows[Shape]) -> tuple[Shape, ...]:
        self.unreadable |= dict.fromkeys(rows.unreadable)
        return rows.read


def active(addons: tuple[Addon, ...]) -> tuple[str, ...]:
    """The names of those that are active."""
    return tuple(sorted(one.name for one in addons if one.status == "Active"))


def _registered(name: str) -> str:
    return without_www(comparable(name))
