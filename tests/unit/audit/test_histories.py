"""Exported histories: whole chains, Temporal's own format, verified by digest, read back from anywhere."""

import hashlib
import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from tests.replay.kept import kept
from unrack.audit.export import export, render
from unrack.audit.histories import read
from unrack.model.errors import Category, UnrackError


def test_an_export_is_read_back_as_it_was(tmp_path: Path) -> None:
    """Every event of every history of the chain survives, and the digest beside it is that of the file."""
    chain = kept("fresh-history")

    exported = export(chain, tmp_path)

    path = Path(exported.path)
    (again,) = read(path)
    assert [history.events for history in again] == [history.events for history in chain]
    assert path.name == "test-thing_svc-1.json"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == exported.sha256
    assert path.with_name(path.name + ".sha256").read_text() == f"{exported.sha256}  {path.name}\n"


def test_a_single_history_is_temporals_own_json() -> None:
    """What Temporal's tools write and read: an object with events and nothing else."""
    (history,) = kept("outcome-unknown")
    content = render((history,))

    assert list(json.loads(content)) == ["events"]
    assert WorkflowHistory.from_json(history.workflow_id, content.decode()).events == history.events


def test_what_temporals_command_line_prints_is_read(tmp_path: Path) -> None:
    """`temporal workflow show -o json` indents and names enumerations in full; it is the same history."""
    (history,) = kept("parked-and-skipped-open")
    (tmp_path / "shown.json").write_text(json.dumps(json.loads(history.to_json()), indent=2), encoding="utf-8")

    ((again,),) = read(tmp_path / "shown.json")

    assert again.events == history.events
    assert again.workflow_id == "test-thing/svc-1"


def test_a_chain_in_several_files_is_put_together(tmp_path: Path) -> None:
    """Each history in a file of its own, in any order: one chain, oldest first."""
    chain = kept("fresh-history")
    for number, history in enumerate(reversed(chain)):
        (tmp_path / f"{number}.json").write_bytes(render((history,)))

    (again,) = read(tmp_path)

    assert [history.run_id for history in again] == [history.run_id for history in chain]


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    """One changed byte, and the file is not what was exported."""
    path = Path(export(kept("outcome-unknown"), tmp_path / "run.json").path)
    path.write_bytes(path.read_bytes().replace(b"recorder", b"recorded", 1))

    with pytest.raises(UnrackError, match="is not what was exported") as caught:
        read(path)
    assert caught.value.problem.reference.endswith("run.json.sha256")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """An export that exists stays as it is."""
    chain = kept("outcome-unknown")
    export(chain, tmp_path)

    with pytest.raises(UnrackError) as caught:
        export(chain, tmp_path)
    assert caught.value.problem.category is Category.CONFLICT


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "1", '{"events": []}', '{"events": [{"eventId": "x"}]}', '{"histories": 1}']
)
def test_what_is_no_history_is_refused(tmp_path: Path, content: str) -> None:
    """Whatever else lies there is told apart, with what to do."""
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(UnrackError, match="holds no history") as caught:
        read(path)
    assert caught.value.problem.category is Category.INVALID
    assert "--export" in caught.value.problem.suggestion


def test_an_empty_folder_and_a_missing_path_are_told_apart(tmp_path: Path) -> None:
    """Nothing found is never nothing wrong."""
    with pytest.raises(UnrackError, match=r"no \*\.json file"):
        read(tmp_path)
    with pytest.raises(UnrackError) as caught:
        read(tmp_path / "missing")
    assert caught.value.problem.category is Category.NOT_FOUND
