"""Judgements on a service: pure, shared by the plan and by the checks that a run makes again."""

from collections.abc import Iterable
from datetime import date

from unrack.model.lifecycle import Timing
from unrack.model.service import Finding
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.lenient import Unreadable
from unrack.providers.whmcs.open_invoices import OpenInvoice
from unrack.providers.whmcs.schemas import IMMEDIATE, LIVING, CancelRequest, Domain, Product

Findings = tuple[Finding, ...]

SET_ZONE = "Set time_zone to the zone of this WHMCS (Europe/Paris) in the credential"


def status(product: Product, timing: Timing | None = None) -> Findings:
    """Only what lives can be ended; only what is billed again has an end of period."""
    found: list[Finding] = []
    if product.status not in LIVING:
        text = f"the service is {product.status}; only an active or suspended one can be ended"
        found.append(Finding(subject="status", text=text, blocking=True))
    elif product.status != "Active":
        reason = f" ('{product.suspensionreason}')" if product.suspensionreason else ""
        found.append(Finding(subject="status", text=f"the service is suspended already{reason}"))
    if timing is Timing.END_OF_TERM and (product.period is None or product.nextduedate is None):
        text = f"billed '{product.billingcycle or 'never'}': there is no end of a period. Ask for 'immediate'"
        found.append(Finding(subject="billing cycle", text=text, blocking=True))
    return tuple(found)


def request(found: CancelRequest | None, timing: Timing | None = None) -> Findings:
    """A request that stands already; an immediate one ends the service with the next daily run, whoever made it."""
    if found is None:
        return ()
    said = f": '{found.reason}'" if found.reason else ""
    text = f"a cancellation request stands since {found.date[:10] or 'some day'} ({found.type}){said}"
    blocked = found.type == IMMEDIATE and timing is Timing.END_OF_TERM
    more = ". The next daily run would end the service: have staff delete it first" if blocked else ""
    return (Finding(subject="cancellation request", text=text + more, blocking=blocked),)


def invoices(found: tuple[OpenInvoice, ...]) -> Findings:
    """What is still to be paid, or under way (S4.9)."""
    return tuple(_open(one) for one in found)


def unreadable(found: Iterable[Unreadable]) -> Findings:
    """Records that may be about the service, and that nobody could read."""
    text = "it may be about this service: look at it in the admin area"
    return tuple(Finding(subject=one.what, text=f"{one}; {text}", item=one.number) for one in found)


def _open(one: OpenInvoice) -> Finding:
    invoice, currency = one.invoice, f" {one.currency}" if one.currency else ""
    lines = "; ".join(f"{item.description} {item.amount}{currency}" for item in invoice.items)
    what = f"invoice {invoice.invoiceid}, due {invoice.duedate or '?'}, is {invoice.status or 'of no status'}"
    return Finding(subject="invoice", text=f"{what}: {lines}")


def dates(credential: WhmcsCredential, used: date | None) -> Findings:
    """That nobody said in which zone the WHMCS writes its dates, where one of them is `used`."""
    if used is None or credential.time_zone is not None:
        return ()
    text = f"{used} is read as a day in UTC, since the credential names no time_zone: it may be most of a day off"
    return (Finding(subject="time zone", text=f"{text}. {SET_ZONE}"),)


def no_domain(product: Product) -> str:
    """That the client has no domain of the service's name, in words."""
    if not product.domain:
        return "the service carries no domain's name"
    return f"the client {product.clientid} has no domain named {product.domain}"


def domains(product: Product, found: tuple[Domain, ...]) -> Findings:
    """Domains of the service's name, which it does not take with it (S1.3, S1.7); also that there is none."""
    if not found:
        return (Finding(subject="domain", text=f"{no_domain(product)}: no renewal can be turned off here"),)
    return tuple(
        Finding(
            subject="domain",
            text=f"{one.domainname} ({one.status}) {'does not renew' if one.donotrenew else 'renews by itself'}; "
            f"it expires on {one.expirydate or '?'}",
        )
        for one in found
    )


def addons(names: tuple[str, ...]) -> Findings:
    """Billed apart."""
    text = "is billed apart and may not end with the service: look at it in the admin area"
    return tuple(Finding(subject="option", text=f"'{name}' {text}") for name in names)
