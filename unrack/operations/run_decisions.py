"""Every decision that needs nothing but a run and a few words: each is made, sent and judged here.

What is shown before somebody decides has a module of its own: `approving`, `completing`, `grace_moves`, `rollback`.
"""

from collections.abc import Callable
from datetime import datetime

from temporalio.client import Client

from unrack.model.calendar import Zone
from unrack.model.decision import (
    Abort,
    Actor,
    Decision,
    Hold,
    HoldScope,
    Note,
    Release,
    Remedy,
    Resolve,
    Unfreeze,
    Withdraw,
)
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of
from unrack.operations.sending import Send, Settled, settle
from unrack.operations.task_forms import find_step, new_decision_id


async def abort(client: Client, run: str, reason: str, by: Actor, *, send: Send = settle) -> Settled:
    """Stop a run that has touched nothing yet.

    Here and below `run` is what a person means by it (see `find_run`), and `send` how the decision leaves.
    """
    return await _sent(client, run, lambda key: Abort(id=key, by=by, reason=reason), send)


async def note(client: Client, run: str, text: str, by: Actor, *, send: Send = settle) -> Settled:
    """Add a remark to the record of a run."""
    return await _sent(client, run, lambda key: Note(id=key, by=by, text=text), send)


async def withdraw(  # noqa: PLR0913 - what is taken back, and why
    client: Client, run: str, reason: str, extension: str | None, by: Actor, *, send: Send = settle
) -> Settled:
    """Take one's own approval back, or the extension of grace that is named, as ``e1``."""
    return await _sent(client, run, lambda key: Withdraw(id=key, by=by, reason=reason, extension=extension), send)


async def unfreeze(  # noqa: PLR0913 - which freeze, and why
    client: Client, run: str, freeze: str, reason: str, by: Actor, *, send: Send = settle
) -> Settled:
    """Take a change freeze off a run."""
    return await _sent(client, run, lambda key: Unfreeze(id=key, by=by, freeze=freeze, reason=reason), send)


async def resolve(  # noqa: PLR0913, PLR0917 - what is decided, of what, by whom
    client: Client, run: str, step: str, remedy: Remedy, reason: str, by: Actor, *, send: Send = settle
) -> Settled:
    """Decide on a parked step.

    Raises:
        UnrackError: the plan has no such step (``INVALID``), or as `settle`.
    """
    run_id = await find_run(client, run)
    step_id = find_step(await plan_of(client, run_id), step)
    return await send(client, run_id, Resolve(id=new_decision_id(), by=by, step=step_id, remedy=remedy, reason=reason))


async def hold(  # noqa: PLR0913, PLR0917 - as above
    client: Client, run: str, reason: str, scope: HoldScope, until: datetime | None, by: Actor, *, send: Send = settle
) -> Settled:
    """Hold a run; `until` without a zone is in the plan's."""
    run_id = await find_run(client, run)
    zone = (await plan_of(client, run_id)).grace.calendar.zone
    ends = in_zone(until, zone) if until is not None else None
    return await send(client, run_id, Hold(id=new_decision_id(), by=by, reason=reason, scope=scope, until=ends))


async def release(  # noqa: PLR0913 - whose holds, and why
    client: Client,
    run: str,
    reason: str,
    by: Actor,
    *,
    hold: str | None,
    owner: str | None,
    everyone: bool,
    send: Send = settle,
) -> Settled:
    """Lift holds of a run: one's own, one by its id, somebody's, or everybody's."""

    def made(key: str) -> Decision:
        return Release(id=key, by=by, reason=reason, everyone=everyone, hold=hold, owner=owner)

    return await _sent(client, run, made, send)


def in_zone(at: datetime, zone: Zone) -> datetime:
    """`at` with a zone: its own, or else that of the plan."""
    return at if at.tzinfo else zone.moment(at)


async def _sent(client: Client, run: str, made: Callable[[str], Decision], send: Send) -> Settled:
    decision = made(new_decision_id())
    return await send(client, await find_run(client, run), decision)
