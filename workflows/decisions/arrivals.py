"""How decisions reach the judge: in the order in which they arrived, once it is known who they are from.

Where no policy rules, names count as they are stated, and a decision is judged at once. Else what can be refused by
looking is refused at once; the rest waits in line and is verified by a worker, everybody who waits in one call, so that
neither ten thousand forged decisions nor a worker that is away can hurt the run. Whatever arrives is answered once.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from unrack.contracts.verifying import Checked, ToVerify, VerifyActivities, VerifyCall, VerifyResult
from unrack.model import remembering
from unrack.model.access import Right, place_of
from unrack.model.actions import STOPS, step_of
from unrack.model.authority import Unjudged
from unrack.model.decision import Actor, Decision, DecisionResult, Hold, Release, Verdict
from unrack.model.message import msg
from unrack.model.policy_ref import PolicyRef
from unrack.model.statement import Refusal
from workflows.context import RunContext
from workflows.decisions import access, break_glass, ended_keys
from workflows.decisions.case import Proven, not_open, refused
from workflows.decisions.inspection import Fault
from workflows.decisions.judge import answered
from workflows.decisions.line import Arrival
from workflows.decisions.precheck import action_in, fault, stale_by_now
from workflows.questions import a_worker

Judge = Callable[[Decision, Proven | None], DecisionResult]

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before everything that a server has."""

MOST_WHILE_CLOSING = 50
"""Decisions that are still taken in once the history is to end. It must end, whatever goes on being sent."""

_FLOOD = Fault(
    Refusal.FLOOD, msg("too many decisions wait to be verified: send it again in a moment, with the same id")
)


class Arrivals:
    """Takes the decisions of one run in, and has each judged at its turn."""

    def __init__(self, context: RunContext, judge: Judge, *, begun: bool) -> None:
        """Takes in for `context`.

        Args:
            context: The run.
            judge: Judges a decision, now.
            begun: Whether it is known by what this run judges who decides. Until then everything waits.
        """
        self._context = context
        self._judge = judge
        self._begun = begun
        self._line = context.line
        self._task: asyncio.Task[None] | None = None
        self._left_to_take: int | None = None
        self._looks = 0
        """How often it was asked whether keys still count, in this history."""
        self._looked = 0
        """How many of those looks are over."""

    def begin(self) -> None:
        """It is known now by what this run judges who decides, or the run has ended before."""
        self._begun = True

    def close(self) -> None:
        """This history is to end: a few more are taken in, and then none."""
        self._left_to_take = MOST_WHILE_CLOSING

    async def take(self, decision: Decision, *, signalled: bool = False) -> DecisionResult:
        """The answer to `decision`, which has just arrived.

        Args:
            decision: As it was sent.
            signalled: Whether it came as a signal, so that the server may have had it for as long as no worker was
                there. An update reaches the server's record when it is taken in.
        """
        since = (self._context.task_before() or _EVER) if signalled else None
        arrival = Arrival(decision, self._context.time(), since=since)
        if (answer := self._at_once(arrival)) is not None:
            return answer
        if not self._line.has_room(arrival) or self._is_closed():
            return self._deny(arrival, _FLOOD)
        arrival.blocks = self._blocks(arrival)
        self._line.join(arrival)
        self._show()
        task = self._judging()
        await self._context.until(lambda: arrival.answer is not None or task.done())
        if arrival.answer is None:
            task.result()  # a bug there must stop the run like a bug anywhere else
        return self._answer_of(arrival)

    async def look_at_keys(self) -> None:
        """Somebody says that keys may count no more: another policy rules, or one has ended by itself.

        However often that is said meanwhile, it is one look more.
        """
        if self._is_closed():
            return
        self._looks += 1
        look, task = self._looks, self._judging()
        await self._context.until(lambda: self._looked >= look or task.done())
        if task.done():
            task.result()

    def _judging(self) -> asyncio.Task[None]:
        """Whoever judges the line, and looks at keys: one after the other."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._judge_everybody())
        return self._task

    def _answer_of(self, arrival: Arrival) -> DecisionResult:
        if arrival.answer is None:
            raise RuntimeError(msg("the line of decisions ended and {id} is not judged", id=arrival.decision.id))
        return arrival.answer

    def _at_once(self, arrival: Arrival) -> DecisionResult | None:
        """The answer where nobody need be asked and nobody is overtaken.

        Ten thousand may come in one workflow task, which has seconds: where the line is full, nothing is read.
        """
        context, state = self._context, self._context.state
        if not self._begun:
            return None
        known = remembering.is_known(state, arrival.decision.id)
        if known or (state.access.stated and self._line.is_empty):
            return self._judge(arrival.decision, None)
        if state.access.stated:
            return None
        if state.outcome is not None:
            return self._too_late(arrival)
        found = _FLOOD if self._line.is_full else fault(context.plan, state, arrival)
        return None if found is None else self._deny(arrival, found)

    def _blocks(self, arrival: Arrival) -> bool:
        state = self._context.state
        if state.access.stated or action_in(state, arrival.decision) not in STOPS:
            return False
        return arrival.seen.key is not None and state.access.may_stop(arrival.seen.key)

    def _is_closed(self) -> bool:
        if self._left_to_take is None:
            return False
        self._left_to_take -= 1
        return self._left_to_take < 0

    def _show(self) -> None:
        """Who waits, for those who look."""
        clock, known = self._context.clock, {each.decision.id for each in self._line.everybody()}
        lost = [] if self._begun else [each for each in self._context.state.unjudged if each.id not in known]
        self._context.state.unjudged = lost + [
            Unjudged(
                id=each.decision.id,
                kind=each.decision.kind,
                by=each.decision.by.name,
                since=clock.at(each.at),
                blocks=each.blocks,
            )
            for each in self._line.everybody()
        ]

    async def _judge_everybody(self) -> None:
        await self._context.until(lambda: self._begun)
        while not self._line.is_empty or self._looked < self._looks:
            if not self._line.is_empty:
                await self._judge_batch(tuple(self._line.next_batch()))
            if self._looked < self._looks:
                await self._look()

    async def _look(self) -> None:
        """Asks whether keys that decided here still count, where no decision is to be verified with the same call."""
        state, looks = self._context.state, self._looks
        if not state.access.stated and state.outcome is None and ended_keys.keys_to_ask_about(state):
            await self._verified(())
        self._looked = looks

    async def _judge_batch(self, batch: Sequence[Arrival]) -> None:
        state = self._context.state
        faults = [self._fault(each) for each in batch]
        to_verify = [each for each, found in zip(batch, faults, strict=True) if found is None]
        asked = to_verify and not state.access.stated and state.outcome is None
        checked = iter(await self._verified(to_verify) if asked else ())
        for each, found in zip(batch, faults, strict=True):
            self._line.answered(each, self._answer(each, found, next(checked, None) if found is None else None))
        self._show()

    def _fault(self, each: Arrival) -> Fault | None:
        """What looking shows by now: it may have arrived before it was known what the run judges by."""
        state = self._context.state
        return None if state.access.stated else fault(self._context.plan, state, each)

    def _answer(self, each: Arrival, found: Fault | None, checked: Checked | None) -> DecisionResult:
        state = self._context.state
        if remembering.is_known(state, each.decision.id) or state.access.stated:
            return self._judge(each.decision, None)
        if state.outcome is not None:
            return self._too_late(each)
        if found is not None or checked is None:
            return self._deny(each, found or Fault(Refusal.UNSIGNED, msg("nobody could say who it is from")))
        return self._by_its_sender(each, checked)

    def _by_its_sender(self, arrival: Arrival, checked: Checked) -> DecisionResult:
        state, ref, decision = self._context.state, self._context.state.access.policy, arrival.decision
        proven = Proven(checked.by, checked.groups, ref) if checked.by is not None else None
        if (found := access.fault(state, decision, checked) or stale_by_now(state, arrival)) is not None:
            return self._deny(arrival, found, proven, ref)
        answer = self._judge(decision, proven)
        if answer.verdict is Verdict.ACCEPTED and checked.right is Right.BREAK_GLASS and checked.by is not None:
            break_glass.tell(self._context, checked.by, action_in(state, decision), decision.id, checked.passed_over)
        return answer

    def _deny(
        self, arrival: Arrival, found: Fault, proven: Proven | None = None, policy: PolicyRef | None = None
    ) -> DecisionResult:
        """Refuses without using the decision's id up: it may be somebody else's, copied.

        Args:
            arrival: The decision.
            found: Why it does not count.
            proven: Who it is from, if that was proved.
            policy: By which a worker judged it; None: it was refused by looking.
        """
        decision = arrival.decision
        answer = answered(decision, refused(found.words, found.why), self._context.now(), proven)
        answer = answer.model_copy(update={"policy": policy})
        if isinstance(decision, Hold | Release) and decision.from_all is not None:
            self._context.holds_taken_over = False  # it may have come late: the register says what stands
        text = msg("{kind} does not count ({why}): {words}", kind=decision.kind, why=found.why.value, words=found.words)
        return self._leave_out(arrival, answer, text, proven.by if proven else decision.by)

    def _too_late(self, arrival: Arrival) -> DecisionResult:
        """The run has ended: nothing is decided any more, and nobody need be asked who it is from."""
        outcome = self._context.state.outcome
        judgement = not_open(msg("the run has ended: {value}", value=outcome.value if outcome else ""))
        decision = arrival.decision
        answer = answered(decision, judgement, self._context.now())
        return self._leave_out(arrival, answer, f"{decision.kind}: {answer.message}", decision.by)

    def _leave_out(self, arrival: Arrival, answer: DecisionResult, text: str, by: Actor) -> DecisionResult:
        remembering.deny(self._context.state, answer, arrival.digest)
        self._context.note(text, by=by, answer=answer)
        return answer

    async def _verified(self, batch: Sequence[Arrival]) -> tuple[Checked, ...]:
        """Who `batch` is from, in its order; empty: the run ended meanwhile, and nothing counts any more."""
        context, looks = self._context, self._looks
        asking = asyncio.create_task(self._asked(batch))
        await context.until(lambda: asking.done() or context.state.outcome is not None)
        if not asking.done():
            asking.cancel()
            return ()
        result = await asking
        if [each.id for each in result.checked] != [each.decision.id for each in batch]:
            raise RuntimeError(msg("a worker answered for other decisions than it was asked about"))
        self._ruled_by(result)
        ended_keys.tell(context, result.ended)
        self._looked = looks
        return result.checked

    async def _asked(self, batch: Sequence[Arrival]) -> VerifyResult:
        context, state = self._context, self._context.state
        call = VerifyCall(
            run=context.id,
            place=place_of(context.plan),
            policy=state.access.policy,
            decisions=tuple(self._to_verify(each) for each in batch),
            people=people_of(context),
            keys=ended_keys.keys_to_ask_about(state),
            at=context.time(),
        )
        return await a_worker(
            context,
            VerifyActivities.verify,
            call,
            key=f"decisions.{self._line.judged + 1}" if batch else f"keys.{self._looks}",
            title=msg("Who decides?") if batch else msg("Do the keys that decided still count?"),
            waits=msg("decisions on {id} wait to be verified", id=context.id)
            if batch
            else msg("nobody says whether the keys that decided on {id} still count", id=context.id),
        )

    def _to_verify(self, each: Arrival) -> ToVerify:
        decision = each.decision
        return ToVerify(
            id=decision.id,
            action=action_in(self._context.state, decision),
            step=step_of(decision),
            by=decision.by.name,
            at=each.at,
            since=each.since,
            proof=decision.proof,
        )

    def _ruled_by(self, result: VerifyResult) -> None:
        """Another version of the policy rules than the one that the run knows."""
        context = self._context
        if result.access is None or result.policy == context.state.access.policy:
            return
        context.state.access = context.state.access.ruled_by(result.access)
        ref = result.policy
        context.note(msg("policy version {version} rules ({digest})", version=ref.version, digest=ref.digest))


def people_of(context: RunContext) -> tuple[str, ...]:
    """The names by which the run knows people whose decisions count together with others'."""
    state = context.state
    actors = [state.launched_by, *(each.by for each in state.approvals)]
    for step in state.steps.values():
        actors += [*step.rejected_by, *([step.done_by] if step.done_by else [])]
    return tuple(dict.fromkeys(each.name for each in actors))[:500]
