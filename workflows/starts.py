"""The starts that a run believes: those of Unrack's own launch, of a fresh history, and of a true resumption.

Whoever may start workflows in Temporal may start a run with anything. A plan says by itself what it does, so its digest
is counted again and held against what lists show. A state says what was done and approved, so it must come from this
very run: from the history before, which only the server can say, or from an execution that is gone, of which the engine
is asked. A start that does not fit ends the run before it touches anything.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import TemporalError

from unrack.contracts.calls import NoticeKind
from unrack.contracts.starts import PredecessorCall, StartActivities
from unrack.contracts.workflows import DUE, MEMO_VIEW, OUTCOME, PHASE, PRODUCT, PROVIDER, SERVICE, WAITING, RunStart
from unrack.model.base import digest_of
from unrack.model.lifecycle import Phase
from unrack.model.message import msg
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

TIMEOUT = timedelta(hours=1)
"""Real time for which the engine is asked about a predecessor. A resumption that is refused can be made again."""

_LASTS = timedelta(days=1830)
"""A time-out that is longer ends no run; some servers set one for every workflow."""

_SHOWN = {
    "provider": "provider",
    "product": "product",
    "service": "service",
    "plan_digest": "plan",
    "runbook": "runbook",
    "account": "account",
    "rehearsal": "rehearsal",
}
"""Fields of the memo that the plan alone decides, and how they are called."""


def faults(start: RunStart) -> tuple[str, ...]:
    """Why this start is not believed, as far as the workflow itself can tell; empty when it is."""
    return tuple(_faults(start, workflow.info()))


async def refused_by_engine(context: RunContext, start: RunStart) -> str:
    """Why the engine does not bear out the execution that a resumption goes on from; empty when it does."""
    if start.resumed is None or start.state is None:
        return ""
    state = digest_of(start.state.model_dump(mode="json"))
    call = PredecessorCall(run=context.id, run_id=start.resumed.run_id, plan=context.plan.digest, state=state)
    try:
        found = await activity_options.activity(
            StartActivities.predecessor,
            call,
            key="begin.predecessor",
            title=msg("Does it go on from an execution of this run?"),
            how=activity_options.read(TIMEOUT),
        )
    except StepStopped as stop:
        return msg(
            "nobody could say whether it goes on from an execution of this run: {message}", message=stop.problem.message
        )
    return found.misfit


async def refuse(context: RunContext, why: str) -> None:
    """Tells people, and leaves it in the journal, that a start was refused."""
    context.note(msg("refused to begin: {why}", why=why))
    todo = msg("Launch the service by `unrack launch`, or go on with `unrack resume {id}`.", id=context.id)
    text = msg("{why}\nNothing was touched. {todo}", why=why, todo=todo)
    await context.notify(NoticeKind.INTERFERENCE, msg("a start of {id} was refused", id=context.id), text)


def _faults(start: RunStart, info: workflow.Info) -> Iterator[str]:
    if info.workflow_id != str(start.plan.run_id):
        yield msg("its id is not that of its plan's run, {run_id}", run_id=start.plan.run_id)
    yield from _foreign_ways(info)
    if start.plan.service != start.plan.facts.service:
        yield msg("its plan is for another service than the facts in it")
    if not start.plan.rehearsal and not start.plan.facts.clock.keeps_our_pace:
        yield msg("its facts say that the clock of a real provider does not keep our pace")
    if start.state is not None and start.state.plan_digest != start.plan.digest:
        yield msg("its plan has the digest {digest}, and its state is of another plan", digest=start.plan.digest)
    if info.continued_run_id is not None:
        yield from _continued(start)
    else:
        yield from _anew(start)


def _foreign_ways(info: workflow.Info) -> Iterator[str]:
    """Ways to start that Unrack never takes: they would end a run, or begin it again, behind its back."""
    if info.parent is not None:
        yield msg("another workflow started it")
    if info.cron_schedule or info.retry_policy is not None:
        yield msg("Temporal would begin it again by itself")
    if any(timedelta(0) < span < _LASTS for span in (info.execution_timeout, info.run_timeout) if span is not None):
        yield msg("Temporal would end it after a time")


def _continued(start: RunStart) -> Iterator[str]:
    if start.state is None or start.resumed is not None:
        yield msg("it follows another history, and does not carry on its state")


def _anew(start: RunStart) -> Iterator[str]:
    if (start.state is None) != (start.resumed is None):
        yield msg("it carries a state, and no history of this run came before it")
    if start.state is not None and start.state.outcome is not None:
        yield msg("the run that it would go on from ended by itself")
    if start.plan.blockers:
        yield msg("its plan is blocked: {subject}", subject=start.plan.blockers[0].subject)
    yield from _memo_faults(start)
    yield from _attribute_faults(start)


def _memo_faults(start: RunStart) -> Iterator[str]:
    shown, plan = _memo(), start.plan
    wanted: dict[str, object] = {
        "provider": plan.provider,
        "product": plan.product,
        "service": plan.service.service,
        "plan_digest": plan.digest,
        "runbook": plan.runbook,
        "account": plan.service.account,
        "rehearsal": plan.rehearsal,
    }
    if shown is None:
        yield msg("its memo does not show what a run shows")
        return
    wrong = [_SHOWN[name] for name, value in wanted.items() if shown.get(name) != value]
    if wrong:
        yield msg("its memo shows another {join} than its plan", join=", ".join(wrong))


def _memo() -> dict[str, object] | None:
    try:
        shown: Any = workflow.memo_value(MEMO_VIEW, None)
    except (ValueError, TypeError, RuntimeError, TemporalError):  # whatever a stranger's payload makes of it
        return None
    return cast("dict[str, object]", shown) if isinstance(shown, dict) else None


def _attribute_faults(start: RunStart) -> Iterator[str]:
    plan, shown = start.plan, workflow.info().typed_search_attributes
    phase = start.state.phase if start.state is not None else Phase.PREFLIGHT
    wanted = {PROVIDER: plan.provider, PRODUCT: plan.product, SERVICE: plan.service.service, PHASE: phase.value}
    wrong = [key.name for key, value in wanted.items() if shown.get(key) != value]
    too_much = {WAITING.name: shown.get(WAITING), DUE.name: shown.get(DUE), OUTCOME.name: shown.get(OUTCOME)}
    wrong += [name for name, value in too_much.items() if value is not None]
    if wrong:
        yield msg("its search attributes show something else than its plan: {join}", join=", ".join(wrong))
