"""Who may do something now: what people decided in a run counts, and so do the duties that keep them apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.client import Client

from tests.workflows.office import ANN, EVE, FAY, LEA, OMAR, policy, public
from tests.workflows.plans import plan
from unrack.evidence.store import EvidenceStore
from unrack.model.access import place_of
from unrack.model.decision import Actor
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import HoldRegister
from unrack.model.policy import Policy
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import RegisteredPolicy
from unrack.model.rights import Action
from unrack.model.state import GivenApproval, RunReport, RunState, StepState
from unrack.operations import policies
from unrack.operations.policies import find_policy
from unrack.operations.who_may import Here, Now, seats_of, who_may
from unrack.process.settings import Settings

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PLAN = plan(quorum=2)
CABLE = "handover.remove-cable"
QUORUM: dict[str, Any] = {"quorums": [{"of": {"network": 1, "finance": 1}}]}


def here(step: str | None = None, *, worker: bool = True, **state: Any) -> Here:  # noqa: ANN401 - fields of the state
    """A run that Lea launched."""
    usual = {"plan_digest": PLAN.digest, "launched_by": Actor(name=LEA), "launched_at": NOW, "clock": PLAN.facts.clock}
    made = RunState.model_validate(usual | state)
    report = RunReport(run=str(PLAN.run_id), plan_digest=PLAN.digest, outcome=None, state=made)
    return Here(str(PLAN.run_id), place_of(PLAN, step), PLAN, report if worker else None, step)


def approved(*names: str, digest: str = PLAN.digest) -> list[GivenApproval]:
    """Approvals as the run keeps them."""
    return [GivenApproval(by=Actor(name=each), plan=digest, at=NOW) for each in names]


def standings(ruled: Policy, action: Action, where: Here) -> dict[str, tuple[Now, str]]:
    """How everybody with the right stands, and why."""
    return {each.principal: (each.now, each.why) for each in who_may(ruled, action, where, NOW)}


def test_of_an_approval_it_is_told_who_still_may_who_has_and_who_is_barred() -> None:
    """The launcher is barred, whoever approved has decided, and the others may: with the seat that is open for them."""
    ruled, where = policy(**QUORUM), here(approvals=approved(ANN))

    told = {each.principal: each for each in who_may(ruled, Action.APPROVE, where, NOW)}
    found = seats_of(ruled, where)

    assert {name: each.now for name, each in told.items()} == {
        LEA: Now.BARRED,
        ANN: Now.DECIDED,
        OMAR: Now.MAY,
        FAY: Now.MAY,
    }
    assert "launched the run" in told[LEA].why
    assert "2026-12-01" in told[ANN].why
    assert (told[OMAR].seats, told[FAY].seats) == ((), ("finance",))
    assert (found.open, found.people, found.people_open, found.given) == ({"finance": 1}, 2, 1, (ANN,))


def test_one_person_with_two_names_has_decided_once() -> None:
    """By another name of theirs, too; an approval of another plan is none."""
    ruled = policy(**QUORUM)

    assert standings(ruled, Action.APPROVE, here(approvals=approved("ann")))[ANN][0] is Now.DECIDED
    assert (
        standings(ruled, Action.APPROVE, here(approvals=approved(ANN, digest="sha256:" + "1" * 64)))[ANN][0] is Now.MAY
    )
    assert seats_of(ruled, here(approvals=approved("ann", ANN))).people_open == 1


def test_without_the_duty_the_launcher_may_and_counts() -> None:
    """What the policy does not ask for bars nobody."""
    ruled = policy(duties={"launcher": False, "rejecter": True, "skipper": True})

    assert standings(ruled, Action.APPROVE, here())[LEA][0] is Now.MAY
    assert seats_of(ruled, here(approvals=approved(LEA))).people_open == 1


@pytest.mark.parametrize(
    ("action", "state", "barred"),
    [
        (Action.COMPLETE, {CABLE: StepState(rejected_by=(Actor(name=OMAR),))}, {OMAR: "rejected"}),
        (Action.SKIP, {CABLE: StepState(rejected_by=(Actor(name=OMAR),))}, {LEA: "launched", OMAR: "rejected"}),
        (Action.RETRY, {CABLE: StepState(rejected_by=(Actor(name=OMAR),))}, {}),
        (Action.COMPLETE, {}, {}),
    ],
)
def test_who_rejected_or_launched_is_barred_where_duties_say_so(
    action: Action, state: dict[str, StepState], barred: dict[str, str]
) -> None:
    """With the reason; others may."""
    told = standings(policy(), action, here(CABLE, steps=state))

    assert {name for name, (now, _) in told.items() if now is Now.BARRED} == set(barred)
    assert all(why in told[name][1] for name, why in barred.items())


def test_an_undo_that_was_done_by_hand_is_skipped_by_anybody() -> None:
    """As the run has it: who did it says so."""
    told = standings(policy(), Action.SKIP, here(f"undo.{CABLE}"))

    assert {now for now, _ in told.values()} == {Now.MAY}


def test_whose_only_key_counts_no_more_is_barred() -> None:
    """A right that nobody can prove is none."""
    revoked = {"key": public(FAY), "revoked": {"at": NOW - timedelta(days=1), "why": "stolen"}}

    assert standings(policy(keys={FAY: [revoked]}), Action.APPROVE, here())[FAY] == (
        *(Now.BARRED, "no key of theirs counts now"),
    )


def test_an_emergency_right_and_a_run_that_nobody_can_ask() -> None:
    """Both are told: the right by its name; and without a worker nobody is said to be barred."""
    broken: dict[str, Any] = {"break-glass": {"group": "emergency", "actions": ["approve"]}}
    ruled = policy(**broken)

    told = {each.principal: each.right for each in who_may(ruled, Action.APPROVE, here(), NOW)}

    assert told[EVE] == "break-glass"
    assert {now for now, _ in standings(ruled, Action.APPROVE, here(worker=False)).values()} == {Now.MAY}


# Which policy it is


class Store:
    """What the evidence store has."""

    def __init__(self, *kept: Policy) -> None:
        self._kept = {each.digest.removeprefix("sha256:"): each for each in kept}

    async def get_by_digest(self, digest: str) -> bytes:
        """As the store's."""
        if digest not in self._kept:
            raise UnrackError(Problem(category=Category.NOT_FOUND, message="nothing"))
        return self._kept[digest].model_dump_json().encode()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Finds the policy where workers registered some, and the store keeps some."""

    async def find(registered: list[Policy], kept: list[Policy], *, named: Path | None = None) -> Any:  # noqa: ANN401
        refs = [PolicyRef(version=each.version, digest=each.digest) for each in registered]
        rows = tuple(RegisteredPolicy(policy=each, size=9, at=NOW) for each in refs)

        async def register(*_: object) -> HoldRegister:
            return HoldRegister(policies=rows)

        async def connect() -> Client:
            return cast("Client", None)

        monkeypatch.setattr(policies, "register_of", register)
        store = cast("EvidenceStore", Store(*kept))
        return await find_policy(connect, Settings(policy=None), lambda: store, named, of_run=True)

    return find


async def test_what_rules_is_found_in_the_evidence_store(found: Callable[..., Any]) -> None:
    """The highest version whose policy is there, as workers have it: an invented version rules nothing."""
    one, two, invented = policy(1), policy(2), policy(9)

    assert (await found([one, two], [one, two])).policy == two
    assert (await found([one, two, invented], [one, two])).policy == two


async def test_what_is_not_found_is_said_with_where_to_get_it(found: Callable[..., Any]) -> None:
    """The version and its digest, and that a file can be named; and that none is registered."""
    with pytest.raises(UnrackError, match="version 2 of the policy rules") as lost:
        await found([policy(2)], [])
    with pytest.raises(UnrackError, match="no policy is named"):
        await found([], [])

    assert policy(2).digest in lost.value.problem.message
    assert "--policy" in (lost.value.problem.suggestion or "")
