"""Commands on the policy: new, check, show, who, schema."""

import asyncio
import json as json_lines
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from unrack.cli import screen
from unrack.cli.completion import run_ids
from unrack.cli.context import CliContext, cli_context
from unrack.cli.options import SET_UP, Json, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.formats import count
from unrack.cli.render.policy import check_document, policy_document, show_policy
from unrack.cli.render.who import Asked, show_who, who_document
from unrack.cli.screen import escape
from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.i18n import ENGLISH, speaking
from unrack.model.key_blob import PublicKey
from unrack.model.message import msg
from unrack.model.rights import Action
from unrack.operations.policies import find_policy, here_in_run, notes_on_policy, policy_at
from unrack.operations.who_may import who_may
from unrack.policy.load import load_policy, policy_errors
from unrack.policy.schema import policy_schema
from unrack.policy.starter import key_in_file, starter

app = typer.Typer()
_policy = typer.Typer(
    no_args_is_help=True,
    help="Begin, check and read the policy: who people are, by which keys, and who may decide what.",
)
app.add_typer(_policy, name="policy", rich_help_panel=SET_UP)

PolicyFile = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="The policy. Default: the file in UNRACK_POLICY.")
]
RulingPolicy = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="The policy. Default: what rules; without --run, UNRACK_POLICY's."),
]


@_policy.command(
    epilog=examples(
        "unrack policy new alice@example.org=alice.pub bob@example.org=bob.pub > policy.yaml",
        "unrack policy new alice@example.org=laptop.pub alice@example.org=yubikey.pub > policy.yaml",
    )
)
def new(
    people: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=KEY.pub...",
            help="A person, as alice@example.org, and the file of a public SSH key of theirs; again for another key.",
            show_default=False,
        ),
    ],
    installation: Annotated[
        str, typer.Option(metavar="NAME", help="The name of the installation, which signatures bind.")
    ] = "unrack",
) -> None:
    """Print a first policy: these people in one group that may do everything, with separation of duties."""
    keys: dict[str, list[PublicKey]] = {}
    for text in people:
        principal, equals, file = text.partition("=")
        if not (principal and equals and file):
            raise invalid(
                msg("'{text}' does not name a person and a key", text=text), msg("as alice@example.org=alice.pub")
            )
        keys.setdefault(principal, []).append(key_in_file(Path(file)))
    sys.stdout.write(starter(keys, installation))
    if len(keys) == 1:
        screen.aside().print(msg("[yellow]Note[/] One person alone cannot approve what they launched: add a second."))


@_policy.command(epilog=examples("unrack policy check policy.yaml", "unrack policy check policy.yaml --json"))
def check(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The policy. Default: the file in UNRACK_POLICY.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Say what is wrong in a policy: line, column, and what was probably meant."""
    settings = cli_context(ctx).settings
    path = file or settings.policy
    if path is None:
        raise invalid(msg("no policy is named"), msg("name its file, or set UNRACK_POLICY"))
    found = policy_errors(path)
    notes = [] if found else notes_on_policy(path, settings.runbooks)
    if json:
        screen.print_document(check_document(None if found else load_policy(path), found, notes))
    else:
        _tell(found, notes)
    if found:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _tell(found: tuple[Diagnostic, ...], notes: list[Diagnostic]) -> None:
    if not found:
        screen.facts().print(msg("[green]Valid.[/]"))
    with speaking(ENGLISH):  # of the checks some are only in English, as the words of the file are
        for each in found:
            screen.facts().print(escape(str(each)), soft_wrap=True)
    if found:
        screen.aside().print(msg("[bold red]{mistakes}[/]", mistakes=count(len(found), "mistake")))
    for each in notes:
        screen.facts().print(msg("[yellow]Note[/] {text}", text=escape(str(each))), soft_wrap=True)


@_policy.command(epilog=examples("unrack policy show", "unrack policy show --policy policy.yaml --json"))
def show(ctx: typer.Context, policy: PolicyFile = None, json: Json = False) -> None:
    """Show the policy: version and digest, people with their keys, groups, and who may do what where."""
    found = policy_at(policy or cli_context(ctx).settings.policy)
    if json:
        screen.print_document(policy_document(found))
    else:
        show_policy(screen.facts(), found)


def _actions(incomplete: str) -> list[str]:
    return [each for each in Action if each.startswith(incomplete)]


@_policy.command(
    epilog=examples(
        "unrack policy who administer",
        "unrack policy who approve --run 2f0c9a1e",
        "unrack policy who complete --run 2f0c9a1e --step handover.remove-cross-connect --json",
    )
)
def who(
    ctx: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION",
            help="As approve, complete or hold-all.",
            show_default=False,
            autocompletion=_actions,
        ),
    ],
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="For this run. Default: anywhere.", show_default=False, autocompletion=run_ids
        ),
    ] = None,
    step: Annotated[
        str | None, typer.Option(metavar="STEP", help="With --run: at this step. Default: its current one.")
    ] = None,
    policy: RulingPolicy = None,
    json: Json = False,
) -> None:
    """Say who may do something, anywhere or for one run, by which groups, and which quorum must approve.

    For a run it says who still may, who has decided already, which seats are open, and who is barred and why.
    """
    if step is not None and run is None:
        raise invalid(msg("--step is a step of a run"), msg("name the run with --run"))
    asyncio.run(_who(cli_context(ctx), _action(action), run, step, policy, json))


async def _who(
    context: CliContext, action: Action, run: str | None, step: str | None, named: Path | None, as_json: bool
) -> None:
    here = None if run is None else await here_in_run(await context.client(), run, action, step)
    found = await find_policy(
        context.client, context.settings, lambda: context.evidence, named, of_run=here is not None
    )
    if found.note:
        screen.aside().print(msg("[yellow]Note[/] {text}", text=escape(found.note)))
    asked = Asked(found.policy, action, here, who_may(found.policy, action, here, datetime.now(UTC)))
    if as_json:
        screen.print_document(who_document(asked))
    else:
        show_who(screen.facts(), asked)


def _action(text: str) -> Action:
    """What somebody needs a right for, by its name in policies."""
    if text not in set(Action):
        raise invalid(msg("'{text}' is no action that a policy knows", text=text), did_you_mean(text, list(Action)))
    return Action(text)


@_policy.command(epilog=examples("unrack policy schema > policy.schema.json"))
def schema() -> None:
    """Print the JSON Schema of policies, by which an editor completes and checks them."""
    sys.stdout.write(json_lines.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n")
