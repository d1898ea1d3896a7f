"""Cancel requests of the engine: each becomes a decision, or is refused, and is never silent."""

from unrack.model import progress
from unrack.model.decision import Actor
from unrack.model.lifecycle import Outcome
from unrack.model.message import msg
from unrack.model.shortened import kept, quoted
from unrack.model.state import Rollback
from workflows.context import RunContext

TEMPORAL = Actor(name="temporal-cancel-request")
"""Who a cancel request is attributed to; Temporal does not say who sent it."""

_REASON = 200
"""Characters of the reason that are told: whoever may send a request may write anything into it."""


def requested(context: RunContext, reason: str) -> str:
    """Turns the request into an abort or a reactivation, if a person could have decided that now.

    The state is changed at once, so that it is in order with decisions and the purge.

    Returns:
        What became of the request, for the journal and for people.
    """
    asked = msg(
        "a cancel request came through Temporal ({value})", value=quoted(reason, _REASON) or msg("no reason given")
    )
    state = context.state
    if state.outcome is not None:
        text = msg("{asked}; the run has ended already: {value}", asked=asked, value=state.outcome.value)
    elif state.rollback is not None:
        text = msg("{asked}; the run is rolled back already ({value})", asked=asked, value=state.rollback.to.value)
    elif not state.access.stated:
        text = msg(
            "{asked} and was refused: on this run a decision counts by its signature. unrack abort {id}, or unrack "
            "reactivate {id}",
            asked=asked,
            id=context.id,
        )
    elif state.passed_no_return_at is not None:
        text = msg("{asked} and was refused: the point of no return is passed; the run goes on", asked=asked)
    else:
        outcome = Outcome.REACTIVATED if progress.touched(context.plan, state) else Outcome.ABORTED
        state.rollback = Rollback(
            to=outcome,
            by=TEMPORAL,
            reason=kept(msg("cancel request: {value}", value=reason or msg("no reason given"))),
            at=context.now(),
        )
        text = msg("{asked}; the run rolls back: {value}", asked=asked, value=outcome.value)
    context.note(text, by=TEMPORAL)
    return text
