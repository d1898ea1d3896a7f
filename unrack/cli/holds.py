"""Commands that stop runs and let them go on: hold and release, of one run or of the whole installation."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import typer

from unrack.cli.actor import wishes
from unrack.cli.completion import run_ids
from unrack.cli.context import CliContext, cli_context
from unrack.cli.installation_holds import Wanted, hold_every_run, list_all, release_every_run
from unrack.cli.means import who_decides
from unrack.cli.options import RUNS, As, Json, Key, Unsigned, examples
from unrack.cli.parsing import read_local, read_span
from unrack.cli.problems import invalid
from unrack.cli.questions import Yes
from unrack.cli.settled import end_with, end_with_all
from unrack.model.decision import HoldScope
from unrack.model.installation_hold import Selector
from unrack.model.message import msg
from unrack.model.rights import Action
from unrack.operations import run_decisions
from unrack.operations.deciding import Together
from unrack.operations.find_run import find_run
from unrack.operations.holding import refuse_unknown_provider
from unrack.operations.whose_key import Wishes

app = typer.Typer()

SomeRuns = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUN...",
        help="As for every command; several are held in one go.",
        show_default=False,
        autocompletion=run_ids,
    ),
]
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


@app.command(
    rich_help_panel=RUNS,
    epilog=examples(
        'unrack hold 2f0c9a1e --reason "incident 4711"',
        'unrack hold 2f0c9a1e --purge-only --until 2026-12-24 --reason "audit under way"',
        'unrack hold 2f0c9a1e 7b41d0c2 --reason "incident 4711"',
        'unrack hold --all --reason "incident 4711"',
        'unrack hold --all --provider ovhcloud --account lab --reason "the lab moves" --yes',
        "unrack hold --list",
    ),
)
def hold(
    ctx: typer.Context,
    runs: SomeRuns = None,
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
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Hold a run, or with --all every run: nothing changes a service forward while the hold stands.

    What brings a service back goes on: a rollback, the last call, unlocking ports after a scream test. The clock of
    grace goes on, too, unless the runbook stops it. With --all it stands as soon as the server has it, without any
    worker, and nothing is launched under it. Reached: the server has told the run. Confirmed: the run shows it.
    """
    _one_of(runs or None, every=every, list_=list_, among=msg("a run, --all, --list"))
    scope = HoldScope.PURGE if purge_only else HoldScope.ALL
    _only_with(every, {"--provider": provider, "--account": account, "--wait": None if wait == _WAIT else wait})
    if list_:
        _only_with(not list_, {"--reason": reason, "--until": until, "--purge-only": purge_only or None}, "a hold")
        asyncio.run(list_all(cli_context(ctx), json))
    elif runs:
        by = wishes(who, key, unsigned=unsigned)
        asyncio.run(_hold(cli_context(ctx), runs, _needed(reason), scope, until, by, json))
    else:
        context = cli_context(ctx)
        if provider is not None:
            refuse_unknown_provider(provider, context.settings.runbooks)
        wanted = Wanted(scope, until, Selector(provider=provider, account=account))
        by = wishes(who, key, unsigned=unsigned)
        asyncio.run(hold_every_run(context, _needed(reason), wanted, _span(wait), yes, by, json))


async def _hold(  # one argument per option
    context: CliContext, runs: list[str], reason: str, scope: HoldScope, until: str | None, who: Wishes, as_json: bool
) -> None:
    ends = read_local(until) if until is not None else None
    client, together = await context.client(), Together()
    for run_id in [await find_run(client, run) for run in runs]:
        decider = await who_decides(context, client, run_id, who, Action.HOLD, as_json=as_json)
        await run_decisions.hold(client, run_id, reason, scope, ends, decider.by, send=together.of(decider))
    end_with_all(await together.settle(client), as_json=as_json)


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
    yes: Annotated[bool, typer.Option("--yes", help="For scripts; it asks nothing anyway.")] = False,  # noqa: ARG001 - see its help
    wait: Wait = _WAIT,
    who: As = None,
    key: Key = None,
    unsigned: Unsigned = False,
    json: Json = False,
) -> None:
    """Lift your own holds of a run; one by its id, somebody's or everybody's with a reason.

    A hold of the whole installation is lifted with --all, and with nothing else.
    """
    _one_of(run, every=every, among=msg("a run, --all"))
    _only_with(every, {"--wait": None if wait == _WAIT else wait})
    by = wishes(who, key, unsigned=unsigned)
    if run is not None:
        whose = _Whose(reason, hold, owner, everyone)
        asyncio.run(_release(cli_context(ctx), run, whose, by, json))
        return
    _only_with(not every, {"--owner": owner, "--everyone": everyone or None}, "a run")
    asyncio.run(release_every_run(cli_context(ctx), _needed(reason or None), hold, _span(wait), by, json))


@dataclass(frozen=True, slots=True)
class _Whose:
    """Which holds of a run are lifted, and why."""

    reason: str
    hold: str | None
    owner: str | None
    everyone: bool


async def _release(context: CliContext, run: str, whose: _Whose, who: Wishes, as_json: bool) -> None:
    client = await context.client()
    run_id = await find_run(client, run)
    decider = await who_decides(context, client, run_id, who, Action.RELEASE, as_json=as_json)
    settled = await run_decisions.release(
        client,
        run_id,
        whose.reason,
        decider.by,
        hold=whose.hold,
        owner=whose.owner,
        everyone=whose.everyone,
        send=decider.send,
    )
    end_with(settled, as_json=as_json)


def _one_of(run: str | list[str] | None, *, every: bool, list_: bool = False, among: str) -> None:
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


def _span(wait: str) -> timedelta:
    return timedelta(0) if wait.strip() in ("0", "0s") else read_span(wait)
