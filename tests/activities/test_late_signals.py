"""A decision that reached the server in time counts, however late a worker takes it in: the history has its time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.verify import Verify
from tests.workflows.office import INSTALLATION, OMAR, Office, forged, policy, public, signed
from tests.workflows.plans import plan
from unrack.contracts.verifying import ToVerify, VerifyCall
from unrack.model.access import place_of
from unrack.model.rights import Action
from unrack.model.statement import Proof, Refusal, Statement
from unrack.policy.proving import ref_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAN = plan(shown=NOW)


class _Histories:
    """Says when the server had what, and how often it was asked."""

    def __init__(self, *had: tuple[Proof, datetime]) -> None:
        self.had = had
        self.asked = 0

    async def since_when(self, run: str, execution: str, proofs: Sequence[Proof]) -> Sequence[datetime | None]:  # noqa: ARG002
        self.asked += 1
        return [next((at for known, at in self.had if known == each), None) for each in proofs]


def _proof(at: datetime = NOW, life: timedelta = HOUR, decision: str = "12345678") -> Proof:
    statement = Statement(
        installation=INSTALLATION,
        run=str(PLAN.run_id),
        execution="x",
        plan=PLAN.digest,
        revision=1,
        act={"kind": "hold", "id": decision},
        signer=OMAR,
        at=at,
        expires=at + life,
    )
    return signed(statement, OMAR)


def _item(proof: Proof, *, taken: datetime, since: datetime | None) -> ToVerify:
    return ToVerify(id="12345678", action=Action.HOLD, by=OMAR, at=taken, since=since, proof=proof)


async def _why(histories: _Histories, *items: ToVerify, office: Office | None = None) -> list[Refusal | None]:
    office = office or Office()
    call = VerifyCall(run=str(PLAN.run_id), place=place_of(PLAN), policy=ref_of(office.policy), decisions=items, at=NOW)
    verify: Any = Verify(office, histories).verify  # type: ignore[arg-type]
    return [each.why for each in (await ActivityEnvironment().run(verify, call)).checked]


@pytest.mark.parametrize(
    ("had", "why"), [(NOW + HOUR / 2, None), (NOW + 2 * HOUR, Refusal.EXPIRED), (None, Refusal.EXPIRED)]
)
async def test_it_is_judged_when_the_server_had_it(had: datetime | None, why: Refusal | None) -> None:
    """No worker was there for five hours, in which it expired; what came as no signal arrived when it was taken in."""
    proof = _proof()
    histories = _Histories(*(() if had is None else ((proof, had),)))

    assert await _why(histories, _item(proof, taken=NOW + 5 * HOUR, since=NOW - HOUR)) == [why]


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"valid-before": "2026-11-30T14:00:00Z"}, Refusal.KEY_EXPIRED),
        ({"revoked": {"at": "2026-11-30T14:00:00Z", "why": "lost"}}, Refusal.KEY_REVOKED),
    ],
)
async def test_a_key_is_judged_when_the_server_had_what_it_signed(field: dict[str, object], why: Refusal) -> None:
    """It ended while no worker was there: what came before counts, and what came after does not."""
    office = Office(policy=policy(keys={OMAR: [{"key": public(OMAR), **field}]}))
    before, after = _proof(life=6 * HOUR, decision="before12"), _proof(life=6 * HOUR, decision="after123")
    histories = _Histories((before, NOW + HOUR), (after, NOW + 3 * HOUR))
    items = [_item(each, taken=NOW + 5 * HOUR, since=NOW - HOUR) for each in (after, before, after)]

    assert await _why(histories, *items, office=office) == [why, None, why]
    assert histories.asked == 1


@pytest.mark.parametrize("since", [None, NOW + 2 * HOUR, NOW + 5 * HOUR])
async def test_what_was_too_late_all_along_costs_no_look(since: datetime | None) -> None:
    """An update, and what cannot have come before it had expired."""
    histories = _Histories((proof := _proof(), NOW))

    assert await _why(histories, _item(proof, taken=NOW + 5 * HOUR, since=since)) == [Refusal.EXPIRED]
    assert histories.asked == 0


async def test_what_is_forged_costs_no_look() -> None:
    """Whoever can send without end must not have a worker read histories without end."""
    proof = _proof().model_copy(update={"signature": forged(OMAR)})
    histories = _Histories((proof, NOW))

    assert await _why(histories, _item(proof, taken=NOW + 5 * HOUR, since=NOW - HOUR)) == [Refusal.EXPIRED]
    assert histories.asked == 0
