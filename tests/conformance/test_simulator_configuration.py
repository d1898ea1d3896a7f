"""The configuration tree changes by tasks, in the provider's own time and by its own rules (S2.5, S2.6)."""

import httpx2
import ovh.exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
import pytest

from tests.conformance.conftest import Start
from tests.conformance.simulated import DEMO, OTHER, Running
from unrack import simulator as sim

POP = f"{DEMO}/config/pop"
IN_VRACK = f"/vrack/{sim.VRACK}/ovhCloudConnect"


async def _pop(run: Running) -> str:
    return f"{POP}/{(await run.get(POP))[0]}"


async def test_a_task_goes_from_todo_over_doing_to_done(start: Start) -> None:
    """A deletion is a task; the configuration is `toDelete` until the provider is done, then 404."""
    run = await start()
    pop = await _pop(run)
    place = f"{pop}/datacenter/{(await run.get(f'{pop}/datacenter'))[0]}"
    extra = f"{place}/extra/{(await run.get(f'{place}/extra'))[0]}"

    task = await run.delete(extra)

    assert (task["status"], task["function"]) == ("todo", "delDatacenterExtraConfiguration")
    assert (await run.get(extra))["status"] == "toDelete"
    run.pass_time(seconds=6)
    assert (await run.get(f"{DEMO}/task/{task['id']}"))["status"] == "doing"
    run.pass_time(seconds=21)
    assert (await run.get(f"{DEMO}/task/{task['id']}"))["status"] == "done"
    with pytest.raises(vendor.ResourceNotFoundError):
        await run.get(extra)


async def test_deleting_a_parent_takes_its_children_along_slowly(start: Start) -> None:
    """One task; every child turns `toDelete`; it lasts longer than one deletion, and the PoP goes last."""
    run = await start()
    pop = await _pop(run)

    task = await run.delete(pop)

    before = run.simulator.configuration(sim.DEMO_SERVICE)["pops"][0]
    assert {d["status"] for d in before["datacenters"]} == {"toDelete"}
    assert {e["status"] for d in before["datacenters"] for e in d["extras"]} == {"toDelete"}
    run.pass_time(seconds=60)
    during = run.simulator.configuration(sim.DEMO_SERVICE)["pops"][0]
    assert 0 < sum(len(d["extras"]) for d in during["datacenters"]) < 4
    run.pass_time(minutes=5)
    assert await run.get(POP) == []
    assert (await run.get(f"{DEMO}/task/{task['id']}"))["status"] == "done"
    assert len(await run.get(f"{DEMO}/task")) == 1


async def test_what_is_being_deleted_cannot_be_deleted_again(start: Start) -> None:
    """The second deletion answers 409 and the ledger says that it had no effect."""
    run = await start()
    pop = await _pop(run)
    await run.delete(pop)

    with pytest.raises(vendor.ResourceConflictError):
        await run.delete(pop)

    assert [(e.took_effect, e.attempt) for e in run.simulator.ledger()] == [(True, 1), (False, 2)]


async def test_a_finished_vrack_task_disappears(start: Start) -> None:
    """The task of a vRack answers 404 once it is done, and the service is in no vRack (S2.5)."""
    run = await start(pops=0)
    task = await run.delete(f"{IN_VRACK}/{sim.DEMO_SERVICE}")
    assert (await run.get(f"/vrack/{sim.VRACK}/task/{task['id']}"))["status"] == "todo"

    run.pass_time(minutes=2)

    with pytest.raises(vendor.ResourceNotFoundError):
        await run.get(f"/vrack/{sim.VRACK}/task/{task['id']}")
    assert (await run.get(DEMO))["vrack"] is None
    assert await run.get(IN_VRACK) == []


async def test_a_vrack_is_kept_while_pops_exist_and_needed_to_add_one(start: Start) -> None:
    """Leaving the vRack is refused while a PoP exists; a PoP without a vRack is refused."""
    run = await start()
    with pytest.raises(vendor.ResourceConflictError):
        await run.delete(f"{IN_VRACK}/{sim.DEMO_SERVICE}")

    port = (await run.get(f"{OTHER}/interface"))[0]
    with pytest.raises(vendor.ResourceConflictError, match="vRack"):
        await run.post(f"{OTHER}/config/pop", interfaceId=port, type="l2")


async def test_a_locked_port_is_dark_and_can_be_unlocked(start: Start) -> None:
    """Locking disables the port and its outgoing light; unlocking restores both (scream test)."""
    run = await start()
    port = f"{DEMO}/interface/{(await run.get(f'{DEMO}/interface'))[0]}"

    await run.post(f"{port}/lock")
    run.pass_time(minutes=1)
    locked = await run.get(port)
    await run.post(f"{port}/unlock")
    run.pass_time(minutes=1)

    assert (locked["status"], locked["outgoingLightStatus"]) == ("disabled", "down")
    assert ((await run.get(port))["status"], (await run.get(port))["outgoingLightStatus"]) == ("enabled", "up")


async def test_the_letter_of_authority_is_a_pdf_until_the_service_is_closed(start: Start) -> None:
    """`/loa` answers with the address of a PDF that is served; after the end it is refused (S2.11, S2.13)."""
    run = await start()
    address = await run.post(f"{DEMO}/loa")
    async with httpx2.AsyncClient() as http:
        letter = await http.get(address)
        await run.delete(f"/services/{await run.service_id()}")
        late = await http.get(address)

    assert letter.content.startswith(b"%PDF-")
    assert sim.DEMO_SERVICE.encode() in letter.content
    assert late.status_code == 460
    with pytest.raises(vendor.ResourceExpiredError):
        await run.post(f"{DEMO}/loa")


async def test_reads_letters_and_prices_never_enter_the_ledger(start: Start) -> None:
    """The ledger keeps mutating calls only: reads, `/loa` and the priced exit stay out."""
    run = await start(engaged_for="P90D")
    await run.get(DEMO)
    await run.post(f"{DEMO}/loa")
    order = await run.post(f"/services/{await run.service_id()}/billing/engagement/flush", dryRun=True)

    assert order["order"]["prices"]["withoutTax"]["value"] == 1200
    assert run.simulator.ledger() == []
