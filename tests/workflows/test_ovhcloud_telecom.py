"""Telephony, Email Pro, Exchange and SMS: ends without a token, account by account, by a ticket; and back."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.ovh_products import TERM, calls, configuration, product_run, reactivated, to_phase
from unrack.model.lifecycle import Outcome, ParkReason, Phase
from unrack.simulator.ovhcloud import products
from unrack.simulator.ovhcloud.tables import Tables

pytestmark = pytest.mark.long  # one product more each, from plan to proof

TELEPHONY = {
    "telephony-group": "/telephony/ul12345-ovh-1",
    "telephony-line": "/telephony/ul12345-ovh-2/service/0033972100200",
}
MAIL = {
    "email-pro": "/email/pro/emailpro-ul12345-1",
    "exchange": "/email/exchange/hosted-ul12345-1/service/hosted-ul12345-1",
}
PLANNED = ["PUT ada deleteAtExpiration=True", "PUT grace deleteAtExpiration=True", "PUT serviceInfos"]


@pytest.mark.parametrize(("product", "path"), list(TELEPHONY.items()))
async def test_telephony_ends_without_a_token(
    env: WorkflowEnvironment, tmp_path: Path, product: str, path: str
) -> None:
    """S0.2, S0.6: one DELETE with the reason; OVHcloud carries it out at its date; the next bill is the proof."""
    parameters: dict[str, object] = {"leaving-reason": "cessationOfActivity"}
    async with product_run(env, tmp_path, product, "end-of-term", parameters=parameters) as run:
        await to_phase(run, Phase.GRACE)
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED
        assert calls(run) == [f"DELETE {path}"]
        assert run.ledger[0].effect.endswith(": cessationOfActivity")
        assert report.state.effective_at is not None
        assert abs(report.state.effective_at - run.began - TERM) < timedelta(minutes=5)


@pytest.mark.parametrize(("product", "path"), list(TELEPHONY.items()))
async def test_telephony_is_kept(env: WorkflowEnvironment, tmp_path: Path, product: str, path: str) -> None:
    """S0.7: `cancelTermination` takes it back, and all is as it was."""
    async with product_run(env, tmp_path, product, "end-of-term") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await reactivated(run)

        assert configuration(run) == before
        assert calls(run) == [f"DELETE {path}", f"POST {path}/cancelTermination"]


async def test_an_end_taken_back_elsewhere_stops_the_run(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """Somebody kept the group in the Control Panel: nothing ends, and a person decides."""
    async with product_run(env, tmp_path, "telephony-group", "end-of-term") as run:
        await to_phase(run, Phase.GRACE)
        tables = run.simulator._provider.world.tables_for(Tables)  # somebody else's call
        for work in tables.work:
            tables.work.remove(work)
        await run.forward(timedelta(days=38, hours=2))
        parked = await run.until("a parked step", lambda report: bool(report.state.parked))

        stopped = parked.state.parked["purge.check-still-planned"]
        assert stopped.reason is ParkReason.BLOCKED
        assert "someone took it back" in stopped.findings[0].text


@pytest.mark.parametrize(("product", "path"), list(MAIL.items()))
async def test_mail_ends_account_by_account(env: WorkflowEnvironment, tmp_path: Path, product: str, path: str) -> None:
    """S0.2, S0.4: accounts, then the service; grace counts from the first account; the domains go last."""
    async with product_run(env, tmp_path, product, "end-of-term") as run:
        await to_phase(run, Phase.GRACE)
        in_grace, confirmed = _short(calls(run), path), (await run.report()).state.effective_at
        report = await run.ended()

        assert in_grace == PLANNED
        assert _short(calls(run), path)[3:] == [f"DELETE domain/demo-{product}.example"]
        assert confirmed is not None
        assert abs(confirmed - run.began - TERM + timedelta(days=2)) < timedelta(minutes=5)
        assert report.outcome is Outcome.CLOSED
        assert report.state.effective_at is not None
        assert abs(report.state.effective_at - run.began - TERM) < timedelta(minutes=5)


def _short(made: list[str], path: str) -> list[str]:
    """Calls without the service's path, the accounts' domain and the rest of a renewal."""
    plain = [call.replace(f"{path}/", "").replace("account/", "").partition(" renew=")[0] for call in made]
    return [call.replace("@demo-email-pro.example", "").replace("@demo-exchange.example", "") for call in plain]


@pytest.mark.parametrize("product", list(MAIL))
async def test_mail_is_kept(env: WorkflowEnvironment, tmp_path: Path, product: str) -> None:
    """S0.7: the service first, then every account goes on exactly as it was captured."""
    async with product_run(env, tmp_path, product, "end-of-term") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        planned = configuration(run)
        await reactivated(run)

        assert planned != before
        assert configuration(run) == before
        assert _short(calls(run), MAIL[product])[3:] == [
            "PUT serviceInfos",
            "PUT ada deleteAtExpiration=False",
            "PUT grace deleteAtExpiration=False",
        ]


async def test_a_new_account_stops_the_run(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.4: an account created since the capture shows that somebody still uses the service."""
    async with product_run(env, tmp_path, "email-pro", "end-of-term") as run:
        await to_phase(run, Phase.GRACE)
        tables = run.simulator._provider.world.tables_for(Tables)  # somebody else's call
        asset = tables.assets["email-pro/emailpro-ul12345-1"]
        later = (run.began + timedelta(days=60)).isoformat(timespec="seconds")
        fields = {"number": 9, "deleteAtExpiration": False, "expirationDate": later}
        products.add(tables, asset, "account", "new@demo-email-pro.example", **fields)
        await run.forward(timedelta(days=36, hours=2))
        parked = await run.until("a parked step", lambda report: bool(report.state.parked))

        assert "account/new@demo-email-pro.example" in parked.state.parked["purge.check-unchanged"].findings[0].text


async def test_sms_is_deleted_by_a_ticket(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.2, S0.4: no call ends it; credits stop being bought, a ticket that names the run asks, support deletes it."""
    async with product_run(env, tmp_path, "sms", "immediate") as run:
        await to_phase(run, Phase.GRACE)
        in_grace = calls(run)
        await run.forward(timedelta(days=8))
        await run.complete("purge.follow-ticket")
        report = await run.ended()

        assert in_grace == ["PUT /sms/sms-ul12345-1 automaticRecreditAmount=None"]
        assert [entry.path for entry in run.ledger[1:]] == ["/support/tickets/create"]
        assert run.ledger[1].body["subject"] == "Deletion of sms-ul12345-1 (ovhcloud-sms/sms-ul12345-1)"
        assert report.outcome is Outcome.CLOSED


async def test_sms_is_kept(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.7: before the ticket, everything can be put back."""
    async with product_run(env, tmp_path, "sms", "immediate") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await reactivated(run)

        assert configuration(run) == before
        assert calls(run)[-1] == "PUT /sms/sms-ul12345-1 automaticRecreditAmount=500"
