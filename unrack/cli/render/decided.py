"""A run's decisions for people and for tools."""

from collections.abc import Iterator

from unrack.audit.decided import Decided
from unrack.cli.render.formats import exact
from unrack.cli.screen import escape
from unrack.i18n import say
from unrack.model.message import msg, verbatim

_OPEN = msg("not judged in this history")


def decided_row(each: Decided) -> dict[str, object]:
    """One decision in the JSON document."""
    return {
        "n": each.n,
        "kind": each.kind,
        "by": each.by,
        "assurance": each.assurance.value,
        "fingerprint": each.fingerprint,
        "policy": each.policy.digest if each.policy is not None else None,
        "verdict": each.verdict.value if each.verdict is not None else None,
        "why": each.why.value if each.why is not None else None,
    }


def decided_lines(each: Decided) -> Iterator[str]:
    """One decision for people: what and by whom, then how that is known and what became of it."""
    style = "green" if each.counts else "bold red" if each.verdict is not None else "yellow"
    verdict = each.verdict.value if each.verdict is not None else _OPEN
    why = f" ({each.why.value})" if each.why is not None else ""
    kind = escape(verbatim(each.kind))
    yield f"[dim]{each.n:>4}[/] {exact(each.at)} [bold]{kind}[/] [{style}]{escape(verdict)}{why}[/]"
    how = say(msg("{by}: {assurance}", by=escape(verbatim(each.by)), assurance=each.assurance.value))
    key = f", {each.fingerprint}" if each.fingerprint else ""
    yield f"       {how}[dim]{key}[/]"
    if each.answer:
        yield f"       [dim]{escape(each.answer)}[/]"
