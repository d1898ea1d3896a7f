"""The proof that billing stopped: the bills after the end, line by line (S2.15)."""

import json
from datetime import datetime

from unrack.contracts.calls import StepCall
from unrack.contracts.domain_names import same_name
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.service import Finding, ProviderClock
from unrack.providers.base import Looked, Materials, Record
from unrack.providers.ovhcloud.answers import Bill, BillLine
from unrack.providers.ovhcloud.kept import EVIDENCE, Kept
from unrack.providers.ovhcloud.transport import OvhApi

Lines = list[tuple[Bill, list[BillLine]]]


async def verify_billing_stopped(api: OvhApi, call: StepCall, materials: Materials) -> Looked:
    """Wait for a bill dated after the end, then look for lines of the service.

    ``/me/bill`` has no filter by service; lines name it in ``domain``. A line for a time after the end blocks: someone
    must talk to OVHcloud. A line without a time is shown, not judged: it may settle the time before the end.
    """
    end, clock, name = _end(call), await api.clock(), billed_as(call, materials)
    bills = await _bills_after(api, end)
    if not bills:
        note = f"no bill is dated after the end, {end:%Y-%m-%d %H:%M %Z}; the next may be weeks away"
        return Looked(reached=False, note=note, clock=clock)
    read = [(bill, await _lines(api, bill)) for bill in bills]
    ours = [(bill, line) for bill, lines in read for line in lines if same_name(line.domain, name)]
    findings = tuple(_judge(bill, line, end) for bill, line in ours)
    charged = any(finding.blocking for finding in findings)
    late = "some" if charged else "none"
    note = f"bills after the end: {len(bills)}; lines for the service: {len(ours)}, {late} for a time after it"
    return Looked(
        reached=not charged, note=note, clock=clock, records=(_record(name, end, read, clock),), findings=findings
    )


def billed_as(call: StepCall, materials: Materials) -> str:
    """The name under which bills know the service: as captured, since a service that is gone has none any more."""
    kept = materials.evidence.get(EVIDENCE)
    if kept is None or call.service.product.startswith("connect-"):
        return call.service.service.rpartition(":")[2]
    return Kept.from_bytes(kept).name


def _end(call: StepCall) -> datetime:
    if call.effective_at is not None:
        return call.effective_at
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message="the date on which the service ended is not known, so no bill can be judged by it",
            suggestion="retry the step that reads the end from OVHcloud",
        )
    )


async def _bills_after(api: OvhApi, end: datetime) -> list[Bill]:
    numbers = await api.get("/me/bill", list[str], **{"date.from": end.isoformat(timespec="seconds")})
    bills = [await api.get(f"/me/bill/{number}", Bill) for number in numbers]
    return sorted((bill for bill in bills if bill.date > end), key=lambda bill: (bill.date, bill.bill_id))


async def _lines(api: OvhApi, bill: Bill) -> list[BillLine]:
    path = f"/me/bill/{bill.bill_id}/details"
    return [await api.get(f"{path}/{number}", BillLine) for number in await api.get(path, list[str])]


def _judge(bill: Bill, line: BillLine, end: datetime) -> Finding:
    last = line.period_end or line.period_start
    period = f"{line.period_start or '?'} to {line.period_end or '?'}" if last else "no period"
    charged = last is not None and last > end.date()
    price = f"{line.total_price.value:.2f} {line.total_price.currency_code}"
    text = f"bill {bill.bill_id} of {bill.date.date()}: '{line.description}', {period}, {price}"
    more = f"; it is for a time after the end ({end.date()}). Ask OVHcloud's billing to correct it" if charged else ""
    return Finding(subject="bill", text=text + more, blocking=charged)


def _record(service: str, end: datetime, read: Lines, clock: ProviderClock) -> Record:
    """Every line for the service, and how many others there were: what others cost is not this run's business."""
    content = {
        "service": service,
        "ended_at": end.isoformat(),
        "read_at": clock.shown.isoformat(),
        "bills": [
            {
                **bill.model_dump(mode="json"),
                "lines_for_service": [
                    line.model_dump(mode="json") for line in lines if same_name(line.domain, service)
                ],
                "other_lines": sum(not same_name(line.domain, service) for line in lines),
            }
            for bill, lines in read
        ],
    }
    name = f"bills-{service}.json"
    body = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode()
    return Record(type="bills", name=name, media_type="application/json", content=body)
