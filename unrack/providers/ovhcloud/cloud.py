"""The Public Cloud project: suspended when its end is confirmed, deleted later, and until then to be had back."""

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.providers.base import Materials
from unrack.providers.handlers import conflict
from unrack.providers.ovhcloud.converge import Progress
from unrack.providers.ovhcloud.service import Shown, service_of
from unrack.providers.ovhcloud.termination import READ_BACK
from unrack.providers.ovhcloud.transport import OvhApi


async def retain(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Have the suspended project back. How long OVHcloud allows it is not published; its refusal parks the step."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    standing = await service.standing()
    if standing.shown is Shown.ACTIVE and not standing.terminated:
        return progress.done("the project is retained", "the project was not ended")
    if standing.ended:
        raise conflict(f"the project is gone: {standing.words()}", "restore it from what was saved")
    if not progress.begun:
        progress.note("retain")
        await api.change("POST", f"{service.path}/retain", type(None))
        standing = await service.standing()
    if standing.shown is not Shown.ACTIVE or standing.terminated:
        raise progress.not_yet("the project does not show as retained yet", READ_BACK)
    return progress.done("the project is retained", "")
