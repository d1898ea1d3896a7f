"""Loads runbooks and requests from files, with the place of everything that is wrong in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from unrack.documents.diagnostics import Diagnostic, InputError, did_you_mean
from unrack.documents.document import Document, read_document
from unrack.documents.typed import type_errors, validated
from unrack.model.base import digest_of
from unrack.model.message import msg
from unrack.model.request import Request
from unrack.runbook.calendars import NEEDED, holidays_known_until, holidays_told
from unrack.runbook.check_ends import check_ends, check_follow_ups
from unrack.runbook.check_flow import check_flow
from unrack.runbook.check_forms import check_forms
from unrack.runbook.check_steps import check_steps
from unrack.runbook.parts import parts_of
from unrack.runbook.source import Runbook
from unrack.runbook.template import unfilled
from unrack.runbook.translation import load_translations, translated_by, translation_errors

_ENDINGS = (".yaml", ".yml")
_NEWER = msg(
    "A newer version of the Python package holidays may know more; else extend grace where it ends on a holiday"
)


@dataclass(frozen=True, slots=True)
class LoadedRunbook:
    """A runbook that passed every check."""

    model: Runbook
    path: Path
    digest: str
    """Over what the runbook says; comments and layout do not count."""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Its texts in other languages, by language."""


@dataclass(frozen=True, slots=True)
class LoadedRequest:
    """A request, and where everything in its file stands."""

    request: Request
    path: Path
    document: Document = field(repr=False)


def load_runbook(path: Path) -> LoadedRunbook:
    """Read and check the runbook at `path`.

    Raises:
        InputError: with everything that is wrong with it.
    """
    document = read_document(path)
    found = [*_runbook_errors(document, path)]
    if found:
        raise InputError(found)
    model = validated(Runbook, document.data)
    digest = digest_of(model.model_dump(mode="json", by_alias=True))
    return LoadedRunbook(model, path, digest, load_translations(path))


def find_runbook(name: str, folders: Sequence[Path], asked_in: Document | None = None) -> Path:
    """The file of the runbook called `name`; earlier folders win.

    Args:
        name: The runbook's name.
        folders: Where it is looked for.
        asked_in: The request that names it, for the place of a mistake.

    Raises:
        InputError: there is none; it says which there are and which was probably meant.
    """
    known = {path.stem: path for folder in reversed(folders) for path in _runbook_files(folder)}
    if name in known:
        return known[name]
    looked = ", ".join(str(folder) for folder in folders) or msg("no folder")
    message = msg("there is no runbook '{name}' (looked in {looked})", name=name, looked=looked)
    suggestion = did_you_mean(name, known) or msg("No runbook is there at all")
    if asked_in is not None:
        raise InputError([asked_in.diagnostic(("runbook",), message, suggestion)])
    raise InputError([Diagnostic("", 0, 0, message, suggestion)])


def valid_runbooks(folders: Sequence[Path]) -> list[LoadedRunbook]:
    """Every valid runbook in `folders`, in their order; files that are not valid are left out."""
    found: list[LoadedRunbook] = []
    for path in (file for folder in folders for file in _runbook_files(folder)):
        try:
            found.append(load_runbook(path))
        except InputError:
            continue
    return found


def load_request(path: Path) -> LoadedRequest:
    """Read the request at `path`; whether it fits a runbook is checked by `check_request`.

    Raises:
        InputError: with everything that is wrong with its form.
    """
    document = read_document(path)
    found = type_errors(Request, document)
    if found:
        raise InputError(found)
    return LoadedRequest(validated(Request, document.data), path, document)


def check_runbooks(paths: Sequence[Path]) -> list[Diagnostic]:
    """Everything wrong with the runbooks at `paths`, in reading order; folders are searched through."""
    found: set[Diagnostic] = set()
    for path in paths:
        files = _runbook_files(path, deep=True) if path.is_dir() else [path]
        if not files:
            found.add(Diagnostic(str(path), 0, 0, msg("no runbook (*.yaml) is in this folder")))
        for file in files:
            found.update(_file_errors(file))
    return sorted(found, key=lambda one: one.sort_key)


def notes_on_runbooks(paths: Sequence[Path], today: date) -> list[Diagnostic]:
    """Return notes on the valid runbooks at `paths`. A note is no fault."""
    folders = [path for path in paths if path.is_dir()]
    files = [*(path for path in paths if path.is_file())]
    files += [file for folder in folders for file in _runbook_files(folder, deep=True)]
    return [note for file in files for note in _notes(file, today)]


def _notes(path: Path, today: date) -> Iterator[Diagnostic]:
    try:
        calendar = load_runbook(path).model.calendar
    except InputError:
        return
    if calendar is None or calendar.holidays is None:
        return
    if holidays_known_until(calendar.holidays) < today + NEEDED:
        yield read_document(path).diagnostic(("calendar", "holidays"), holidays_told(calendar.holidays), _NEWER)


def _file_errors(path: Path) -> Sequence[Diagnostic]:
    try:
        runbook = translated_by(path) or path
        load_runbook(runbook)
    except InputError as error:
        return error.diagnostics
    return [*translation_errors(read_document(runbook), runbook)]


def _runbook_errors(document: Document, path: Path) -> Iterator[Diagnostic]:
    ill_typed = type_errors(Runbook, document)
    yield from ill_typed
    parts = parts_of(document, complete=not ill_typed)
    yield from check_steps(parts)
    yield from check_forms(parts)
    yield from check_flow(parts)
    yield from check_ends(parts)
    yield from unfilled(document)
    yield from check_follow_ups(parts, [file.stem for file in _runbook_files(path.parent)])
    name = document.data.get("name") if isinstance(document.data, dict) else None
    if isinstance(name, str) and name != path.stem:
        message = msg("the file is called '{name}', the runbook '{name2}'", name=path.name, name2=name)
        yield document.diagnostic(("name",), message, msg("Call the file '{name}.yaml'", name=name))


def _runbook_files(folder: Path, *, deep: bool = False) -> list[Path]:
    found = folder.rglob("*") if deep else folder.glob("*")
    return sorted(path for path in found if path.suffix in _ENDINGS and path.is_file())
