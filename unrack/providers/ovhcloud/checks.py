"""Preconditions, read again by a run."""

import re
from datetime import datetime

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.base import Materials
from unrack.providers.handlers import SHORTEST, captured
from unrack.providers.ovhcloud import billing, facts, findings, optical_link, states
from unrack.providers.ovhcloud.changes import created, pop_paths
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.configuration import EVIDENCE, Configuration, Pop, read_tree
from unrack.providers.ovhcloud.findings import Findings, tolerated
from unrack.providers.ovhcloud.product_snapshot import ProductSnapshot, new_items, read_snapshot, unread_findings
from unrack.providers.ovhcloud.schemas.base import midnight
from unrack.providers.ovhcloud.schemas.published import Connect, DebtAccount, ServiceInfos
from unrack.providers.ovhcloud.schemas.services import BilledService
from unrack.providers.ovhcloud.service import ConnectService, service_of
from unrack.providers.ovhcloud.telecom import RECREDIT
from unrack.providers.ovhcloud.termination import POLICY

_PASSES_AGAIN = 60.0
"""Seconds of provider time before a passing state is read again."""


async def check_admin_contact(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """S0.3."""
    service = service_of(api, call.service)
    return findings.admin_contact(await service.infos(), await service.caller())


async def check_status(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """Active, and billed normally; what passes by itself is waited for."""
    service = service_of(api, call.service)
    shown, infos = await service.states(), await service.infos()
    return _settled(call, states.States.of(service.product, shown, infos, await service.billed(infos.service_id)))


async def check_debt(api: OvhApi, _: StepCall, __: Materials) -> Findings:
    """Open debt blocks every cancellation."""
    return findings.debt(await api.get("/me/debtAccount", DebtAccount))


async def check_commitment(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """S2.2: the minimum term, and the price of leaving early."""
    service = service_of(api, call.service)
    infos, clock = await service.infos(), await api.clock()
    engaged = facts.committed_until(infos, clock.shown)
    fee, unknown = await facts.exit_fee(service, infos, engaged)
    if engaged is None:
        blocked = call.timing is Timing.END_OF_COMMITMENT
        return (Finding(subject=msg("minimum term"), text=msg("no minimum term runs"), blocking=blocked),)
    price = msg("; leaving now costs {value} {currency}", value=fee.value, currency=fee.currency) if fee else ""
    text = msg("a minimum term runs until {date}{price}", date=engaged.date(), price=price)
    term = midnight(infos.expiration) if infos.expiration else engaged
    blocked = call.timing is Timing.END_OF_TERM and term < engaged
    return (Finding(subject=msg("minimum term"), text=text, blocking=blocked), *unknown)


async def check_billing_period(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """S2.4: the billing period and its end."""
    service = service_of(api, call.service)
    billing = (await service.must_be_billed()).billing
    renew = billing.renew.current if billing.renew else None
    ends = billing.expiration_date
    when = f"{ends:%Y-%m-%d %H:%M %Z}" if ends else msg("on a date not shown")
    text = msg("the billing period ends {when}", when=when)
    if renew:
        text = msg(
            "the billing period ends {when}; renewal {value}, {every}",
            when=when,
            value=renew.mode or msg("not shown"),
            every=_every(renew.period),
        )
    return (Finding(subject=msg("billing period"), text=text),)


def _every(period: str | None) -> str:
    """``P3M`` as ``every 3 months``; any other text stays as OVHcloud writes it."""
    plain = re.fullmatch(r"P([0-9]+)([DMY])", period or "")
    if plain is None:
        return period or msg("period not shown")
    number, unit = int(plain[1]), {"D": "day", "M": "month", "Y": "year"}[plain[2]]
    return msg(f"every {unit}") if number == 1 else msg(f"every {{number}} {unit}s", number=number)


async def check_can_delete_at_expiration(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """Whether OVHcloud accepts an end at expiry for this service."""
    infos = await service_of(api, call.service).infos()
    return findings.can_delete_at_expiration(infos, call.timing)


async def check_options(api: OvhApi, call: StepCall, _: Materials) -> Findings:
    """Options billed apart, and Savings Plans that bind beyond the end of a Public Cloud project."""
    service = service_of(api, call.service)
    billed = await service.must_be_billed()
    options = findings.options(await facts.read_options(service, billed.service_id))
    return (*options, *await billing.savings_plans(service, billed, blocking=True))


async def check_unchanged(api: OvhApi, call: StepCall, materials: Materials) -> Findings:
    """Just before the point of no return: nothing new, same owner, no light, and the planned end still planned."""
    service = ConnectService(api, call.service.service)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    try:
        connect, infos = await service.connect(), await service.infos()
    except UnrackError as error:
        return (_ended(error.problem, call, (await api.clock()).shown),)
    billed, tree = await service.billed(infos.service_id), await read_tree(service)
    iam = (connect.iam.state if connect.iam else None) or ""
    return (
        *_settled(call, states.States.of(service.product, (connect.status, iam), infos, billed)),
        *_same_owner(infos, before.contact_admin),
        *_nothing_new(tree, connect, before, left_vrack="ovhcloud.connect.dissociate-vrack" in call.done),
        *await optical_link.came_back(service, call.waiting_since),
        *await _debt(api),
        *_still_planned(billed, call),
    )


async def check_snapshot_unchanged(api: OvhApi, call: StepCall, materials: Materials) -> Findings:
    """As `check_unchanged`, for every other product: nothing new, same owner, the planned end still planned."""
    service = service_of(api, call.service)
    before = ProductSnapshot.from_bytes(captured(materials, EVIDENCE))
    try:
        shown, infos = await service.states(), await service.infos()
    except UnrackError as error:
        return (_ended(error.problem, call, (await api.clock()).shown),)
    billed, now = await service.billed(infos.service_id), await read_snapshot(service)
    if billed.state == "terminated":  # a Public Cloud project answers on, suspended, once its end is confirmed
        text = msg("its end was confirmed; OVHcloud keeps it suspended until it is deleted")
        return (Finding(subject=msg("planned end"), text=text), *_same_owner(infos, before.contact_admin))
    new = new_items(service, before, now)
    text = msg(
        "created or changed since the configuration was captured: {join}. Someone still uses the service",
        join=", ".join(new),
    )
    return (
        *_settled(call, states.States.of(service.product, shown, infos, billed)),
        *unread_findings(now.unread, before.unread),
        *_same_owner(infos, before.contact_admin),
        *((Finding(subject="configuration", text=text, blocking=True),) if new else ()),
        *await _debt(api),
        *(() if service.product.own_end else _still_planned(billed, call)),
        *_still_expiring(billed, call),
        *(_buys_again(now) if "ovhcloud.sms.stop-recredit" in call.done else ()),
    )


async def _debt(api: OvhApi) -> Findings:
    """Open debt; where it cannot be looked at it is told, and OVHcloud refuses what it does not allow."""
    debt, unread = await tolerated(api.get("/me/debtAccount", DebtAccount), None, "debt")
    return findings.debt(debt) if debt else unread


def _settled(call: StepCall, states: states.States) -> Findings:
    """Return the findings on the states.

    Raises:
        UnrackError: ``NOT_YET``: one of them passes by itself. It is read again until the step's timeout is over.
    """
    if not (passing := states.passing()):
        return tuple(states.findings())
    problem = Problem(
        category=Category.NOT_YET,
        message=msg("OVHcloud is at work: {passing}", passing=passing),
        suggestion=msg("it passes by itself; when it does not, ask OVHcloud what it waits for"),
    )
    raise UnrackError(problem, max(SHORTEST, call.here(_PASSES_AGAIN)))


def _buys_again(now: ProductSnapshot) -> Findings:
    """The run has ended the automatic purchase of credits; somebody who set it again needs the account."""
    amount = now.resource.get(RECREDIT)
    if not amount:
        return ()
    text = msg(
        "{amount} credits are bought by themselves again: somebody switched that on. Ask them before going on",
        amount=amount,
    )
    return (Finding(subject="credits", text=text, blocking=True, before="never", now=str(amount)),)


def _still_expiring(billed: BilledService, call: StepCall) -> Findings:
    renew = billed.billing.renew
    if call.timing is not Timing.LET_EXPIRE or renew is None or renew.current.mode != "automatic":
        return ()
    text = msg("automatic renewal was switched on again: someone wants to keep the service. Ask them before going on")
    return (Finding(subject="renewal", text=text, blocking=True),)


def _ended(problem: Problem, call: StepCall, now: datetime) -> Finding:
    """The provider no longer answers: as planned when the date has come, a surprise otherwise."""
    if problem.category not in (Category.NOT_FOUND, Category.GONE):
        raise UnrackError(problem)
    as_planned = call.effective_at is not None and call.effective_at <= now
    text = msg("OVHcloud no longer answers for the service; ") + (
        msg("its planned end has come") if as_planned else problem.message
    )
    return Finding(subject="service", text=text, blocking=not as_planned)


def _same_owner(infos: ServiceInfos, before: str) -> Findings:
    if infos.contact_admin == before:
        return ()
    now = infos.contact_admin
    text = msg("the admin contact was {before} and is {now} now. Ask them before going on", before=before, now=now)
    return (Finding(subject="owner", text=text, blocking=True, before=before, now=now),)


def _nothing_new(tree: tuple[Pop, ...], connect: Connect, before: Configuration, *, left_vrack: bool) -> Findings:
    new = created(tree, before)
    if connect.vrack is not None and (left_vrack or not _never_left(tree, connect, before)):
        new.append(f"vrack/{connect.vrack}")
    left = [f"pop/{pop.id}" for pop in tree] + ([f"vrack/{connect.vrack}"] if connect.vrack else [])
    found: list[Finding] = []
    if new:
        listed = ", ".join(new)
        text = msg(
            "created or put back since the configuration was captured: {listed}. Someone may still use the service",
            listed=listed,
        )
        found.append(Finding(subject="configuration", text=text, blocking=True, before="absent", now=listed))
    elif left:
        found.append(
            Finding(
                subject="configuration", text=msg("not removed, goes with the service: {join}", join=", ".join(left))
            )
        )
    return tuple(found)


def _never_left(tree: tuple[Pop, ...], connect: Connect, before: Configuration) -> bool:
    """Whether the service is in its vRack as it was captured, by what is there.

    A PoP configuration exists only inside a vRack (ovh-api), so while a captured one is there the service is there
    still. Once they are gone, whoever has it in a vRack, the same as before or another, put it there or kept it there.
    """
    return connect.vrack == before.vrack and bool(pop_paths(tree).keys() & pop_paths(before.pops).keys())


def _still_planned(billed: BilledService, call: StepCall) -> Findings:
    wanted = POLICY.get(call.timing)
    if wanted is None:
        return _planned_by_others(billed)
    now = ", ".join(billed.planned) or "none"
    if wanted not in billed.planned:
        text = msg("the planned end is no longer planned at OVHcloud: someone took it back. Ask them before going on")
        return (Finding(subject=msg("planned end"), text=text, blocking=True, before=wanted, now=now),)
    if call.effective_at and billed.ends_at and billed.ends_at != call.effective_at:
        before, moved = (f"{at:%Y-%m-%d %H:%M %Z}" for at in (call.effective_at, billed.ends_at))
        text = msg("the planned end moved from {before} to {moved}", before=before, moved=moved)
        return (Finding(subject=msg("planned end"), text=text, blocking=True, before=before, now=moved),)
    return ()


def _planned_by_others(billed: BilledService) -> Findings:
    """This run plans no end, so whoever planned one has other ideas about the service."""
    theirs = [policy for policy in POLICY.values() if policy in billed.planned]
    if not theirs:
        return ()
    now = ", ".join(theirs)
    text = msg(
        "someone else planned an end at OVHcloud ({now}) since this run was planned. Ask them before going on", now=now
    )
    return (Finding(subject=msg("planned end"), text=text, blocking=True, before="none", now=now),)
