"""Domain, DNS zone, vRack, and a Connect service that a partner delivers: from plan to proof, and back."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.workflows.driving import closed
from tests.workflows.ovh_products import calls, configuration, confirm, product_run, reactivated, to_phase
from tests.workflows.rehearsal import Rehearsed
from unrack import simulator as sim
from unrack.model.lifecycle import Outcome, ParkReason, Phase, StepStatus
from unrack.simulator.ovhcloud import products
from unrack.simulator.ovhcloud.tables import Tables

pytestmark = pytest.mark.long  # one product more each, from plan to proof

DETACHED = [
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*/extra/*"] * 4,
    *["DELETE /ovhCloudConnect/*/config/pop/*/datacenter/*"] * 2,
    "DELETE /ovhCloudConnect/*/config/pop/*",
    "DELETE /vrack/*/ovhCloudConnect/*",
]


def _number(run: Rehearsed) -> int:
    return (
        run.simulator._provider.world.tables_for(Tables)
        .assets[f"{run.plan.product}/{run.plan.service.service}"]
        .service
    )


@pytest.mark.parametrize(
    ("timing", "said", "back"),
    [
        (
            "let-expire",
            "renew={'mode': 'manual', 'period': 'P1M'}",
            "renew={'mode': 'automatic', 'period': 'P1M'}",
        ),
        ("end-of-term", "terminationPolicy=terminateAtExpirationDate", "terminationPolicy=empty"),
    ],
)
async def test_a_domain_runs_out_or_is_kept(
    env: WorkflowEnvironment, tmp_path: Path, timing: str, said: str, back: str
) -> None:
    """S0.2, S0.4, S0.7: one call, the zone as evidence, the end at the registry's date; and the way back from grace."""
    (tmp_path / "kept").mkdir()
    async with product_run(env, tmp_path, "domain", timing) as run:
        number = _number(run)
        await to_phase(run, Phase.GRACE)
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED
        assert calls(run) == [f"PUT /services/{number} {said}"]
        assert [proof.type for proof in report.state.step("capture.zone").evidence] == ["zone-file"]
    async with product_run(env, tmp_path / "kept", "domain", timing) as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await reactivated(run)

        assert configuration(run) == before
        assert calls(run)[-1].endswith(back)


@pytest.mark.parametrize(
    ("product", "path"), [("dns-zone", "/domain/zone/demo-zone.example"), ("vrack", "/vrack/pn-200002")]
)
async def test_it_ends_at_once_by_token(env: WorkflowEnvironment, tmp_path: Path, product: str, path: str) -> None:
    """S0.4, S0.6: nothing before grace is over; then asked, confirmed, gone; the zone itself is kept as a file."""
    async with product_run(env, tmp_path, product, "immediate") as run:
        await to_phase(run, Phase.GRACE)
        in_grace = calls(run)
        await confirm(run)
        report = await run.ended()

        assert in_grace == []
        assert [entry.path for entry in run.ledger] == [f"{path}/terminate", f"{path}/confirmTermination"]
        assert report.outcome is Outcome.CLOSED
        if product == "dns-zone":
            zone = await run.evidence.get(report.state.step("capture.zone").evidence[0])
            assert b"www     IN A      192.0.2.80" in zone


async def test_a_vrack_with_something_in_it_stops_the_run(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """OVHcloud ends only an empty vRack: what is in it is named, and nothing is asked."""
    async with product_run(env, tmp_path, "vrack", "immediate") as run:
        tables = run.simulator._provider.world.tables_for(Tables)  # somebody uses it in the meantime
        await to_phase(run, Phase.GRACE)
        products.add(tables, tables.assets["vrack/pn-200002"], "dedicatedServer", "ns1.example")
        await run.forward(timedelta(days=8))
        parked = await run.until("a parked step", lambda report: bool(report.state.parked))

        stopped = parked.state.parked["purge.check-still-empty"]
        assert stopped.reason is ParkReason.BLOCKED
        assert "dedicatedServer ns1.example" in stopped.findings[0].text
        assert calls(run) == []


async def test_a_partnered_connection_ends_on_both_sides(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S2.5, S2.6, S2.10, S2.18: OVHcloud's side by its API, the partner's by a person who keeps the confirmation."""
    async with product_run(env, tmp_path, "connect-provider", "end-of-term") as run:
        await to_phase(run, Phase.GRACE)
        report = await run.ended()

        megaport = report.state.step("handover.cancel-at-megaport")
        assert report.outcome is Outcome.CLOSED
        assert run.calls == [*DETACHED, "PUT /services/*", "POST /services/*/terminate/skipRetentionPeriod"]
        assert [proof.type for proof in megaport.evidence] == ["partner-confirmation"]
        assert "handover.cancel-at-equinix" not in report.state.steps
        keys = await run.evidence.get(report.state.step("capture.service-keys").evidence[0])
        assert b"4f30" in keys
        assert b"9c1f7a52" not in keys


COMMITTED = {
    "connect-direct": {"engaged_for": timedelta(days=100), "products": ()},  # the simulator always has one
    "connect-provider": {"engaged_for": timedelta(days=100)},
}
PLANNED = "PUT /services/* terminationPolicy=terminateAtEngagementDate"


@pytest.mark.parametrize("product", list(COMMITTED))
async def test_a_connection_ends_with_its_minimum_term(env: WorkflowEnvironment, tmp_path: Path, product: str) -> None:
    """S2.2: nothing is paid for leaving early: OVHcloud is told once, and ends it when the minimum term ends."""
    async with product_run(env, tmp_path, product, "end-of-commitment", COMMITTED[product]) as run:
        await to_phase(run, Phase.GRACE)
        report = await closed(run, stride=timedelta(days=15))

        assert _planned(run) == [PLANNED]
        assert report.state.effective_at is not None
        assert abs(report.state.effective_at - run.began - timedelta(days=100)) < timedelta(days=1)


@pytest.mark.parametrize("product", list(COMMITTED))
async def test_an_end_with_the_minimum_term_is_taken_back(
    env: WorkflowEnvironment, tmp_path: Path, product: str
) -> None:
    """S0.7, S2.2: the planned end is taken back and everything is put together again, by the provider's own account."""
    async with product_run(env, tmp_path, product, "end-of-commitment", COMMITTED[product]) as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        await reactivated(run)

        assert configuration(run) == before
        assert _planned(run) == [PLANNED, "PUT /services/* terminationPolicy=empty"]


def _planned(run: Rehearsed) -> list[str]:
    """What was said to OVHcloud of the planned end."""
    return [re.sub(r"\d+", "*", call) for call in calls(run) if "terminationPolicy" in call]


async def test_a_partnered_connection_ends_at_once(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S2.8, S2.17, S2.18: the partner is chosen by a parameter; the token confirms OVHcloud's side."""
    parameters: dict[str, object] = {"partner": "equinix"}
    async with product_run(env, tmp_path, "connect-provider", "immediate", parameters=parameters) as run:
        await to_phase(run, Phase.GRACE)
        await confirm(run)
        report = await run.ended()

        assert report.outcome is Outcome.CLOSED
        assert report.state.step("handover.cancel-at-equinix").status is StepStatus.DONE
        assert run.calls == [
            *DETACHED,
            "POST /ovhCloudConnect/*/terminate",
            "POST /ovhCloudConnect/*/confirmTermination",
            "POST /services/*/terminate/skipRetentionPeriod",
        ]


async def test_a_partnered_connection_is_restored_on_both_sides(env: WorkflowEnvironment, tmp_path: Path) -> None:
    """S0.7, S2.18: configuration, vRack and planned end by the API, the circuit by a person."""
    async with product_run(env, tmp_path, "connect-provider", "end-of-term") as run:
        before = configuration(run)
        await to_phase(run, Phase.GRACE)
        report = await reactivated(run)

        assert configuration(run) == before
        assert report.state.step("undo.handover.cancel-at-megaport").status is StepStatus.DONE
        assert run.plan.service.service == sim.PARTNER_SERVICE
