"""Every operation that the simulator offers for OVHcloud's further products answers as OVHcloud publishes it."""

import re
from typing import Any

import ovh.exceptions as vendor  # pyright: ignore[reportMissingTypeStubs]
import pytest

from tests.conformance import ovh_schema
from tests.conformance.conftest import Start
from tests.conformance.ovh_judge import Exchange, Judge
from tests.conformance.simulated import Running
from tests.conformance.subject_ovhcloud_products import PLANTED
from unrack import simulator as sim
from unrack.providers.ovhcloud.products import PRODUCTS
from unrack.simulator.ovhcloud.areas.vrack_service import KINDS
from unrack.simulator.ovhcloud.routes import PRODUCT_AREAS
from unrack.simulator.ovhcloud.tables import Tables

published = pytest.mark.skipif(ovh_schema.find() is None, reason="OVHcloud's API descriptions are not on this machine")
AT_EXPIRY = "terminateAtExpirationDate"


def _path(product: str) -> str:
    return PRODUCTS[product].path.format(*sim.DEMOS[product].name.split(":"))


HOSTING, MX_PLAN, PROJECT = _path("web-hosting"), _path("mx-plan"), _path("public-cloud")
NAME, ZONE, VRACK = _path("domain"), _path("dns-zone"), _path("vrack")
GROUP, LINE, SMS = _path("telephony-group"), _path("telephony-line"), _path("sms")
MAIL = {"email-pro": _path("email-pro"), "exchange": _path("exchange")}


@published
async def test_every_offered_operation_answers_as_published(start: Start, ovh_judge: Judge) -> None:
    """Each endpoint is called with success, and each call and each answer fits the published descriptions."""
    run = await start(products=PLANTED, savings_plan=True)

    await _forms(run)
    await _hosting_and_mail(run)
    await _names_and_networks(run)
    await _accounts(run)
    await _telephony(run)
    await _sms(run)
    await _savings_plans(run)
    await _ends(run)

    offered = {(e.method, re.sub(r"\{.+?\}", "{}", e.path)) for area in PRODUCT_AREAS for e in area.ENDPOINTS}
    seen = {(method, re.sub(r"\{.+?\}", "{}", path)) for method, path in ovh_judge.seen}
    assert offered - seen == set()


async def _read(run: Running, base: str, *lists: str) -> None:
    """A service, the list that has it, its billing, and each list that belongs to it with its first item."""
    for path in (base, base.rpartition("/")[0], f"{base}/serviceInfos"):
        await run.get(path)
    for name in lists:
        items = await run.get(f"{base}/{name}")
        await run.get(f"{base}/{name}/{items[0]}")


async def _renew(run: Running, base: str) -> None:
    renew = (await run.get(f"{base}/serviceInfos"))["renew"]
    for wanted in (True, False):
        await run.put(f"{base}/serviceInfos", renew=renew | {"deleteAtExpiration": wanted})


async def _forms(run: Running) -> None:
    form = f"/services/{sim.DEMOS['any-service'].name}/form"
    name = (await run.get(form))[0]["name"]
    await run.get(f"{form}/{name}")
    await run.post(f"{form}/{name}/answer", answers=[{"question": "reason", "value": "OTHER"}])


async def _hosting_and_mail(run: Running) -> None:
    await _read(run, HOSTING, "emailOption", "extraSqlPerso")
    await run.post(f"{HOSTING}/extraSqlPerso/41/terminate")
    await run.get(f"{HOSTING}/emailOption/31/serviceInfos")
    await run.post(f"{HOSTING}/emailOption/31/terminate")
    await _read(run, MX_PLAN, "account", "redirection", "mailingList", "responder")
    await _read(run, PROJECT)
    for base in (HOSTING, MX_PLAN, PROJECT):
        await _renew(run, base)


async def _names_and_networks(run: Running) -> None:
    for base in (NAME, ZONE):
        await _read(run, base)
        await _renew(run, base)
    await run.get(f"{ZONE}/export")
    await run.get(f"{ZONE}/record")
    for part in ("", "/serviceInfos", *(f"/{kind}" for kind in KINDS)):
        await run.get(f"{VRACK}{part}")
    keys = f"/ovhCloudConnect/{sim.PARTNER_SERVICE}/serviceKey"
    await run.get(f"{keys}/{(await run.get(keys))[0]}")


async def _accounts(run: Running) -> None:
    for product, base in MAIL.items():
        await _read(run, base, "account", "domain")
        await _renew(run, base)
        for name in ("ada", "grace"):
            await run.put(f"{base}/account/{name}@demo-{product}.example", deleteAtExpiration=True)
    await _read(run, MAIL["exchange"], "remoteMailbox", "authenticationPolicy")
    run.pass_time(days=29)
    for product, base in MAIL.items():
        task = await run.delete(f"{base}/domain/demo-{product}.example")
        await run.get(f"{base}/task/{task['id']}")
        await run.get(f"{base}/task")
        run.pass_time(minutes=5)
        assert await run.get(f"{base}/domain") == []


async def _telephony(run: Running) -> None:
    run.pass_time(days=3)  # to the next term
    await _read(run, GROUP, "service")
    await run.get(LINE)
    await _renew(run, GROUP)
    for base, tasks in ((GROUP, "offerTask"), (LINE, "task")):
        await run.delete(f"{base}?reason=other&details=closed")
        task = (await run.get(f"{base}/{tasks}", action="termination"))[0]
        await run.get(f"{base}/{tasks}/{task}")
        await run.post(f"{base}/cancelTermination")


async def _sms(run: Running) -> None:
    await _read(run, SMS)
    await _renew(run, SMS)
    await run.put(SMS, automaticRecreditAmount=None)
    asked: dict[str, Any] = {"subject": "Deletion", "body": "Please", "product": "sms", "serviceName": SMS[5:]}
    ticket = await run.post("/support/tickets/create", **asked)
    assert ticket["ticketId"] in await run.get("/support/tickets", serviceName=SMS[5:])
    await run.get(f"/support/tickets/{ticket['ticketId']}")
    run.pass_time(days=3)
    with pytest.raises(vendor.ResourceExpiredError):
        await run.get(SMS)


async def _savings_plans(run: Running) -> None:
    number = await run.service_id(sim.DEMOS["public-cloud"].name)
    plans = await run.get(f"/services/{number}/savingsPlans/subscribed")
    assert [plan["status"] for plan in plans] == ["ACTIVE"]


async def _ends(run: Running) -> None:
    for base in (HOSTING, MX_PLAN, PROJECT, ZONE, VRACK):
        await run.post(f"{base}/terminate")
        run.pass_time(minutes=5)
        token = run.simulator.mail()[-1].body.partition("&token=")[2].split()[0]
        said = {"commentaryReason": "moved", "commentaryFutureUse": "no"} if base in (HOSTING, ZONE) else {}
        await run.post(f"{base}/confirmTermination", token=token, reason="OTHER", commentary="moved", **said)
    assert (await run.get(PROJECT))["status"] == "suspended"
    await run.post(f"{PROJECT}/retain")
    assert (await run.get(PROJECT))["status"] == "ok"
    for base in (HOSTING, MX_PLAN, ZONE, VRACK):
        with pytest.raises(vendor.ResourceExpiredError):
            await run.get(base)


@published
@pytest.mark.parametrize(
    ("exchange", "misfit"),
    [
        (Exchange("POST", f"{MX_PLAN}/confirmTermination", sent=b'{"token":"a","futureUse":"OTHER"}'), "futureUse"),
        (Exchange("POST", f"{HOSTING}/confirmTermination", sent=b'{"reason":"BORED"}'), "BORED"),
        (Exchange("POST", "/services/1/terminate/confirm", sent=b'{"token":"a","reason":"OTHER"}'), "reason"),
        (Exchange("DELETE", GROUP, query="cause=other"), "query parameter cause"),
        (Exchange("PUT", f"{MAIL['email-pro']}/account/a@b.example", sent=b'{"state":"ok"}'), "state"),
        (Exchange("POST", "/support/tickets/create", sent=b'{"subject":"x"}'), "'body' is a required property"),
        (Exchange("PUT", SMS, sent=b'{"automaticRecreditAmount":7}'), "automaticRecreditAmount"),
        (Exchange("POST", f"{ZONE}/import"), "no such operation"),
    ],
)
def test_the_judge_sees_what_misfits(exchange: Exchange, misfit: str) -> None:
    """The judge can fail for the further products: what their confirmations, reasons and tickets do not take."""
    folder = ovh_schema.find()
    assert folder
    judge = Judge(ovh_schema.operations(folder))

    judge.judge(exchange)

    assert any(misfit in violation for violation in judge.violations), judge.violations


async def test_a_vrack_must_be_empty_first(start: Start) -> None:
    """OVHcloud refuses to end a vRack with something in it; nothing is mailed."""
    run = await start(products=PLANTED)
    tables = run.simulator._provider.world.tables_for(Tables)
    connection = tables.connections[sim.DEMO_SERVICE]
    tables.connections.change(connection, vrack=VRACK.rpartition("/")[2])

    with pytest.raises(vendor.ResourceConflictError, match="not empty"):
        await run.post(f"{VRACK}/terminate")
    assert run.simulator.mail() == []


async def test_a_project_is_retained_only_while_it_is_suspended(start: Start) -> None:
    """Before its end there is nothing to retain; after its deletion there is nothing left."""
    run = await start(products=("public-cloud",))

    with pytest.raises(vendor.ResourceConflictError):
        await run.post(f"{PROJECT}/retain")
    await run.post(f"{PROJECT}/terminate")
    run.pass_time(minutes=5)
    token = run.simulator.mail()[-1].body.partition("&token=")[2].split()[0]
    await run.post(f"{PROJECT}/confirmTermination", token=token)
    run.pass_time(days=31)
    with pytest.raises(vendor.ResourceNotFoundError):
        await run.post(f"{PROJECT}/retain")
