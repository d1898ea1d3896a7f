"""The embedded server: tuned, prepared, and clear about what hinders it."""

import socket
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest

from unrack.contracts.workflows import RETENTION, SEARCH_ATTRIBUTES
from unrack.local.embedded_server import HOST, EmbeddedServer, find_binary, usable_port
from unrack.model.errors import Category, UnrackError
from unrack.temporal.search_attributes import missing, register, type_name


async def test_it_keeps_closed_runs_for_years(server: EmbeddedServer) -> None:
    """By default the development server forgets a closed run after a day."""
    client = await server.connect()

    answer = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))

    assert answer.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION


async def test_it_has_every_search_attribute(server: EmbeddedServer) -> None:
    """Nothing is missing after the start, and registering again adds nothing."""
    client = await server.connect()

    assert await missing(client) == ()
    assert await register(client) == ()


def test_the_types_of_search_attributes_are_named_for_people() -> None:
    """As Temporal's command line writes them."""
    assert {type_name(key.indexed_value_type) for key in SEARCH_ATTRIBUTES} == {"Keyword", "KeywordList", "Datetime"}


async def test_it_writes_ahead(server: EmbeddedServer) -> None:
    """The write-ahead log is what makes it survive SIGKILL without being slow."""
    database = Path(server.child.spec.command[server.child.spec.command.index("--db-filename") + 1])

    assert database.with_name(database.name + "-wal").exists()


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """The error names the port; nothing is left running."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = EmbeddedServer(tmp_path, port=port)

        with pytest.raises(UnrackError, match=str(port)) as raised:
            await server.start()

        assert raised.value.problem.category is Category.CONFLICT
        assert server.child.pid is None
        assert usable_port(f"{HOST}:{port}") != port


def test_a_missing_binary_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary of the user's own that does not exist is not replaced silently."""
    monkeypatch.setenv("UNRACK_TEMPORAL_BINARY", "/nowhere/temporal")

    with pytest.raises(UnrackError, match="/nowhere/temporal"):
        find_binary()


async def test_a_server_that_ends_at_once_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is named and its end is quoted."""
    broken = tmp_path / "temporal"
    broken.write_text("#!/bin/sh\necho disk full >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("UNRACK_TEMPORAL_BINARY", str(broken))

    with pytest.raises(UnrackError, match="disk full") as raised:
        await EmbeddedServer(tmp_path / "data").start()

    assert raised.value.problem.reference.endswith("temporal.log")
