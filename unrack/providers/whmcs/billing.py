"""Open invoices of the service: cancelled, or freed of its lines; and the proof that none comes after the end."""

import json
from datetime import datetime, timedelta

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.message import joined, msg
from unrack.model.service import Finding, ProviderClock
from unrack.providers.base import Materials, Polled, Record
from unrack.providers.handlers import Progress, captured
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.configuration import EVIDENCE, Configuration
from unrack.providers.whmcs.lenient import Unreadable
from unrack.providers.whmcs.open_invoices import OpenInvoice
from unrack.providers.whmcs.schemas import Done, Product
from unrack.providers.whmcs.service import HostedService

_READ_BACK = 5.0

_AFTER_DUE_DATE = timedelta(days=2)
"""By then the daily run of the due date has passed, which would have billed the next period."""

_AT_REST = frozenset({"Unpaid", "Overdue", "Draft"})
"""Statuses in which an invoice may be changed; in others a payment is under way, or a collector has it."""


async def cancel_open(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Cancel each open invoice that is for the service alone; take its lines out of the others (S1.8).

    The lines of its add-ons go with it, and so do discounts on these. Lines for a person to settle stay, and are told.
    """
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    found = [one for one in await service.open_invoices(await service.product()) if one.names_service]
    stays = _stays(found)
    for one in found:
        number = one.invoice.invoiceid
        if number in stays:
            continue
        progress.note(f"UpdateInvoice/{number}")
        if one.alone:
            await api.change("UpdateInvoice", Done, invoiceid=number, status="Cancelled")
        else:
            lines = {f"deletelineids[{place}]": item.id for place, item in enumerate(one.ours)}
            await api.change("UpdateInvoice", Done, invoiceid=number, **lines)
        raise progress.not_yet(msg("invoice {value} does not show the change yet", value=number), _READ_BACK)
    left = _told(stays, tuple(service.unreadable))
    return progress.done(
        left or msg("no open invoice names the service any more"), left or msg("no open invoice names the service")
    )


async def verify_none_open(api: WhmcsApi, call: StepCall, materials: Materials) -> Polled:
    """Wait until two days after the date on which the next period would have begun, and look for open invoices."""
    service = HostedService(api, call.service.service)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    product = await service.product()
    found, clock = await service.open_invoices(product), await api.clock()
    ours = tuple(one for one in found if one.names_service)
    unread = tuple(one for one in service.unreadable if one.what == "invoice")
    due = _due(api, before, call, clock)
    over, clean = clock.shown >= due, not ours and not unread
    return Polled(
        reached=over and clean,
        note=msg("the service is {status}; {len} open invoices name it", status=product.status, len=len(ours)),
        clock=clock,
        records=(_record(product, clock),) if over and clean else (),
        findings=(*map(_open, ours), *map(_unread, unread)),
        look_again_at=None if over else due,
    )


def _stays(found: list[OpenInvoice]) -> dict[int, str]:
    """Which invoices no program should change, with why; and with those that collect others, what they collect."""
    stays: dict[int, str] = {}
    for one in found:
        number, status = one.invoice.invoiceid, one.invoice.status
        if status not in _AT_REST:
            stays[number] = msg(
                "invoice {value} is {value2}: money may be under way",
                value=number,
                value2=status or msg("of no status"),
            )
        elif one.partly:
            stays[number] = msg(
                "invoice {value} collects others, of which only a part is for the service", value=number
            )
    for one in found:  # a line that was collected must not go while the sum of it is still asked for
        if one.invoice.invoiceid in stays:
            stays |= {
                number: msg(
                    "invoice {value} is collected by {invoiceid}", value=number, invoiceid=one.invoice.invoiceid
                )
                for number in one.collects
            }
    return stays


def _told(stays: dict[int, str], unreadable: tuple[Unreadable, ...]) -> str:
    left = [*stays.values(), *map(str, unreadable)]
    return msg("for a person to settle: {join}", join=joined("; ", left))[:1000] if left else ""


def _record(product: Product, clock: ProviderClock) -> Record:
    content = {
        "service": product.model_dump(mode="json"),
        "read_at": clock.shown.isoformat(),
        "unpaid_invoices": list[str](),
    }
    return Record(
        type="invoices",
        name=f"invoices-{product.id}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode(),
    )


def _due(api: WhmcsApi, before: Configuration, call: StepCall, clock: ProviderClock) -> datetime:
    days = [api.moment(before.next_due_date)] if before.next_due_date else []
    days += [call.effective_at] if call.effective_at else []
    return max(days, default=clock.shown) + (_AFTER_DUE_DATE if days else timedelta(0))


def _open(one: OpenInvoice) -> Finding:
    number, due, status = one.invoice.invoiceid, one.invoice.duedate or "?", one.invoice.status or msg("of no status")
    text = msg(
        "invoice {value}, due {due}, is {status} and still names the service. Cancel it, then retry",
        value=number,
        due=due,
        status=status,
    )
    return Finding(subject="invoice", text=text, blocking=True)


def _unread(one: Unreadable) -> Finding:
    text = msg(
        "{one}: nobody can tell whether it names the service. Look at it in the admin area, mend it, then retry",
        one=one,
    )
    return Finding(subject="invoice", text=text, blocking=True, item=one.number)
