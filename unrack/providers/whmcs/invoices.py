"""Unpaid invoices of the service: cancelled, or freed of its line; and the proof that none comes after the end."""

import json
from datetime import datetime, timedelta

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.service import Finding, ProviderClock
from unrack.providers.base import Looked, Materials, Record
from unrack.providers.handlers import Progress, captured
from unrack.providers.whmcs.answers import Done, Invoice
from unrack.providers.whmcs.configuration import EVIDENCE, Configuration
from unrack.providers.whmcs.service import HostedService
from unrack.providers.whmcs.transport import WhmcsApi

_READ_BACK = 5.0

_AFTER_DUE_DATE = timedelta(days=2)
"""By then the daily run of the due date has passed, which would have billed the next period."""


async def cancel_open(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Cancel each unpaid invoice that is for the service alone; take its line out of the others (S1.8)."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    for invoice in await service.open_invoices(await service.product()):
        ours = [item.id for item in invoice.items if service.names(item, set())]
        if not ours:
            continue  # it is for the domain alone
        progress.note(f"UpdateInvoice/{invoice.invoiceid}")
        if len(ours) == len(invoice.items):
            await api.change("UpdateInvoice", Done, invoiceid=invoice.invoiceid, status="Cancelled")
        else:
            lines = {f"deletelineids[{place}]": line for place, line in enumerate(ours)}
            await api.change("UpdateInvoice", Done, invoiceid=invoice.invoiceid, **lines)
        raise progress.not_yet(f"invoice {invoice.invoiceid} does not show the change yet", _READ_BACK)
    return progress.done("no unpaid invoice names the service any more", "no unpaid invoice names the service")


async def verify_none_open(api: WhmcsApi, call: StepCall, materials: Materials) -> Looked:
    """Wait until two days after the date on which the next period would have begun, and look for unpaid invoices."""
    service = HostedService(api, call.service.service)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    product = await service.product()
    found, clock = await service.open_invoices(product), await api.clock()
    ours = tuple(one for one in found if any(service.names(item, set()) for item in one.items))
    due = _due(api, before, call, clock)
    findings = tuple(_open(one) for one in ours)
    note = f"the service is {product.status}; {len(ours)} unpaid invoices name it"
    over = clock.shown >= due
    content = {
        "service": product.model_dump(mode="json"),
        "read_at": clock.shown.isoformat(),
        "unpaid_invoices": [one.model_dump(mode="json") for one in ours],
    }
    record = Record(
        type="invoices",
        name=f"invoices-{service.id}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode(),
    )
    return Looked(
        reached=over and not ours,
        note=note,
        clock=clock,
        records=(record,) if over and not ours else (),
        findings=findings,
        look_again_at=None if over else due,
    )


def _due(api: WhmcsApi, before: Configuration, call: StepCall, clock: ProviderClock) -> datetime:
    days = [api.moment(before.next_due_date)] if before.next_due_date else []
    days += [call.effective_at] if call.effective_at else []
    return max(days, default=clock.shown) + (_AFTER_DUE_DATE if days else timedelta(0))


def _open(invoice: Invoice) -> Finding:
    text = f"invoice {invoice.invoiceid}, due {invoice.duedate or '?'}, still names the service. Cancel it, then retry"
    return Finding(subject="invoice", text=text, blocking=True)
