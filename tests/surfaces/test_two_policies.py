"""Two workers serve one installation, each with a policy of its own: the highest version rules, whoever is asked."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.surfaces.installation import Bench, bench
from tests.surfaces.people import ALICE, BOB, OLIVIA, OMAR, keys_of, policy_of
from tests.surfaces.test_signed import Signing
from unrack.contracts.simulator import KEY_VARIABLE
from unrack.local import child_specs
from unrack.local.child import Child

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("no_key_of_this_machine")]

CAROL = "carol@example.org"


@contextmanager
def another_worker(desk: Bench, policy: Path) -> Iterator[int]:
    """A second worker of the installation, which judges by `policy`; its process id."""
    made = desk.wait(_started(desk, policy))
    try:
        assert made.pid is not None
        yield made.pid
    finally:
        desk.wait(made.stop())


async def _started(desk: Bench, policy: Path) -> Child:
    where = desk.installation
    client = await where.connect()
    environment = {
        "TEMPORAL_ADDRESS": where.address,
        "TEMPORAL_NAMESPACE": where.server.namespace,
        "UNRACK_HOME": str(where.home),
        "UNRACK_CREDENTIALS": str(where.credentials),
        "UNRACK_POLICY": str(policy),
        KEY_VARIABLE: str(where.simulator_key),
    }
    made: list[Child] = []
    spec = child_specs.worker(where.home, environment, client, where.settings.task_queue, lambda: made[0].pid)
    made.append(Child(spec))
    await asyncio.wait_for(made[0].start(), 100)
    return made[0]


@pytest.fixture(scope="module")
def old_and_new(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Signing, int]]:
    """A worker with version 1, which knows Bob, and one with version 2, which knows Carol instead; the first's id."""
    folder = tmp_path_factory.mktemp("keys")
    keys = keys_of(folder, OLIVIA, ALICE, BOB, OMAR, CAROL)
    old = policy_of({name: key for name, key in keys.items() if name != CAROL}, folder / "old.yaml")
    new = policy_of({name: key for name, key in keys.items() if name != BOB}, folder / "new.yaml")
    new.write_text(new.read_text().replace("version: 1\n", "version: 2\n", 1))
    with bench(tmp_path_factory.mktemp("installation"), old) as desk, another_worker(desk, new):
        yield Signing(desk, keys, new), desk.installation.pids["worker"]


def test_the_newer_policy_judges_whichever_worker_is_asked(old_and_new: tuple[Signing, int]) -> None:
    """Every decision of many is judged by version 2: whom it does not know is refused, each time, and nobody waits."""
    signing, _ = old_and_new
    for _ in range(6):
        run = signing.in_approval()
        assert signing.type(BOB, "approve", run, "--yes").exit_code == 3
        approved = signing.type(CAROL, "approve", run, "--yes")
        assert approved.exit_code == 0, approved.output
        told = signing.decided(run)
        assert [each["why"] for each in told if each["kind"] == "approve"] == ["key-unknown", None]
        assert {each["policy"] for each in told} == {told[0]["policy"]}


def test_doctor_names_the_worker_that_declines(old_and_new: tuple[Signing, int]) -> None:
    """By its process, with the version that it has and the one that rules."""
    signing, older = old_and_new
    said = signing.desk.type("doctor").output
    assert "version 2 rules" in said
    assert f"{older}+tz" in said
    assert "has version 1 and declines to verify" in said
