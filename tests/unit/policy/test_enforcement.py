"""What a worker answers a run, beside whose a signature is."""

from datetime import UTC, datetime

import pytest

from tests.workflows.office import LEA, policy
from unrack.contracts.verifying import AdmitCall, VerifyCall
from unrack.contracts.workflows import Resumption
from unrack.model.access import Place
from unrack.model.authority import Access
from unrack.model.decision import Actor
from unrack.model.errors import Category, UnrackError
from unrack.model.policy import Policy
from unrack.policy.enforcement import Enforcement
from unrack.policy.proving import access_by, ref_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE = Place(provider="test", account="default")


def _worker(mine: Policy) -> Enforcement:
    async def ruling() -> Policy:
        return mine

    return Enforcement(ruling, allow_stated=False)


def _resumed(before: Access) -> AdmitCall:
    resumed = Resumption(run_id="x", how="terminated", died_at=NOW, by=Actor(name=LEA), reason="go on")
    return AdmitCall(
        run="test-thing/svc-1",
        execution="x",
        plan="sha256:" + "1" * 64,
        place=HERE,
        rehearsal=False,
        by=LEA,
        at=NOW,
        resumed=resumed,
        before=before,
    )


@pytest.mark.parametrize("mine", [policy(1), policy(2, duties={"launcher": False})])
async def test_a_run_never_goes_back_to_an_older_policy(mine: Policy) -> None:
    """Nor to another of the same version: whoever makes the register forget the newer one must not revive a right."""
    call = VerifyCall(run="test-thing/svc-1", place=HERE, policy=ref_of(policy(2)), decisions=(), at=NOW)

    with pytest.raises(UnrackError, match="judged by version 2 already") as refused:
        await _worker(mine).verify(call)
    with pytest.raises(UnrackError, match="judged by version 2 already"):
        await _worker(mine).admit(_resumed(access_by(policy(2), HERE)))

    assert refused.value.problem.category is Category.UNAVAILABLE
    assert (await _worker(policy(3)).verify(call)).policy == ref_of(policy(3))
    assert (await _worker(policy(2)).verify(call)).access is None
