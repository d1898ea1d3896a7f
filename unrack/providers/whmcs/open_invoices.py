"""Invoices under which money may still move, and their lines for a service (S1.8, S4.9).

WHMCS has a line for each thing, and further lines that hang on it: discounts by code (``PromoHosting``), a client's
group discount, fees for late payment. Several invoices paid at once are a further invoice whose lines name them
(``Invoice``).
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from unrack.model.errors import Category, UnrackError
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.errors import MisshapenError
from unrack.providers.whmcs.lenient import Unreadable
from unrack.providers.whmcs.schemas import Invoice, InvoiceItem, InvoiceSummary

_COLLECTS = "invoice"
_HANGING = frozenset({"groupdiscount", "latefee"})
"""Types of lines that are for the invoice, not for a thing on it."""

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Claims:
    """The things that an invoice line can be for, by the ids that it names."""

    service: int
    addons: frozenset[int] = frozenset()
    """The add-ons of the service, which are billed apart, whatever their status."""
    domains: frozenset[int] = frozenset()
    """The domains of the service's name."""

    def on_service(self, item: InvoiceItem) -> bool:
        """Whether `item` is for the service or what hangs on it, or a discount on that."""
        kind = item.type.casefold().removeprefix("promo")
        return (kind == "hosting" and item.relid == self.service) or (kind == "addon" and item.relid in self.addons)

    def on_domain(self, item: InvoiceItem) -> bool:
        """Whether `item` is for one of the domains, or a discount on that."""
        return item.type.casefold().removeprefix("promo").startswith("domain") and item.relid in self.domains


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice under which money may still move, and which names the service or its domain."""

    invoice: Invoice
    currency: str = ""
    ours: tuple[InvoiceItem, ...] = ()
    """Lines for the service, what hangs on it, and discounts on these; also those that collect an invoice for these
    alone."""
    partly: tuple[InvoiceItem, ...] = ()
    """Lines that collect an invoice of which only a part is for the service."""
    for_domain: tuple[InvoiceItem, ...] = ()
    collects: frozenset[int] = frozenset()
    """The invoices that `ours` and `partly` collect."""

    @property
    def names_service(self) -> bool:
        """Whether a part of it is for the service."""
        return bool(self.ours or self.partly)

    @property
    def names_anything(self) -> bool:
        """Whether it is for the service or its domain."""
        return self.names_service or bool(self.for_domain)

    @property
    def alone(self) -> bool:
        """Whether nothing would be left to pay without `ours`: only fees and discounts on the invoice stay."""
        left = [item for item in self.invoice.items if item not in self.ours]
        return bool(self.ours) and not self.invoice.unreadable and all(map(_hangs, left))


@dataclass(slots=True)
class Books:
    """The invoices of one client, as far as they are for `claims`."""

    api: WhmcsApi
    client: int
    claims: Claims
    unreadable: list[Unreadable] = field(default_factory=list[Unreadable])
    """Invoices and lines that could not be read: they may be for anything."""
    _known: dict[int, Invoice | None] = field(default_factory=dict[int, Invoice | None])

    async def open(self) -> tuple[OpenInvoice, ...]:
        """Return every open invoice with a claimed line, those that collect others first."""
        rows = await self.api.listing("GetInvoices", "invoices", InvoiceSummary, userid=self.client).whole()
        self.unreadable += rows.unreadable
        currencies = {one.id: one.currencycode for one in rows.read if one.open}
        await self._read(currencies)
        found = [await self._judged(number, currency) for number, currency in currencies.items()]
        named = [one for one in found if one is not None and one.names_anything]
        return tuple(sorted(named, key=lambda one: not one.collects))

    async def _judged(self, number: int, currency: str, above: frozenset[int] = frozenset()) -> OpenInvoice | None:
        """Return an invoice with its claimed lines. The invoices in `above` collect it and are not followed again."""
        invoice = await self._invoice(number)
        if invoice is None:
            return None
        ours = [item for item in invoice.items if self.claims.on_service(item)]
        partly, collects = list[InvoiceItem](), set[int]()
        for item in invoice.items:
            inner = await self._collected(item, above | {number})
            if inner is not None and inner.names_service:
                (ours if inner.alone else partly).append(item)
                collects.add(item.relid)
        domains = tuple(item for item in invoice.items if self.claims.on_domain(item))
        return OpenInvoice(invoice, currency, tuple(ours), tuple(partly), domains, frozenset(collects))

    async def _collected(self, item: InvoiceItem, above: frozenset[int]) -> OpenInvoice | None:
        if item.type.casefold() != _COLLECTS or not item.relid or item.relid in above:
            return None
        return await self._judged(item.relid, "", above)

    async def _read(self, numbers: Iterable[int]) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def read(number: int) -> None:
            async with gate:
                await self._invoice(number)

        await asyncio.gather(*map(read, numbers))

    async def _invoice(self, number: int) -> Invoice | None:
        if number not in self._known:
            self._known[number] = await self._asked(number)
        return self._known[number]

    async def _asked(self, number: int) -> Invoice | None:
        """The invoice; None for one that is gone, or that cannot be read, which is remembered."""
        try:
            found = await self.api.read("GetInvoice", Invoice, invoiceid=number)
        except MisshapenError as error:
            self.unreadable.append(Unreadable("invoice", str(number), error.why))
            return None
        except UnrackError as error:
            if error.problem.category is not Category.NOT_FOUND:
                raise
            return None
        self.unreadable += [
            Unreadable("invoice", str(number), f"line {line.number}, {line.why}") for line in found.unreadable
        ]
        return found


def _hangs(item: InvoiceItem) -> bool:
    """Whether `item` is nothing to be paid for by itself: a fee or a discount on the whole invoice, or any discount."""
    return item.type.casefold() in _HANGING or _amount(item) < 0


def _amount(item: InvoiceItem) -> Decimal:
    try:
        return Decimal(item.amount.strip())
    except InvalidOperation:
        return Decimal(1)  # what cannot be read may be to pay
