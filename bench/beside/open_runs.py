"""Many open runs: real ones that wait, for the memory of a worker, and copies of their rows, for the lists."""

import asyncio
import json
import time
import uuid
import zlib
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload, WorkflowType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionDescription

from bench.beside.direct_run import SERVICE as DEMO_SERVICE
from bench.beside.site import NotMeasured, Site

MIXED = (
    "ovhcloud-connect-direct.yaml",
    "colonelserver-service.yaml",
    "whc-hosting.yaml",
    "whc-domain.yaml",
    "whc-app.yaml",
)
"""Examples of five runbooks; of all but the first people state the facts, so that any service will do."""

OPEN = "ExecutionStatus = 'Running' AND WorkflowType = 'Decommission'"
_WORLD = uuid.UUID("5b0f4a52-2f43-4b8e-9a53-5f4d4f9b1a77")
_SERVICE = "UnrackService"
_SETTLE = 60.0
_AT_ONCE = 50


async def launch(site: Site, count: int, before: int = 0) -> list[str]:
    """Launch `count` runs, the runbooks in turn, and wait until all of them wait for people.

    Args:
        site: Where; its simulator has as many Connect Direct services as are wanted.
        count: How many.
        before: How many were launched before.
    """
    runs = list[str]()
    for number in range(before, before + count):
        example = MIXED[number % len(MIXED)]
        request, service = _request(site, example, number)
        await site.person.type("plan", str(request))
        words = ("launch", str(request), "--confirm", service, "--as", "olivia")
        runs.append((await site.person.ask(*words))["run"])
    await _settled(site)
    return runs


def _connect_service(number: int) -> str:
    """The simulated world names its cancellable services like this."""
    return DEMO_SERVICE if number == 0 else str(uuid.uuid5(_WORLD, str(number)))


def _request(site: Site, example: str, number: int) -> tuple[Path, str]:
    """The example for a service of its own."""
    text = (site.build.root / "examples" / example).read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.strip().startswith("id:"))
    old = line.partition(":")[2].strip().strip("\"'")
    new = _connect_service(number // len(MIXED)) if example == MIXED[0] else _like(old, number)
    file = site.home / f"request-{number}.yaml"
    file.write_text(text.replace(line, line.replace(old, new)), encoding="utf-8")
    return file, new


def _like(old: str, number: int) -> str:
    """Another service of the same form: a name gets a number in front, a number is replaced."""
    if old.isdigit():
        return str(100_000 + number)
    return f"s{number}-{old}"


async def _settled(site: Site) -> None:
    """Wait until the worker is at rest."""
    deadline = time.monotonic() + _SETTLE
    while time.monotonic() < deadline:
        before = site.cpu()["worker"]
        await asyncio.sleep(1)
        if site.cpu()["worker"] - before < 0.05:  # noqa: PLR2004 - seconds of a second
            return


async def copy_rows(site: Site, runs: list[str], count: int) -> None:
    """Start `count` workflows that show what `runs` show in lists, on a queue that nobody serves.

    They are of the same type, with the same memo and the same search attributes, each for a service of its own.
    """
    shown = [await site.client.get_workflow_handle(run).describe() for run in runs]
    for first in range(0, count, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, count))
        await asyncio.gather(*(_start(site, shown[number % len(shown)], number) for number in numbers))


async def _start(site: Site, shown: WorkflowExecutionDescription, number: int) -> None:
    info = shown.raw_description.workflow_execution_info
    attributes = {name: value for name, value in info.search_attributes.indexed_fields.items() if _is_ours(name)}
    service = str(json.loads(attributes[_SERVICE].data))
    other = str(uuid.uuid5(_WORLD, f"copy {number}")) if len(service) == len(DEMO_SERVICE) else f"c{number}-{service}"
    request = StartWorkflowExecutionRequest(
        namespace=site.client.namespace,
        workflow_id=info.execution.workflow_id.replace(service, other),
        workflow_type=WorkflowType(name=info.type.name),
        task_queue=TaskQueue(name="bench-nobody"),
        request_id=uuid.uuid4().hex,
    )
    for name, value in info.memo.fields.items():
        request.memo.fields[name].CopyFrom(_of(value, service, other))
    for name, value in attributes.items():
        request.search_attributes.indexed_fields[name].CopyFrom(_of(value, service, other))
    await site.client.workflow_service.start_workflow_execution(request)


def _of(payload: Payload, service: str, other: str) -> Payload:
    """`payload` with another service: a row whose memo is not of the run that its id names is not read."""
    packed = payload.metadata.get("encoding") == b"json/zlib"
    plain = zlib.decompress(payload.data) if packed else payload.data
    plain = plain.replace(service.encode(), other.encode())
    return Payload(metadata=payload.metadata, data=zlib.compress(plain) if packed else plain)


def _is_ours(attribute: str) -> bool:
    return attribute.startswith(("Unrack", "Rb", "rb"))


async def rows_in_visibility(site: Site, wanted: int) -> int:
    """How many open runs visibility shows, once it shows `wanted`, or after half a minute."""
    deadline = time.monotonic() + 30
    seen = 0
    while seen < wanted and time.monotonic() < deadline:
        seen = (await site.client.count_workflows(OPEN)).count
        await asyncio.sleep(0.3)
    if not seen:
        raise NotMeasured("visibility shows no open run")
    return seen


def rows_of(output: str) -> int:
    """How many rows a ``--json`` document of a list has."""
    document: Any = json.loads(output)
    lists = [document] if isinstance(document, list) else [each for each in document.values() if isinstance(each, list)]
    return max((len(each) for each in lists), default=0)
