"""Workflow code may import what is listed; anything else stops the worker at its start."""

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from tests.unit.temporal.samples import Sample
from tests.unit.temporal.stray import Stray
from unrack.local.embedded_server import EmbeddedServer
from unrack.temporal.plugin import plugin
from unrack.temporal.sandbox import PASSED_THROUGH


async def test_a_stray_import_stops_the_worker_and_is_named(server: EmbeddedServer) -> None:
    """A worker does not start with a workflow that imports an unlisted module; the module is named."""
    client = await Client.connect(server.address, plugins=[plugin("tests")])

    with pytest.raises(RuntimeError) as raised:
        Worker(client, task_queue="stray", workflows=[Stray])

    assert "psutil" in f"{raised.value} {raised.value.__cause__}"


async def test_code_outside_the_named_package_is_refused(server: EmbeddedServer) -> None:
    """By default only the package of the workflows may hold workflow code."""
    client = await Client.connect(server.address, plugins=[plugin()])

    with pytest.raises(RuntimeError):
        Worker(client, task_queue="stray", workflows=[Sample])


def test_nothing_with_effects_is_passed_through() -> None:
    """Only pydantic, the model and the contracts are shared with workflow code."""
    assert set(PASSED_THROUGH) == {"pydantic", "pydantic_core", "unrack.model", "unrack.contracts"}
