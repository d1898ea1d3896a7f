"""One service of a client, with what hangs on it."""

from unrack.contracts.domain_names import comparable, without_www
from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.whmcs.answers import (
    Addons,
    CancelRequest,
    CancelRequests,
    Domain,
    Domains,
    Invoice,
    InvoiceItem,
    Invoices,
    Product,
    Products,
)
from unrack.providers.whmcs.transport import WhmcsApi

_SERVICE_LINES = frozenset({"Hosting"})
"""``type`` of an invoice's line for a service (WHMCS developer docs, GetInvoice)."""

_DOMAIN_LINES = frozenset({"Domain", "DomainRegister", "DomainTransfer"})
"""``type`` of an invoice's line for a domain."""


class HostedService:
    """A service, by the number that its page in the admin area has."""

    def __init__(self, api: WhmcsApi, service: str) -> None:
        """Look at `service`.

        Raises:
            UnrackError: it is no number.
        """
        if not service.isdecimal():
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=f"WHMCS: '{service}' is no service id",
                    suggestion="take the number after 'id=' in the address of the service's page in the admin area",
                )
            )
        self.api = api
        self.id = int(service)

    async def product(self) -> Product:
        """The service itself.

        Raises:
            UnrackError: ``NOT_FOUND``; WHMCS answers an empty list then.
        """
        found = (await self.api.read("GetClientsProducts", Products, serviceid=self.id)).products
        product = next((one for one in found if one.id == self.id), None)
        if product is None:
            raise UnrackError(
                Problem(
                    category=Category.NOT_FOUND,
                    message=f"WHMCS: there is no service {self.id}",
                    suggestion="check the number, and that the credential is one of this WHMCS",
                )
            )
        return product

    async def request(self) -> CancelRequest | None:
        """Its newest cancellation request. The list has no filter, so every page is read."""
        pages = await self.api.pages("GetCancelledPackages", CancelRequests)
        found = [one for page in pages for one in page.packages if one.relid == self.id]
        return max(found, key=lambda one: one.id, default=None)

    async def domains(self, product: Product) -> tuple[Domain, ...]:
        """The client's domains of the service's name.

        A service may carry the name as people read it, or with ``www.`` before it; the domain's record has what the
        registry knows (WHMCS/developer-docs #180).
        """
        if not product.domain:
            return ()
        pages = await self.api.pages("GetClientsDomains", Domains, clientid=product.clientid)
        wanted = _registered(product.domain)
        return tuple(one for page in pages for one in page.domains if _registered(one.domainname) == wanted)

    async def addons(self) -> tuple[str, ...]:
        """Active things billed apart, by name."""
        found = (await self.api.read("GetClientsAddons", Addons, serviceid=self.id)).addons
        return tuple(sorted(one.name for one in found if one.status == "Active"))

    async def open_invoices(self, product: Product) -> tuple[Invoice, ...]:
        """The client's unpaid invoices, overdue ones among them, that name the service or its domain."""
        domains = {domain.id for domain in await self.domains(product)}
        invoices = [await self._invoice(number) for number in await self._unpaid(product)]
        return tuple(one for one in invoices if any(self.names(item, domains) for item in one.items))

    def names(self, item: InvoiceItem, domains: set[int]) -> bool:
        """Whether a line of an invoice is for the service, or for one of `domains`."""
        ours = item.type in _SERVICE_LINES and item.relid == self.id
        return ours or (item.type in _DOMAIN_LINES and item.relid in domains)

    async def _unpaid(self, product: Product) -> list[int]:
        pages = await self.api.pages("GetInvoices", Invoices, userid=product.clientid, status="Unpaid")
        return [one.id for page in pages for one in page.invoices]

    async def _invoice(self, number: int) -> Invoice:
        return await self.api.read("GetInvoice", Invoice, invoiceid=number)


def _registered(name: str) -> str:
    return without_www(comparable(name))
