"""The proof that billing stopped: the bills after the end, line by line (S2.15); and Savings Plans that go on.

A Savings Plan is a commitment to pay for capacity of a Public Cloud project, whether the project lives or not.
OVHcloud's Control Panel asks for them before it lets a project be deleted, and offers its support instead where one is
active (OVHcloud's description of ``/services``, 2026-08). What the API does with them then is not published.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import Finding, ProviderClock
from unrack.providers.base import Materials, Polled, Record
from unrack.providers.ovhcloud.bill_lines import Document, Reader
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.findings import Findings, tolerated
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot
from unrack.providers.ovhcloud.products import PUBLIC_CLOUD, SAVINGS_PLANS
from unrack.providers.ovhcloud.schemas.services import Bill, BilledService, BillLine, SavingsPlan
from unrack.providers.ovhcloud.service import OvhService, unless_parent_answers

_A_CENT = 0.01
_RENEWED_BEFORE = timedelta(days=45)
"""A renewal is billed so long before it begins, at most."""

_A_MONTH = timedelta(days=31, hours=1)
"""The longest month, and time for the bill to be issued."""

BILLS = "/me/bill"
CORRECTIVE = "/me/correctiveInvoice"


async def verify_billing_stopped(api: OvhApi, call: StepCall, materials: Materials) -> Polled:
    """Wait for a bill dated after the end, then look for lines of the service.

    ``/me/bill`` has no filter by service; lines name it in ``domain``. A line for a time after the end blocks: someone
    must talk to OVHcloud. A line without a time is shown, not judged: it may settle the time before the end. Bills that
    were issued shortly before the end are read, too: a renewal in one blocks, unless a later line credits it. Lines of
    corrective invoices count as those of bills; where OVHcloud does not know them, that is told.
    """
    end, name = _end(call), billed_as(call, materials)
    reader = Reader(api, name, materials)
    issued = await reader.since(BILLS, end - _RENEWED_BEFORE)
    bills, clock = [bill for bill in issued if bill.date > end], await api.clock()
    if not bills:
        note = msg("no bill is dated after the end, {end}; the next may be weeks away", end=f"{end:%Y-%m-%d %H:%M %Z}")
        return Polled(reached=False, note=note, clock=clock, look_again_at=next_bill(issued, clock.shown))
    correcting, unread = await tolerated(_correcting(reader, end), [], msg("corrective invoices"))
    read = [*await reader.whole(BILLS, issued), *correcting]
    told = [(document.bill, line) for document in read for line in document.lines]
    ours = [(bill, line) for bill, line in told if bill.date > end]
    before = [(bill, line) for bill, line in told if bill.date <= end and _renews(line, end)]
    findings = tuple(_judge(bill, line, end, _credited(line, told)) for bill, line in (*before, *ours))
    charged = any(finding.blocking for finding in findings)
    late = "some" if charged else "none"
    more = msg("; corrective invoices: {value}", value=msg("could not look") if unread else len(correcting))
    note = msg(
        "bills after the end: {len}; lines for the service: {len2}, {late} for a time after it{more}",
        len=len(bills),
        len2=len(ours),
        late=late,
        more=more,
    )
    record = _record(name, end, read, clock, tuple(found.text for found in unread))
    return Polled(reached=not charged, note=note, clock=clock, records=(record,), findings=(*findings, *unread))


def next_bill(issued: Sequence[Bill], now: datetime) -> datetime | None:
    """When the next bill may be there: a month after one of the last; None where that is past, or none is known."""
    return min((due for bill in issued if (due := bill.date + _A_MONTH) > now), default=None)


async def _correcting(reader: Reader, end: datetime) -> list[Document]:
    return await reader.whole(CORRECTIVE, await reader.since(CORRECTIVE, end - _RENEWED_BEFORE))


def billed_as(call: StepCall, materials: Materials) -> str:
    """The name under which bills know the service: as captured, since a service that is gone has none any more."""
    snapshot = materials.evidence.get(EVIDENCE)
    if snapshot is None or call.service.product.startswith("connect-"):
        return call.service.service.rpartition(":")[2]
    return ProductSnapshot.from_bytes(snapshot).name


def _end(call: StepCall) -> datetime:
    if call.effective_at is not None:
        return call.effective_at
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("the date on which the service ended is not known, so no bill can be judged by it"),
            suggestion=msg("retry the step that reads the end from OVHcloud"),
        )
    )


def _renews(line: BillLine, end: datetime) -> bool:
    """Whether `line` charges a time that begins with the end or later: what was paid before may reach beyond it."""
    return line.period_start is not None and line.period_start >= end.date() and line.total_price.value > 0


def _credited(line: BillLine, told: Sequence[tuple[Bill, BillLine]]) -> bool:
    """Whether other lines give back at least what `line` charges for its time."""
    period = (line.period_start, line.period_end)
    back = sum(
        -other.total_price.value
        for _, other in told
        if other.total_price.value < 0 and (other.period_start, other.period_end) == period
    )
    return line.total_price.value > 0 and back > line.total_price.value - _A_CENT


def _judge(bill: Bill, line: BillLine, end: datetime, credited: bool) -> Finding:
    last = line.period_end or line.period_start
    period = f"{line.period_start or '?'} to {line.period_end or '?'}" if last else msg("no period")
    late = bill.date <= end or (last is not None and last > end.date())
    charged = late and line.total_price.value > 0 and not credited
    price = f"{line.total_price.value:.2f} {line.total_price.currency_code}"
    text = f"{bill.words}: '{line.description}', {period}, {price}"
    more = (
        msg("; it is for a time after the end ({date}). Ask OVHcloud's billing to correct it", date=end.date())
        if charged
        else ""
    )
    return Finding(subject="bill", text=text + more, blocking=charged)


def _record(
    service: str, end: datetime, read: Sequence[Document], clock: ProviderClock, unread: tuple[str, ...]
) -> Record:
    """Every line for the service, and how many others there were: what others cost is not this run's business."""
    content = {
        "service": service,
        "ended_at": end.isoformat(),
        "read_at": clock.shown.isoformat(),
        "not_read": unread,
        "bills": [
            {
                **document.bill.model_dump(mode="json"),
                "lines_for_service": [line.model_dump(mode="json") for line in document.lines],
                "other_lines": document.others,
            }
            for document in read
        ],
    }
    name = f"bills-{service}.json"
    body = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode()
    return Record(type="bills", name=name, media_type="application/json", content=body)


SAVINGS_PLAN = msg("Savings Plan")
_PLAN_OVER = "TERMINATED"
_PLAN_BINDS = frozenset({"ACTIVE", "PENDING"})


async def savings_plans(service: OvhService, billed: BilledService, *, blocking: bool) -> Findings:
    """Every plan that still binds, or could not be looked at; nothing for a service that is no Public Cloud project."""
    route = billed.route.path if billed.route else None
    if service.product is not PUBLIC_CLOUD and route != PUBLIC_CLOUD.route:
        return ()
    parent = f"/services/{billed.service_id}"
    path = SAVINGS_PLANS.billed_at.format(billed.service_id)
    nothing: list[SavingsPlan] = []
    reading = unless_parent_answers(service.api, parent, path, lambda: service.api.get(path, list[SavingsPlan]))
    plans, unread = await tolerated(reading, nothing, SAVINGS_PLAN, blocking=blocking)
    return (*(_judged_plan(plan, blocking=blocking) for plan in plans if plan.status != _PLAN_OVER), *unread)


def _judged_plan(plan: SavingsPlan, *, blocking: bool) -> Finding:
    known = "" if plan.status in _PLAN_BINDS else msg(" (a status that Unrack does not know)")
    text = msg(
        "the Savings Plan '{display_name}' ({flavor}, size {size}) is {status}{known} until "
        "{end_date}: it is paid for until then, and what becomes of it with the project is not published. Ask "
        "OVHcloud's support before the project ends, then decide",
        display_name=plan.display_name,
        flavor=plan.flavor,
        size=plan.size,
        status=plan.status,
        known=known,
        end_date=plan.end_date,
    )
    return Finding(subject=SAVINGS_PLAN, text=text, blocking=blocking, item=plan.id, now=plan.status)
