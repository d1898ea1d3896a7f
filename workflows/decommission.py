"""One run: cancels one service, or takes it back. `_forward` reads like the lifecycle."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from unrack.contracts.calls import NoticeKind
from unrack.contracts.workflows import (
    DECIDE_UPDATE,
    DECISION_SIGNAL,
    DECOMMISSION,
    MEMO_VIEW,
    PLAN_QUERY,
    REPORT_QUERY,
    WAKE_SIGNAL,
    RunStart,
)
from unrack.model import bounds, window
from unrack.model.decision import Decision, DecisionResult, Verdict
from unrack.model.lifecycle import LIFECYCLE, OVERTAKEN, Outcome, Phase
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from workflows import follow_ups, installation_holds, notify, resumption, starts, versioning, visibility
from workflows.context import (
    ContinueAsNewDue,
    RollbackRequested,
    RunContext,
    ScheduledEndRevoked,
    SentBack,
    ServiceEndedByProvider,
)
from workflows.decisions import cancel_request
from workflows.decisions.envelope import envelope_of
from workflows.decisions.judge import judge
from workflows.gates import grace, guard
from workflows.gates.scheduled_end import LastCall
from workflows.steps import undo
from workflows.steps.runner import StepRunner


@workflow.defn(name=DECOMMISSION)
class DecommissionWorkflow:
    """Runs a frozen plan to its end: closed, reactivated, or aborted. A step never fails it."""

    @workflow.init
    def __init__(self, start: RunStart) -> None:
        self._start = start
        self._faults = starts.faults(start)
        self._believed = not self._faults and start.resumed is None
        """Whether the state is known to be this run's own: until then nothing is done about it."""
        self._context = RunContext(start.model_copy(update={"state": None}) if self._faults else start)
        self._context.state.outcome = Outcome.REFUSED if self._faults else self._context.state.outcome
        self._last_call = LastCall(self._context)
        self._steps = StepRunner(self._context, self._last_call.begin)

    @property
    def wakes(self) -> int:
        """How often somebody woke the run, in this history."""
        return self._run.wakes

    @workflow.run
    async def run(self, start: RunStart) -> RunReport:  # noqa: ARG002 - Temporal wants the same arguments as __init__
        """Goes through the lifecycle; returns what happened."""
        course = asyncio.create_task(self._course())
        while True:
            try:
                await asyncio.shield(course)
                break
            except asyncio.CancelledError:
                self._cancel_requested()
        return self._report()

    async def _course(self) -> None:
        if why := "; ".join(self._faults) or await starts.refused_by_engine(self._context, self._start):
            await self._refuse(why)
            return
        self._believed = True
        try:
            if self._start.resumed is not None:
                await resumption.take_up(self._context, self._start.resumed)
            if self._start.state is not None:
                await installation_holds.at_begin(self._context)
            outcome = await self._to_an_end()
        except ContinueAsNewDue:
            await self._go_on_in_fresh_history()
        else:
            await self._finish(outcome)

    async def _refuse(self, why: str) -> None:
        """Ends a run whose start is not believed. What it carried is not shown as what happened."""
        if not self._faults:
            self._context.begin_anew(self._start)
        self._context.state.outcome = Outcome.REFUSED
        await starts.refuse(self._context, why)
        await self._settled()

    async def _to_an_end(self) -> Outcome:
        if self._context.state.rollback is None:
            try:
                await self._forward()
            except RollbackRequested:
                pass
            else:
                return Outcome.CLOSED
        return await self._back()

    async def _forward(self) -> None:
        to_come = list(LIFECYCLE[LIFECYCLE.index(self._context.state.phase) :])
        while True:
            try:
                while to_come:
                    await self._phase(to_come[0])
                    to_come.pop(0)
                self._context.checkpoint()  # a decision may have come with the answer of the last step
            except ScheduledEndRevoked:
                grace.back_to(self._context)
                to_come.insert(0, Phase.GRACE)
            except SentBack:
                to_come = self._back_to_what_is_due(to_come)
            except ServiceEndedByProvider:
                grace.pass_over(self._context)
                to_come = [phase for phase in to_come if phase not in OVERTAKEN]
            else:
                return

    def _back_to_what_is_due(self, to_come: list[Phase]) -> list[Phase]:
        """The phases from the first one on that has something to do again; what is finished in them stays finished."""
        last = to_come[0] if to_come else LIFECYCLE[-1]
        phase = self._context.state.go_back_to or last
        self._context.state.go_back_to = None
        self._context.note(f"back to {phase.value}: what was amended makes steps of it due again")
        return list(LIFECYCLE[min(LIFECYCLE.index(phase), LIFECYCLE.index(last)) :])

    async def _phase(self, phase: Phase) -> None:
        self._context.state.phase = phase
        self._context.checkpoint()
        self._last_call.begin()
        if phase is Phase.APPROVAL:
            await self._approval()
        elif phase is Phase.GRACE:
            await grace.through(self._context, self._steps, self._last_call)
        await self._steps.phase(phase)

    async def _approval(self) -> None:
        """Waits for the quorum of distinct people. Late approvals are chased, never taken for granted."""
        context, approval = self._context, self._context.plan.approval

        def complete() -> bool:
            return not guard.approvals_missing(context.plan, context.state)

        if not complete() and not context.state.asked_to_approve:
            context.state.asked_to_approve = True  # a fresh history asks nobody again
            title = f"{approval.quorum} people must approve {context.id}"
            await context.tell(NoticeKind.APPROVAL, title, f"Plan {context.plan.digest}. unrack approve {context.id}")
        while not await context.wait(complete, at=context.now() + approval.timeout):
            await context.tell(
                NoticeKind.OVERDUE, f"{context.id} still waits for approval", f"unrack approve {context.id}"
            )

    async def _back(self) -> Outcome:
        turn = self._context.state.rollback
        outcome = turn.to if turn is not None else Outcome.ABORTED
        await self._last_call.finish()
        if turn is not None and not self._context.state.rolling_back:
            undo.begin(self._context, turn)
        if outcome is Outcome.REACTIVATED:
            await undo.take_back(self._context)
        return outcome

    async def _finish(self, outcome: Outcome) -> None:
        self._last_call.end()
        self._context.state.outcome = outcome
        self._context.note(f"ended: {outcome.value}")
        to_do = follow_ups.due(self._context.plan, outcome)
        for text in to_do:
            self._context.note(text)
        text = "\n".join([self._context.plan.request.reason, *to_do])
        await self._context.tell(NoticeKind.ENDED, f"{self._context.id} is {outcome.value}", text)
        await self._settled()
        bounds.fit(self._context.state)

    async def _go_on_in_fresh_history(self) -> None:
        await self._settled()
        where = versioning.where_to(self._context.state)
        bounds.fit(self._context.state)
        carried = RunStart(plan=self._start.plan, launched_by=self._start.launched_by, state=self._context.state)
        view = visibility.view_of(self._context.plan, self._context.state, self._context.now())
        workflow.continue_as_new(carried, memo={MEMO_VIEW: view}, initial_versioning_behavior=where)

    async def _settled(self) -> None:
        """Waits until what goes on beside the course has ended: decisions being judged, people being told."""
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and self._context.has_told)

    def _cancel_requested(self) -> None:
        """A cancel request of the engine becomes a decision or is refused; people are told either way."""
        text = cancel_request.requested(self._context, workflow.cancellation_reason() or "")
        self._context.tell_soon(NoticeKind.INTERFERENCE, f"cancel request for {self._context.id}", text)

    @workflow.update(name=DECIDE_UPDATE, description="A decision of a person on this run; answered by the workflow.")
    async def decide(self, *given: object) -> DecisionResult:
        """Judges a decision and answers. Refusals are answers too, so that they stay in the history."""
        answer = self._judge(envelope_of(given).decision)
        await self._context.show_soon()
        return answer

    @decide.validator
    def only_decisions(self, *given: object) -> None:
        """Turns away what is no decision before it reaches the run."""
        envelope_of(given)

    @workflow.signal(name=DECISION_SIGNAL, description="The same decision, for tools that can only signal.")
    async def decision(self, *given: object) -> None:
        """Judges a decision that came as a signal; what cannot be read is recorded, not dropped."""
        try:
            envelope = envelope_of(given)
        except ApplicationError as error:
            self._context.turn_away(f"a signal was refused: {error.message}")
            return
        self._judge(envelope.decision)
        await self._context.show_soon()

    @workflow.signal(name=WAKE_SIGNAL, description="Look again now.")
    async def wake(self, *_: object) -> None:
        """Wakes the run, whatever else was sent along."""
        self._context.wake()

    @workflow.query(
        name=REPORT_QUERY, description="Where the run stands, what it waits for, and why it does not purge."
    )
    def report(self) -> RunReport:
        """The state of now."""
        return self._report()

    @workflow.query(name=PLAN_QUERY, description="The frozen plan.")
    def plan(self) -> Plan:
        """The plan this run carries."""
        return self._context.plan

    def _judge(self, decision: Decision) -> DecisionResult:
        context = self._context
        context.lift_expired()
        judged, missing = context.state.judged, guard.approvals_missing(context.plan, context.state)
        answer = judge(context.plan, context.state, decision, context.now())
        new = context.state.judged > judged
        if new or answer.verdict is Verdict.CONFLICT:
            context.note(f"{decision.kind}: {answer.verdict.value}: {answer.message}", by=decision.by, answer=answer)
        if new and answer.verdict is Verdict.ACCEPTED:
            notify.tell(context, decision, answer, missing)
            if context.state.rollback is None and self._believed:
                self._last_call.begin()  # a person may have said that the end is scheduled
        return answer

    def _report(self) -> RunReport:
        context = self._context
        ended = context.state.outcome is not None
        return RunReport(
            run=context.id,
            plan_digest=context.plan.digest,
            outcome=context.state.outcome,
            state=context.state,
            purge_blockers=() if ended else guard.blockers(context.plan, context.state, None, context.now()),
            purge_not_before=window.purge_not_before(context.plan, context.state),
            purge_because=() if ended else guard.because(context.plan, context.state, context.now()),
        )
