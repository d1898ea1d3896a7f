"""Tells how long each effect of a plan can be taken back, and by whom. Read before a confirmation (S0.4, S0.5, S4.5).

No text here says how much time is left: it would change with every minute, and so would the plan's digest.
"""

from collections.abc import Iterator
from datetime import datetime

from unrack.model.lifecycle import Phase, StepKind, Timing
from unrack.model.message import joined, msg
from unrack.model.plan import Plan, PlannedStep
from unrack.model.terms import effective_date
from unrack.runbook.foresee import grace_end
from unrack.runbook.spans import in_words

_ASKED = frozenset({Phase.DETACH, Phase.REQUEST, Phase.CONFIRM, Phase.HANDOVER})

_CHANGING = (StepKind.CHANGE, StepKind.TASK)


def taken_back(plan: Plan, told: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences for people; `told` are the runbook's own, which follow the run's dates."""
    return (*_sentences(plan), *told)


def _sentences(plan: Plan) -> Iterator[str]:
    yield _before_no_return(plan)
    end = plan.provider_end
    if end is not None:
        yield _last_call(plan, plan.step(end.step))
    elif plan.timing is Timing.IMMEDIATE:
        yield msg("Until then the provider has not been asked to end anything.")
    by_hand = [step for step in plan.steps if step.phase in _ASKED and step.undo and step.undo.task]
    if by_hand:
        yield msg("By people, not by the run: {join}.", join=joined("; ", (_clause(step) for step in by_hand)))
    yield from _never(plan)


def _before_no_return(plan: Plan) -> str:
    no_return, ends = plan.no_return, grace_end(plan)
    if no_return is None:
        return msg("Everything can be taken back at any time.")
    title = no_return.title
    if ends is None:
        return msg(
            "Everything can be taken back until '{title}' begins; that is never before grace is over.", title=title
        )
    return msg(
        "Everything can be taken back until '{title}' begins; that is never before {day}, when grace is over.",
        title=title,
        day=_day(ends),
    )


def _last_call(plan: Plan, step: PlannedStep) -> str:
    end, effective = plan.provider_end, effective_date(plan)
    span = in_words(end.last_call) if end else ""
    which = msg(", which is {moment}", moment=_moment(effective - end.last_call)) if end and effective else ""
    if step.kind is StepKind.TASK:
        return msg(
            "The provider lets the end be revoked until {span} before it ends the service{which}. If the run may "
            "not go on by then, a person is asked in time to revoke it by hand; the run cannot do that itself.",
            span=span,
            which=which,
        )
    return msg(
        "The provider lets the end be revoked until {span} before it ends the service{which}. If the run may not "
        "go on by then, it revokes it itself.",
        span=span,
        which=which,
    )


def _never(plan: Plan) -> Iterator[str]:
    """Steps before the point of no return that change something and say why there is nothing to take back."""
    changed = [
        step
        for step in plan.steps
        if step.phase in _ASKED - {Phase.CONFIRM} and step.kind in _CHANGING and step.undo is None
    ]
    if changed:
        yield msg("Nothing is taken back of: {join}.", join=joined("; ", (step.title for step in changed)))


def _clause(step: PlannedStep) -> str:
    return step.undo.title if step.undo else step.title


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment.utcoffset() is not None else f"{moment:%Y-%m-%d %H:%M}"
