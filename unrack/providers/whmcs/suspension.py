"""Suspending and taking it back: the service stands still, its data stays (S4.3)."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress, captured, conflict
from unrack.providers.whmcs.configuration import EVIDENCE, SUSPENDED, Configuration
from unrack.providers.whmcs.schemas import Done, Product
from unrack.providers.whmcs.service import HostedService
from unrack.providers.whmcs.transport import WhmcsApi

_READ_BACK = 5.0
"""Seconds of provider time before a change is read again."""

_REASON = 200
"""How much of a reason is sent: clients read it in the Client Area."""


async def suspend(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Suspend the service by its server module."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    product = await service.product()
    if product.status == SUSPENDED:
        return progress.done("the service is suspended", f"the service was suspended before ({_reason(product)})")
    _must_live(product)
    progress.note(f"ModuleSuspend/{service.id}")
    reason = f"Being cancelled: {call.reason}"[:_REASON]
    await api.change("ModuleSuspend", Done, serviceid=service.id, suspendreason=reason)
    raise progress.not_yet("the suspension does not show yet", _READ_BACK)


async def unsuspend(api: WhmcsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the suspension back, unless the service was suspended before the run: that is for whoever did it."""
    service, progress = HostedService(api, call.service.service), Progress("WHMCS", call, materials)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    product = await service.product()
    if before.status == SUSPENDED:
        return ChangeResult(already=True, note="the service was suspended before the run and stays so")
    if product.status == "Active":
        return progress.done("the service is active again", "the service is active")
    _must_live(product)
    progress.note(f"ModuleUnsuspend/{service.id}")
    await api.change("ModuleUnsuspend", Done, serviceid=service.id)
    raise progress.not_yet("the service does not show as active yet", _READ_BACK)


def _must_live(product: Product) -> None:
    if product.ended or product.status not in ("Active", SUSPENDED):
        raise conflict(
            f"the service is {product.status}: it can be neither suspended nor brought back",
            "what is terminated cannot be restored (S4.7); look at it in the admin area",
        )


def _reason(product: Product) -> str:
    return product.suspensionreason or "no reason given"
