"""What holds for every test: whatever talks to the simulator keeps to OVHcloud's published API."""

import gc
import os
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from starlette.types import ASGIApp

from tests.conformance import ovh_schema
from tests.conformance.ovh_judge import Judge
from unrack.i18n import ENGLISH, speak
from unrack.simulator import app
from unrack.simulator.provider import Provider
from unrack.simulator.transport import Connections

settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")  # machines are shared and slow: how long an example takes says nothing of the code

os.environ["LC_ALL"] = "C.UTF-8"  # tests read what commands print, whatever the language of the machine


_FIRST = ("tests/containers", "tests/durability", "tests/walks", "tests/surfaces", "tests/hostile", "tests/workflows")
"""Folders of what takes long, the longest first: begun first, so that no worker is left alone with one at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with what takes long; everything else stays in its random order."""
    items.sort(
        key=lambda item: next((place for place, part in enumerate(_FIRST) if part in item.path.as_posix()), len(_FIRST))
    )


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: the garbage collector need not walk through it time and again."""
    gc.collect()
    gc.freeze()


@cache
def _published() -> tuple[ovh_schema.Operation, ...] | None:
    folder = ovh_schema.find()
    return ovh_schema.operations(folder) if folder else None


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A command that a test typed in this process leaves its reader's language behind."""
    speak(ENGLISH)


@pytest.fixture(autouse=True)
def ovh_judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Fails a test in which a call to a simulator of this process, or its answer, misfits the published schemas.

    Without the descriptions (see `ovh_schema.find`) nothing is judged; the conformance tests say so by skipping.
    """
    judge = Judge(_published() or ())
    if _published():
        build = app.build

        def judged(provider: Provider, connections: Connections) -> ASGIApp:
            return judge.wrap(build(provider, connections))

        monkeypatch.setattr(app, "build", judged)
    yield judge
    assert judge.violations == [], "\n".join(["misfits OVHcloud's published API:", *judge.violations])
