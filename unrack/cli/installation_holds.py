"""Holds of the whole installation, as the command shows them: set, lifted, listed."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer

from unrack.cli import screen
from unrack.cli.context import CliContext
from unrack.cli.means import means
from unrack.cli.parsing import read_moment
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.questions import confirm, refuse_unasked
from unrack.cli.render.formats import count, moment
from unrack.cli.render.holds import denied_line, denied_row, hold_line, hold_row, waiting_line, waiting_row
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model.decision import HoldScope
from unrack.model.installation_hold import LiftHolds, PlaceHold, Selector
from unrack.model.message import msg, verbatim
from unrack.model.rights import Action
from unrack.operations.deciding import launcher
from unrack.operations.holding import Reach, Watched, hold_all, holds_told, naming, release_all
from unrack.operations.task_forms import new_decision_id
from unrack.operations.whose_key import Wishes
from unrack.temporal.spreading import Spread

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold that somebody asks for: its scope, its end, and the runs that it covers."""

    scope: HoldScope
    until: str | None
    which: Selector


async def list_all(context: CliContext, as_json: bool) -> None:
    """Print the holds that stand, the orders that wait to be verified, and the last ones that do not count."""
    register = await holds_told(await context.client(), context.settings.task_queue)
    now = datetime.now(UTC)
    holds = [each for each in register.standing if each.stands(now)]
    if as_json:
        document = {"holds": [hold_row(each) for each in holds]}
        document |= {"waiting": [waiting_row(each) for each in register.unjudged]} if register.unjudged else {}
        document |= {"refused": [denied_row(each) for each in register.denied]} if register.denied else {}
        screen.print_document(document)
        return
    console = screen.facts()
    for each in holds:
        console.print(escape(hold_line(each)), soft_wrap=True)
    if not holds:
        console.print(msg("No hold of the whole installation stands."))
    for each in register.unjudged:
        console.print(escape(waiting_line(each)), soft_wrap=True)
    for each in register.denied:
        console.print(escape(denied_line(each)), soft_wrap=True)


async def hold_every_run(
    context: CliContext, reason: str, wanted: Wanted, wait: timedelta, yes: bool, who: Wishes, as_json: bool
) -> None:
    """Say what stops, ask, hold every run that is meant, and print how far it got.

    Raises:
        typer.Exit: some run was not reached.
    """
    until = _ahead(read_moment(wanted.until)) if wanted.until is not None else None
    refuse_unasked(yes=yes)
    client = await context.client()
    signing = await launcher(means(context, client, who, as_json=as_json), Action.HOLD_ALL)
    by = who.by if signing is None else signing[0].actor
    order = PlaceHold(id=new_decision_id(), by=by, reason=reason, scope=wanted.scope, which=wanted.which, until=until)
    if not (as_json and yes):
        console = screen.aside() if as_json else screen.facts()
        console.print(escape(say(_effect(order))), soft_wrap=True)
        confirm(msg("Hold {words} as {name}?", words=order.which.words, name=verbatim(order.by.name)), yes=yes)
    if signing is not None:
        order = signing[0].sign_order(order, signing[1].installation)
    with _progress() as told:
        reach = await hold_all(client, context.settings.task_queue, order, Watched(wait, told))
    if as_json:
        screen.print_document({"hold": reach.holds[0], **_counts(reach)})
    elif not reach.waits:
        _show(reach, released=False, wait=wait)
    _end(reach, as_json=as_json)


async def release_every_run(
    context: CliContext, reason: str, hold: str | None, wait: timedelta, who: Wishes, as_json: bool
) -> None:
    """Lift one hold, or all, and print how far it got.

    Raises:
        typer.Exit: some run was not reached.
    """
    order = LiftHolds(id=new_decision_id(), by=who.by, reason=reason, hold=_installation_id(hold))
    client = await context.client()
    signing = await launcher(means(context, client, who, as_json=as_json), Action.RELEASE_ALL)
    if signing is not None:
        order = await naming(client, context.settings.task_queue, order)
        order = signing[0].sign_order(order, signing[1].installation)
    with _progress() as told:
        reach = await release_all(client, context.settings.task_queue, order, Watched(wait, told))
    if as_json:
        released = () if reach.waits else reach.holds
        screen.print_document({"released": released, **_counts(reach)})
    elif not reach.holds and not reach.waits:
        screen.facts().print(msg("No hold of the whole installation stands."))
    elif not reach.waits:
        _show(reach, released=True, wait=wait)
    _end(reach, as_json=as_json)


def _end(reach: Reach, *, as_json: bool) -> None:
    """Ends the command where not everything was done.

    Raises:
        typer.Exit: some run was not reached, or no worker has verified the order.
    """
    if reach.waits and not as_json:
        ids = ", ".join(reach.holds) or msg("every hold")
        screen.aside().print(
            msg(
                "[bold yellow]Handed over[/]: no worker has verified the order yet ({ids}). The server keeps it, and "
                "it counts once one has; {reached} open runs have it, and verify it before they change anything.",
                ids=escape(ids),
                reached=reach.reached,
            ),
            soft_wrap=True,
        )
    if reach.waits:
        raise typer.Exit(ExitCode.HANDED_OVER)
    if reach.not_reached:
        raise typer.Exit(ExitCode.WRONG)


def _installation_id(hold: str | None) -> str | None:
    if hold is not None and not re.fullmatch(r"a[1-9][0-9]{0,8}", hold):
        raise invalid(
            msg("'{hold}' is no hold of the whole installation, as a1", hold=hold),
            msg("see them with `unrack hold --list`"),
        )
    return hold


def _ahead(until: datetime) -> datetime:
    if until <= datetime.now(UTC):
        raise invalid(
            msg("--until {until} is over already; nothing was sent", until=moment(until)),
            msg("name a time to come, in UTC"),
        )
    return until


def _effect(order: PlaceHold) -> str:
    what = msg("Nothing is purged") if order.scope is HoldScope.PURGE else msg("Nothing changes a service forward")
    until = msg("until {until}", until=moment(order.until)) if order.until else msg("until it is released")
    return msg(
        "{what}, in {words}, {until}; nothing is launched under it.", what=what, words=order.which.words, until=until
    )


def _counts(reach: Reach) -> dict[str, object]:
    waits: dict[str, object] = {"waits": True} if reach.waits else {}
    return {
        **waits,
        "reached": reach.reached,
        "confirmed": reach.confirmed,
        "not_reached": [each.model_dump(mode="json") for each in reach.not_reached],
    }


def _show(reach: Reach, *, released: bool, wait: timedelta) -> None:
    console, ids = screen.facts(), ", ".join(reach.holds)
    reached, confirmed = count(reach.reached, "run"), reach.confirmed
    if released and len(reach.holds) > 1:
        console.print(
            msg(
                "{ids} are released: {reached} reached, {confirmed} confirmed",
                ids=ids,
                reached=reached,
                confirmed=confirmed,
            )
        )
    elif released:
        console.print(
            msg(
                "{ids} is released: {reached} reached, {confirmed} confirmed",
                ids=ids,
                reached=reached,
                confirmed=confirmed,
            )
        )
    else:
        console.print(
            msg("{ids} stands: {reached} reached, {confirmed} confirmed", ids=ids, reached=reached, confirmed=confirmed)
        )
    if reach.confirmed < reach.reached:
        left = count(reach.reached - reach.confirmed, "run")
        console.print(
            msg(
                "{left} did not show it within {total_seconds} s: each does once a worker takes it up. "
                "Do it again to see: the same hold twice is one.",
                left=left,
                total_seconds=f"{wait.total_seconds():.0f}",
            ),
            soft_wrap=True,
        )
    for each in reach.not_reached[:_SHOWN]:
        screen.aside().print(
            msg("[bold red]Not reached:[/] {run}: {why}", run=escape(each.run), why=escape(each.why)), soft_wrap=True
        )
    if len(reach.not_reached) > _SHOWN:
        screen.aside().print(msg("and {value} more", value=len(reach.not_reached) - _SHOWN))


def reached_line(hold: str, spread: Spread) -> str:
    """How far it got, as the line that moves shows it: it is no string that the console says."""
    reached, confirmed = len(spread.reached), len(spread.confirmed)
    return say(msg("{hold}: {len} reached, {len2} confirmed", hold=hold, len=reached, len2=confirmed))


@contextmanager
def _progress() -> Generator[Callable[[str, Spread], None]]:
    """At a terminal, tells how many runs were reached so far."""
    console = screen.aside()
    if not console.is_terminal:
        yield lambda _, __: None
        return
    with console.status(say(msg("recording"))) as status:

        def told(hold: str, spread: Spread) -> None:
            status.update(reached_line(hold, spread))

        yield told
