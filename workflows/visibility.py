"""Shows a run to those who look without asking it: search attributes, memo, and Temporal's own web page.

`list` and `tasks` read nothing but this. Each write is an event of the history, so only what changed is written: phase,
waiting, due date and outcome are search attributes; the memo is written when a task opens, a step parks or one of the
few other facts changes, and not when a task or a parked step goes, which the waiting tells (`shown_by`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import TemporalError

from unrack.contracts.workflows import APPROVAL, DUE, MEMO_VIEW, OUTCOME, PHASE, WAITING, waited_for, waiting_words
from unrack.model import approvals, holds, window
from unrack.model.lifecycle import Phase, StepKind, StepStatus
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.state import RunState, RunView

_ONLY_IN_MEMO = ("scheduled", "no_return", "held", "stopping", "allowed_stated", "broken_glass", "not_begun")


@dataclass(slots=True)
class Published:
    """The view and search attributes that the run wrote last."""

    view: RunView | None = None
    """The newest, whether or not it took a write."""
    memo: RunView | None = None
    """The one in the memo."""
    attributes: tuple[object, ...] = ()

    @property
    def waiting_for(self) -> tuple[str, ...]:
        """For what lists show the run to wait."""
        return cast("tuple[str, ...]", (self.attributes or _known())[1])


def publish(plan: Plan, state: RunState, last: Published, now: datetime, *, passing: bool = False) -> None:
    """Writes what changed since `last`.

    Args:
        plan: The frozen plan.
        state: The run's state.
        last: What was written before.
        now: The provider's time.
        passing: Whether the run goes on by itself, as a rule at once: nothing is written then, unless lists show it
            to wait for something for which it waits no more.
    """
    view = view_of(plan, state, now)
    if view == last.view or (passing and set(last.waiting_for) <= set(view.waiting_for)):
        return
    last.view = view
    workflow.set_current_details(details(plan, view))
    _publish_attributes(view, last)
    if last.memo is None:
        last.memo = _memo()
    if not _told_by(last.memo, lacking(plan, state, view)):
        last.memo = lacking(plan, state, view)
        workflow.upsert_memo({MEMO_VIEW: last.memo})


def _memo() -> RunView | None:
    """Read the run's view from the memo; None if there is none, or somebody else overwrote it."""
    try:
        return workflow.memo_value(MEMO_VIEW, None, type_hint=RunView)
    except (ValueError, TypeError, RuntimeError, TemporalError):
        return None


def lacking(plan: Plan, state: RunState, view: RunView) -> RunView:
    """`view` as the memo has it: with the approvals that the run lacks, from before it waits for them (`shown_by`)."""
    return view.model_copy(update={"approvals_missing": approvals.standing(plan, state).people})


def _told_by(memo: RunView | None, view: RunView) -> bool:
    """Whether `memo`, with the attributes of now, shows what `view` does."""
    return (
        memo is not None
        and all(task in memo.tasks for task in view.tasks)
        and all(parked in memo.parked for parked in view.parked)
        and all(getattr(memo, name) == getattr(view, name) for name in _ONLY_IN_MEMO)
        and (memo.approvals_missing == view.approvals_missing or APPROVAL not in view.waiting_for)
    )


def view_of(plan: Plan, state: RunState, now: datetime) -> RunView:
    """A run in the form in which lists show it, at the provider's time `now`."""
    return RunView(
        service=plan.service.service,
        provider=plan.provider,
        product=plan.product,
        title=plan.facts.title,
        phase=state.phase,
        timing=plan.timing.value,
        waiting_for=_waiting(plan, state, now),
        due=_due(plan, state),
        tasks=tuple(state.tasks.values()),
        parked=tuple(state.parked.values()),
        approvals_missing=approvals.awaited(plan, state).people,
        plan_digest=plan.digest,
        outcome=state.outcome,
        rehearsal=plan.rehearsal,
        account=plan.service.account,
        runbook=plan.runbook,
        ticket=plan.request.ticket,
        owner=plan.request.owner,
        scheduled=state.scheduled,
        no_return=state.passed_no_return_at is not None,
        held=tuple(hold.id for hold in holds.full(state, now)),
        stopping=state.stopping,
        allowed_stated=state.access.allowed_stated,
        broken_glass=state.access.glass > 0,
        not_begun=state.not_begun.told if state.not_begun is not None else "",
    )


def details(plan: Plan, view: RunView) -> str:
    """Markdown for Temporal's own web page: where the run stands and what an operator can do."""
    lines = [f"**{view.title}** · {plan.runbook_title}", f"Phase: **{view.phase.value}**"]
    lines += [msg("**Held** ({join}): do not act on its tasks", join=", ".join(view.held))] if view.held else []
    lines += [msg("**Nobody verifies who decides**: a worker was told to run without a policy")] * view.allowed_stated
    lines += [msg("**An emergency right was used**")] * view.broken_glass
    lines += [f"Stopping **{view.stopping}**"] if view.stopping else []
    lines += [msg("Waits for: {join}", join=", ".join(view.waiting_for))] if view.waiting_for else []
    lines += [f"Due: {view.due:%Y-%m-%d %H:%M %Z}"] if view.due else []
    lines += [f"- Task **{task.step}**: {task.title}" for task in view.tasks]
    lines += [f"- Parked **{parked.step}** ({parked.reason.value}): {parked.problem.message}" for parked in view.parked]
    lines += [f"Ended: **{view.outcome.value}**"] if view.outcome else []
    lines += [msg("**Not begun**: {why}", why=view.not_begun)] if view.not_begun else []
    return "\n\n".join(lines)[:10_000]


def _waiting(plan: Plan, state: RunState, now: datetime) -> tuple[str, ...]:
    if state.outcome is not None:
        return ()
    waiting = [f"task:{step}" for step in state.tasks] + [f"parked:{step}" for step in state.parked]
    waiting += [f"in-doubt:{step}" for step in state.in_doubt]
    if not approvals.awaited(plan, state).complete:
        waiting.append(APPROVAL)
    if state.stopping is not None:  # a hold is shown once nothing changes the service any more
        waiting.append(f"stopping:{state.stopping}")
    else:
        waiting += [f"hold:{hold.id}" for hold in holds.standing(state, now)]
    if state.phase is Phase.GRACE and state.rollback is None:
        waiting.append("grace")
    waiting += [
        f"provider:{step.id}"
        for step in plan.steps
        if step.kind is StepKind.AWAIT and _status(state, step.id) is StepStatus.WAITING
    ]
    return tuple(waiting)


def _due(plan: Plan, state: RunState) -> datetime | None:
    deadlines = [task.deadline for task in state.tasks.values()] + [parked.since for parked in state.parked.values()]
    deadlines += [asked.late_at for asked in state.in_doubt.values() if asked.late_at is not None]
    if deadlines:
        return min(deadlines)
    if state.phase is Phase.GRACE and state.outcome is None:
        return window.purge_not_before(plan, state)
    return None


def _status(state: RunState, step: str) -> StepStatus:
    standing = state.steps.get(step)
    return standing.status if standing else StepStatus.PENDING


def _known() -> tuple[object, ...]:
    """Return the attributes that the run had before this history: from its launch, or the history before."""
    known = workflow.info().typed_search_attributes
    return known.get(PHASE), waited_for(known.get(WAITING) or ()), known.get(DUE), known.get(OUTCOME)


def _publish_attributes(view: RunView, last: Published) -> None:
    attributes = (view.phase, view.waiting_for, view.due, view.outcome)
    if attributes == (last.attributes or _known()):
        return
    updates: list[SearchAttributeUpdate[Any]] = [
        PHASE.value_set(view.phase.value),
        WAITING.value_set(waiting_words(view.waiting_for)) if view.waiting_for else WAITING.value_unset(),
        DUE.value_set(view.due) if view.due else DUE.value_unset(),
    ]
    if view.outcome is not None:
        updates.append(OUTCOME.value_set(view.outcome.value))
    workflow.upsert_search_attributes(updates)  # pyright: ignore[reportUnknownMemberType] - the SDK's own gap
    last.attributes = attributes
