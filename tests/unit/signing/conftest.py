"""Keys of every type, made once, each with a signature of ``ssh-keygen``."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.signing import openssh
from tests.unit.signing.openssh import MESSAGE, TYPES, Signed


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Private keys without a passphrase, by the name of their type."""
    folder = tmp_path_factory.mktemp("keys")
    return {name: openssh.make_key(folder, *options, name=name) for name, options in TYPES.items()}


@pytest.fixture(scope="session")
def signed(keys: dict[str, Path]) -> dict[str, Signed]:
    """A valid signature of ``ssh-keygen`` with each of them."""
    return {
        name: Signed(name, openssh.public(path), MESSAGE, openssh.sign(path, MESSAGE)) for name, path in keys.items()
    }


@pytest.fixture
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of an agent without keys, which ends with the test."""
    program = shutil.which("ssh-agent")
    if program is None:
        pytest.skip("ssh-agent is not installed (Debian: openssh-client)")
    socket = tmp_path_factory.mktemp("agent") / "s"
    process = subprocess.Popen((program, "-D", "-a", str(socket)), stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            assert process.poll() is None, "ssh-agent ended at once"
            time.sleep(0.01)
        yield {**os.environ, "SSH_AUTH_SOCK": str(socket)}
    finally:
        process.terminate()
        process.wait(timeout=30)
