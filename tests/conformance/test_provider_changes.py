"""What every provider's changes promise: they converge, have one effect however often they run, and can be undone."""

import pytest

from tests.conformance.adapter import REMOVALS, problem_of
from tests.conformance.conftest import Open
from unrack import simulator as sim
from unrack.model.errors import Category
from unrack.model.lifecycle import Timing
from unrack.model.service import ProviderClock
from unrack.providers.base import Materials
from unrack.providers.ovhcloud.configuration import Configuration
from unrack.simulator import Fault, FaultKind
from unrack.simulator.ovhcloud.records import ConfigStatus
from unrack.simulator.ovhcloud.tables import Tables


async def test_everything_is_taken_off_in_the_safe_order(opened: Open) -> None:
    """S2.5, S2.6: extra → data centre → pop → vRack, one deletion for each item, none twice."""
    on = await opened(pops=2)
    await on.detach()

    deleted = [(entry.method, entry.path.split("/")[-2]) for entry in on.ledger]
    assert deleted == [
        *[("DELETE", "extra")] * 8,
        *[("DELETE", "datacenter")] * 4,
        *[("DELETE", "pop")] * 2,
        ("DELETE", "ovhCloudConnect"),
    ]
    assert len({entry.path for entry in on.ledger}) == len(on.ledger)
    shown = on.shown()
    assert (shown["pops"], shown["vrack"]) == ([], None)


@pytest.mark.parametrize("action", [f"connect.{removal}" for removal in REMOVALS] + ["connect.lock-interfaces"])
async def test_a_change_run_again_does_nothing(opened: Open, action: str) -> None:
    """The second run of a change that is done says `already` and calls nothing that mutates."""
    on = await opened()
    for removal in REMOVALS:
        if action.endswith(removal) or action == "connect.lock-interfaces":
            break
        await on.change(f"connect.{removal}")
    first = await on.change(action)
    calls = len(on.run.simulator.ledger())
    second = await on.change(action)

    assert (first.already, second.already) == (False, True)
    assert len(first.references) >= 1
    assert len(on.run.simulator.ledger()) == calls


async def test_an_attempt_that_forgot_everything_waits_for_what_is_under_way(opened: Open) -> None:
    """A worker that dies after its calls loses its memory: the next one sees the running tasks and waits."""
    on = await opened()
    call = on.call("connect.remove-extras")
    first = await problem_of(on.provider.change(call, on.materials))
    calls = on.run.simulator.ledger()
    second = await problem_of(on.provider.change(call, on.materials))

    assert [first.problem.category, second.problem.category] == [Category.NOT_YET] * 2
    assert on.run.simulator.ledger() == calls
    assert {entry.path.split("/")[-2] for entry in calls} == {"extra"}


async def test_two_attempts_at_the_vrack_make_one_call(opened: Open) -> None:
    """A running vRack task is found although nothing is remembered."""
    on = await opened(pops=0)
    call = on.call("connect.dissociate-vrack")
    for _ in range(2):
        assert (await problem_of(on.provider.change(call, on.materials))).problem.category is Category.NOT_YET

    assert len(on.run.simulator.ledger()) == 1


async def test_polls_keep_the_pace_of_the_providers_own_clients(opened: Open) -> None:
    """First look after 30 s, then every 5 s (terraform-provider-ovh); a rehearsal's clock divides them."""
    on = await opened()
    now = on.run.simulator.clock.now()
    hurried = ProviderClock(read_at=now, shown=now, scale=100.0)
    slow, fast = on.call("connect.remove-extras"), on.call("connect.remove-extras", clock=hurried)
    pauses = [(await problem_of(on.provider.change(call, on.materials))).retry_after for call in (slow, slow, fast)]

    assert pauses == [30, 5, 0.05]


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
async def test_undo_restores_field_for_field(opened: Open, depth: int) -> None:
    """S0.7: in reverse order, whatever was removed comes back as captured; only new ids differ, and they are listed."""
    on = await opened(pops=2)
    before = on.shown()
    for removal in REMOVALS[:depth]:
        await on.change(f"connect.{removal}")
    for removal in reversed(REMOVALS[:depth]):
        await on.undo(f"connect.{removal}")

    compared = await on.provider.compare(on.call("connect.remove-pops").service, on.evidence["configuration"])
    assert on.shown() == before
    assert [d for d in compared.differences if not d.expected] == []
    assert {d.field.rpartition(".")[2] for d in compared.differences} == {"id"}


async def test_undo_of_what_was_never_done_does_nothing(opened: Open) -> None:
    """Undoing is idempotent."""
    on = await opened()
    results = [await on.undo(f"connect.{removal}") for removal in REMOVALS]
    results += [await on.undo("connect.lock-interfaces"), await on.undo("service.schedule-termination")]

    assert all(result.already for result in results)
    assert on.run.simulator.ledger() == []


async def test_a_parents_undo_restores_children_that_no_step_had_removed(opened: Open) -> None:
    """Deleting a pop takes its children along; undoing that step alone brings all of it back."""
    on = await opened(pops=2)
    before = on.shown()
    await on.change("connect.remove-pops")
    await on.undo("connect.remove-pops")

    assert on.shown() == before


async def test_an_item_in_between_is_not_taken_for_restored(opened: Open) -> None:
    """An item that the provider is deleting, by whatever task, still shows: undo waits for what becomes of it."""
    on = await opened()
    extras = on.run.simulator._provider.world.tables_for(Tables).extras
    extras.change(next(iter(extras)), status=ConfigStatus.TO_DELETE)
    waiting = await problem_of(on.provider.undo(on.call("connect.remove-extras"), on.materials))

    assert waiting.problem.category is Category.NOT_YET
    assert "toDelete" in waiting.problem.message


async def test_undo_turns_round_in_the_middle(opened: Open) -> None:
    """A change interrupted half way is undone from where it stands."""
    on = await opened()
    before = on.shown()
    await problem_of(on.provider.change(on.call("connect.remove-extras"), on.materials))
    await on.undo("connect.remove-extras")

    assert on.shown() == before


@pytest.mark.parametrize(
    "kind", [FaultKind.CUT_AFTER, FaultKind.CUT_BEFORE, FaultKind.ERROR_AFTER, FaultKind.ERROR_BEFORE]
)
async def test_a_lost_answer_to_a_change_is_read_again_not_repeated(opened: Open, kind: FaultKind) -> None:
    """A change whose answer is lost may be retried: the state is read first, so each call takes effect once."""
    on = await opened()
    before = on.shown()
    on.run.simulator.inject(Fault(kind=kind, method="DELETE", times=2, skip=1))
    await on.finish(on.provider.change, on.call("connect.remove-extras"), retries=5)
    assert len({entry.path for entry in on.ledger}) == len(on.ledger) == 4

    on.run.simulator.inject(Fault(kind=kind, method="POST", times=2))
    await on.finish(on.provider.undo, on.call("connect.remove-extras"), retries=5)
    assert on.shown() == before


@pytest.mark.parametrize("kind", [FaultKind.TASK_ERROR, FaultKind.TASK_DENIED])
async def test_a_task_that_ends_badly_fails_the_step_and_a_retry_works(opened: Open, kind: FaultKind) -> None:
    """`error` and `denied` are ends (OVHcloud's Control Panel); an operator's retry starts over."""
    on = await opened()
    on.run.simulator.inject(Fault(kind=kind, method="DELETE"))
    failed = await problem_of(on.change("connect.remove-extras"))
    retried = await on.change("connect.remove-extras")

    assert failed.problem.category is Category.FAILED
    assert "ovhCloudConnect/task/" in failed.problem.reference
    assert not retried.already


async def test_what_was_not_captured_is_not_removed(opened: Open) -> None:
    """An item created meanwhile could not be restored, so its removal is refused and it is named."""
    on = await opened()
    before = Configuration.from_bytes(on.evidence["configuration"])
    pop = before.pops[0].model_copy(update={"datacenters": before.pops[0].datacenters[:1]})
    on.evidence["configuration"] = before.model_copy(update={"pops": (pop,)}).to_bytes()
    refused = await problem_of(on.change("connect.remove-extras"))

    assert refused.problem.category is Category.CONFLICT
    assert f"datacenter/{before.pops[0].datacenters[1].id}" in refused.problem.message
    assert on.run.simulator.ledger() == []


async def test_a_service_moved_to_another_vrack_is_left_alone(opened: Open) -> None:
    """The vRack must be the captured one."""
    on = await opened(pops=0)
    before = Configuration.from_bytes(on.evidence["configuration"])
    on.evidence["configuration"] = before.model_copy(update={"vrack": "pn-999999"}).to_bytes()

    assert (await problem_of(on.change("connect.dissociate-vrack"))).problem.category is Category.CONFLICT
    assert on.run.simulator.ledger() == []


async def test_a_change_without_its_evidence_is_refused(opened: Open) -> None:
    """Nothing is removed that could not be restored."""
    on = await opened()
    on.evidence.clear()

    assert (await problem_of(on.change("connect.remove-extras"))).problem.category is Category.INVALID
    assert on.run.simulator.ledger() == []


async def test_the_scream_test_locks_and_unlocks(opened: Open) -> None:
    """Both the step that unlocks and the undo of the lock restore the captured state."""
    on = await opened(ports=2)
    before = on.shown()
    await on.change("connect.lock-interfaces")
    locked = [port["status"] for port in on.shown()["interfaces"]]
    await on.change("connect.unlock-interfaces")
    unlocked = on.shown()
    await on.change("connect.lock-interfaces")
    await on.undo("connect.lock-interfaces")

    assert locked == ["disabled"] * 2
    assert unlocked == on.shown() == before


async def test_an_end_is_planned_once_and_taken_back(opened: Open) -> None:
    """S2.8, S0.7: PUT only when it is not planned; read back; undone by the policy `empty`."""
    on = await opened(expires_in="P30D")
    results = [await on.change("service.schedule-termination") for _ in range(2)]
    planned = on.shown()["terminationPolicy"]
    undone = [await on.undo("service.schedule-termination") for _ in range(2)]

    assert [result.already for result in (*results, *undone)] == [False, True, False, True]
    assert (planned, on.shown()["terminationPolicy"]) == ("terminateAtExpirationDate", "empty")
    assert [entry.body for entry in on.run.simulator.ledger()] == [
        {"terminationPolicy": "terminateAtExpirationDate"},
        {"terminationPolicy": "empty"},
    ]


async def test_a_plan_of_someone_else_is_not_overwritten(opened: Open) -> None:
    """Another policy stands: a person decides."""
    on = await opened(engaged_for="P90D")
    await on.change("service.schedule-termination", timing=Timing.END_OF_COMMITMENT)

    assert (await problem_of(on.change("service.schedule-termination"))).problem.category is Category.CONFLICT
    assert on.shown()["terminationPolicy"] == "terminateAtEngagementDate"


async def test_a_lost_answer_to_the_plan_counts_as_done_by_us(opened: Open) -> None:
    """The PUT took effect, the answer was lost: the next attempt finds the plan and does not call again."""
    on = await opened()
    on.run.simulator.inject(Fault(kind=FaultKind.CUT_AFTER, method="PUT"))
    result = await on.finish(on.provider.change, on.call("service.schedule-termination"), retries=1)

    assert not result.already
    assert len(on.run.simulator.ledger()) == 1


async def test_let_expire_changes_nothing(opened: Open) -> None:
    """Manual renewal: OVHcloud ends the service by itself; with automatic renewal that would be an illusion."""
    on = await opened(renews_automatically=False)
    result = await on.change("service.schedule-termination", timing=Timing.LET_EXPIRE)

    assert result.already
    assert on.run.simulator.ledger() == []


async def test_a_change_of_an_unknown_service_says_so(opened: Open) -> None:
    """An unknown service is NOT_FOUND, not 'nothing to remove'."""
    on = await opened()
    other = on.call("connect.remove-pops").service.model_copy(
        update={"service": "00000000-0000-4000-8000-000000000000"}
    )
    refused = await problem_of(on.provider.change(on.call("connect.remove-pops", service=other), on.materials))

    assert refused.problem.category is Category.NOT_FOUND


async def test_only_what_the_catalogue_names_is_done(opened: Open) -> None:
    """An action asked for in a way that it does not have is refused."""
    on = await opened()
    for method, action in ((on.provider.undo, "connect.unlock-interfaces"), (on.provider.change, "connect.nothing")):
        assert (await problem_of(method(on.call(action), Materials()))).problem.category is Category.INVALID
    assert on.run.simulator.ledger() == []
    assert sim.DEMO_SERVICE in str(on.call("connect.remove-pops"))


async def test_a_scream_test_without_an_enabled_port_is_refused(opened: Open) -> None:
    """Nobody would notice anything: the plan tells it, and the step stops."""
    on = await opened(ports=1)
    await on.change("connect.lock-interfaces")
    await on.capture()
    facts = await on.provider.facts(on.call("connect.lock-interfaces").service)
    refused = await problem_of(on.change("connect.lock-interfaces"))
    assert "no port is enabled" in facts.nothing_for["ovhcloud.connect.lock-interfaces"]
    assert refused.problem.category is Category.CONFLICT


async def test_a_lock_that_was_made_before_is_found_made(opened: Open) -> None:
    """The ports were enabled when they were captured: this run, or its attempt before, locked them."""
    on = await opened(ports=1)
    await on.change("connect.lock-interfaces")
    assert (await on.change("connect.lock-interfaces")).already
