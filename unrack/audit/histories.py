"""Recorded histories: fetched from a server, or read from exported files, always as the whole chain of a run.

A run that goes on in a fresh history (continue-as-new) has several; together, oldest first, they are its chain.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from temporalio.api.history.v1 import WorkflowExecutionStartedEventAttributes
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.process.files import is_there

Chain = tuple[WorkflowHistory, ...]
"""The histories of one run, oldest first."""

DIGEST_SUFFIX = ".sha256"

_LARGEST = 1024 * 1024 * 1024
"""Bytes. A server ends a history at 50 MB; a file may hold several, as text."""

_QUOTED = 300
"""Characters of a path or an error that are repeated in a message."""


async def fetch(client: Client, run: str, run_id: str | None = None) -> Chain:
    """The whole chain of `run`, as far as the server still keeps it.

    Args:
        client: Where to fetch from.
        run: The run's full id.
        run_id: Temporal's id of any history of the chain, for a run before the latest one of the same service.

    Raises:
        UnrackError: the server keeps no such run.
    """
    chain = [await _history(client.get_workflow_handle(run, run_id=run_id))]
    while previous := continued_from(chain[0]):
        try:
            chain.insert(0, await _history(client.get_workflow_handle(run, run_id=previous)))
        except UnrackError:
            break  # retention took it; what is left is shown, and begins with where it comes from
    while following := continued_as(chain[-1]):
        try:
            chain.append(await _history(client.get_workflow_handle(run, run_id=following)))
        except UnrackError:
            break  # somebody deleted it; the last event names it
    return tuple(chain)


async def _history(handle: "WorkflowHandle[Any, Any]") -> WorkflowHistory:
    try:
        history = await handle.fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("the server keeps no history of '{run}'", run=handle.id),
                suggestion=msg("name an exported file, or see what there is with `unrack list --all`"),
            )
        ) from error
    return WorkflowHistory(handle.id, tuple(history.events))


def started(history: WorkflowHistory) -> WorkflowExecutionStartedEventAttributes:
    """Return the attributes of the first event; empty ones if the history has no events."""
    if not history.events:
        return WorkflowExecutionStartedEventAttributes()
    return history.events[0].workflow_execution_started_event_attributes


def workflow_type(history: WorkflowHistory) -> str | None:
    """The name of the workflow; None where the beginning is missing."""
    begins = bool(history.events) and history.events[0].HasField("workflow_execution_started_event_attributes")
    return started(history).workflow_type.name if begins else None


def run_id_of(history: WorkflowHistory) -> str:
    """Temporal's id of this history; empty where the beginning is missing."""
    return started(history).original_execution_run_id


def continued_from(history: WorkflowHistory) -> str:
    """The Temporal run id that went before in the chain; empty for the first."""
    return started(history).continued_execution_run_id


def continued_as(history: WorkflowHistory) -> str:
    """The Temporal run id that goes on; empty for the last."""
    return history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id


class Recorded(NamedTuple):
    """One thing to be judged: a history, or what is no history although it stands where one is expected."""

    source: str
    """The file, or the run on the server."""
    history: WorkflowHistory | None
    why: str = ""
    """Why there is none."""


def recorded(chain: Chain, source: str = "") -> tuple[Recorded, ...]:
    """Each history of `chain`, by itself."""
    return tuple(Recorded(source or history.workflow_id, history) for history in chain)


def history_files(path: Path) -> tuple[Path, ...]:
    """The file `path`, or each ``*.json`` of the folder `path`.

    Raises:
        UnrackError: there is no such file or folder, or a folder without any such file.
    """
    return tuple(_files(path))


def read_each(file: Path) -> Iterator[Recorded]:
    """Every history in a file, one after the other; what cannot be read is among them, with the reason."""
    try:
        documents = _documents(_read(file))
    except UnrackError as error:
        yield Recorded(str(file), None, error.problem.message)
        return
    for document in documents:
        try:
            yield Recorded(str(file), _parsed(file, document))
        except UnrackError as error:
            yield Recorded(str(file), None, error.problem.message)


def read(path: Path) -> tuple[Chain, ...]:
    """The chains in an exported file, or in every ``*.json`` of a folder, by workflow id.

    A file is an export of `unrack history`, or what ``temporal workflow show -o json`` prints. Where a digest lies
    beside it (``FILE.sha256``), it must fit.

    Raises:
        UnrackError: nothing is there, it is no history, its digest does not fit, or two records contradict each other.
    """
    return _chains([_parsed(file, document) for file in _files(path) for document in _documents(_read(file))])


def _files(path: Path) -> list[Path]:
    if not is_there(path):
        message = msg("there is no file or folder '{path}'", path=_short(path))
        raise UnrackError(Problem(category=Category.NOT_FOUND, message=message))
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise _no_history(path, msg("the folder has no *.json file, so that nothing would be looked at"))
    return files


def _read(path: Path) -> object:
    """The JSON document in a file."""
    try:
        content = _content(path)
        _verify(path, content)
        return json.loads(content)
    except OSError as error:
        raise _no_history(path, msg("it cannot be read: {why}", why=error.strerror)) from error
    except RecursionError as error:
        raise _no_history(path, msg("it is JSON nested so deep that no history is")) from error
    except ValueError as error:
        raise _no_history(path, msg("it is no JSON: {why}", why=error)) from error


def _content(path: Path) -> bytes:
    """Read a file. Refuse a pipe or a device, which might never end, and a file that is too large."""
    if not path.is_file():
        raise _no_history(path, msg("it is no ordinary file"))
    size = path.stat().st_size
    if size > _LARGEST:
        raise _no_history(path, msg("it has {size} bytes, more than histories of one run can have", size=f"{size:,}"))
    return path.read_bytes()


def _verify(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + DIGEST_SUFFIX)
    if not beside.is_file():
        return
    stated = (beside.read_text(encoding="utf-8", errors="replace").split() or [""])[0]
    found = hashlib.sha256(content).hexdigest()
    if stated != found:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg(
                    "'{path}' is not what was exported: its SHA-256 is {found}, {beside} says {stated}",
                    path=path,
                    found=found,
                    beside=beside.name,
                    stated=stated[:64],
                ),
                suggestion=msg("get the file again from where it was kept; do not rely on this copy"),
                reference=str(beside),
            )
        )


def _documents(document: object) -> list[object]:
    histories = cast("dict[str, object]", document).get("histories") if isinstance(document, dict) else None
    return cast("list[object]", histories) if isinstance(histories, list) and histories else [document]


def _parsed(path: Path, document: object) -> WorkflowHistory:
    if not isinstance(document, dict) or not cast("dict[str, object]", document).get("events"):
        raise _no_history(path, msg("it has no events"))
    try:
        history = WorkflowHistory.from_json("", cast("dict[str, Any]", document))
    except Exception as error:
        raise _no_history(path, msg("its events cannot be read: {why}", why=str(error)[:_QUOTED])) from error
    if not any(event.WhichOneof("attributes") for event in history.events):
        raise _no_history(path, msg("its events are not those of a workflow"))
    return WorkflowHistory(started(history).workflow_id or path.stem, history.events)


def _chains(histories: Sequence[WorkflowHistory]) -> tuple[Chain, ...]:
    """Puts what belongs together in order, however many files it came from."""
    by_first: dict[tuple[str, str], list[WorkflowHistory]] = {}
    for history in histories:
        chain = by_first.setdefault((history.workflow_id, started(history).first_execution_run_id), [])
        _add(chain, history)
    return tuple(_ordered(chain) for chain in by_first.values())


def _add(chain: list[WorkflowHistory], history: WorkflowHistory) -> None:
    """Takes a history into its chain; of two records of one history the longer, when the other is its beginning."""
    same = next((each for each in chain if run_id_of(each) and run_id_of(each) == run_id_of(history)), None)
    if same is None:
        chain.append(history)
        return
    shorter, longer = sorted((same, history), key=lambda each: len(each.events))
    if list(longer.events[: len(shorter.events)]) != list(shorter.events):
        raise UnrackError(
            Problem(
                category=Category.CONFLICT,
                message=msg("two records of one history of '{run}' contradict each other", run=history.workflow_id),
                suggestion=msg("name one file; `unrack replay` judges each by itself"),
                reference=run_id_of(history),
            )
        )
    chain[chain.index(same)] = longer


def _ordered(chain: Sequence[WorkflowHistory]) -> Chain:
    return tuple(sorted(chain, key=lambda history: history.events[0].event_time.ToNanoseconds()))


def _no_history(path: Path, why: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.INVALID,
            message=msg("'{path}' holds no history of a run: {why}", path=_short(path), why=why),
            suggestion=msg(
                "export one with `unrack history RUN --export FILE`, or `temporal workflow show -w RUN -o json > FILE`"
            ),
            reference=_short(path),
        )
    )


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
