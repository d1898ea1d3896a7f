"""Commands on signatures: sign a decision into a file, send it, and say who one is by one's key."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from unrack.cli import screen
from unrack.cli.context import CliContext, Into, cli_context
from unrack.cli.means import means
from unrack.cli.options import RUNS, SET_UP, Json, Key, Run, examples
from unrack.cli.parsing import read_span
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.signing import carried_lines
from unrack.cli.screen import escape
from unrack.cli.settled import end_with
from unrack.documents.diagnostics import did_you_mean
from unrack.model.access import KeyFault, groups_of, key_fault, may
from unrack.model.decision import Actor
from unrack.model.message import msg, verbatim
from unrack.model.policy import Policy
from unrack.model.rights import Action
from unrack.model.statement import LONGEST_LIFE, USUAL_LIFE
from unrack.operations.deciding import ruling_policy
from unrack.operations.decision_files import read_decision
from unrack.operations.policies import policy_at
from unrack.operations.sending import settle
from unrack.operations.whose_key import Wishes, owner_of
from unrack.process.files import is_there
from unrack.signing.sign import SigningKey

app = typer.Typer()

_FAULT = {
    KeyFault.UNKNOWN: msg("the policy does not know it"),
    KeyFault.REVOKED: msg("it is revoked"),
    KeyFault.NOT_YET: msg("it is not valid yet"),
    KeyFault.EXPIRED: msg("it is expired"),
}

KINDS = (
    *("approve", "withdraw", "reactivate", "abort", "resolve", "note"),
    *("complete", "reject", "amend", "hold", "release"),
    *("extend", "shorten", "freeze", "unfreeze"),
)
"""The commands that decide on one open run."""


def _kinds(incomplete: str) -> list[str]:
    return [each for each in KINDS if each.startswith(incomplete)]


@app.command(
    rich_help_panel=RUNS,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=examples(
        "unrack sign 2f0c9a1e approve --yes -o approve.decision",
        'unrack sign 2f0c9a1e hold --reason "incident 4711" --key ~/.ssh/id_ed25519 -o hold.decision',
    ),
)
def sign(
    ctx: typer.Context,
    run: Run,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="The command that decides, as approve or hold; its own arguments and options follow.",
            show_default=False,
            autocompletion=_kinds,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where it is written.", show_default=False)],
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="SPAN", help="How long it can be sent, at most 7d. Default: 1d.")
    ] = None,
) -> None:
    """Sign a decision into a file, and send nothing: it is carried and sent from elsewhere, with send.

    Takes what the command of that name takes, and asks what it asks. The run judges it when it arrives; nothing in the
    file is secret, and who changes a letter of it makes it worthless.
    """
    if kind not in KINDS:
        raise invalid(msg("'{kind}' is no decision on a run; nothing was signed", kind=kind), did_you_mean(kind, KINDS))
    if is_there(out):
        raise invalid(
            msg("'{out}' exists and is not overwritten; nothing was signed", out=out), msg("name another file")
        )
    root = ctx.find_root()
    root.obj = replace(cli_context(ctx), into=Into(out, _life(expires)))
    _invoke(root, kind, [run, *ctx.args])


def _invoke(root: Any, kind: str, words: list[str]) -> None:  # noqa: ANN401 - typer keeps the context's type to itself
    """Run the command of this name with these words, as if they had been typed."""
    command = root.command.commands[kind]
    with command.make_context(kind, words, parent=root) as below:
        command.invoke(below)


def _life(expires: str | None) -> timedelta:
    if expires is None:
        return USUAL_LIFE
    life = read_span(expires)
    if life > LONGEST_LIFE:
        raise invalid(
            msg("a signed decision can be sent for at most 7 days"), msg("name a shorter time with --expires")
        )
    return life


@app.command(rich_help_panel=RUNS, epilog=examples("unrack send approve.decision", "unrack send hold.decision --json"))
def send(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As sign wrote it.", show_default=False)],
    json: Json = False,
) -> None:
    """Send a decision that somebody signed into a file. Says first what was signed.

    Anybody may send it, once: the run judges whose signature it is. Sent again, it gets the same answer.
    """
    asyncio.run(_send(cli_context(ctx), file, json))


async def _send(context: CliContext, file: Path, as_json: bool) -> None:
    carried = read_decision(file)
    if not as_json:
        console = screen.aside()
        for line in carried_lines(carried):
            console.print(line)
    client = await context.client()
    end_with(await settle(client, carried.statement.run, carried.decision), as_json=as_json)


@app.command(rich_help_panel=SET_UP, epilog=examples("unrack whoami", "unrack whoami --key ~/.ssh/id_ed25519 --json"))
def whoami(
    ctx: typer.Context,
    key: Key = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", metavar="FILE", help="The policy. Default: the file in UNRACK_POLICY, else what rules."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Say who you are by the policy: with which key you sign, in which groups, with which rights.

    Ends with 1 when the policy does not know the key, or it does not count now.
    """
    found = asyncio.run(_policy(cli_context(ctx), policy))
    signing = SigningKey.find(key)
    person = owner_of(found, signing)
    principal = person.principal if person is not None else None
    known = "" if principal is None else principal
    document: dict[str, object] = {
        "principal": principal,
        "fingerprint": signing.fingerprint,
        "groups": sorted(groups_of(found, known)),
        "rights": [each.value for each in Action if may(found, known, each)],
    }
    counts = _fingerprint_judged(signing)
    fault = key_fault(found, counts, datetime.now(UTC), principal)
    if json:
        screen.print_document(document)
    else:
        _show(signing, document)
    if fault is not None:
        if not json:
            told = msg("[bold red]This key does not count:[/] {fault} ({code})", fault=_FAULT[fault], code=fault.value)
            screen.aside().print(told)
        raise typer.Exit(ExitCode.WRONG)


async def _policy(context: CliContext, named: Path | None) -> Policy:
    """The policy of the file that is named, else the one by which workers judge."""
    path = named or context.settings.policy
    if path is not None:
        return policy_at(path)
    nobody = Wishes(by=Actor(name="nobody"))
    return await ruling_policy(means(context, await context.client(), nobody, as_json=True)) or policy_at(None)


def _fingerprint_judged(key: SigningKey) -> str:
    return key.fingerprint if key.certificate is None else key.certificate.authority.fingerprint


def _show(key: SigningKey, document: dict[str, Any]) -> None:
    console = screen.facts()
    principal = document["principal"]
    name = verbatim(principal) if principal else msg("nobody whom the policy knows")
    console.print(msg("[bold]{name}[/]", name=escape(name)))
    console.print(
        msg("Key: {fingerprint} ({source})", fingerprint=key.fingerprint, source=escape(key.source)), soft_wrap=True
    )
    console.print(msg("Groups: {groups}", groups=_named(document["groups"])))
    console.print(msg("Rights: {rights}", rights=_named(document["rights"])))


def _named(names: list[str]) -> str:
    """The names of groups and rights, as the policy has them."""
    return escape(verbatim(", ".join(names)) if names else msg("none"))
