"""What an amendment would do, for the person who asks for it."""

from collections.abc import Iterator

from rich.console import Console

from unrack.cli.render.formats import bullet, person
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.operations.amending import Amendment


def show_amendment(console: Console, shown: Amendment) -> None:
    """Print the old and the new, and what follows."""
    console.print(f"[bold]Amend {escape(shown.step)}[/]")
    for each in shown.changes:
        console.print(bullet(f"{each.name}: {each.before} → {each.after}"))
    for line in _consequences(shown):
        console.print(escape(say(line)), soft_wrap=True)


def _consequences(shown: Amendment) -> Iterator[str]:
    if shown.record_only:
        yield "This corrects the record only; nothing is done again any more."
        return
    if shown.again:
        yield f"Done again, because it goes by that: {', '.join(shown.again)}"
    if shown.not_repeated:
        yield f"Called already and not repeated; what differs parks: {', '.join(shown.not_repeated)}"
    if shown.approvals:
        yield f"These approvals stop counting: {', '.join(person(each.by) for each in shown.approvals)}"
    yield "Nothing is purged within a day of it."
