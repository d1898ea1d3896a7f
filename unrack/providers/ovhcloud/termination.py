"""Schedules the end and revokes it; requests an immediate end, confirms it, and releases retained parts."""

from collections.abc import Mapping

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.model.base import JsonScalar
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.providers.base import Materials
from unrack.providers.handlers import conflict
from unrack.providers.ovhcloud import service as reading
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.schemas.published import FutureUse, TerminationReason
from unrack.providers.ovhcloud.schemas.services import BilledService, Said
from unrack.providers.ovhcloud.service import OvhService, Shown, service_of
from unrack.providers.ovhcloud.tasks import Progress

POLICY: Mapping[Timing, str] = {
    Timing.END_OF_TERM: "terminateAtExpirationDate",
    Timing.END_OF_COMMITMENT: "terminateAtEngagementDate",
}
"""``services.expanded.terminationPolicyEnum`` by timing; other timings schedule nothing."""

KEEP = "empty"
"""The policy that takes a planned end back."""

REASONS = frozenset(TerminationReason)
"""``service.TerminationReasonEnum`` (ovh-api)."""

FUTURE_USES = frozenset(FutureUse)
"""``service.TerminationFutureUseEnum`` (ovh-api)."""

READ_BACK = 5.0
"""Seconds of provider time before a change of the policy is read again."""

_COMMENTARY = 2000
"""How much of a reason is sent."""


async def schedule(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Have OVHcloud end the service by itself (S2.8). Reversible until 24 hours before; no token is mailed."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    billed = await service.must_be_billed()
    if call.timing is Timing.LET_EXPIRE:
        return _left_to_expire(billed, progress)
    policy = POLICY.get(call.timing)
    if policy is None:
        raise invalid(msg("the timing '{value}' schedules no end", value=call.timing.value), msg("correct the runbook"))
    if policy in billed.planned:
        return progress.done(
            msg("the end is planned ({policy})", policy=policy),
            msg("the end was planned before ({policy})", policy=policy),
        )
    if billed.planned:
        raise conflict(
            msg("another end is planned already ({join})", join=", ".join(billed.planned)),
            msg("take it back in the Control Panel"),
        )
    if progress.begun:  # it was asked for, and someone took it back or OVHcloud did not keep it: ask again
        progress.references = ()
    billed = await _put_policy(service, billed, policy, progress)
    if policy not in billed.planned:
        raise progress.not_yet(msg("the planned end does not show yet"), READ_BACK)
    return progress.done(msg("the end is planned ({policy})", policy=policy), "")


async def unschedule(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Take the planned end back."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    billed = await service.must_be_billed()
    if billed.planned:
        billed = await _put_policy(service, billed, KEEP, progress)
    if billed.planned:
        raise progress.not_yet(msg("the planned end still shows"), READ_BACK)
    return progress.done(msg("the planned end was taken back"), msg("no end is planned"))


async def ask(api: OvhApi, call: StepCall, _: Materials) -> CommitResult:
    """Ask for the immediate end: OVHcloud mails a token to the account (S2.17). Nothing ends by this alone."""
    service = service_of(api, call.service)
    liveness = await _living(service)
    if liveness.ended or liveness.terminated:
        return CommitResult(already=True, note=msg("there is nothing to terminate: {words}", words=liveness.words()))
    await api.change("POST", f"{service.path}/terminate", _answer(service))
    return CommitResult(
        already=False, note=msg("asked for termination; OVHcloud mails a token to the account's mailbox")
    )


async def confirm(api: OvhApi, call: StepCall, materials: Materials) -> CommitResult:
    """Confirm with the mailed token. The service ends at once and for good; the token is never repeated."""
    service = service_of(api, call.service)
    token = materials.secrets.get("token", "").strip()
    body = {**survey(call, service.product.survey or frozenset()), "token": token}
    liveness = await _living(service)
    if liveness.ended or liveness.terminated:
        return CommitResult(already=True, note=msg("the service had ended: {words}", words=liveness.words()))
    if not token:
        raise invalid(msg("the token of OVHcloud's mail is missing"), msg("hand it over (`unrack secret`), then retry"))
    await api.change("POST", f"{service.path}{service.product.confirm}", _answer(service), body, secrets=(token,))
    return CommitResult(already=False, note=msg("confirmed; OVHcloud ends the service at once"))


async def skip_retention(api: OvhApi, call: StepCall, _: Materials) -> CommitResult:
    """Release the parts of the ended service that OVHcloud retains. Do nothing where it retains none."""
    billed = await service_of(api, call.service).find_billed()
    if billed is None:
        return CommitResult(already=True, note=msg("OVHcloud retains nothing of the service"))
    if not _retained(billed):
        raise conflict(
            msg(
                "the service has not ended: /services says {state}, {state2}",
                state=billed.state,
                state2=billed.resource.state,
            ),
            msg("wait for its end, then retry"),
        )
    await api.change("POST", f"/services/{billed.service_id}/terminate/skipRetentionPeriod", type(None))
    return CommitResult(already=False, note=msg("what OVHcloud retained was released"))


async def probe_ask(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the mail was asked for. OVHcloud shows it nowhere but in the mailbox, so this seldom knows."""
    liveness = await service_of(api, call.service).liveness()
    if liveness.ended or (liveness.billed and "terminate" in liveness.billed.planned):
        return await _probed(api, EffectStatus.DONE, liveness.words())
    return await _probed(
        api,
        EffectStatus.UNKNOWN,
        msg(
            "OVHcloud does not show whether a token was asked for: look into the account's mailbox; "
            "asking again does no harm but may send a second mail"
        ),
    )


async def probe_confirm(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the service ended (facts: status ``closed``, 404 or 460, and the life cycle)."""
    liveness = await service_of(api, call.service).liveness()
    billed = liveness.billed
    if liveness.ended or (billed and (billed.state == "terminated" or "terminate" in billed.planned)):
        return await _probed(api, EffectStatus.DONE, liveness.words())
    untouched = billed is not None and billed.resource.state == "active" and liveness.shown is reading.Shown.ACTIVE
    return await _probed(api, EffectStatus.NOT_DONE if untouched else EffectStatus.UNKNOWN, liveness.words())


async def probe_skip_retention(api: OvhApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether anything is still retained."""
    billed = await service_of(api, call.service).find_billed()
    if billed is None or billed.resource.state == "deleted":
        return await _probed(api, EffectStatus.DONE, msg("OVHcloud retains nothing of the service"))
    retained = _retained(billed) and billed.resource.state == "suspended"
    words = msg("/services says {state}, {state2}", state=billed.state, state2=billed.resource.state)
    return await _probed(api, EffectStatus.NOT_DONE if retained else EffectStatus.UNKNOWN, words)


async def _put_policy(service: OvhService, billed: BilledService, policy: str, progress: Progress) -> BilledService:
    """Set the policy and read it back. It is noted before: a lost answer must not look like a state found."""
    path = f"/services/{billed.service_id}"
    progress.note(f"{path.removeprefix('/')} terminationPolicy={policy}")
    await service.api.change("PUT", path, type(None), {"terminationPolicy": policy})
    return await service.billed(billed.service_id)


def _left_to_expire(billed: BilledService, progress: Progress) -> ChangeResult:
    renew = billed.billing.renew
    if renew and renew.current.mode == "manual":
        return progress.done("", msg("renewal is manual: OVHcloud ends the service at its expiry"))
    raise conflict(
        msg("the service renews automatically, so it would not expire"), msg("choose the timing end-of-term")
    )


async def _living(service: OvhService) -> reading.Liveness:
    """How the service lives; raises where it answers as expired though its life cycle has not ended: debt, mostly."""
    liveness = await service.liveness()
    if liveness.shown is reading.Shown.ACTIVE or liveness.ended or liveness.terminated:
        return liveness
    raise conflict(
        msg(
            "OVHcloud does not answer for the service as for a living one, yet it has not ended: {words}",
            words=liveness.words(),
        ),
        msg("look for open debt in the Control Panel; a suspended service cannot be cancelled before it is paid"),
    )


def _retained(billed: BilledService) -> bool:
    return billed.state == "terminated"


async def _probed(api: OvhApi, effect: EffectStatus, note: str) -> ProbeResult:
    return ProbeResult(standing=effect, note=note, clock=await api.clock())


def survey(call: StepCall, wanted: frozenset[str]) -> dict[str, str]:
    """Reason, future use and commentary as OVHcloud wants them (S0.6); only what the product's confirmation takes."""
    parameters = call.parameters
    told = {"reason": _one_of(REASONS, "reason", parameters.get("reason") or "OTHER")}
    if future := parameters.get("future-use"):
        told["futureUse"] = _one_of(FUTURE_USES, "future-use", future)
    if commentary := str(parameters.get("commentary") or call.reason):
        told["commentary"] = commentary[:_COMMENTARY]
    taken = {"futureUse" if name == "future-use" else name for name in wanted}
    return {name: value for name, value in told.items() if name in taken}


def _answer(service: OvhService) -> type[str] | type[Said]:
    """Return the type of the answer to a request or confirmation: a text, or an object with one from ``/services``."""
    return Said if service.path.startswith("/services/") else str


def _one_of(allowed: frozenset[str], name: str, value: JsonScalar) -> str:
    word = str(value).strip().upper().replace("-", "_").replace(" ", "_")
    if word in allowed:
        return word
    raise invalid(
        msg("'{value}' is no {name} that OVHcloud knows", value=value, name=name),
        msg("one of {join}", join=", ".join(sorted(allowed))),
    )


def invalid(message: str, suggestion: str) -> UnrackError:
    """The step asks for something that makes no sense here."""
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))


async def retain(api: OvhApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Have the suspended project back. How long OVHcloud allows it is not published; its refusal parks the step."""
    service, progress = service_of(api, call.service), Progress(call, materials)
    liveness = await service.liveness()
    if liveness.shown is Shown.ACTIVE and not liveness.terminated:
        return progress.done(msg("the project is retained"), msg("the project was not ended"))
    if liveness.ended:
        raise conflict(
            msg("the project is gone: {words}", words=liveness.words()), msg("restore it from what was saved")
        )
    if not progress.begun:
        progress.note("retain")
        await api.change("POST", f"{service.path}/retain", type(None))
        liveness = await service.liveness()
    if liveness.shown is not Shown.ACTIVE or liveness.terminated:
        raise progress.not_yet(msg("the project does not show as retained yet"), READ_BACK)
    return progress.done(msg("the project is retained"), "")
