"""Cancellation requests and the end: recorded, read back, waited for, made at once."""

import json

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.handlers import Progress, conflict
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.errors import EXISTING
from unrack.providers.whmcs.schemas import END_OF_PERIOD, IMMEDIATE, LIVING, CancelRequest, Done, Product
from unrack.providers.whmcs.service import HostedService

_READ_BACK = 5.0
_REASON = 1000
"""How much of a reason is sent."""


async def request_at_end(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Record a request for the end of the billing period (S4.1, S4.2). One that stands already is the same thing."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    product, request = await service.product(), await service.request()
    if request is not None and request.type == END_OF_PERIOD:
        return progress.done(
            msg("the request is recorded"), msg("a request stood before, since {value}", value=request.date[:10] or "?")
        )
    if request is not None:
        raise conflict(
            msg("a request of type '{type}' stands: the next daily run ends the service", type=request.type),
            msg("have staff delete it in the admin area (Clients > Cancellation Requests), then retry"),
        )
    _must_live(product)
    progress.note(f"AddCancelRequest/{service.id}")
    await _add(service, END_OF_PERIOD, call.reason)
    raise progress.not_yet(msg("the request does not show yet"), _READ_BACK)


async def request_is_gone(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """WHMCS has no action that deletes a request: this tells whether staff has, and asks for it when not."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    request = await service.request()
    if request is None:
        return progress.done(msg("the request is gone"), msg("no request stands"))
    raise conflict(
        msg(
            "the cancellation request {id} of service {id2} still stands, and no API action deletes it",
            id=request.id,
            id2=service.id,
        ),
        msg("delete it in the admin area (Clients > Cancellation Requests), then retry: it is read again"),
    )


async def capture_confirmation(api: WhmcsApi, call: StepCall, _: Materials) -> Captured:
    """The request, and the due date on which it takes effect (S4.2)."""
    service = HostedService(api, call.service.service)
    product, request, clock = await service.product(), await service.request(), await api.clock()
    if request is None or product.nextduedate is None:
        raise conflict(
            msg("no cancellation request stands, or the service has no due date"),
            msg("staff may have deleted the request; ask, then retry the step that records it"),
        )
    content = {
        "read_at": clock.shown.isoformat(),
        "service": product.model_dump(mode="json"),
        "request": request.model_dump(mode="json"),
    }
    record = Record(
        type="provider-confirmation",
        name=f"cancellation-request-{service.id}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode(),
    )
    effective = api.moment(product.nextduedate)
    note = msg(
        "request {id} ({type}) takes effect on {nextduedate}",
        id=request.id,
        type=request.type,
        nextduedate=product.nextduedate,
    )
    return Captured(records=(record,), note=note, clock=clock, effective_at=effective)


async def request_at_once(api: WhmcsApi, call: StepCall, _: Materials) -> CommitResult:
    """Record an immediate request: the next daily run ends the service (S4.5). A second one is refused by WHMCS."""
    service = HostedService(api, call.service.service)
    product, request = await service.product(), await service.request()
    if product.ended:
        return CommitResult(already=True, note=msg("the service had ended: {status}", status=product.status))
    if request is not None and request.type == IMMEDIATE:
        return CommitResult(already=True, note=msg("an immediate request stood before"))
    if request is not None:
        return CommitResult(
            already=True, note=msg("a request of type '{type}' stands; the service is terminated", type=request.type)
        )
    await _add(service, IMMEDIATE, call.reason)
    return CommitResult(
        already=False, note=msg("an immediate request is recorded; the next daily run ends the service")
    )


async def terminate(api: WhmcsApi, call: StepCall, _: Materials) -> CommitResult:
    """Terminate by the server module: the data is deleted and cannot be restored (S4.4, S4.7)."""
    service = HostedService(api, call.service.service)
    product = await service.product()
    if product.ended:
        return CommitResult(already=True, note=msg("the service had ended: {status}", status=product.status))
    _must_live(product)
    await api.change("ModuleTerminate", Done, serviceid=service.id)
    return CommitResult(already=False, note=msg("the service was terminated"))


async def probe_request(api: WhmcsApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the request was recorded, or has taken effect."""
    service = HostedService(api, call.service.service)
    product, request = await service.product(), await service.request()
    asked = product.ended or request is not None
    return await _probed(api, product, request, EffectStatus.DONE if asked else EffectStatus.NOT_DONE)


async def probe_terminate(api: WhmcsApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the service is terminated, by its status."""
    service = HostedService(api, call.service.service)
    product = await service.product()
    return await _probed(api, product, None, EffectStatus.DONE if product.ended else EffectStatus.NOT_DONE)


async def _add(service: HostedService, kind: str, reason: str) -> None:
    """Record a request; that one exists is no failure: somebody else recorded it meanwhile, or an answer was lost."""
    try:
        await service.api.change(
            "AddCancelRequest", Done, serviceid=service.id, type=kind, reason=reason[:_REASON] or "Cancelled"
        )
    except UnrackError as error:
        if error.problem.category is not Category.CONFLICT or EXISTING not in error.problem.message:
            raise


async def _probed(
    api: WhmcsApi, product: Product, request: CancelRequest | None, standing: EffectStatus
) -> ProbeResult:
    told = msg(", a request of type '{type}' stands", type=request.type) if request else ""
    return ProbeResult(
        standing=standing,
        note=msg("the service is {status}{told}", status=product.status, told=told),
        clock=await api.clock(),
    )


def _must_live(product: Product) -> None:
    if product.status not in LIVING:
        raise conflict(
            msg("the service is {status}, neither active nor suspended", status=product.status),
            msg("look at it in the admin area"),
        )
