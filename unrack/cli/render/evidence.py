"""The evidence of a run, for people."""

from rich import box
from rich.table import Table

from unrack.cli.render.formats import ENOUGH
from unrack.cli.screen import escape
from unrack.model.state import RunReport
from unrack.operations.evidence import evidence_of


def evidence_table(report: RunReport, width: int) -> Table:
    """Every piece of evidence; on a narrow screen the step stands below the type, and the name below the digest."""
    narrow = width < ENOUGH
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title="\nEvidence", title_justify="left")
    for title in ("Type", "SHA-256", "Bytes", "From") if narrow else ("Type", "Step", "SHA-256", "Bytes", "From"):
        whole = title in ("Step", "SHA-256", "Bytes")
        justify = "right" if title == "Bytes" else "left"
        table.add_column(title, overflow="fold", no_wrap=whole and not narrow, justify=justify)
    if not narrow:
        table.add_column("Name", overflow="fold")
    for step, kept in evidence_of(report):
        kind, _, who = kept.source.partition(":")
        digest, rest = kept.sha256[:16] + "…", (str(kept.size), escape(who if kind == "person" else kind))
        if narrow:
            table.add_row(
                f"{escape(kept.type)}\n[dim]{escape(step)}[/]", f"{digest}\n[dim]{escape(kept.name)}[/]", *rest
            )
        else:
            table.add_row(escape(kept.type), escape(step), digest, *rest, escape(kept.name))
    return table
