"""Letting a service end by its own dates: renewal off, the rule at the end of a minimum term; and the survey."""

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.model.message import msg
from unrack.providers.base import Materials
from unrack.providers.handlers import captured, conflict
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.product_snapshot import EVIDENCE, ProductSnapshot, engagement_rule
from unrack.providers.ovhcloud.schemas.services import BilledService, Form, Question, Said
from unrack.providers.ovhcloud.service import OvhService, service_of
from unrack.providers.ovhcloud.tasks import Progress
from unrack.providers.ovhcloud.termination import READ_BACK, survey

MANUAL, AUTOMATIC = "manual", "automatic"
END = "CANCEL_SERVICE"
GO_ON = "REACTIVATE_ENGAGEMENT"
"""``services.billing.engagement.EndStrategyEnum``."""

_LEAVING = ("terminat", "resiliation", "cancel")
"""Forms whose names have one of these are asked of people who leave (assumed: the names are not published)."""


async def stop(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Switch automatic renewal off: the service expires at its date. Reversible until then."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    return await _renewed(service, progress, MANUAL, msg("automatic renewal is off"), msg("renewal was manual before"))


async def restore(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Renewal as it was captured."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    before = ProductSnapshot.from_bytes(captured(materials, EVIDENCE)).renewal
    if before is None:
        return progress.done("", msg("the captured service had no renewal"))
    return await _renewed(
        service,
        progress,
        before,
        msg("renewal is {before} again", before=before),
        msg("renewal is {before}", before=before),
    )


async def end_with_commitment(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Have the minimum term end the service (S2.2); reversible like every planned end."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    billed = await service.must_be_billed()
    if await engagement_rule(service, billed) is None:
        raise conflict(msg("no minimum term runs, so nothing ends with it"), msg("choose the timing end-of-term"))
    return await _ruled(service, billed, progress, END)


async def restore_rule(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """The rule as it was captured; where it was this very end, the minimum term goes on."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    before = ProductSnapshot.from_bytes(captured(materials, EVIDENCE)).engagement_rule
    return await _ruled(service, await service.must_be_billed(), progress, before or GO_ON)


async def answer_survey(api: OvhApi, call: StepCall, _: Materials) -> CommitResult:
    """Answer OVHcloud's exit survey (S0.6). Where it asks nothing, nothing is sent."""
    service = service_of(api, call.service)
    billed = await service.must_be_billed()
    path = f"/services/{billed.service_id}/form"
    forms = [form for form in await api.get(path, list[Form]) if any(word in form.name.lower() for word in _LEAVING)]
    told = survey(call, frozenset({"reason", "commentary"}))
    for form in forms:
        answers = [given for question in form.questions if (given := _answered(question, told))]
        await api.change("POST", f"{path}/{form.name}/answer", Said, {"answers": answers})
    return CommitResult(
        already=not forms, note=msg("the survey was answered") if forms else msg("OVHcloud asks nothing")
    )


async def probe_survey(api: OvhApi, _: StepCall, __: Materials) -> ProbeResult:
    """Answers show nowhere. To answer twice harms nobody, so it is taken as not answered."""
    note = msg("OVHcloud does not show whether its survey was answered")
    return ProbeResult(standing=EffectStatus.NOT_DONE, note=note, clock=await api.clock())


def _answered(question: Question, told: dict[str, str]) -> dict[str, str] | None:
    allowed = [answer.key for answer in question.answers or ()]
    if allowed:
        reason = told.get("reason", "")
        value = reason if reason in allowed else "OTHER" if "OTHER" in allowed else allowed[-1]
    else:
        value = told.get("commentary", "")
    if not value or (not question.mandatory and value not in told.values()):
        return None
    return {"question": question.question, "value": value}


async def _renewed(service: OvhService, progress: Progress, mode: str, done: str, already: str) -> ChangeResult:
    billed = await service.must_be_billed()
    if _mode(billed) == mode:
        return progress.done(done, already)
    path, renew = f"/services/{billed.service_id}", billed.billing.renew
    progress.note(f"{path.removeprefix('/')} renew={mode}")
    period = renew.current.period if renew else None
    wanted = {"mode": mode, **({"period": period} if period else {})}
    await service.api.change("PUT", path, type(None), {"renew": wanted})
    if _mode(await service.billed(billed.service_id)) != mode:
        raise progress.not_yet(msg("renewal does not show as {mode} yet", mode=mode), READ_BACK)
    return progress.done(done, "")


def _mode(billed: BilledService) -> str | None:
    return billed.billing.renew.current.mode if billed.billing.renew else None


async def _ruled(service: OvhService, billed: BilledService, progress: Progress, strategy: str) -> ChangeResult:
    done = msg("at the end of the minimum term: {strategy}", strategy=strategy)
    if await engagement_rule(service, billed) == strategy:
        return progress.done(done, done)
    path = f"/services/{billed.service_id}/billing/engagement/endRule"
    progress.note(f"{path.removeprefix('/')} strategy={strategy}")
    await service.api.change("PUT", path, type(None), {"strategy": strategy})
    if await engagement_rule(service, await service.billed(billed.service_id)) != strategy:
        raise progress.not_yet(msg("the rule does not show as {strategy} yet", strategy=strategy), READ_BACK)
    return progress.done(done, "")
