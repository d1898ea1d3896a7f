"""Every kind of fault can be injected, hits exactly the calls it names, and leaves the truth in the ledger."""

import re
import time

import httpx2
import ovh.exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
import pytest

from tests.conformance.conftest import Start
from tests.conformance.simulated import DEMO, Running
from unrack import simulator as sim
from unrack.simulator import Fault, FaultKind


async def _first_pop(run: Running) -> str:
    return f"{DEMO}/config/pop/{(await run.get(f'{DEMO}/config/pop'))[0]}"


def _effects(run: Running) -> list[bool]:
    return [entry.took_effect for entry in run.simulator.ledger()]


async def test_an_error_before_the_effect(start: Start) -> None:
    """The named status and Retry-After are answered, nothing happens, the next call goes well."""
    run = await start()
    pop = await _first_pop(run)
    run.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, method="DELETE", path="*/pop/*", status=429, retry_after=7))

    with pytest.raises(vendor.APIError) as raised:
        await run.delete(pop)
    assert raised.value.response.status_code == 429
    assert raised.value.response.headers["Retry-After"] == "7"
    assert (await run.get(pop))["status"] == "active"
    await run.delete(pop)

    assert _effects(run) == [False, True]


async def test_an_error_after_the_effect(start: Start) -> None:
    """The caller sees an error though the call took effect."""
    run = await start()
    pop = await _first_pop(run)
    run.simulator.inject(Fault(kind=FaultKind.ERROR_AFTER, method="DELETE", status=500))

    with pytest.raises(vendor.APIError):
        await run.delete(pop)

    assert (await run.get(pop))["status"] == "toDelete"
    assert _effects(run) == [True]


@pytest.mark.parametrize(("kind", "took"), [(FaultKind.CUT_BEFORE, False), (FaultKind.CUT_AFTER, True)])
async def test_a_cut_connection(start: Start, kind: FaultKind, took: bool) -> None:
    """The caller gets no answer at all, whether or not the call took effect."""
    run = await start()
    pop = await _first_pop(run)
    run.simulator.inject(Fault(kind=kind, method="DELETE"))

    with pytest.raises(vendor.HTTPError):
        await run.delete(pop)

    assert (await run.get(pop))["status"] == ("toDelete" if took else "active")
    assert _effects(run) == [took]


@pytest.mark.parametrize("kind", [FaultKind.DELAY_BEFORE, FaultKind.DELAY_AFTER])
async def test_a_delay(start: Start, kind: FaultKind) -> None:
    """The answer comes later, and other calls are not held up."""
    run = await start()
    run.simulator.inject(Fault(kind=kind, path="/me", seconds=0.4))
    began = time.monotonic()

    await run.get("/me")

    assert time.monotonic() - began >= 0.4


async def test_a_lying_answer(start: Start) -> None:
    """200 with the body of an error; nothing happened."""
    run = await start()
    pop = await _first_pop(run)
    run.simulator.inject(Fault(kind=FaultKind.LYING_OK, method="DELETE"))

    answer = await run.delete(pop)

    assert "message" in answer
    assert (await run.get(pop))["status"] == "active"


async def test_a_fault_hits_the_calls_it_counts(start: Start) -> None:
    """`skip` lets calls through first, `times` bounds the hits."""
    run = await start()
    run.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, path="/me", skip=1, times=2))
    outcomes: list[bool] = []

    for _ in range(4):
        try:
            await run.get("/me")
        except vendor.APIError:
            outcomes.append(False)
        else:
            outcomes.append(True)

    assert outcomes == [True, False, False, True]


@pytest.mark.parametrize(
    ("kind", "status", "config"),
    [
        (FaultKind.TASK_ERROR, "error", "active"),
        (FaultKind.TASK_DENIED, "denied", "active"),
        (FaultKind.TASK_PAUSE, "pause", "toDelete"),
        (FaultKind.TASK_STUCK, "doing", "toDelete"),
    ],
)
async def test_a_task_that_goes_wrong(start: Start, kind: FaultKind, status: str, config: str) -> None:
    """The task ends in another status, or never; what it was to delete is still there, and after a failure active."""
    run = await start()
    pop = await _first_pop(run)
    run.simulator.inject(Fault(kind=kind, method="DELETE"))
    task = await run.delete(pop)

    run.pass_time(hours=5)

    assert (await run.get(f"{DEMO}/task/{task['id']}"))["status"] == status
    left = run.simulator.configuration(sim.DEMO_SERVICE)["pops"][0]
    statuses = {left["status"]}
    statuses |= {row["status"] for below in left["datacenters"] for row in (below, *below["extras"])}
    assert statuses == {config}


@pytest.mark.parametrize(
    ("kind", "soon", "late"), [(FaultKind.MAIL_NEVER, 0, 0), (FaultKind.MAIL_LATE, 0, 1), (FaultKind.MAIL_TWICE, 2, 2)]
)
async def test_a_mail_that_goes_wrong(start: Start, kind: FaultKind, soon: int, late: int) -> None:
    """The mail with the token comes never, late, or twice."""
    run = await start()
    run.simulator.inject(Fault(kind=kind, method="POST", path="*/terminate", seconds=1800))
    await run.post(f"{DEMO}/terminate")

    run.pass_time(minutes=2)
    assert len(run.simulator.mail()) == soon
    run.pass_time(minutes=30)

    assert len(run.simulator.mail()) == late


async def test_the_simulator_can_be_steered_over_http(start: Start) -> None:
    """Clock, faults, mail, ledger, configuration, world and health have addresses of their own."""
    run = await start()
    async with httpx2.AsyncClient(base_url=f"{run.url}/_simulator") as http:
        fault = (await http.post("/faults", json={"kind": "error-before", "path": "/me"})).json()
        clock = (await http.put("/clock", json={"advance": 3600, "scale": 10})).json()
        back = await http.put("/clock", json={"set": "2001-01-01T00:00:00+00:00"})
        configuration = (await http.get(f"/service/{sim.DEMO_SERVICE}/configuration")).json()
        await http.request("DELETE", "/faults")
        await run.post(f"{DEMO}/terminate")
        ledger = (await http.get("/ledger")).json()
        await http.put("/clock", json={"advance": "PT5M"})
        mail = (await http.get("/mail")).json()
        await http.post("/world", json={"services": 3})

        assert (fault["id"], clock["scale"], back.status_code) == (1001, 10.0, 400)
        assert configuration["vrack"] == sim.VRACK
        assert [(e["method"], e["effect"][:5]) for e in ledger] == [("POST", "token")]
        assert re.search(r"token=[0-9a-f]+", mail[0]["body"])
        assert len(await run.get("/ovhCloudConnect")) == 4
        assert (await http.get("/ledger")).json() == []
        assert (await http.get("/health")).json()["status"] == "ok"
