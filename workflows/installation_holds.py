"""What a run takes over of the holds of the whole installation, where no signal may have reached it."""

from datetime import timedelta

from unrack.contracts.installation_holds import HoldActivities, HoldsCall, HoldsResult
from unrack.model import holds
from unrack.model.brief import kept
from unrack.model.decision import Actor
from unrack.model.installation_hold import InstallationHold, LiftedHold
from unrack.model.state import HoldOn, ReleasedHold
from workflows import activity_options
from workflows.context import RunContext
from workflows.errors import StepStopped

MOST_READINGS = 5
"""So often in a row they are read anew: whoever sends signals without end must not keep a run from going on."""

PATIENCE = timedelta(hours=1)
"""Real time for which the register is asked for, before the step that wants to go on parks."""

_NOBODY = Actor(name="the installation")


async def at_begin(run: RunContext) -> None:
    """Reads them at once in a fresh history, and of a run that was resumed: signals may have missed it.

    Nothing waits long for that here, since the last call must not: before anything changes they are read anyway.
    """
    try:
        await take_over(run, timedelta(0))
    except StepStopped as stop:
        run.note(f"the holds of the whole installation are not known yet: {stop.problem.message}")


async def take_over(run: RunContext, within: timedelta = PATIENCE) -> None:
    """Reads the installation's holds once in this history, and makes the run's own copies fit them.

    A signal about such a hold may come while they are read, and the answer be older than the signal: then they are read
    again, a few times. So nothing that was released meanwhile stands, and nothing that was set meanwhile is lost.

    Args:
        run: The run.
        within: Real time for which they are asked for.

    Raises:
        StepStopped: nobody could read them; nothing may change on hope.
    """
    readings = 0
    while not run.holds_taken_over:
        told, readings = run.state.of_all, readings + 1
        known = tuple(hold.from_all for hold in run.state.holds if hold.from_all is not None)
        found = await activity_options.activity(
            HoldActivities.installation_holds,
            HoldsCall(run=run.id, provider=run.plan.provider, account=run.plan.service.account, known=known),
            key="holds.installation",
            title="Does a hold of the whole installation stand?",
            how=activity_options.read(within),
        )
        if run.state.of_all == told or readings == MOST_READINGS:
            _fit(run, found)
            run.holds_taken_over = True
            run.publish()


def _fit(run: RunContext, found: HoldsResult) -> None:
    carried = {hold.from_all for hold in run.state.holds}
    standing = {hold.id for hold in found.standing}
    lifted = {each.hold.id: each for each in found.lifted}
    for hold in found.standing:
        if hold.id not in carried:
            _take(run, hold)
    for copy in [each for each in run.state.holds if each.from_all is not None and each.from_all not in standing]:
        _drop(run, copy, lifted.get(copy.from_all or ""))


def _take(run: RunContext, hold: InstallationHold) -> None:
    copy = HoldOn(
        id=hold.id,
        by=hold.by,
        reason=kept(hold.reason),
        since=run.now(),
        scope=hold.scope,
        until=hold.until and run.state.clock.at(hold.until),
        from_all=hold.id,
    )
    run.state.holds = [*run.state.holds, copy]
    run.note(f"hold {hold.id} of the whole installation, by {hold.by.name}: {hold.reason}", by=hold.by)


def _drop(run: RunContext, copy: HoldOn, lifted: LiftedHold | None) -> None:
    by, reason = (lifted.by, lifted.reason) if lifted else (_NOBODY, "it stands no more")
    holds.lift(run.state, (ReleasedHold(hold=copy, until=run.now(), by=by, reason=kept(reason)),))
    run.note(f"hold {copy.from_all} of the whole installation is released by {by.name}: {reason}", by=by)
