"""Whether workers and this machine count local times alike."""

import os
import socket

import pytest

from unrack import zones
from unrack.operations.health import Health, judged_zones
from unrack.temporal.pollers import identity, is_process, zones_of

OWN = zones.version()


def test_a_worker_names_its_zones_and_is_known_again() -> None:
    """By its number and machine, also when the zones were updated since it was looked for."""
    host = socket.gethostname()

    assert zones_of(identity()) == (host, OWN)
    assert is_process(identity(), os.getpid())
    assert is_process(f"{os.getpid()}+tz2020a@{host}", os.getpid())
    assert is_process(f"{os.getpid()}@{host}", os.getpid())
    assert not is_process(identity(), os.getpid() + 1)
    assert not is_process(f"{os.getpid()}+tz{OWN}@elsewhere", os.getpid())
    assert not is_process("somebody", None)


@pytest.mark.parametrize("workers", [[], [f"7+tz{OWN}@one", f"8+tz{OWN}@two"], ["9@older", "somebody"]])
def test_workers_that_agree_or_tell_nothing_are_well(workers: list[str]) -> None:
    """Nothing has to be done."""
    found = judged_zones("time zones", OWN, workers)

    assert found.health is Health.OK
    assert OWN in found.text


def test_where_workers_differ_is_told() -> None:
    """Which machine, which version, and what to do."""
    found = judged_zones("time zones", "2026f", ["7+tz2025b@one", "8+tz2026f@two", "9+tz2025b@one"])

    assert found.health is Health.MISSING
    assert "time zone database 2026f; one uses 2025b" in found.text
    assert "tzdata" in found.todo
