"""The evidence of a run, for people."""

from rich import box
from rich.table import Table

from unrack.cli.render.formats import ENOUGH
from unrack.cli.screen import escape
from unrack.model.message import msg, verbatim
from unrack.model.state import RunReport
from unrack.operations.evidence import evidence_of


def evidence_table(report: RunReport, width: int) -> Table:
    """Every piece of evidence; on a narrow screen the step stands below the type, and the name below the digest."""
    narrow = width < ENOUGH
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title=msg("\nEvidence"), title_justify="left")
    for title in (
        (msg("Type"), "SHA-256", msg("Bytes"), msg("From"))
        if narrow
        else (msg("Type"), msg("Step"), "SHA-256", msg("Bytes"), msg("From"))
    ):
        whole = title in (msg("Step"), "SHA-256", msg("Bytes"))
        justify = "right" if title == "Bytes" else "left"
        table.add_column(title, overflow="fold", no_wrap=whole and not narrow, justify=justify)
    if not narrow:
        table.add_column(msg("Name"), overflow="fold")
    for step, kept in evidence_of(report):
        kind, _, who = kept.source.partition(":")
        digest, rest = kept.sha256[:16] + "…", (str(kept.size), escape(verbatim(who) if kind == "person" else kind))
        if narrow:
            table.add_row(
                msg("{type}\n[dim]{step}[/]", type=escape(verbatim(kept.type)), step=escape(step)),
                msg("{digest}\n[dim]{name}[/]", digest=digest, name=escape(verbatim(kept.name))),
                *rest,
            )
        else:
            table.add_row(escape(verbatim(kept.type)), escape(step), digest, *rest, escape(verbatim(kept.name)))
    return table
