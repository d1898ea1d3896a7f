"""Connecting: which server is meant, and clear errors within seconds."""

import time
from pathlib import Path

import pytest

from unrack.local.embedded_server import EmbeddedServer, free_port
from unrack.model.errors import Category, UnrackError
from unrack.process.settings import Settings
from unrack.temporal.client import connect
from unrack.temporal.connection import PROFILE_FILE, connection


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Temporal profile of the machine reaches the tests."""
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_PROFILE", "UNRACK_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TEMPORAL_CONFIG_FILE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def installed(settings: Settings, address: str) -> None:
    settings.home.mkdir()
    (settings.home / PROFILE_FILE).write_text(f'[profile.default]\naddress = "{address}"\n', encoding="utf-8")


def test_the_installation_of_the_data_folder_is_used(settings: Settings) -> None:
    """Without an explicit address, the server that runs on the data folder is meant."""
    installed(settings, "127.0.0.1:4321")

    assert connection(settings).get("target_host") == "127.0.0.1:4321"


def test_an_explicit_address_wins(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """``TEMPORAL_ADDRESS`` goes before the data folder."""
    installed(settings, "127.0.0.1:4321")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1234")

    assert connection(settings).get("target_host") == "127.0.0.1:1234"


def test_without_anything_the_default_is_meant(settings: Settings) -> None:
    """No installation, no profile: Temporal's usual place."""
    assert connection(settings).get("target_host") == "localhost:7233"
    assert connection(settings).get("namespace") == "default"


def test_an_unknown_profile_is_named(tmp_path: Path) -> None:
    """A profile that does not exist is an error, not the default."""
    with pytest.raises(UnrackError, match="nowhere") as raised:
        connection(Settings(home=tmp_path, temporal_profile="nowhere"))

    assert raised.value.problem.category is Category.INVALID


async def test_no_server_is_told_within_seconds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the address and the command that starts a server."""
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    began = time.monotonic()

    with pytest.raises(UnrackError, match=address) as raised:
        await connect(settings)

    assert time.monotonic() - began < 10
    assert raised.value.problem.category is Category.UNAVAILABLE
    assert "unrack up" in raised.value.problem.suggestion


async def test_a_missing_namespace_is_told(
    server: EmbeddedServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server without our namespace is not taken for a good one."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)

    with pytest.raises(UnrackError, match="elsewhere") as raised:
        await connect(settings.model_copy(update={"namespace": "elsewhere"}))

    assert raised.value.problem.category is Category.NOT_FOUND


async def test_a_good_server_is_connected(
    server: EmbeddedServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client speaks to the namespace that is set."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)

    assert (await connect(settings)).namespace == "default"
