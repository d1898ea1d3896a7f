"""One installation for all tests of the command line; each test has its own service."""

from collections.abc import Iterator

import pytest

from tests.surfaces.installation import Bench, bench


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The installation to type commands at."""
    with bench(tmp_path_factory.mktemp("installation")) as ready:
        yield ready
