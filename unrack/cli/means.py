"""What somebody has who decides at the command line: their key, the policy, and what is shown before the key signs."""

from dataclasses import replace

from temporalio.client import Client

from unrack.cli import screen
from unrack.cli.context import CliContext
from unrack.cli.render.signing import signing_lines
from unrack.model.message import msg
from unrack.model.rights import Action
from unrack.operations.deciding import Decider, Means, decider
from unrack.operations.signing import Signing
from unrack.operations.whose_key import Wishes


def means(context: CliContext, client: Client, wishes: Wishes, *, as_json: bool) -> Means:
    """What is known here of who decides and how."""
    into = context.into
    return Means(
        client=client,
        wishes=wishes if into is None else replace(wishes, life=into.life),
        store=lambda: context.evidence,
        policy=context.settings.policy,
        queue=context.settings.task_queue,
        told=_unheard if as_json else _tell,
        file=None if into is None else into.file,
    )


async def who_decides(
    context: CliContext, client: Client, run_id: str, wishes: Wishes, *actions: Action, as_json: bool
) -> Decider:
    """Who decides on the run, see `unrack.operations.deciding.decider`."""
    found = await decider(means(context, client, wishes, as_json=as_json), run_id, *actions)
    if wishes.key is not None and found.signer is None and not as_json:
        screen.aside().print(msg("The run takes this as it is stated: nothing is signed."))
    return found


def _tell(signing: Signing) -> None:
    console = screen.aside()
    for line in signing_lines(signing):
        console.print(line)


def _unheard(_: Signing) -> None:
    """The one document on stdout says it all."""
