"""A run's whole history as one file that outlives the server, with its digest beside it."""

import hashlib
import json
from pathlib import Path

from unrack.audit.histories import DIGEST_SUFFIX, Chain
from unrack.model.base import Frozen
from unrack.model.message import msg
from unrack.process.files import write_new


class Exported(Frozen):
    """One exported file."""

    path: str
    sha256: str
    size: int
    histories: int
    """How many histories the run went through so far."""


def render(chain: Chain) -> bytes:
    """The file's content: Temporal's own JSON, one event on a line.

    A run with one history is exactly what Temporal's tools read and write. A chain is a list of these under
    ``histories``, oldest first.
    """
    rendered = [_history(history.to_json_dict()["events"]) for history in chain]
    text = rendered[0] if len(rendered) == 1 else '{"histories":[\n' + ",\n".join(rendered) + "\n]}"
    return (text + "\n").encode()


def export(chain: Chain, path: Path) -> Exported:
    """Write `chain` to the file `path`, or into the folder `path` under the run's name, and its SHA-256 beside it.

    ``sha256sum -c FILE.sha256`` verifies the pair. Nothing is overwritten.

    Raises:
        UnrackError: see `write_new`.
    """
    target = path / f"{chain[0].workflow_id.replace('/', '_')}.json" if path.is_dir() else path
    content = render(chain)
    digest = hashlib.sha256(content).hexdigest()
    beside = target.with_name(target.name + DIGEST_SUFFIX)
    write_new(target, content, msg("name another file or folder"))
    write_new(beside, f"{digest}  {target.name}\n".encode(), msg("name another file or folder"))
    return Exported(path=str(target), sha256=digest, size=len(content), histories=len(chain))


def _history(events: list[dict[str, object]]) -> str:
    lines = (json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events)
    return '{"events":[\n' + ",\n".join(lines) + "\n]}"
