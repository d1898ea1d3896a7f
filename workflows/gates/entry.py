"""The entry of a step: what is waited for, read again and judged before a step changes the service.

Whatever a step waits for here, nothing is awaited between the last judgement and the mark of the point of no return.
"""

from collections.abc import Awaitable, Callable, Sequence

from unrack.contracts.calls import EvidenceResult
from unrack.model import holds
from unrack.model.errors import blocked
from unrack.model.evidence import EvidenceRef
from unrack.model.lifecycle import ParkReason, StepKind, StepStatus
from unrack.model.message import joined, msg
from unrack.model.plan import PlannedStep
from unrack.model.terms import too_late_until
from workflows import installation_holds
from workflows.context import RunContext
from workflows.errors import StepStopped
from workflows.gates import evidence, guard, no_return, preflight, scheduled_end, stopping
from workflows.gates.grace import until_clear
from workflows.gates.unjudged import Rounds


class Entry:
    """Lets the steps of one run begin."""

    def __init__(self, context: RunContext, run_checks: Callable[[Sequence[PlannedStep]], Awaitable[None]]) -> None:
        """Nothing was done yet, by this history.

        Args:
            context: The run.
            run_checks: Runs checks until each is done or skipped.
        """
        self.context = context
        self._run_checks = run_checks
        self.last: PlannedStep | None = None
        """The step that was done last, by this history; None when it parked."""
        self.proved_by: PlannedStep | None = None
        """The check beside which evidence of the run was looked for, and all of it found."""
        self.proved: tuple[EvidenceRef, ...] = ()
        """What was looked for beside it."""
        self._rechecked_for: PlannedStep | None = None
        """The guarded step for which checks are read again now."""

    async def until_due(self, step: PlannedStep) -> None:
        """Waits until `step` is allowed and, where it schedules the provider's own end, the term has room for it."""
        context = self.context
        schedules = context.plan.provider_end is not None and step.id == context.plan.provider_end.step
        await self._until_allowed(step)
        while schedules and too_late_until(context.plan, context.state, context.now()) is not None:
            await scheduled_end.until_there_is_room(context, step.id)
            await self._until_allowed(step)

    async def _until_allowed(self, step: PlannedStep) -> None:
        """Waits until nothing holds the run, what preflight saw is still so, and nothing guards against `step`."""
        if holds.stops(self.context.plan, step) or step.guarded:
            if await stopping.until_free(self.context, step):
                self.last = None
            await self._recheck_preflight(step)
        if step.guarded:
            await self._gate(step)

    async def _recheck_preflight(self, step: PlannedStep) -> None:
        """After a long hold, reads preflight again before anything is changed."""
        while self.context.state.recheck_preflight and step.kind is not StepKind.TASK:
            await preflight.recheck(self.context, self._run_checks)
            self.last = None
            await stopping.until_free(self.context, step)

    async def _gate(self, step: PlannedStep) -> None:
        """Lets `step` begin only when nothing stands against it, judged on freshly read preconditions.

        Between the last judgement and the mark of the point of no return nothing is awaited: a reactivation is either
        before both or refused.
        """
        if not self._just_checked(step):
            await self._recheck(step)
        proved, rounds = self._proved_beside_the_last(), Rounds(self.context)
        while True:
            self.context.checkpoint()
            found = guard.blockers(self.context.plan, self.context.state, step, self.context.now())
            if not found and self._is_proved(proved) and not rounds.are_left:
                break
            if not found and self._is_proved(proved):
                proved = await self._judged_first(step, rounds)
                continue
            if not found:
                proved = evidence.everything(self.context)
                await evidence.in_store(self.context, step.id, proved, step.phase)
                continue
            unproved = tuple(item for item in found if item.subject == "evidence")
            if unproved:
                raise StepStopped(ParkReason.NOT_ALLOWED, blocked(unproved[0].text), unproved)
            self.context.note(msg("not yet: ") + joined("; ", (item.text for item in found)), step=step.id)
            await no_return.stopped_again(self.context)
            await self._until_clear(step)
            await installation_holds.take_over(self.context)
            await self._recheck_preflight(step)
            await self._recheck(step)
            proved, rounds = self._proved_beside_the_last(), Rounds(self.context)
        if step.point_of_no_return and self.context.state.passed_no_return_at is None:
            self.context.state.passed_no_return_at = self.context.now()
            self.context.note(msg("the point of no return is passed"), step=step.id)

    async def _judged_first(self, step: PlannedStep, rounds: Rounds) -> tuple[EvidenceRef, ...] | None:
        """Waits for decisions that would stop the run. What was read before is old by then, and is read again."""
        await rounds.wait(step.id)
        await self._recheck_preflight(step)
        await self._recheck(step)
        return self._proved_beside_the_last()

    def proof_beside(self, step: PlannedStep) -> tuple[EvidenceRef, ...]:
        """The evidence to look for beside the check `step`: all of the run's, where a guarded step is judged next.

        Past the point of no return nothing waits for it any more.
        """
        due = self._rechecked_for or self.following(step)
        if due is None or not due.guarded or self.context.state.passed_no_return_at is not None:
            return ()
        return evidence.everything(self.context)

    def take_proof(self, step: PlannedStep, asked: tuple[EvidenceRef, ...], found: EvidenceResult | None) -> None:
        """Takes over what the store said beside the check `step`, when it was `asked` for so much."""
        self.proved_by, self.proved = (step, asked) if evidence.is_whole(found) else (None, ())

    def following(self, step: PlannedStep) -> PlannedStep | None:
        """The next step of the same phase."""
        phase = self.context.plan.in_phase(step.phase)
        return next(iter(phase[phase.index(step) + 1 :]), None)

    def _proved_beside_the_last(self) -> tuple[EvidenceRef, ...] | None:
        """What was found whole beside the check that this run did last; None: nobody looked, or it did more since."""
        return self.proved if self.last is not None and self.proved_by == self.last else None

    def _is_proved(self, found: tuple[EvidenceRef, ...] | None) -> bool:
        """Whether all evidence that the run rests on now is among what was `found`: people may have brought more."""
        if self.context.state.passed_no_return_at is not None:
            return True
        return found is not None and set(evidence.everything(self.context)) <= set(found)

    async def _until_clear(self, step: PlannedStep) -> None:
        context = self.context
        await until_clear(context, lambda: not guard.blockers(context.plan, context.state, step, context.now()))

    def _just_checked(self, due: PlannedStep) -> bool:
        """Whether the last thing that this run did was a check of the same phase."""
        return self.last is not None and self.last in self._checks_before(due)

    async def _recheck(self, due: PlannedStep) -> None:
        """Runs the phase's checks again: what they saw may have changed since, while a person or the clock was awaited.

        A check that an operator skipped is read again, too: the skip stands for what was shown then, and for no more.
        """
        again = self._checks_before(due) if self._may_still_be_stopped(due) else ()
        self.last, self._rechecked_for = None, due
        try:
            while again and self.last is None:
                for step in again:
                    self.context.state.step(step.id).status = StepStatus.PENDING
                await self._run_checks(again)
        finally:
            self._rechecked_for = None

    def _may_still_be_stopped(self, due: PlannedStep) -> bool:
        """Whether what the checks see still counts: up to the point of no return.

        Where that is a call, it counts for the call as long as it surely took no effect. Else a service that has ended
        would stop what only asks whether it has.
        """
        surely_not = due.kind is StepKind.COMMIT and self.context.state.step(due.id).asked_at is None
        return self.context.state.passed_no_return_at is None or (due == self.context.plan.no_return and surely_not)

    def _checks_before(self, due: PlannedStep) -> tuple[PlannedStep, ...]:
        """The phase's checks since it last changed the service: what they saw must still be so."""
        before = self._earlier_in_phase(due)
        changed = [index for index, step in enumerate(before, 1) if _changes(step)]
        return tuple(step for step in before[max(changed, default=0) :] if step.kind is StepKind.CHECK)

    async def again(self, step: PlannedStep) -> None:
        """Waits until the call of `step` may be sent once more; what was read before the first time is old by now."""
        self.last = None
        await installation_holds.take_over(self.context)
        await self._gate(step)
        if (state := self.context.state.step(step.id)).status is StepStatus.PENDING:  # its mark was removed
            state.status = StepStatus.RUNNING
            self.context.publish()

    def _earlier_in_phase(self, step: PlannedStep) -> tuple[PlannedStep, ...]:
        phase = self.context.plan.in_phase(step.phase)
        return phase[: phase.index(step)]


def _changes(step: PlannedStep) -> bool:
    """Whether `step` leaves the service otherwise than it was: whatever can be undone does; asking does not."""
    return step.kind is StepKind.CHANGE or (step.kind is StepKind.COMMIT and step.undo is not None)
