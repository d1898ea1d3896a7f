"""Finds what the program says to people, and keeps the catalogues in step with it.

``python -m unrack.i18n.extract`` updates every catalogue: new texts come in empty, texts that are gone go.

A text is a string or f-string that reads like a sentence, in a package that speaks to people. Values become
placeholders called like what they are: ``f"{step.id} is parked"`` is ``{id} is parked``.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from unrack.i18n.catalogue import TYPED
from unrack.i18n.languages import HERE

ROOT = HERE.parents[1]

SPEAKING = (
    *("workflows", "activities", "unrack/operations", "unrack/providers", "unrack/evidence", "unrack/model"),
    *("unrack/cli", "unrack/temporal/connection.py", "unrack/process/settings.py", "unrack/contracts"),
    *("unrack/temporal/discrepancies.py", "unrack/local/embedded_server.py", "unrack/process/files.py"),
    *("unrack/private_folder.py", "unrack/temporal/installation_holds.py"),
    *("unrack/temporal/namespace.py", "unrack/temporal/paused.py", "unrack/temporal/interrupted.py"),
    *("unrack/temporal/search_attributes.py", "unrack/local/supervisor.py", "unrack/temporal/visibility.py"),
    *("unrack/runbook/calendars.py", "unrack/zones.py"),
    *("unrack/runbook/compile.py", "unrack/runbook/conditions.py", "unrack/runbook/foresee.py"),
    *("unrack/runbook/diagnostics.py", "unrack/runbook/document.py", "unrack/runbook/freezes.py"),
    *("unrack/runbook/event_times.py", "unrack/runbook/repeating.py", "unrack/runbook/series.py"),
    *("unrack/runbook/vevents.py", "unrack/runbook/identity.py", "unrack/runbook/wishes.py"),
    *("unrack/runbook/load.py", "unrack/runbook/outlook.py", "unrack/runbook/source.py"),
    *("unrack/runbook/spans.py", "unrack/runbook/stated_facts.py", "unrack/runbook/typed.py"),
)
"""Where texts for people are made. Not among them: the audit, whose words are those of the record, and the check of
runbooks, whose readers write English YAML. What reads a file is: a request's mistakes reach whoever wrote it."""

_SILENT_FILES = re.compile(
    r"unrack/cli/(demo|stage|stand_in|audit|history|render/history|runbooks)|unrack/contracts/(?!actions_|service_ids|reconciliation)|catalogue"
)
_SILENT_CALLS = frozenset(
    {
        "compile",
        "Option",
        "Argument",
        "Typer",
        "command",
        "examples",
        "Field",
        "getLogger",
        "get_logger",
        "Right",
        "ContextVar",
    }
    | {
        "debug",
        "info",
        "warning",
        "exception",
        "error",
        "strftime",
        "TypeVar",
        "fullmatch",
        "sub",
        "findall",
        "split",
        "cast",
    }
)
"""What is said to these is for machines, for ``--help``, or for the log."""
_AS_IT_IS = frozenset({"escape", "escape_lines", "one_line", "visible", "str", "repr", "moment"})
"""Functions of a value that leave its name to it."""
_SILENT_KEYWORDS = frozenset(
    {"help", "metavar", "source", "summary", "timeout_summary", "pattern", "rich_help_panel", "epilog", "description"}
)

_WORD = re.compile(r"[A-Za-z][a-z']+")
_MARKUP = re.compile(r"\[/?[a-z ]*\]")
_CODE = re.compile(
    r"[\w./:*{}<>=?&%-]+|(bold|dim) [a-z]+( on [a-z]+)?|(unrack|temporal) [^,;(]*"
    r"|.*\b(WorkflowType|ExecutionStatus|TaskQueue|CloseTime)\b.*"
    r"|[\w.]+\[.*\]( \| .*)?|[\w.]+ \| None|.*\w\|\w.*|.*\\b.*"
)
"""Paths, styles, commands, queries, types and patterns."""
_HEADING = re.compile(r"^[A-Z][a-z]+(-[0-9]+)?:?$")

_SAYS = ("", ". The provider says: {words}")
_HALF_REMOVED = (
    *(
        f"run gone ({{what}}) in phase {{phase}}, service half removed: {steps}{says}{urgent}"
        for steps in ("{steps}", "done {done}", "begun {begun}", "done {done}; begun {begun}")
        for says in _SAYS
        for urgent in ("", ". Urgent: {urgent}")
    ),
    *(
        f"run gone, and its history too (retention); when it was last seen, service half removed: {{steps}}{says}"
        for says in _SAYS
    ),
)
"""Where values touch, none can be told from the next: each way in which this comes is a text of its own."""

WORDS = tuple(
    """\
pending
running
waiting
asked
parked
done
skipped
undoing
undone
closed
reactivated
aborted
human
waits
automatic
now
no
none
overdue
(rehearsal)
at once
by
at the provider
earlier
later
Launched {run}
{step}: only when the timing is {timing}
{step}: only when {parameter} is given
{step}: only when {parameter} is {equals}
ended: {what}
every day
every month
every year
every {number} days
every {number} months
every {number} years
text
choice
optional
field
proof
1 run
{number} runs
1 task
{number} tasks
1 runbook
{number} runbooks
1 blank
{number} blanks
1 approval
{number} approvals
a person
1 person
{number} people
1 mistake
{number} mistakes
in {duration}
{duration} ago
not known yet
, because
, but
{name} (stated, not verified)
• {subject}: {text}
[green]yes[/] {title}
[green]yes[/] by a person: {title}
due {deadline} ({distance})
([bold red]overdue, {text}[/])
run
rules
deadline
[bold red]Error:[/] {message}
[green]Accepted[/]
[bold red]Conflict[/]
[bold red]Refused[/]
[bold red]Incomplete[/]
the fields are not right: {wrong}
the evidence is not complete: {wrong}
there is no field '{name}'
no evidence '{name}' is asked for
parameter '{name}': {error}
default {value}
{timing} and {parameter} is given
[red]lost[/] {text}
[green]kept[/] {text}
[dim]proof: {proof}[/]
{number} automatic and {number2} human
{number} automatic
{number} human
automatic: {title}
by a person: {title}
not: {reason}
{name}, version {number}
nothing: people act
nothing; resolvers, when others than the machine's are to be asked
the evidence file '{path}'
the secret's file '{path}'
a program
unknown
phase {phase}
due {due}
terminated
cancelled
failed
reset
{what} is paused in Temporal since {since}
{what} is paused in Temporal since {since} by {by}
{what} is paused in Temporal since {since} by {by} ("{why}")
{paused}: it judges no decision and watches no date until it is unpaused{urgent}
{paused}: no deadline of that call counts until it is unpaused{urgent}
{how} in Temporal at {at} by {by}
{how} in Temporal at {at} by {by} ("{why}")
the provider will end the service by itself, and nobody takes that back at the last call
the run cannot go on: {stuck}
the run cannot go on: {stuck}. Urgent: {urgent}
""".splitlines()
)
"""Texts that are put together where no string shows them whole."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the file that says it."""

    text: str
    file: str


def said() -> Iterator[Said]:
    """Every text for people, in a steady order; one that several files say comes several times."""
    yield from (Said(text, "unrack/i18n/extract.py") for text in (*WORDS, *_HALF_REMOVED))
    for place in SPEAKING:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = file.relative_to(ROOT).as_posix()
            if not _SILENT_FILES.search(name):
                tree = ast.parse(file.read_text(encoding="utf-8"))
                yield from (Said(text, name) for text in _Reader(name).read(tree))


class _Reader(ast.NodeVisitor):
    """Collects the texts of one file."""

    def __init__(self, file: str) -> None:
        self._headings = file.startswith("unrack/cli/render")
        self._titles_only = file.startswith("unrack/contracts")
        self._found: dict[str, None] = {}

    def read(self, tree: ast.Module) -> list[str]:
        """The texts in `tree`, each once."""
        self.visit(tree)
        return list(self._found)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A string that stands alone is documentation."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """What a call is given, unless it speaks to machines."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _SILENT_CALLS:
            self.generic_visit(node)
        elif name in ("split", "sub") or isinstance(node.func, ast.Attribute):
            self.visit(node.func)

    def visit_keyword(self, node: ast.keyword) -> None:
        """A named argument."""
        if node.arg not in _SILENT_KEYWORDS and not (self._titles_only and node.arg not in ("title", "evidence")):
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The value; annotations are for machines."""
        if node.value:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """Annotations are for machines."""

    def visit_Constant(self, node: ast.Constant) -> None:
        """A plain text."""
        if isinstance(node.value, str):
            self._take(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text with values."""
        self._take(template(node))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _take(self, text: str) -> None:
        for line in [text] if "{" not in text and "[" not in text else text.split("\n"):
            bare = line.strip()
            if self._reads_like_a_text(bare):
                self._found.setdefault(bare)

    def _reads_like_a_text(self, text: str) -> bool:
        plain = _MARKUP.sub("", re.sub(r"\{\w+\}", "", text))
        words = _WORD.findall(plain)
        if self._headings and _HEADING.match(plain.strip()):
            return True
        return len(words) > 1 and " " in plain.strip() and not _CODE.fullmatch(text)


def template(node: ast.JoinedStr) -> str:
    """The f-string with a named placeholder for each value."""
    taken: dict[str, int] = {}
    parts: list[str] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        elif isinstance(part, ast.FormattedValue):
            name = _name(part.value)
            taken[name] = taken.get(name, 0) + 1
            parts.append("{" + name + (str(taken[name]) if taken[name] > 1 else "") + "}")
    return "".join(parts)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            found = name
        case ast.Call(func=ast.Name(id=function), args=[inner, *_]) if function in _AS_IT_IS:
            return _name(inner)
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            found = name
        case ast.Subscript(value=inner):
            return _name(inner)
        case _:
            found = "value"
    plain = re.sub(r"[^a-z_]", "", found.lower()).strip("_") or "value"
    return "value" if plain in TYPED else plain


def updated(old: Catalog) -> Catalog:
    """A catalogue with every text of now: known translations kept, new texts empty, gone ones left out."""
    new = Catalog(locale=old.locale, project="Unrack", charset="utf-8", fuzzy=False, header_comment="# Unrack")
    new.creation_date, new.revision_date = old.creation_date, old.revision_date
    for each in said():
        known = old.get(each.text)
        new.add(each.text, known.string if known else "", locations=[(each.file, 0)])
    return new


def update(path: Path) -> tuple[int, int]:
    """Bring the catalogue at `path` up to date; how many texts it has, and how many lack a translation."""
    with path.open("rb") as file:
        new = updated(read_po(file))
    with path.open("wb") as file:
        write_po(file, new, width=118, include_lineno=False, sort_output=False)
    texts = [message for message in new if message.id]
    return len(texts), sum(not message.string for message in texts)


def main() -> None:
    """Update every catalogue and say what is left to do."""
    for path in sorted(HERE.glob("*.po")):
        count, missing = update(path)
        sys.stdout.write(f"{path.name}: {count} texts, {missing} to translate\n")


if __name__ == "__main__":
    main()
