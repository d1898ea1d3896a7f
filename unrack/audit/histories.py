"""Recorded histories: fetched from a server, or read from exported files, always as the whole chain of a run.

A run that goes on in a fresh history (continue-as-new) has several; together, oldest first, they are its chain.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from google.protobuf.json_format import ParseError
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from unrack.model.errors import Category, Problem, UnrackError
from unrack.runtime.files import is_there

Chain = tuple[WorkflowHistory, ...]
"""The histories of one run, oldest first."""

DIGEST_SUFFIX = ".sha256"


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
        chain.append(await _history(client.get_workflow_handle(run, run_id=following)))
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
                message=f"the server keeps no history of '{handle.id}'",
                suggestion="name an exported file, or see what there is with `unrack list --all`",
            )
        ) from error
    return WorkflowHistory(handle.id, tuple(history.events))


def continued_from(history: WorkflowHistory) -> str:
    """The Temporal run id that went before in the chain; empty for the first."""
    return history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id


def continued_as(history: WorkflowHistory) -> str:
    """The Temporal run id that goes on; empty for the last."""
    return history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id


def read(path: Path) -> tuple[Chain, ...]:
    """The chains in an exported file, or in every ``*.json`` of a folder, by workflow id.

    A file is an export of `unrack history`, or what ``temporal workflow show -o json`` prints. Where a digest lies
    beside it (``FILE.sha256``), it must fit.

    Raises:
        UnrackError: nothing is there, it is no history, or its digest does not fit.
    """
    if not is_there(path):
        raise UnrackError(Problem(category=Category.NOT_FOUND, message=f"there is no file or folder '{path}'"))
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise _no_history(path, "the folder has no *.json file, so that nothing would be looked at")
    return _chains([history for file in files for history in _read(file)])


def _read(path: Path) -> list[WorkflowHistory]:
    try:
        content = path.read_bytes()
        _verify(path, content)
        document: object = json.loads(content)
    except OSError as error:
        raise _no_history(path, f"it cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise _no_history(path, "it is nested too deeply") from error
    except ValueError as error:
        raise _no_history(path, f"it is no JSON: {error}") from error
    found = [_parsed(path, each) for each in _documents(document)]
    if not found:
        raise _no_history(path, "it has no events")
    return found


def _verify(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + DIGEST_SUFFIX)
    if not beside.is_file():
        return
    stated = (beside.read_text(encoding="utf-8").split() or [""])[0]
    found = hashlib.sha256(content).hexdigest()
    if stated != found:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=f"'{path}' is not what was exported: its SHA-256 is {found}, {beside.name} says {stated}",
                suggestion="get the file again from where it was kept; do not rely on this copy",
                reference=str(beside),
            )
        )


def _documents(document: object) -> Iterable[object]:
    histories = cast("dict[str, object]", document).get("histories") if isinstance(document, dict) else None
    single: list[object] = [cast("object", document)]
    return cast("list[object]", histories) if isinstance(histories, list) else single


def _parsed(path: Path, document: object) -> WorkflowHistory:
    if not isinstance(document, dict) or not cast("dict[str, object]", document).get("events"):
        raise _no_history(path, "it has no events")
    try:
        history = WorkflowHistory.from_json("", cast("dict[str, Any]", document))
    except (ParseError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise _no_history(path, f"its events cannot be read: {error}") from error
    first = history.events[0]
    if not first.HasField("workflow_execution_started_event_attributes"):
        raise _no_history(path, "it does not begin with the start of a workflow")
    return WorkflowHistory(_workflow_id(path, first), history.events)


def _workflow_id(path: Path, first: HistoryEvent) -> str:
    return first.workflow_execution_started_event_attributes.workflow_id or path.stem


def _chains(histories: Sequence[WorkflowHistory]) -> tuple[Chain, ...]:
    """Puts what belongs together in order, however many files it came from."""
    by_first: dict[tuple[str, str], list[WorkflowHistory]] = {}
    for history in histories:
        started = history.events[0].workflow_execution_started_event_attributes
        chain = by_first.setdefault((history.workflow_id, started.first_execution_run_id), [])
        if all(history.run_id != known.run_id for known in chain):
            chain.append(history)
    return tuple(_ordered(chain) for chain in by_first.values())


def _ordered(chain: Sequence[WorkflowHistory]) -> Chain:
    return tuple(sorted(chain, key=lambda history: history.events[0].event_time.ToNanoseconds()))


def _no_history(path: Path, why: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.INVALID,
            message=f"'{path}' holds no history of a run: {why}",
            suggestion="export one with `unrack history RUN --export FILE`, or "
            "`temporal workflow show -w RUN -o json > FILE`",
            reference=str(path),
        )
    )
