"""Polls of changes that AWS makes in its own time: the end, the entitlements, the charges."""

import json
from datetime import datetime, timedelta

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.awsmarketplace import findings
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.schemas import CONTINUED, ENDED, Agreement, Charge
from unrack.providers.awsmarketplace.service import BoughtAgreement
from unrack.providers.base import Materials, Polled, Record

_SETTLED_BY = 7
"""Day of the next month by which the use before the end is charged: AWS closes a month within its first days."""

_WATCHED_FOR = timedelta(days=30)
"""How long nothing more may be charged after that."""


async def await_end(api: AwsApi, call: StepCall, _: Materials) -> Polled:
    """Whether the agreement has ended; blocks when it goes on under another agreement, or would renew."""
    agreement = await BoughtAgreement(api, call.service.service).describe()
    clock = await api.clock()
    if agreement.status in ENDED:
        ended = agreement.end_time if agreement.end_time and agreement.end_time <= clock.shown else clock.shown
        known = call.effective_at if call.effective_at and call.effective_at <= clock.shown else ended
        note = msg("the agreement is {status}", status=agreement.status)
        return Polled(reached=True, note=note, clock=clock, effective_at=known)
    return Polled(
        reached=False,
        note=msg("the agreement is {status}", status=agreement.status),
        clock=clock,
        findings=_will_not_come(agreement, call),
        look_again_at=agreement.end_time if call.timing is Timing.END_OF_TERM else None,
        effective_at=agreement.end_time if call.timing is Timing.END_OF_TERM else None,
    )


async def verify_entitlements(api: AwsApi, call: StepCall, _: Materials) -> Polled:
    """Nothing is provisioned under the agreement any more."""
    bought = BoughtAgreement(api, call.service.service)
    agreement, entitlements = await bought.describe(), await bought.entitlements()
    others, clock = await bought.others(agreement), await api.clock()
    left = [item for item in entitlements if item.status not in ("DEPROVISIONED", "FAILED")]
    gone = agreement.status in ENDED and not left
    content = {
        "read_at": clock.shown.isoformat(),
        "agreement": agreement.model_dump(mode="json", by_alias=True),
        "entitlements": [item.model_dump(mode="json", by_alias=True) for item in entitlements],
    }
    record = _record("gone", f"gone-{bought.id}.json", content)
    note = msg(
        "the agreement is {status}, {len} of {len2} entitlements are still there",
        status=agreement.status,
        len=len(left),
        len2=len(entitlements),
    )
    told = findings.others(others, clock.shown)
    return Polled(reached=gone, note=note, clock=clock, records=(record,) if gone else (), findings=told)


async def verify_billing_stopped(api: AwsApi, call: StepCall, _: Materials) -> Polled:
    """Wait until the use before the end is charged, then a month more, and show that nothing else was.

    A charge names no period. So one that is dated between the end and the seventh of the next month is shown, not
    judged: it may settle the time before. A later one blocks, and so does one that shows no date.
    """
    end, bought = _end(call), BoughtAgreement(api, call.service.service)
    charges = [item for item in await bought.charges() if item.time is None or item.time > end]
    clock, settled = await api.clock(), settled_by(end)
    over = settled + _WATCHED_FOR
    due = (charge for charge in charges if charge.time is None or charge.time <= clock.shown)
    findings = tuple(_judge(charge, settled) for charge in due)
    late = any(finding.blocking for finding in findings)
    note = msg(
        "{len} charges after the end, {value} of them after {date}",
        len=len(findings),
        value="some" if late else "none",
        date=settled.date(),
    )
    content = {
        "agreement": bought.id,
        "ended_at": end.isoformat(),
        "read_at": clock.shown.isoformat(),
        "charges_after_the_end": [charge.model_dump(mode="json", by_alias=True) for charge in charges],
    }
    reached = clock.shown >= over and not late
    return Polled(
        reached=reached,
        note=note,
        clock=clock,
        records=(_record("charges", f"charges-{bought.id}.json", content),) if reached else (),
        findings=findings,
        look_again_at=over if clock.shown < over and not late else None,
    )


def settled_by(end: datetime) -> datetime:
    """When the month in which the agreement ended is charged for good."""
    following = (end.replace(day=1) + timedelta(days=32)).replace(day=_SETTLED_BY)
    return following.replace(hour=0, minute=0, second=0, microsecond=0)


def _judge(charge: Charge, settled: datetime) -> Finding:
    amount = f"{charge.amount} {charge.currency_code}"
    if charge.time is None:
        text = msg(
            "{amount} without a date ({id}): it may be for the time after the end. Ask AWS", amount=amount, id=charge.id
        )
        return Finding(subject="charge", text=text, blocking=True, item=charge.id)
    late = charge.time > settled
    text = f"{amount} on {charge.time.date()} ({charge.id})"
    more = msg("; it is charged after the month of the end was settled. Ask the seller for a billing adjustment")
    return Finding(subject="charge", text=text + more if late else text, blocking=late)


def _end(call: StepCall) -> datetime:
    if call.effective_at is not None:
        return call.effective_at
    raise UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("the date on which the agreement ended is not known, so no charge can be judged by it"),
            suggestion=msg("retry the step that reads the end from AWS"),
        )
    )


def _will_not_come(agreement: Agreement, call: StepCall) -> tuple[Finding, ...]:
    if agreement.status in CONTINUED:
        text = msg(
            "the agreement is {status}: its product goes on under another agreement. Cancel that one",
            status=agreement.status,
        )
        return (Finding(subject="end", text=text, blocking=True),)
    behaviour = agreement.end_time_behavior
    if call.timing is Timing.END_OF_TERM and behaviour is not None and behaviour.type != "EXPIRE":
        text = msg(
            "at its end date the agreement would {type}: somebody turned the renewal on again", type=behaviour.type
        )
        return (Finding(subject="end", text=text, blocking=True),)
    return ()


def _record(kind: str, name: str, content: object) -> Record:
    body = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode()
    return Record(type=kind, name=name, media_type="application/json", content=body)
