"""Shows the effects of an amendment to the person who asks for it."""

from collections.abc import Iterator

from rich.console import Console

from unrack.cli.render.formats import bullet, person
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model.message import msg
from unrack.operations.amending import Amendment


def show_amendment(console: Console, shown: Amendment) -> None:
    """Print the old and the new, and what follows."""
    console.print(msg("[bold]Amend {step}[/]", step=escape(shown.step)))
    for each in shown.changes:
        console.print(bullet(msg("{name}: {before} → {after}", name=each.name, before=each.before, after=each.after)))
    for line in _consequences(shown):
        console.print(escape(say(line)), soft_wrap=True)


def _consequences(shown: Amendment) -> Iterator[str]:
    if shown.record_only:
        yield msg("This corrects the record only; no step is done again.")
        return
    if shown.again:
        yield msg("Done again, because it relies on this: {join}", join=", ".join(shown.again))
    if shown.not_repeated:
        yield msg(
            "Called already and not repeated; a step that now differs parks: {join}", join=", ".join(shown.not_repeated)
        )
    if shown.approvals:
        yield msg("These approvals stop counting: {join}", join=", ".join(person(each.by) for each in shown.approvals))
    yield msg("Nothing is purged within a day of it.")
