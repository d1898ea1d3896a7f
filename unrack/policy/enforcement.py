"""What a worker answers when a run asks who may begin it and who its decisions are from."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import structlog

from unrack.contracts.installation_holds import HoldsResult, JudgeCall, KeyNews
from unrack.contracts.verifying import AdmitCall, AdmitResult, Checked, ToVerify, VerifyCall, VerifyResult
from unrack.model.access import Right
from unrack.model.authority import Access
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_order import Judgement
from unrack.model.message import msg
from unrack.model.policy import Policy
from unrack.model.policy_ref import PolicyRef
from unrack.model.rights import Action
from unrack.model.statement import (
    LaunchStatement,
    Read,
    Refusal,
    SignatureRefused,
    Statement,
    act_of,
    read_proof,
    same_act,
)
from unrack.policy.orders import as_stated, counts, judgement_of, orders_that_count
from unrack.policy.proving import access_by, checked, ended_keys, next_key_end, ref_of

log = structlog.stdlib.get_logger("unrack.worker")

AT_ONCE = 5
"""Verifications that one worker makes at once."""


class Enforcement:
    """Judges by the policy that rules, if this worker has it."""

    def __init__(self, ruling: Callable[[], Awaitable[Policy | None]], *, allow_stated: bool) -> None:
        """Judge by what `ruling` says.

        Args:
            ruling: The policy that rules; None: there is none. It raises where this worker must not judge.
            allow_stated: Whether a run on a real provider may do without a policy.
        """
        self._ruling = ruling
        self._allow_stated = allow_stated
        self._few = asyncio.Semaphore(AT_ONCE)

    async def admit(self, call: AdmitCall) -> AdmitResult:
        """Whether a run may begin.

        Raises:
            UnrackError: another worker must say (``UNAVAILABLE``).
        """
        policy = await self._ruling()
        if policy is None:
            return self._without_policy(call)
        _refuse_to_go_back(policy, call.before.policy if call.before is not None else None)
        return await self._admitted(policy, call)

    async def verify(self, call: VerifyCall) -> VerifyResult:
        """Who decisions are from.

        Raises:
            UnrackError: another worker must say (``UNAVAILABLE``).
        """
        policy = await self._ruling()
        if policy is None:
            raise UnrackError(_no_policy())
        _refuse_to_go_back(policy, call.policy)
        found = await asyncio.gather(*(self._checked(policy, each, call) for each in call.decisions))
        ref = ref_of(policy)
        access = access_by(policy, call.place) if ref != call.policy else None
        ended = ended_keys(policy, call.keys, call.at)
        return VerifyResult(checked=tuple(found), policy=ref, access=access, ended=ended)

    async def key_news(self, registered: Iterable[PolicyRef]) -> KeyNews:
        """Whether runs must look at their keys because of a policy that was `registered`, and when they must again.

        Raises:
            UnrackError: another worker must say (``UNAVAILABLE``).
        """
        policy = await self._ruling()
        if policy is None:
            return KeyNews(rules=False)
        again = next_key_end(policy, datetime.now(UTC))
        return KeyNews(rules=ref_of(policy) in registered, again_at=again and again + timedelta(seconds=1))

    async def ordered(self, found: HoldsResult) -> HoldsResult:
        """The holds of the installation that somebody with the right ordered, and no others.

        A hold that nobody with the right lifted stands, whatever else says that it was lifted.

        Raises:
            UnrackError: another worker must say, or a hold that counts is not in the register yet (``UNAVAILABLE``).
        """
        policy = await self._ruling()
        if policy is None:
            raise UnrackError(_no_policy())
        for each in found.waiting:
            if await asyncio.to_thread(counts, policy, each):
                raise UnrackError(_not_judged_yet(each.hold or each.order.id))
        return await asyncio.to_thread(orders_that_count, policy, found, datetime.now(UTC))

    async def judge(self, call: JudgeCall) -> Judgement:
        """Which orders to the whole installation count.

        Raises:
            UnrackError: another worker must say (``UNAVAILABLE``).
        """
        policy = await self._ruling()
        if policy is None:
            if call.policy is not None:
                raise UnrackError(_no_policy(msg("this worker has no policy, and orders were judged by one before")))
            return as_stated(call)
        _refuse_to_go_back(policy, call.policy)
        async with self._few:
            return await asyncio.to_thread(judgement_of, policy, call)

    async def _checked(self, policy: Policy, item: ToVerify, call: VerifyCall | AdmitCall) -> Checked:
        async with self._few:
            return await asyncio.to_thread(_safely_checked, policy, item, call)

    def _without_policy(self, call: AdmitCall) -> AdmitResult:
        if call.before is not None and not call.before.stated:
            return AdmitResult(words=msg("a policy ruled the run that is gone, and this worker has none"))
        if call.rehearsal or self._allow_stated:
            return AdmitResult(access=Access(allowed_stated=not call.rehearsal))
        words = msg(
            "without a policy only rehearsals run: give the workers one (UNRACK_POLICY, unrack up --policy), "
            "or let them do without (UNRACK_ALLOW_STATED=1, unrack up --allow-stated)"
        )
        return AdmitResult(why=Refusal.UNSIGNED, words=words)

    async def _admitted(self, policy: Policy, call: AdmitCall) -> AdmitResult:
        found = await self._begun(policy, call)
        return found if found.access is not None else found.model_copy(update={"policy": ref_of(policy)})

    async def _begun(self, policy: Policy, call: AdmitCall) -> AdmitResult:
        action = Action.LAUNCH if call.resumed is None else Action.RESUME
        try:
            _refuse_other(policy, call, action)
        except SignatureRefused as refused:
            return AdmitResult(why=refused.refusal, words=refused.words)
        item = ToVerify(id="begin", action=action, by=call.by, at=call.at, proof=call.proof)
        found = await self._checked(policy, item, call)
        return _judged(access_by(policy, call.place), action, found)


def _safely_checked(policy: Policy, item: ToVerify, call: VerifyCall | AdmitCall) -> Checked:
    """See `checked`. One decision that makes a library stumble must not keep the others from being judged."""
    try:
        return checked(policy, item, call.place, call.people)
    except Exception as error:
        log.exception("a decision could not be verified", run=call.run, decision=item.id, error=type(error).__name__)
        return Checked(id=item.id, why=Refusal.ALTERED, words=msg("its signature could not be verified"))


async def nothing_rules() -> Policy | None:
    """For who works without a policy, and asks nobody whether there is one."""
    return None


def _judged(access: Access, action: Action, found: Checked) -> AdmitResult:
    by = found.by
    if by is None:
        return AdmitResult(why=found.why, words=found.words)
    if not by.assurance.suffices_for(access.need(action)):
        return AdmitResult(why=Refusal.UNSIGNED, words=_unsigned(action, by))
    if found.right is Right.NONE:
        words = msg("{short} has no right to '{action}' here", short=by.short, action=action.value)
        return AdmitResult(why=Refusal.RIGHT_MISSING, words=words)
    return AdmitResult(access=access, by=by, right=found.right, passed_over=found.passed_over)


def _unsigned(action: Action, by: Actor) -> str:
    return msg("'{action}' must be signed, and this is only stated by {name}", action=action.value, name=by.short)


def _refuse_other(policy: Policy, call: AdmitCall, action: Action) -> None:
    """Refuse what was signed for something else; that nothing was signed is judged with the right."""
    if call.proof is None:
        return
    read = read_proof(call.proof)
    if read.statement.installation != policy.installation:
        raise _foreign(Refusal.FOREIGN_RUN, msg("installation"))
    if action is Action.LAUNCH:
        _refuse_other_launch(call, read)
    else:
        _refuse_other_resumption(call, read)


def _refuse_other_launch(call: AdmitCall, read: Read) -> None:
    said = read.statement
    if not isinstance(said, LaunchStatement):
        raise SignatureRefused(Refusal.ALTERED, msg("what was signed is no launch"))
    if said.run != call.run:
        raise _foreign(Refusal.FOREIGN_RUN, msg("run"))
    if said.plan != call.plan:
        raise _foreign(Refusal.FOREIGN_PLAN, msg("plan"))


def _refuse_other_resumption(call: AdmitCall, read: Read) -> None:
    said, before = read.statement, call.before
    if not isinstance(said, Statement) or call.resumed is None:
        raise SignatureRefused(Refusal.ALTERED, msg("what was signed is no resumption"))
    if said.run != call.run or (before is not None and before.execution and said.execution != before.execution):
        raise _foreign(Refusal.FOREIGN_RUN, msg("run"))
    if said.plan != call.plan:
        raise _foreign(Refusal.FOREIGN_PLAN, msg("plan"))
    if not same_act(said.act, {"kind": "resume", **act_of(call.resumed)}):
        raise SignatureRefused(Refusal.ALTERED, msg("what was signed is another resumption"))


def _foreign(why: Refusal, what: str) -> SignatureRefused:
    return SignatureRefused(why, msg("it was signed for another {what}", what=what))


def _refuse_to_go_back(policy: Policy, known: PolicyRef | None) -> None:
    """What a run was judged by stays, or something newer rules: no flood of the register revives a policy."""
    if known is None or ref_of(policy) == known or policy.version > known.version:
        return
    message = msg(
        "this worker has version {mine} of the policy, {digest}, and the run was judged by version {version} already",
        mine=policy.version,
        digest=policy.digest,
        version=known.version,
    )
    suggestion = msg("Give every worker the same policy (UNRACK_POLICY), and raise its version with each change.")
    raise UnrackError(Problem(category=Category.UNAVAILABLE, message=message, suggestion=suggestion))


def _not_judged_yet(hold: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("the order to hold every run ({hold}) is not in the register yet", hold=hold),
        suggestion=msg("a worker puts it there within seconds"),
    )


def _no_policy(message: str = msg("this worker has no policy, and the run is led by one")) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=message,
        suggestion=msg("Give every worker the policy (UNRACK_POLICY)."),
    )
