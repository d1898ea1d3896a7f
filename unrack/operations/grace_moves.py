"""Moving the end of grace, and change freezes: what an extension would bring about, and the decisions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from unrack.model.decision import Actor, Extend, FreezeRun, Shorten
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.operations.extending import Prolonged, prolonged
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of, report_unless_paused
from unrack.operations.run_decisions import in_zone
from unrack.operations.sending import Send, Settled, settle
from unrack.operations.task_forms import new_decision_id


@dataclass(frozen=True, slots=True)
class Move:
    """How far the end of grace is moved: by a span, or to a moment; without a zone that is in the plan's."""

    by: timedelta | None = None
    to: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExtensionShown:
    """An extension and what it would do; None where the run refuses it, knows no end yet, or is paused."""

    run_id: str
    plan: Plan
    decision: Extend
    effect: Prolonged | None


async def look_at_extension(client: Client, run: str, move: Move, reason: str, by: Actor) -> ExtensionShown:
    """Preview the effects of extending grace. Nothing is sent yet.

    Raises:
        UnrackError: as `find_run`, or no worker answers.
    """
    run_id = await find_run(client, run)
    plan = await plan_of(client, run_id)
    to = in_zone(move.to, plan.grace.calendar.zone) if move.to is not None else None
    decision = Extend(id=new_decision_id(), by=by, by_span=move.by, to=to, reason=reason)
    report = await report_unless_paused(client, run_id)
    effect = prolonged(plan, report.state, decision, report.state.now(datetime.now(UTC))) if report else None
    return ExtensionShown(run_id, plan, decision, effect)


async def extend(client: Client, shown: ExtensionShown, *, send: Send = settle) -> Settled:
    """Extend grace as it was shown."""
    return await send(client, shown.run_id, shown.decision)


async def shorten(  # noqa: PLR0913 - by how much, and why
    client: Client, run: str, move: Move, reason: str, by: Actor, *, send: Send = settle
) -> Settled:
    """Move the end of grace to an earlier time."""
    run_id = await find_run(client, run)
    zone = (await plan_of(client, run_id)).grace.calendar.zone
    to = in_zone(move.to, zone) if move.to is not None else None
    return await send(client, run_id, Shorten(id=new_decision_id(), by=by, by_span=move.by, to=to, reason=reason))


async def freeze(  # noqa: PLR0913, PLR0917 - from when to when, called what, and why
    client: Client,
    run: str,
    since: datetime | None,
    until: datetime,
    name: str,
    reason: str,
    by: Actor,
    *,
    send: Send = settle,
) -> Settled:
    """Set a change freeze from `since`, or from now by the provider's clock; without a zone, in the plan's.

    Raises:
        UnrackError: it ends before it begins (``INVALID``), or as `settle`.
    """
    run_id = await find_run(client, run)
    plan = await plan_of(client, run_id)
    zone = plan.grace.calendar.zone
    begins = in_zone(since, zone) if since is not None else await _provider_now(client, run_id, plan)
    ends = _after(begins, in_zone(until, zone))
    decision = FreezeRun(id=new_decision_id(), by=by, begins=begins, ends=ends, name=name, reason=reason)
    return await send(client, run_id, decision)


async def _provider_now(client: Client, run_id: str, plan: Plan) -> datetime:
    report = await report_unless_paused(client, run_id)
    clock = report.state.clock if report else plan.facts.clock
    return clock.at(datetime.now(UTC))


def _after(begins: datetime, ends: datetime) -> datetime:
    if ends <= begins:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg(
                    "--until ({ends}) is not after the beginning of the freeze", ends=f"{ends:%Y-%m-%d %H:%M %Z}"
                ),
                suggestion=msg("name a later end; nothing was sent"),
            )
        )
    return ends
