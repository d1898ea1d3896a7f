"""Credentials that are planted, and everything that a run leaves behind searched for them."""

import asyncio
import base64
import io
import json
import logging as standard_logging
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import structlog
from pydantic import SecretStr
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner

from tests.workflows.rehearsal import Rehearsed
from unrack.cli.app import app
from unrack.process import logging
from unrack.process.redaction import known_secrets
from unrack.process.settings import LogFormat, Settings

NOTICE_TOKEN = "pl4nted/N0tice+Token=="
"""Part of the address to which notices go, as a chat's webhook has one."""

PROXY_PASSWORD = "pl4nted-Pr0xy-pa55word"


@dataclass
class Trail:
    """What a run leaves behind, by the place where it was found."""

    places: dict[str, bytes] = field(default_factory=dict[str, bytes])

    def repeating(self, planted: Mapping[str, str]) -> list[str]:
        """Which planted value stands where: ``consumer key: evidence configuration.json``."""
        return sorted(
            f"{name}: {place}"
            for name, value in planted.items()
            for place, content in self.places.items()
            if any(form in content for form in forms(value))
        )


def forms(value: str) -> frozenset[bytes]:
    """How `value` may stand somewhere: as it is, escaped for JSON or a URL, in base 64 anywhere, in hexadecimal."""
    plain = value.encode()
    escaped = json.dumps(value)[1:-1].encode()
    in_base64 = {form for offset in range(3) for form in _in_base64(plain, offset)}
    more = {json.dumps(json.dumps(value)[1:-1])[1:-1].encode(), escaped.replace(b"/", rb"\/"), plain.hex().encode()}
    return frozenset({plain, escaped, quote(value, safe="").encode(), *in_base64, *more})


def _in_base64(plain: bytes, offset: int) -> Iterator[bytes]:
    """The digits that depend on `plain` alone, where it begins `offset` bytes after a group of three."""
    first = (0, 2, 3)[offset]
    left_over = (offset + len(plain)) % 3
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        digits = encode(b"\0" * offset + plain)
        yield digits[first : len(digits) - (0, 3, 2)[left_over]]


@contextmanager
def logged(environment: Mapping[str, str], folder: Path) -> Iterator[io.StringIO]:
    """Everything that a worker with these credentials logs, libraries too, at the level DEBUG."""
    settings = Settings(home=folder, notify_urls=(SecretStr(place()),))
    root = standard_logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logging.configure(LogFormat.JSON, "DEBUG", secrets=known_secrets(settings, environment), stream=stream)
    try:
        yield stream
    finally:
        root.handlers[:], _ = before
        root.setLevel(before[1])
        structlog.reset_defaults()


def place() -> str:
    """Where notices go: nobody listens there, so each of them is an error that the library logs."""
    return f"json://127.0.0.1:1/{NOTICE_TOKEN}"


async def left_behind(env: WorkflowEnvironment, run: Rehearsed, folder: Path, logs: str) -> Trail:
    """Everything: histories of every workflow of the queue, what lists show of them, evidence, logs, commands."""
    trail = Trail({"log": logs.encode()})
    await _histories(env, run, trail)
    _files(folder / "evidence", trail)
    for words in _COMMANDS:
        line = [word.format(run=run.handle.id) for word in words]
        trail.places[f"unrack {' '.join(words)}"] = await _typed(env, run, folder, line)
    return trail


_COMMANDS = (
    ("status", "{run}"),
    ("status", "{run}", "--json"),
    ("history", "{run}"),
    ("history", "{run}", "--json"),
    ("list", "--all"),
    ("list", "--all", "--json"),
    ("tasks", "--json"),
    ("reconcile", "--json"),
    ("doctor", "--json"),
)


async def _histories(env: WorkflowEnvironment, run: Rehearsed, trail: Trail) -> None:
    async for found in env.client.list_workflows(f'TaskQueue="{run.queue}"'):
        handle = env.client.get_workflow_handle(found.id, run_id=found.run_id)
        history = await handle.fetch_history()
        shown = (await handle.describe()).raw_description  # memo, search attributes, pending calls
        named = f"{found.id} {found.run_id}"
        trail.places[f"shown of {named}"] = shown.SerializeToString()
        trail.places[f"history of {named}"] = b"\n".join(event.SerializeToString() for event in history.events)
        trail.places[f"export of {named}"] = WorkflowHistory(found.id, history.events).to_json().encode()


def _files(folder: Path, trail: Trail) -> None:
    for path in (each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        trail.places[f"evidence {path.name}"] = path.name.encode() + content
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                trail.places |= {f"evidence {path.name}/{name}": packed.read(name) for name in packed.namelist()}


async def _typed(env: WorkflowEnvironment, run: Rehearsed, folder: Path, words: list[str]) -> bytes:
    """What a command prints, in whichever way it ends."""
    environment = {
        "TEMPORAL_ADDRESS": env.client.service_client.config.target_host,
        "UNRACK_TASK_QUEUE": run.queue,
        "UNRACK_EVIDENCE_URL": (folder / "evidence").as_uri(),
        "COLUMNS": "400",
    }
    runner = CliRunner(env=environment)
    said = await asyncio.to_thread(runner.invoke, app, ["--home", str(folder / "home"), *words])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    assert said.output.strip(), words
    return said.output.encode()
