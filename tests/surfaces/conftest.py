"""One installation for all tests of the command line; each test has its own service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.surfaces.installation import Bench, bench


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The installation to type commands at."""
    with bench(tmp_path_factory.mktemp("installation")) as ready:
        yield ready


@pytest.fixture
def no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's own key is found, whatever this machine's Git is set to."""
    monkeypatch.delenv("UNRACK_SIGNING_KEY", raising=False)
    empty = tmp_path / "gitconfig"
    empty.write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(empty))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(tmp_path)
