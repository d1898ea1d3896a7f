"""One small installation in containers. Without a container engine the tests are skipped, in CI they fail."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import docker
import pytest
from docker.errors import DockerException

os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"  # its image comes from a hub; we remove what we start

from tests.containers import images
from tests.containers.installation import Installation


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """The container engine."""
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        _cannot_run(f"no container engine answers: {error}")
    reason = images.missing_for_base()
    if reason:
        _cannot_run(reason)
    yield client
    client.close()


@pytest.fixture(scope="session")
def image(engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tag of the image that deploy/Dockerfile makes of this source tree."""
    built = images.unrack_image(engine, tmp_path_factory.mktemp("image") / "context", f"unrack-test:{os.getpid()}")
    try:
        yield str(built)
    finally:
        built.remove()


@pytest.fixture
def installation(engine: docker.DockerClient, image: str, tmp_path: Path) -> Iterator[Installation]:
    """Temporal server and simulator, started and prepared; no worker yet."""
    with ExitStack() as cleaning:
        yield Installation.start(engine, image, images.temporal_image(engine), tmp_path / "desk", cleaning)


def _cannot_run(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"container tests must run in CI, but {reason}")
    pytest.skip(reason)
