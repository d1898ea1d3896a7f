"""Commands that stop runs and let them go on: hold and release, of one run or of the whole installation."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape

from unrack.cli import screen
from unrack.cli.asking import Yes, confirm, refuse_unasked
from unrack.cli.decide import send, settle
from unrack.cli.desk import Desk, actor, desk_of
from unrack.cli.options import RUNS, As, Json, examples, read_local, read_moment, read_span, said
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.words import count, moment, person
from unrack.language import say
from unrack.model.decision import Hold, HoldScope, Release
from unrack.model.installation_hold import InstallationHold, LiftHolds, PlaceHold, Selector
from unrack.operations.deciding import new_decision_id
from unrack.operations.holding import (
    Reach,
    Watched,
    hold_all,
    refuse_unknown_provider,
    release_all,
    standing_holds,
)
from unrack.operations.listing import find_run
from unrack.operations.reporting import plan_of
from unrack.runtime.spreading import Spread

app = typer.Typer()

OneRun = Annotated[str | None, typer.Argument(metavar="RUN", help="As for every command.", show_default=False)]
Why = Annotated[
    str | None,
    typer.Option(
        "--reason",
        help="Why, for everybody who reads the history.",
        show_default=False,
        callback=lambda text: None if text is None else said(text),
    ),
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
    _one_of(run, every=every, list_=list_)
    scope = HoldScope.PURGE if purge_only else HoldScope.ALL
    _only_with(every, {"--provider": provider, "--account": account, "--wait": None if wait == _WAIT else wait})
    if list_:
        _only_with(not list_, {"--reason": reason, "--until": until, "--purge-only": purge_only or None}, "--list")
        asyncio.run(_list(desk_of(ctx), json))
    elif run is not None:
        asyncio.run(_hold(desk_of(ctx), run, _needed(reason), scope, until, who, json))
    else:
        wanted = _Wanted(scope, until, Selector(provider=_known(provider), account=account))
        asyncio.run(_hold_all(desk_of(ctx), _needed(reason), wanted, _span(wait), yes, who, json))


async def _hold(  # one argument per option
    desk: Desk, text: str, reason: str, scope: HoldScope, until: str | None, who: str | None, as_json: bool
) -> None:
    client = await desk.client()
    run = await find_run(client, text)
    zone = (await plan_of(client, run)).grace.calendar.zone
    ends = read_local(until, zone) if until is not None else None
    decision = Hold(id=new_decision_id(), by=actor(who), reason=reason, scope=scope, until=ends)
    await settle(client, run, decision, as_json)


async def _list(desk: Desk, as_json: bool) -> None:
    holds = await standing_holds(await desk.client(), desk.settings.task_queue)
    if as_json:
        screen.print_document({"holds": [holds_row(each) for each in holds]})
        return
    console = screen.facts()
    for each in holds:
        console.print(escape(hold_line(each)), soft_wrap=True)
    if not holds:
        console.print("No hold of the whole installation stands.")


async def _hold_all(
    desk: Desk, reason: str, wanted: _Wanted, wait: timedelta, yes: bool, who: str | None, as_json: bool
) -> None:
    until = _ahead(read_moment(wanted.until)) if wanted.until is not None else None
    order = PlaceHold(
        id=new_decision_id(), by=actor(who), reason=reason, scope=wanted.scope, which=wanted.which, until=until
    )
    refuse_unasked(yes=yes)
    client = await desk.client()
    if not (as_json and yes):
        screen.before_asking(as_json=as_json).print(escape(say(_effect(order))), soft_wrap=True)
        confirm(f"Hold {order.which.words} as {order.by.name}?", yes=yes)
    with _progress() as watched:
        reach = await hold_all(client, desk.settings.task_queue, order, Watched(wait, watched))
    if as_json:
        screen.print_document({"hold": reach.holds[0], **_counts(reach)})
    else:
        _show(reach, "stands", "show it", wait)
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
    _one_of(run, every=every)
    _only_with(every, {"--wait": None if wait == _WAIT else wait})
    if run is not None:
        _release(ctx, run, Release_(reason, hold, owner, everyone), who, json)
        return
    _only_with(not every, {"--owner": owner, "--everyone": everyone or None}, "a run")
    asyncio.run(_release_all(desk_of(ctx), said(_needed(reason or None)), hold, _span(wait), who, json))
