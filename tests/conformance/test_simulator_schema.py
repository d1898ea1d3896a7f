"""Every operation that the simulator offers answers as OVHcloud publishes it, called by the official client."""

import re
from datetime import datetime
from typing import Any

import pytest

from tests.conformance import ovh_schema
from tests.conformance.conftest import Start
from tests.conformance.ovh_judge import Exchange, Judge
from tests.conformance.simulated import DEMO, OTHER, Running
from unrack import simulator as sim
from unrack.simulator.ovhcloud import billing
from unrack.simulator.ovhcloud.routes import AREAS
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.world import World

published = pytest.mark.skipif(ovh_schema.find() is None, reason="OVHcloud's API descriptions are not on this machine")
ENGAGED = {"engaged_for": "P200D", "option": True, "services": 2}


@published
async def test_every_offered_operation_answers_as_published(start: Start, ovh_judge: Judge) -> None:
    """Each endpoint of the simulator is called with success, and each answer fits; known drift of 2026 included."""
    run = await start(**ENGAGED)

    await _read_everything(run)
    await _change_the_configuration(run)
    await _buy_the_exit(run)
    await _end_the_service(run)

    offered = {(e.method, re.sub(r"\{.+?\}", "{}", e.path)) for area in AREAS for e in area.ENDPOINTS}
    seen = {(method, re.sub(r"\{.+?\}", "{}", path)) for method, path in ovh_judge.seen}
    assert offered - seen == set()


async def _read_everything(run: Running) -> None:
    for path in ("/auth/time", "/auth/currentCredential", "/auth/details", "/me", "/me/debtAccount", "/vrack"):
        await run.get(path)
    await run.post("/auth/credential", accessRules=[{"method": "GET", "path": "/me"}])
    bill = (await run.get("/me/bill", **{"date.from": "2020-01-01T00:00:00+00:00"}))[0]
    line = (await run.get(f"/me/bill/{bill}/details"))[0]
    await run.get(f"/me/bill/{bill}")
    await run.get(f"/me/bill/{bill}/details/{line}")
    await _read_a_corrective_invoice(run, bill)
    await run.get("/ovhCloudConnect")
    for path in ("", "/serviceInfos", "/interface", "/task"):
        await run.get(f"{DEMO}{path}")
    for path in ("", "/ovhCloudConnect", f"/ovhCloudConnect/{sim.DEMO_SERVICE}", "/task"):
        await run.get(f"/vrack/{sim.VRACK}{path}")
    await run.post(f"{DEMO}/loa")
    pop = (await run.get(f"{DEMO}/config/pop"))[0]
    await run.get(f"{DEMO}/config/pop/{pop}")
    datacenter = (await run.get(f"{DEMO}/config/pop/{pop}/datacenter"))[0]
    await run.get(f"{DEMO}/config/pop/{pop}/datacenter/{datacenter}")
    for extra in await run.get(f"{DEMO}/config/pop/{pop}/datacenter/{datacenter}/extra"):
        await run.get(f"{DEMO}/config/pop/{pop}/datacenter/{datacenter}/extra/{extra}")


async def _read_a_corrective_invoice(run: Running, bill: str) -> None:
    def correct(world: World, now: datetime) -> None:
        tables = world.tables_for(Tables)
        service = next(iter(tables.services))
        billing.issue(tables, service.account, now, [(service, "Correction", -1.0, now, now)], corrects=bill)

    run.simulator.happen(correct)
    number = (await run.get("/me/correctiveInvoice"))[0]
    line = (await run.get(f"/me/correctiveInvoice/{number}/details"))[0]
    assert (await run.get(f"/me/correctiveInvoice/{number}"))["correctedInvoiceId"] == bill
    await run.get(f"/me/correctiveInvoice/{number}/details/{line}")
    assert number not in await run.get("/me/bill")


async def _change_the_configuration(run: Running) -> None:
    port = (await run.get(f"{DEMO}/interface"))[0]
    await run.get(f"{DEMO}/interface/{port}/status")
    for verb in ("lock", "unlock"):
        await _done(run, await run.post(f"{DEMO}/interface/{port}/{verb}"))
        await run.get(f"{DEMO}/interface/{port}")
    pop = (await run.get(f"{DEMO}/config/pop"))[0]
    below = f"{DEMO}/config/pop/{pop}/datacenter"
    datacenter = (await run.get(below))[0]
    extra = (await run.get(f"{below}/{datacenter}/extra"))[0]
    await _done(run, await run.delete(f"{below}/{datacenter}/extra/{extra}"))
    await _done(run, await run.delete(f"{below}/{datacenter}"))
    await _done(run, await run.delete(f"{DEMO}/config/pop/{pop}"))
    task = await run.delete(f"/vrack/{sim.VRACK}/ovhCloudConnect/{sim.DEMO_SERVICE}")
    await run.get(f"/vrack/{sim.VRACK}/task/{task['id']}")
    run.pass_time(minutes=10)
    await run.post(f"/vrack/{sim.VRACK}/ovhCloudConnect", ovhCloudConnect=sim.DEMO_SERVICE)
    run.pass_time(minutes=10)
    await _restore_a_pop(run, port)


async def _restore_a_pop(run: Running, port: int) -> None:
    areas: dict[str, Any] = {"customerBgpArea": 65001, "ovhBgpArea": 65002}
    pop = await run.post(f"{DEMO}/config/pop", interfaceId=port, type="l3", subnet="10.0.0.0/30", **areas)
    await _done(run, pop)
    below = f"{DEMO}/config/pop/{pop['resourceId']}/datacenter"
    datacenter = await run.post(below, datacenterId=11, ovhBgpArea=65010, subnet="172.16.0.0/28")
    await _done(run, datacenter)
    extras = f"{below}/{datacenter['resourceId']}/extra"
    await _done(run, await run.post(extras, type="bgp", bgpNeighborArea=65020, bgpNeighborIp="172.16.0.4"))


async def _done(run: Running, task: dict[str, Any]) -> None:
    run.pass_time(minutes=10)
    assert (await run.get(f"{DEMO}/task/{task['id']}"))["status"] == "done"


async def _buy_the_exit(run: Running) -> None:
    service = f"/services/{await run.service_id()}"
    for path in ("", "/options", "/billing/engagement", "/savingsPlans/subscribed"):
        await run.get(f"{service}{path}")
    await run.put(f"{service}/billing/engagement/endRule", strategy="CANCEL_SERVICE")
    await run.post(f"{service}/billing/engagement/flush", dryRun=True)
    await run.post(f"{service}/billing/engagement/flush", dryRun=False, terminateSubscription=False)


async def _end_the_service(run: Running) -> None:
    service = f"/services/{await run.service_id()}"
    await run.put(service, terminationPolicy="terminateAtExpirationDate")
    renew = (await run.get(f"{DEMO}/serviceInfos"))["renew"]
    await run.put(f"{DEMO}/serviceInfos", renew=renew | {"deleteAtExpiration": False})
    await run.post(f"{DEMO}/terminate")
    await run.post(f"{DEMO}/confirmTermination", token=await _token(run), reason="NOT_NEEDED_ANYMORE")
    await run.post(f"{service}/terminate/skipRetentionPeriod")

    other = f"/services/{await run.service_id(sim.OTHER_SERVICE)}"
    await run.post(f"{other}/terminate")
    await run.post(f"{other}/terminate/confirm", token=await _token(run))
    await run.get(other)
    await run.delete(f"/services/{(await run.get('/services'))[0]}")


async def _token(run: Running) -> str:
    run.pass_time(minutes=5)
    mail = await run.get(f"/me/notification/email/history/{(await run.get('/me/notification/email/history'))[-1]}")
    found = re.search(r"/billing/confirmTerminate\?id=[0-9A-Za-z]+&token=([0-9A-Za-z]+)", mail["body"])
    assert found, mail["subject"]
    return found.group(1)


@published
@pytest.mark.parametrize(
    ("exchange", "misfit"),
    [
        (Exchange("GET", "/me/unknown"), "no such operation"),
        (Exchange("GET", OTHER, query="colour=red"), "query parameter colour"),
        (Exchange("POST", f"{DEMO}/terminate", sent=b"{}"), "sent a body"),
        (Exchange("POST", f"{DEMO}/confirmTermination", sent=b'{"token":"a","reason":"BORED"}'), "BORED"),
        (Exchange("POST", f"{DEMO}/config/pop", sent=b'{"interfaceId":1,"type":"l3","id":2}'), "'id' was unexpected"),
        (Exchange("PUT", "/services/1", sent=b'{"terminationPolicy":"now"}'), "'now'"),
        (Exchange("GET", "/ovhCloudConnect", answered=b'["x"]', status=200, complete=True), "is not a 'uuid'"),
        (Exchange("GET", "/services", answered=b'["1"]', status=200, complete=True), "is not of type 'integer'"),
        (Exchange("GET", "/me", answered=b"{}", status=404, complete=True), "without a message"),
    ],
)
def test_the_judge_sees_what_misfits(exchange: Exchange, misfit: str) -> None:
    """The judge itself can fail: undeclared calls, parameters, bodies, enum values, formats and read-only fields."""
    folder = ovh_schema.find()
    assert folder
    judge = Judge(ovh_schema.operations(folder))

    judge.judge(exchange)

    assert any(misfit in violation for violation in judge.violations), judge.violations
