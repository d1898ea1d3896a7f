"""What a worker does when it is asked who decisions are from, beside judging them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.workflows.office import OMAR, policy
from tests.workflows.plans import plan
from unrack.contracts.verifying import MOST_TOGETHER, Checked, ToVerify, VerifyCall
from unrack.model.access import place_of
from unrack.model.policy import Policy
from unrack.model.rights import Action
from unrack.policy import enforcement
from unrack.policy.enforcement import AT_ONCE, Enforcement
from unrack.policy.proving import ref_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


async def test_a_worker_verifies_five_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many it is asked about, by however many runs; they are answered in their order."""
    running, most = 0, 0

    async def watched(judge: Callable[..., Checked], *given: object) -> Checked:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(MOST_TOGETHER):  # whoever else may begin does so meanwhile
            await asyncio.sleep(0)
        running -= 1
        return judge(*given)

    async def ruling() -> Policy:
        return rules

    monkeypatch.setattr(enforcement.asyncio, "to_thread", watched)
    rules = policy()
    asked = tuple(
        ToVerify(id=f"decision-{number}", action=Action.NOTE, by=OMAR, at=NOW) for number in range(MOST_TOGETHER)
    )
    call = VerifyCall(run="test-thing/svc-1", place=place_of(plan()), policy=ref_of(rules), decisions=asked, at=NOW)
    worker = Enforcement(ruling, allow_stated=False)

    results = await asyncio.gather(worker.verify(call), worker.verify(call))

    assert most == AT_ONCE == 5
    assert [[each.id for each in result.checked] for result in results] == [[each.id for each in asked]] * 2
