"""A run's timeline and a replay's verdict for people."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import zip_longest

from rich.console import RenderableType

from unrack.audit.entries import EntryKind, TimelineEntry
from unrack.audit.histories import Chain, run_id_of
from unrack.audit.replay import ReplayVerdict, Verdict
from unrack.cli.render.formats import count, exact, moment, person
from unrack.cli.screen import escape

_SAME_TIME = timedelta(minutes=2)
"""Clocks that differ by less agree."""

_STYLE = {
    EntryKind.DECISION: "yellow",
    EntryKind.PARKED: "bold red",
    EntryKind.NO_RETURN: "bold red",
    EntryKind.OUTCOME: "bold green",
    EntryKind.DIFFERENCE: "red",
    EntryKind.FLAW: "bold red",
    EntryKind.PHASE: "bold",
}


_VERDICT_STYLE = {Verdict.AGREES: "green", Verdict.SO_FAR: "yellow"}


def history_document(chain: Chain, entries: Sequence[TimelineEntry]) -> dict[str, object]:
    """The JSON document of a run's history."""
    return {
        "run": chain[0].workflow_id,
        "histories": [run_id_of(history) for history in chain],
        "events": sum(len(history.events) for history in chain),
        "timeline": [entry.model_dump(mode="json") for entry in entries],
    }


def history_panel(chain: Chain, entries: Sequence[TimelineEntry]) -> RenderableType:
    """The facts of a run, oldest first; times are the server's."""
    lines = [part for entry in _shown(entries) for part in (_line(entry), *_details(entry))]
    events = sum(len(history.events) for history in chain)
    return "\n".join([*lines, f"[dim]{count(len(entries), 'fact')} from {count(events, 'recorded event')}[/]"])


def _shown(entries: Sequence[TimelineEntry]) -> Iterator[TimelineEntry]:
    """Without the beginning of a step whose end is the very next fact: it says no more. The document has both."""
    for entry, after in zip_longest(entries, entries[1:]):
        ends_next = after is not None and (after.kind, after.step) == (EntryKind.STEP, entry.step)
        if not (entry.what.startswith("begins: ") and ends_next):
            yield entry


def verdict_panel(verdicts: Sequence[ReplayVerdict]) -> RenderableType:
    """Whether each history agrees with today's code, and where one does not, by event and step."""
    return "\n".join(line for verdict in verdicts for line in _verdict_lines(verdict))


def _verdict_lines(verdict: ReplayVerdict) -> Iterator[str]:
    mark = f"[{_VERDICT_STYLE.get(verdict.verdict, 'bold red')}]{verdict.verdict.value}[/]"
    where = f" (event {verdict.event})" if verdict.event is not None else ""
    yield f"{mark} {escape(verdict.source)}: {escape(verdict.text)}{where}"
    if verdict.run:
        yield f"  [dim]{escape(verdict.run)}, history {escape(verdict.run_id)}: {count(verdict.events, 'event')}[/]"
    for each in verdict.divergences:
        yield f"  event {each.event}, {escape(each.step)}: {escape(each.what)}"
        yield f"    [dim]recorded: {escape(each.recorded)}[/]"
        yield f"    [dim]today:    {escape(each.today)}[/]"


def _line(entry: TimelineEntry) -> str:
    style = _STYLE.get(entry.kind)
    step = f"[cyan]{escape(entry.step)}[/] " if entry.step else ""
    who = f"{escape(person(entry.by))}: " if entry.by else ""
    what = f"[{style}]{escape(entry.what)}[/]" if style else escape(entry.what)
    told = entry.what.startswith("attempt ")
    attempt = f" (attempt {entry.attempt})" if entry.attempt and entry.attempt > 1 and not told else ""
    return f"[dim]{exact(entry.at)}[/] {step}{who}{what}{attempt}{_elsewhere(entry)}"


def _elsewhere(entry: TimelineEntry) -> str:
    """The provider's time, where its clock shows another than the server's: in rehearsals."""
    if entry.provider_at is None or abs(entry.provider_at - entry.at) < _SAME_TIME:
        return ""
    return f" [dim](at the provider {moment(entry.provider_at)})[/]"


def _details(entry: TimelineEntry) -> Iterator[str]:
    if entry.verdict:
        why = f" ({entry.why.value})" if entry.why else ""
        yield _dim(f"{entry.verdict.value}{why}: {entry.answer}")
    elif entry.kind is EntryKind.DECISION:
        yield _dim("the answer is not in this history: it came as a signal, and the run goes on")
    if entry.policy and entry.by and entry.by.fingerprint:
        yield _dim(f"key {entry.by.fingerprint}, policy version {entry.policy.version}")
    if entry.way:
        yield _dim(f"sent as {entry.way.value} by {entry.client or 'an unnamed client'}")
    if entry.fields:
        yield _dim("; ".join(f"{name}: {value}" for name, value in entry.fields.items()))
    for kept in entry.evidence:
        yield _dim(f"evidence {kept.type}: {kept.name}, {kept.size} bytes, sha256:{kept.sha256}")
    if entry.reference:
        yield _dim(f"the provider's reference: {entry.reference}")


def _dim(text: str) -> str:
    return f"    [dim]{escape(text)}[/]"
