"""A run takes over the holds of the whole installation, where no signal may have reached it."""

from datetime import timedelta

from unrack.contracts.installation_holds import HoldActivities, HoldsCall, HoldsResult
from unrack.model import holds
from unrack.model.decision import Actor
from unrack.model.installation_hold import InstallationHold, LiftedHold
from unrack.model.message import msg
from unrack.model.shortened import kept
from unrack.model.state import HoldOn, ReleasedHold
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

MOST_READINGS = 5
"""So often in a row they are read anew: whoever sends signals without end must not keep a run from going on."""

TIMEOUT = timedelta(hours=1)
"""Real time for which the register is asked for, before the step that wants to go on parks."""

_NOBODY = Actor(name="the installation")


async def at_begin(context: RunContext) -> None:
    """Reads them at once in a fresh history, and of a run that was resumed: signals may have missed it.

    Nothing waits long for that here, since the last call must not: before anything changes they are read anyway.
    """
    try:
        await take_over(context, timedelta(0))
    except StepStopped as stop:
        context.note(
            msg("the holds of the whole installation are not known yet: {message}", message=stop.problem.message)
        )


async def take_over(context: RunContext, within: timedelta = TIMEOUT) -> None:
    """Reads the installation's holds once in this history, and makes the run's own copies fit them.

    A signal about such a hold may come while they are read, and the answer be older than the signal: then they are read
    again, a few times. So nothing that was released meanwhile stands, and nothing that was set meanwhile is lost.

    Args:
        context: The run.
        within: Real time for which they are asked for.

    Raises:
        StepStopped: nobody could read them; nothing may change on hope.
    """
    readings = 0
    while not context.holds_taken_over:
        told, readings = context.state.of_all, readings + 1
        known = tuple(hold.from_all for hold in context.state.holds if hold.from_all is not None)
        found = await activity_options.activity(
            HoldActivities.installation_holds,
            HoldsCall(
                run=context.id,
                provider=context.plan.provider,
                account=context.plan.service.account,
                known=known,
                ruled=not context.state.access.stated,
            ),
            key="holds.installation",
            title=msg("Does a hold of the whole installation stand?"),
            how=activity_options.read(within),
        )
        if context.state.of_all == told or readings == MOST_READINGS:
            _fit(context, found)
            context.holds_taken_over = True
            context.publish()


def _fit(context: RunContext, found: HoldsResult) -> None:
    carried = {hold.from_all for hold in context.state.holds}
    standing = {hold.id for hold in found.standing}
    lifted = {each.hold.id: each for each in found.lifted}
    for hold in found.standing:
        if hold.id not in carried:
            _take(context, hold)
    for copy in [each for each in context.state.holds if each.from_all is not None and each.from_all not in standing]:
        if context.state.access.stated or copy.from_all in lifted:
            _drop(context, copy, lifted.get(copy.from_all or ""))
    if found.left_out:
        ids = ", ".join(found.left_out)
        context.note(msg("holds of the whole installation that nobody with the right signed: {ids}", ids=ids))


def _take(context: RunContext, hold: InstallationHold) -> None:
    copy = HoldOn(
        id=hold.id,
        by=hold.known,
        reason=kept(hold.reason),
        since=context.now(),
        scope=hold.scope,
        until=hold.until and context.state.clock.at(hold.until),
        from_all=hold.id,
    )
    context.state.holds = [*context.state.holds, copy]
    context.note(
        msg(
            "hold {id} of the whole installation, by {name}: {reason}",
            id=hold.id,
            name=hold.known.name,
            reason=hold.reason,
        ),
        by=hold.known,
    )


def _drop(context: RunContext, copy: HoldOn, lifted: LiftedHold | None) -> None:
    by, reason = (lifted.known, lifted.reason) if lifted else (_NOBODY, msg("it stands no more"))
    holds.lift(context.state, (ReleasedHold(hold=copy, until=context.now(), by=by, reason=kept(reason)),))
    context.note(
        msg(
            "hold {from_all} of the whole installation is released by {name}: {reason}",
            from_all=copy.from_all,
            name=by.name,
            reason=reason,
        ),
        by=by,
    )
