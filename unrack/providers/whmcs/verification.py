"""Polls of changes that WHMCS makes in its own time: its daily run ends services, and ended ones stay listed."""

import json

from unrack.contracts.calls import StepCall
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Materials, Polled, Record
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.schemas import IMMEDIATE
from unrack.providers.whmcs.service import HostedService


async def await_end(api: WhmcsApi, call: StepCall, _: Materials) -> Polled:
    """Whether the daily run has ended the service; blocks when the request that it works by is gone."""
    service = HostedService(api, call.service.service)
    product, request = await service.product(), await service.request()
    clock = await api.clock()
    if product.ended:
        known = call.effective_at if call.effective_at and call.effective_at <= clock.shown else clock.shown
        return Polled(
            reached=True, note=msg("the service is {status}", status=product.status), clock=clock, effective_at=known
        )
    if call.timing is Timing.IMMEDIATE and request is not None and request.type != IMMEDIATE:
        note = msg(
            "the client's request is for the '{type}': the daily run waits for it, this run does not", type=request.type
        )
        return Polled(reached=True, note=note, clock=clock)
    findings: tuple[Finding, ...] = ()
    if request is None:
        text = msg("no cancellation request stands, so the daily run will not end it: staff deleted it. Ask them")
        findings = (Finding(subject=msg("cancellation request"), text=text, blocking=True),)
    due = api.moment(product.nextduedate) if product.nextduedate and call.timing is Timing.END_OF_TERM else None
    return Polled(
        reached=False,
        note=msg("the service is {status}", status=product.status),
        clock=clock,
        findings=findings,
        look_again_at=due,
    )


async def await_due_date(api: WhmcsApi, call: StepCall, _: Materials) -> Polled:
    """Whether the paid period is over. A due date that moved on was paid: somebody still wants the service.

    One that is gone says nothing of the period: the date that the run knows counts, and until then a person decides.
    """
    product = await HostedService(api, call.service.service).product()
    clock, due = await api.clock(), api.moment(product.nextduedate) if product.nextduedate else None
    over = due or call.effective_at
    if product.ended or (over is not None and clock.shown >= over):
        return Polled(
            reached=True, note=msg("the period is over; the service is {status}", status=product.status), clock=clock
        )
    text = ""
    if due is None:
        text = msg(
            "it has no due date any more (billed '{value}'): somebody changed how it is "
            "billed. Ask them before going on, or set the date again",
            value=product.billingcycle or "never",
        )
    elif call.effective_at is not None and due > call.effective_at:
        text = msg(
            "the due date moved to {nextduedate}: an invoice was paid. Ask the client before going on",
            nextduedate=product.nextduedate,
        )
    findings = (Finding(subject=msg("due date"), text=text, blocking=True),) if text else ()
    note = (
        msg("paid until {nextduedate}", nextduedate=product.nextduedate)
        if due
        else msg("paid until a date that is not known")
    )
    return Polled(reached=False, note=note, clock=clock, findings=findings, look_again_at=over)


async def verify_gone(api: WhmcsApi, call: StepCall, _: Materials) -> Polled:
    """WHMCS keeps a record of an ended service. The record must say so (S4.4)."""
    service = HostedService(api, call.service.service)
    product = await service.product()
    clock = await api.clock()
    content = {"read_at": clock.shown.isoformat(), "service": product.model_dump(mode="json")}
    record = Record(
        type="gone",
        name=f"gone-{service.id}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode(),
    )
    effective = clock.shown if product.ended and call.effective_at is None else None
    return Polled(
        reached=product.ended,
        note=msg("the service is {status}", status=product.status),
        clock=clock,
        records=(record,) if product.ended else (),
        effective_at=effective,
    )
