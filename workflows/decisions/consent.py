"""The consent revision: it counts up whenever what approvers agreed to changes."""

from datetime import datetime

from unrack.model.decision import Actor
from unrack.model.message import joined, msg
from unrack.model.shortened import kept
from unrack.model.state import ConsentChange, GivenApproval, RunState, VoidedApproval
from workflows.decisions.case import Case


def shown(case: Case, what: str, by: Actor | None = None) -> None:
    """Notes that an approver would see something else; what will be done is the same, so approvals go on counting."""
    count_up(case.state, case.now, what, by)


def altered(case: Case, what: str, by: Actor, *, since: datetime | None = None) -> str:
    """Notes that something else will be done: approvals stop counting, those given after `since`, or all.

    After the point of no return, in a rollback, and once the provider has ended it by itself, nothing is voided.

    Returns:
        What became of the approvals, as an answer goes on; empty when none was voided.
    """
    state = case.state
    binding = state.passed_no_return_at is None and state.rollback is None and state.ended_by_provider is None
    gone = [each for each in state.approvals if binding and (since is None or each.at >= since)]
    count_up(state, case.now, what, by, voids=bool(gone))
    state.voided = [*state.voided, *(VoidedApproval(approval=each, at=case.now, why=kept(what)) for each in gone)]
    state.approvals = [each for each in state.approvals if each not in gone]
    return (
        msg("; {whose} must be given again, for revision {revision}", whose=_whose(gone), revision=state.revision)
        if gone
        else ""
    )


def count_up(state: RunState, now: datetime, what: str, by: Actor | None = None, *, voids: bool = False) -> None:
    """Begins a new consent revision."""
    state.revision += 1
    change = ConsentChange(revision=state.revision, at=now, what=kept(what), by=by, voids=voids)
    state.consent = [*state.consent, change]


def since(state: RunState, revision: int) -> str:
    """Tells what changed after `revision`."""
    told = [change.what for change in state.consent if change.revision > revision]
    earlier = state.revision - revision - len(told)
    return joined("; ", [*([msg("{earlier} earlier changes", earlier=earlier)] if earlier else []), *told])


def _whose(approvals: list[GivenApproval]) -> str:
    names = " and ".join(each.by.short for each in approvals)
    return msg("the approval{value} of {names}", value="s" if len(approvals) > 1 else "", names=names)
