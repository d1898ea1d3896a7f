"""One run: cancels one service, or restores it. It reads from top to bottom as a run goes."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from unrack.contracts.calls import NoticeKind
from unrack.contracts.workflows import (
    DECIDE_UPDATE,
    DECISION_SIGNAL,
    DECOMMISSION,
    KEYS_SIGNAL,
    MEMO_VIEW,
    PLAN_QUERY,
    REPORT_QUERY,
    WAKE_SIGNAL,
    RunStart,
)
from unrack.model import approvals, bounds, window
from unrack.model.decision import Decision, DecisionResult, Verdict
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.message import joined, msg
from unrack.model.not_begun import NotBegun
from unrack.model.plan import Plan
from unrack.model.service import Finding
from unrack.model.shortened import kept
from unrack.model.state import Reason, Rollback, RunReport
from workflows import admission, installation_holds, lifecycle, notify, resumption, starts, versioning, visibility
from workflows.context import RunContext
from workflows.decisions import cancel_request
from workflows.decisions.arrivals import Arrivals
from workflows.decisions.case import Proven
from workflows.decisions.envelope import envelope_of
from workflows.decisions.judge import as_proven, judge
from workflows.gates import approvals as approval_gate
from workflows.gates import grace, guard, unjudged
from workflows.gates.scheduled_end import LastCall
from workflows.lifecycle import PhaseLeft
from workflows.rollback import leave_forward, roll_back
from workflows.steps.runner import StepRunner
from workflows.waiting import ContinueAsNewDue


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
        self._admitted = bool(self._faults) or not admission.is_due(start)
        """Whether it is known that the run may begin."""
        self._arrivals = Arrivals(self._context, self._judge, begun=self._admitted)
        self._last_call = LastCall(self._context)
        self._steps = StepRunner(self._context, self._last_call.begin)

    @property
    def wakes(self) -> int:
        """How often somebody woke the run, in this history."""
        return self._context.wakes

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
        """The run from its start to its end, or to a fresh history."""
        if why := joined("; ", self._faults) or await starts.refused_by_engine(self._context, self._start):
            await self._refuse(why)
            return
        if admission.is_due(self._start) and (found := await admission.refused(self._context, self._start)) is not None:
            await self._not_begun(found)
            return
        self._believed = self._admitted = True
        self._arrivals.begin()
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

    async def _to_an_end(self) -> Outcome:
        if self._context.state.rollback is None:
            await self._forward()
        rollback = self._context.state.rollback
        return Outcome.CLOSED if rollback is None else await self._back(rollback)

    async def _forward(self) -> None:
        """From phase to phase, until the last one is over or a rollback is due."""
        phase: Phase | None = self._context.state.phase
        while phase is not None:
            try:
                await self._phase(phase)
                phase = lifecycle.following(self._context.plan, self._context.state, phase)
                if phase is None:
                    self._context.checkpoint()  # a decision may have come with the answer of the last step
            except PhaseLeft as left:
                phase = self._context.take(left.transition)

    async def _phase(self, phase: Phase) -> None:
        """The gate of `phase`, then its steps."""
        self._context.state.phase = phase
        self._context.checkpoint()
        self._last_call.begin()
        if phase is Phase.APPROVAL:
            await approval_gate.passed(self._context)
        elif phase is Phase.GRACE:
            await grace.passed(self._context, self._steps.step, self._last_call.begin)
        await self._steps.phase(phase)

    async def _back(self, rollback: Rollback) -> Outcome:
        """Back to where the run began, or to a stop where nothing was touched."""
        await self._last_call.finish()
        if not self._context.state.rolling_back:
            leave_forward(self._context, rollback)
        if rollback.to is Outcome.REACTIVATED:
            await roll_back(self._context)
        return rollback.to

    async def _finish(self, outcome: Outcome) -> None:
        self._last_call.end()
        self._context.state.outcome = outcome
        self._context.note(msg("ended: {value}", value=outcome.value))
        to_do = [
            msg("follow up with the runbook {runbook}: {title}", runbook=each.runbook, title=each.title)
            for each in self._context.plan.follow_ups
            if each.after is outcome
        ]
        for text in to_do:
            self._context.note(text)
        text = joined("\n", [self._context.plan.request.reason, *to_do])
        await self._context.notify(
            NoticeKind.ENDED, msg("{id} is {outcome}", id=self._context.id, outcome=outcome.value), text
        )
        await self._settled()
        bounds.fit(self._context.state)

    async def _go_on_in_fresh_history(self) -> None:
        self._arrivals.close()
        await self._settled()
        where = versioning.where_to(self._context.state)
        bounds.fit(self._context.state)
        plan, state = self._context.plan, self._context.state
        carried = self._start.model_copy(update={"state": state, "resumed": None, "proof": None})
        view = visibility.lacking(plan, state, visibility.view_of(plan, state, self._context.now()))
        workflow.continue_as_new(carried, memo={MEMO_VIEW: view}, initial_versioning_behavior=where)

    async def _refuse(self, why: str, found: NotBegun | None = None) -> None:
        """Ends a run whose start is not believed. What it carried is not shown as what happened."""
        if not self._faults:
            self._context.begin_anew(self._start)
        self._context.state.outcome = Outcome.REFUSED
        self._context.state.not_begun = found or NotBegun(words=kept(why))
        self._arrivals.begin()
        await starts.refuse(self._context, why)
        await self._settled()

    async def _not_begun(self, why: NotBegun) -> None:
        """Ends a run that nobody may launch, or that was not launched as it must be."""
        if self._start.resumed is not None:
            await self._refuse(why.told, why)
            return
        admission.end(self._context, why)
        self._arrivals.begin()
        await self._settled()

    async def _settled(self) -> None:
        """Waits until what goes on beside the course has ended: decisions being judged, people being told."""
        await self._context.until(lambda: workflow.all_handlers_finished() and self._context.has_notified)

    def _cancel_requested(self) -> None:
        """A cancel request of the engine becomes a decision or is refused; people are told either way."""
        text = cancel_request.requested(self._context, workflow.cancellation_reason() or "")
        self._context.notify_soon(NoticeKind.INTERFERENCE, msg("cancel request for {id}", id=self._context.id), text)

    @workflow.update(name=DECIDE_UPDATE, description="A decision of a person on this run; answered by the workflow.")
    async def decide(self, *given: object) -> DecisionResult:
        """Judges a decision and answers. Refusals are answers too, so that they stay in the history."""
        return await self._decided(envelope_of(given).decision)

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
            self._context.turn_away(msg("a signal was refused: {message}", message=error.message))
            return
        await self._decided(envelope.decision, signalled=True)

    @workflow.signal(name=KEYS_SIGNAL, description="Look whether the keys that decided here still count.")
    async def keys(self, *_: object) -> None:
        """Looks, whatever else was sent along: a worker says which keys have ended."""
        await self._arrivals.look_at_keys()

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

    async def _decided(self, decision: Decision, *, signalled: bool = False) -> DecisionResult:
        """The answer to `decision`. One that does not count changed nothing that lists show: a flood writes nothing."""
        answer = await self._arrivals.take(decision, signalled=signalled)
        if answer.why is None:
            await self._context.show_soon()
        return answer

    def _judge(self, decision: Decision, proven: Proven | None) -> DecisionResult:
        context = self._context
        context.lift_expired()
        judged, missing = context.state.judged, approvals.standing(context.plan, context.state).people
        answer = judge(context.plan, context.state, decision, context.now(), proven)
        decision = as_proven(decision, proven)
        new = context.state.judged > judged
        if new or answer.verdict is Verdict.CONFLICT:
            context.note(
                msg(
                    "{kind}: {value}: {message}", kind=decision.kind, value=answer.verdict.value, message=answer.message
                ),
                by=decision.by,
                answer=answer,
            )
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
            purge_blockers=() if ended else self._blockers(),
            purge_not_before=window.purge_not_before(context.plan, context.state),
            purge_because=() if ended else self._because(),
            not_admitted=not ended and not self._admitted,
        )

    def _blockers(self) -> tuple[Finding, ...]:
        plan, state = self._context.plan, self._context.state
        return (*unjudged.findings(state), *guard.blockers(plan, state, None, self._context.now()))

    def _because(self) -> tuple[Reason, ...]:
        plan, state = self._context.plan, self._context.state
        waited = unjudged.reasons(state) if state.passed_no_return_at is None else ()
        return (*guard.because(plan, state, self._context.now()), *waited)
