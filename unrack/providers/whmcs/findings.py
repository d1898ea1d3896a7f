"""Judgements on a service: pure, shared by the plan and by the checks that a run makes again."""

from collections.abc import Iterable
from datetime import date

from unrack.model.lifecycle import Timing
from unrack.model.message import joined, msg
from unrack.model.service import Finding
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.lenient import Unreadable
from unrack.providers.whmcs.open_invoices import OpenInvoice
from unrack.providers.whmcs.schemas import IMMEDIATE, LIVING, CancelRequest, Domain, Product

Findings = tuple[Finding, ...]

SET_ZONE = msg("Set time_zone to the zone of this WHMCS (Europe/Paris) in the credential")


def status(product: Product, timing: Timing | None = None) -> Findings:
    """Check status and timing. Only a live service can be ended; only one with a next due date has an end of period."""
    found: list[Finding] = []
    if product.status not in LIVING:
        text = msg("the service is {status}; only an active or suspended one can be ended", status=product.status)
        found.append(Finding(subject="status", text=text, blocking=True))
    elif product.status != "Active":
        reason = f" ('{product.suspensionreason}')" if product.suspensionreason else ""
        found.append(Finding(subject="status", text=msg("the service is suspended already{reason}", reason=reason)))
    if timing is Timing.END_OF_TERM and (product.period is None or product.nextduedate is None):
        text = msg(
            "billed '{value}': there is no end of a period. Ask for 'immediate'", value=product.billingcycle or "never"
        )
        found.append(Finding(subject=msg("billing cycle"), text=text, blocking=True))
    return tuple(found)


def request(found: CancelRequest | None, timing: Timing | None = None) -> Findings:
    """A request that stands already; an immediate one ends the service with the next daily run, whoever made it."""
    if found is None:
        return ()
    said = f": '{found.reason}'" if found.reason else ""
    text = msg(
        "a cancellation request stands since {value} ({type}){said}",
        value=found.date[:10] or msg("some day"),
        type=found.type,
        said=said,
    )
    blocked = found.type == IMMEDIATE and timing is Timing.END_OF_TERM
    more = msg(". The next daily run would end the service: have staff delete it first") if blocked else ""
    return (Finding(subject=msg("cancellation request"), text=text + more, blocking=blocked),)


def invoices(found: tuple[OpenInvoice, ...]) -> Findings:
    """Report the invoices that are unpaid or in payment (S4.9)."""
    return tuple(_open(one) for one in found)


def unreadable(found: Iterable[Unreadable]) -> Findings:
    """Records that may be about the service, and that nobody could read."""
    text = msg("it may be about this service: look at it in the admin area")
    return tuple(
        Finding(subject=one.what, text=msg("{one}; {text}", one=one, text=text), item=one.number) for one in found
    )


def _open(one: OpenInvoice) -> Finding:
    invoice, currency = one.invoice, f" {one.currency}" if one.currency else ""
    lines = joined("; ", (f"{item.description} {item.amount}{currency}" for item in invoice.items))
    what = msg(
        "invoice {invoiceid}, due {value}, is {value2}",
        invoiceid=invoice.invoiceid,
        value=invoice.duedate or "?",
        value2=invoice.status or msg("of no status"),
    )
    return Finding(subject="invoice", text=msg("{what}: {lines}", what=what, lines=lines))


def dates(credential: WhmcsCredential, used: date | None) -> Findings:
    """That nobody said in which zone the WHMCS writes its dates, where one of them is `used`."""
    if used is None or credential.time_zone is not None:
        return ()
    text = msg(
        "{used} is read as a day in UTC, since the credential names no time_zone: it may be most of a day off",
        used=used,
    )
    return (Finding(subject=msg("time zone"), text=msg("{text}. {set_zone}", text=text, set_zone=SET_ZONE)),)


def no_domain(product: Product) -> str:
    """That the client has no domain of the service's name, in words."""
    if not product.domain:
        return msg("the service carries no domain's name")
    return msg("the client {clientid} has no domain named {domain}", clientid=product.clientid, domain=product.domain)


def domains(product: Product, found: tuple[Domain, ...]) -> Findings:
    """Domains of the service's name, which it does not take with it (S1.3, S1.7); also that there is none."""
    if not found:
        return (
            Finding(
                subject="domain",
                text=msg("{no_domain}: no renewal can be turned off here", no_domain=no_domain(product)),
            ),
        )
    return tuple(
        Finding(
            subject="domain",
            text=msg(
                "{domainname} ({status}) {value}; it expires on {value2}",
                domainname=one.domainname,
                status=one.status,
                value=msg("does not renew") if one.donotrenew else msg("renews by itself"),
                value2=one.expirydate or "?",
            ),
        )
        for one in found
    )


def addons(names: tuple[str, ...]) -> Findings:
    """Billed apart."""
    return tuple(Finding(subject="option", text=_billed_apart(name)) for name in names)


def _billed_apart(name: str) -> str:
    return msg("'{name}' is billed apart and may not end with the service: look at it in the admin area", name=name)
