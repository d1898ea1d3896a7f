"""A change asks for no more than it needs, and decides by nothing that could have changed since it was read."""

import re
from collections import Counter

import pytest
import requests

from tests.conformance.adapter import problem_of
from tests.conformance.conftest import Open
from unrack.model.errors import Category
from unrack.providers.base import Materials
from unrack.providers.ovhcloud.configuration import Configuration
from unrack.simulator import Fault, FaultKind

EXTRAS = "connect.remove-extras"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every request that is sent, ids as ``*``."""
    seen = Counter[str]()
    send = requests.Session.send

    def counted(session: requests.Session, request: requests.PreparedRequest, **more: object) -> requests.Response:
        path = re.sub(r"/(pn-\d+|\d+|[0-9a-f-]{36})(?=/|$)", "/*", str(request.path_url))
        seen[f"{request.method} {path.removeprefix('/1.0')}"] += 1
        return send(session, request, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(requests.Session, "send", counted)
    return seen


async def test_siblings_are_deleted_side_by_side(opened: Open) -> None:
    """One attempt asks for all of them, each once; the next finds them gone."""
    on = await opened()
    waiting = await problem_of(on.provider.change(on.call(EXTRAS), on.materials))
    asked_for = [entry.path for entry in on.run.simulator.ledger()]
    result = await on.change(EXTRAS)

    assert waiting.problem.category is Category.NOT_YET
    assert len(asked_for) == len(set(asked_for)) == 4
    assert [entry.path for entry in on.run.simulator.ledger()] == asked_for
    assert result.note == "there are no BGP sessions and static routes"


async def test_what_cannot_be_deleted_beside_another_is_deleted_after_it(opened: Open) -> None:
    """Where OVHcloud lets only one task run at a time, each deletion waits for the one before."""
    on = await opened()
    on.run.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, method="DELETE", status=409, skip=1, times=1))
    result = await on.change(EXTRAS)

    assert not result.already
    assert len({entry.path for entry in on.ledger}) == len(on.ledger) == 4
    assert len(result.references) == 4


async def test_a_first_deletion_that_is_refused_is_told(opened: Open) -> None:
    """Nothing of this attempt stands in its way: a person looks at it."""
    on = await opened()
    on.run.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, method="DELETE", status=409))

    assert (await problem_of(on.change(EXTRAS))).problem.category is Category.CONFLICT


async def test_a_task_that_ended_is_read_once(opened: Open, asked: Counter[str]) -> None:
    """Nothing becomes of it any more; tasks that nobody has seen end are looked at each time."""
    on = await opened()
    await on.detach()

    assert asked["GET /ovhCloudConnect/*/task/*"] == len([entry for entry in on.ledger if "config" in entry.path]) == 7
    assert asked["GET /ovhCloudConnect/*/task"] > 7


async def test_what_was_captured_is_not_read_again_but_looked_for(opened: Open, asked: Counter[str]) -> None:
    """Which items are there is read each time; what they say is not: OVHcloud changes none in place."""
    on = await opened()
    asked.clear()
    await problem_of(on.provider.change(on.call(EXTRAS), on.materials))

    below = "GET /ovhCloudConnect/*/config/pop"
    lists = (below, f"{below}/*/datacenter", f"{below}/*/datacenter/*/extra")
    items = (f"{below}/*", f"{below}/*/datacenter/*", f"{below}/*/datacenter/*/extra/*")
    assert [asked[path] for path in lists] == [1, 1, 2]
    assert [asked[path] for path in items] == [0, 0, 0]


async def test_a_new_item_is_read_and_refused(opened: Open, asked: Counter[str]) -> None:
    """It was not captured, so nothing is deleted."""
    on = await opened()
    before = Configuration.from_bytes(on.evidence["configuration"])
    (pop,) = before.pops
    on.evidence["configuration"] = before.model_copy(
        update={"pops": (pop.model_copy(update={"datacenters": pop.datacenters[:1]}),)}
    ).to_bytes()
    asked.clear()
    refused = await problem_of(on.change(EXTRAS))

    assert refused.problem.category is Category.CONFLICT
    assert asked["GET /ovhCloudConnect/*/config/pop/*/datacenter/*"] == 1
    assert on.run.simulator.ledger() == []


async def test_a_task_that_lasts_is_read_ever_more_rarely(opened: Open) -> None:
    """The pace of OVHcloud's own client at first, a minute at most: it ends no sooner for being asked."""
    on = await opened()
    call = on.call(EXTRAS)
    await problem_of(on.provider.change(call, on.materials))
    pauses = [
        (await problem_of(on.provider.change(call, Materials(evidence=on.evidence, attempt=attempt)))).retry_after
        for attempt in (1, 2, 3, 9)
    ]

    assert pauses == [5, 20, 45, 60]
