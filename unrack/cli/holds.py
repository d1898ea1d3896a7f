"""Commands that stop runs and let them go on: hold and release, of one run or of the whole installation."""

import asyncio
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.actor import actor
from unrack.cli.completion import run_ids
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import RUNS, As, Json, examples
from unrack.cli.parsing import read_local, read_moment, read_span
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.questions import Yes, confirm, refuse_unasked
from unrack.cli.render.formats import count, moment
from unrack.cli.render.holds import hold_line, hold_row
from unrack.cli.screen import escape
from unrack.cli.settled import end_with
from unrack.i18n import say
from unrack.model.decision import Actor, HoldScope
from unrack.model.installation_hold import LiftHolds, PlaceHold, Selector
from unrack.model.message import msg
from unrack.operations import run_decisions
from unrack.operations.holding import (
    Reach,
    Watched,
    hold_all,
    refuse_unknown_provider,
    release_all,
    standing_holds,
)
from unrack.operations.task_forms import new_decision_id
from unrack.temporal.spreading import Spread

app = typer.Typer()

OneRun = Annotated[
    str | None,
    typer.Argument(metavar="RUN", help="As for every command.", show_default=False, autocompletion=run_ids),
]
Why = Annotated[
    str | None,
    typer.Option("--reason", help="Why, for everybody who reads the history.", show_default=False),
]
Wait = Annotated[
    str, typer.Option("--wait", metavar="SPAN", help="With --all: how long runs may take to show it; 0 waits for none.")
]
_WAIT = "30s"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What stops, which runs, and until when."""

    scope: HoldScope
    until: str | None
    which: Selector


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        'unrack hold 2f0c9a1e --reason "incident 4711"',
        'unrack hold 2f0c9a1e --purge-only --until 2026-12-24 --reason "audit under way"',
        'unrack hold --all --reason "incident 4711"',
        'unrack hold --all --provider ovhcloud --account lab --reason "the lab moves" --yes',
        "unrack hold --list",
    ),
)
def hold(
    ctx: typer.Context,
    run: OneRun = None,
    reason: Why = None,
    every: Annotated[bool, typer.Option("--all", help="Every run of this installation, and those to come.")] = False,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --all: only runs of this provider, as ovhcloud.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --all: only runs that act with this account.")
    ] = None,
    purge_only: Annotated[
        bool, typer.Option("--purge-only", help="Stop the purge alone; what leads up to it goes on.")
    ] = False,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="WHEN", help="When it ends by itself, in the plan's zone; with --all in UTC."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the holds of the whole installation that stand.")] = False,
    yes: Yes = False,
    wait: Wait = _WAIT,
    who: As = None,
    json: Json = False,
) -> None:
    """Hold a run, or with --all every run: nothing changes a service forward while the hold stands.

    What brings a service back goes on: a rollback, the last call, unlocking ports after a scream test. The clock of
    grace goes on, too, unless the runbook stops it. With --all it stands as soon as the server has it, without any
    worker, and nothing is launched under it. Reached: the server has told the run. Confirmed: the run shows it.
    """
    _one_of(run, every=every, list_=list_, among=msg("a run, --all, --list"))
    scope = HoldScope.PURGE if purge_only else HoldScope.ALL
    _only_with(every, {"--provider": provider, "--account": account, "--wait": None if wait == _WAIT else wait})
    if list_:
        _only_with(not list_, {"--reason": reason, "--until": until, "--purge-only": purge_only or None}, "a hold")
        asyncio.run(_list(cli_context(ctx), json))
    elif run is not None:
        asyncio.run(_hold(cli_context(ctx), run, _needed(reason), scope, until, actor(who), json))
    else:
        context = cli_context(ctx)
        if provider is not None:
            refuse_unknown_provider(provider, context.settings.runbooks)
        wanted = _Wanted(scope, until, Selector(provider=provider, account=account))
        asyncio.run(_hold_all(context, _needed(reason), wanted, _span(wait), yes, who, json))


async def _hold(  # one argument per option
    context: CliContext, run: str, reason: str, scope: HoldScope, until: str | None, by: Actor, as_json: bool
) -> None:
    ends = read_local(until) if until is not None else None
    end_with(await run_decisions.hold(await context.client(), run, reason, scope, ends, by), as_json=as_json)


async def _list(context: CliContext, as_json: bool) -> None:
    holds = await standing_holds(await context.client(), context.settings.task_queue)
    if as_json:
        screen.print_document({"holds": [hold_row(each) for each in holds]})
        return
    console = screen.facts()
    for each in holds:
        console.print(escape(hold_line(each)), soft_wrap=True)
    if not holds:
        console.print(msg("No hold of the whole installation stands."))


async def _hold_all(
    context: CliContext, reason: str, wanted: _Wanted, wait: timedelta, yes: bool, who: str | None, as_json: bool
) -> None:
    until = _ahead(read_moment(wanted.until)) if wanted.until is not None else None
    order = PlaceHold(
        id=new_decision_id(), by=actor(who), reason=reason, scope=wanted.scope, which=wanted.which, until=until
    )
    refuse_unasked(yes=yes)
    client = await context.client()
    if not (as_json and yes):
        console = screen.aside() if as_json else screen.facts()
        console.print(escape(say(_effect(order))), soft_wrap=True)
        confirm(msg("Hold {words} as {name}?", words=order.which.words, name=order.by.name), yes=yes)
    with _progress() as told:
        reach = await hold_all(client, context.settings.task_queue, order, Watched(wait, told))
    if as_json:
        screen.print_document({"hold": reach.holds[0], **_counts(reach)})
    else:
        _show(reach, released=False, wait=wait)
    if reach.not_reached:
        raise typer.Exit(ExitCode.WRONG)


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        "unrack release 2f0c9a1e",
        'unrack release 2f0c9a1e --hold h2 --reason "legal agreed"',
        'unrack release 2f0c9a1e --everyone --reason "the auditor has left"',
        'unrack release --all --hold a1 --reason "the incident is over"',
    ),
)
def release(
    ctx: typer.Context,
    run: OneRun = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; needed for holds of other people, and with --all.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="The holds of the whole installation.")] = False,
    hold: Annotated[
        str | None, typer.Option("--hold", metavar="ID", help="Only this hold, as h2; with --all as a1.")
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="Only this person's holds.")] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="The holds of other people too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Taken for scripts; nothing is asked.")] = False,  # noqa: ARG001 - see its help
    wait: Wait = _WAIT,
    who: As = None,
    json: Json = False,
) -> None:
    """Lift your own holds of a run; one by its id, somebody's or everybody's with a reason.

    A hold of the whole installation is lifted with --all, and with nothing else.
    """
    _one_of(run, every=every, among=msg("a run, --all"))
    _only_with(every, {"--wait": None if wait == _WAIT else wait})
    if run is not None:
        whose = _Whose(reason, hold, owner, everyone)
        asyncio.run(_release(cli_context(ctx), run, whose, actor(who), json))
        return
    _only_with(not every, {"--owner": owner, "--everyone": everyone or None}, "a run")
    asyncio.run(_release_all(cli_context(ctx), _needed(reason or None), hold, _span(wait), who, json))


@dataclass(frozen=True, slots=True)
class _Whose:
    """Which holds of a run are lifted, and why."""

    reason: str
    hold: str | None
    owner: str | None
    everyone: bool


async def _release(context: CliContext, run: str, whose: _Whose, by: Actor, as_json: bool) -> None:
    client = await context.client()
    settled = await run_decisions.release(
        client, run, whose.reason, by, hold=whose.hold, owner=whose.owner, everyone=whose.everyone
    )
    end_with(settled, as_json=as_json)


async def _release_all(
    context: CliContext, reason: str, hold: str | None, wait: timedelta, who: str | None, as_json: bool
) -> None:
    order = LiftHolds(id=new_decision_id(), by=actor(who), reason=reason, hold=_installation_id(hold))
    client = await context.client()
    with _progress() as told:
        reach = await release_all(client, context.settings.task_queue, order, Watched(wait, told))
    if as_json:
        screen.print_document({"released": reach.holds, **_counts(reach)})
    elif not reach.holds:
        screen.facts().print(msg("No hold of the whole installation stands."))
    else:
        _show(reach, released=True, wait=wait)
    if reach.not_reached:
        raise typer.Exit(ExitCode.WRONG)


def _one_of(run: str | None, *, every: bool, list_: bool = False, among: str) -> None:
    if [run is not None, every, list_].count(True) != 1:
        raise invalid(msg("name one of: {among}; nothing was sent", among=among), msg("see the examples of --help"))


def _only_with(given: bool, options: dict[str, object], what: str = "--all") -> None:
    """Refuse options that say nothing here: a person who gave one expects it to count."""
    named = [name for name, value in options.items() if value is not None]
    if named and not given:
        raise invalid(
            msg("{join} goes with {what}; nothing was sent", join=", ".join(named), what=what),
            msg("leave it out, or see --help"),
        )


def _needed(reason: str | None) -> str:
    if reason is None:
        raise invalid(msg("say why with --reason; nothing was sent"), msg("everybody who reads the history sees it"))
    return reason


def _installation_id(hold: str | None) -> str | None:
    if hold is not None and not re.fullmatch(r"a[1-9][0-9]{0,8}", hold):
        raise invalid(
            msg("'{hold}' is no hold of the whole installation, as a1", hold=hold),
            msg("see them with `unrack hold --list`"),
        )
    return hold


def _span(wait: str) -> timedelta:
    return timedelta(0) if wait.strip() in ("0", "0s") else read_span(wait)


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
    return {
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


@contextmanager
def _progress() -> Generator[Callable[[str, Spread], None]]:
    """At a terminal, tells how many runs were reached so far."""
    console = screen.aside()
    if not console.is_terminal:
        yield lambda _, __: None
        return
    with console.status(say(msg("recording"))) as status:

        def told(hold: str, spread: Spread) -> None:
            status.update(
                msg(
                    "{hold}: {len} reached, {len2} confirmed",
                    hold=hold,
                    len=len(spread.reached),
                    len2=len(spread.confirmed),
                )
            )

        yield told
