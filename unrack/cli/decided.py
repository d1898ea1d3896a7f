"""The command decisions: every decision of a run, from the recorded events alone, and its proofs as files."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from temporalio.service import RPCError

from unrack.audit.decided import Decided, decisions_of
from unrack.audit.deciders import Deciders
from unrack.audit.decision_export import Exported, export_decisions, policies_of
from unrack.audit.histories import Chain
from unrack.cli import screen
from unrack.cli.context import CliContext, cli_context
from unrack.cli.history import RunIdOption, Source, chains_of, on_disk
from unrack.cli.options import AUDITORS, Json, examples
from unrack.cli.problems import ExitCode, invalid
from unrack.cli.render.decided import decided_lines, decided_row
from unrack.cli.render.run_head import NOBODY_VERIFIES
from unrack.cli.screen import escape
from unrack.evidence.policies import kept_policy
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.model.policy import Policy
from unrack.model.state import RunState
from unrack.operations.reporting import report_of
from unrack.policy.load import load_policy

app = typer.Typer()


@app.command(
    rich_help_panel=AUDITORS,
    epilog=examples(
        "unrack decisions 2f0c9a1e",
        "unrack decisions run.json --json",
        "unrack decisions 2f0c9a1e --export proofs/",
        "unrack decisions run.json --export proofs/ --policy policy-3.yaml --policy policy-4.yaml",
    ),
)
def decisions(
    ctx: typer.Context,
    source: Source,
    export: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write what was signed there, for OpenSSH to verify. New or empty."),
    ] = None,
    policy: Annotated[
        list[Path] | None,
        typer.Option(
            "--policy", metavar="FILE", help="With --export: a policy that the store no longer has; repeatable."
        ),
    ] = None,
    run_id: RunIdOption = None,
    json: Json = False,
) -> None:
    """List every decision of a run: who, how sure that is, and why one does not count. Export them with proofs."""
    if policy and export is None:
        raise invalid(msg("--policy goes with --export"), msg("leave it out, or see --help"))
    asyncio.run(_decisions(cli_context(ctx), source, run_id, export, policy or [], json))


async def _decisions(
    context: CliContext, source: str, run_id: str | None, export: Path | None, files: Sequence[Path], as_json: bool
) -> None:
    chain = await _one(context, source, run_id)
    found = decisions_of(chain)
    if any(each.verdict is None for each in found) and not on_disk(source):
        found = decisions_of(chain, await _shown(context, chain))
    if export is not None:
        policies = await _policies(context, policies_of(found), files)
        _show_export(export_decisions(chain, found, policies, export), as_json)
    elif as_json:
        screen.print_document([decided_row(each) for each in found])
    else:
        if Deciders(chain).allowed_stated:
            screen.aside().print(msg("[bold yellow]{say}[/]", say=escape(NOBODY_VERIFIES)))
        _show(found)


async def _one(context: CliContext, source: str, run_id: str | None) -> Chain:
    chains = await chains_of(context, source, run_id)
    if len(chains) != 1:
        raise invalid(
            msg("'{source}' holds {number} runs, and one is told at a time", source=source, number=len(chains)),
            msg("name the file of one"),
        )
    return chains[0]


async def _shown(context: CliContext, chain: Chain) -> RunState | None:
    """What an open run shows now; None where nobody answers: then the histories say what they can."""
    try:
        return (await report_of(await context.client(), chain[-1].workflow_id)).state
    except (UnrackError, RPCError):
        return None


async def _policies(context: CliContext, digests: Sequence[str], files: Sequence[Path]) -> dict[str, Policy]:
    """The policies with these digests, from the files that are named, this machine's own, and the evidence store."""
    named = [load_policy(path) for path in files]
    if not set(digests) <= {each.digest for each in named} and context.settings.policy is not None:
        named.append(load_policy(context.settings.policy))
    found = {each.digest: each for each in named}
    for digest in digests:
        if digest not in found and (kept := await _kept(context, digest)) is not None:
            found[digest] = kept
    return found


async def _kept(context: CliContext, digest: str) -> Policy | None:
    try:
        return await kept_policy(context.evidence, digest)
    except UnrackError:  # an auditor's machine need not reach the store
        return None


def _show(found: Sequence[Decided]) -> None:
    console = screen.facts()
    for each in found:
        for line in decided_lines(each):
            console.print(line, soft_wrap=True)
    if not found:
        console.print(msg("Nobody has decided anything."))


def _show_export(exported: Exported, as_json: bool) -> None:
    if as_json:
        screen.print_document(exported)
    else:
        screen.facts().print(
            msg(
                "{folder}: {decisions} decisions, {proven} with a signature; manifest.json says how to verify each",
                folder=escape(exported.folder),
                decisions=exported.decisions,
                proven=exported.proven,
            ),
            soft_wrap=True,
        )
        if exported.refused:
            screen.facts().print(
                msg(
                    "Signed and refused: {number}, apart in refused/; manifest.json says why each does not count",
                    number=exported.refused,
                ),
                soft_wrap=True,
            )
    for n in exported.not_genuine:
        screen.aside().print(
            msg("[bold red]Not genuine:[/] decision {n} is recorded as signed, and its signature is not over it.", n=n)
        )
    for digest in exported.policies_missing:
        screen.aside().print(
            msg(
                "[bold yellow]Not found:[/] the policy {digest}; name its file with --policy. Without it "
                "allowed_signers says only what the run itself recorded.",
                digest=digest,
            )
        )
    if exported.not_genuine:
        raise typer.Exit(ExitCode.WRONG)
