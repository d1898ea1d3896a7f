"""Adapters are found by the namespace of an action, credentials by provider and account; stated facts need neither."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unrack import simulator as sim
from unrack.contracts.calls import CredentialStatus, StepCall
from unrack.contracts.simulator import KEY_VARIABLE
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.model.stated import Stated
from unrack.providers.base import Materials
from unrack.providers.catalogue import ACTIONS, VENDORS
from unrack.providers.credentials import Credentials, needs_nothing
from unrack.providers.ovhcloud.provider import OvhCloud
from unrack.providers.registry import ADAPTERS, Providers, credential_models
from unrack.providers.stated.credential import StatedCredential
from unrack.providers.stated.provider import StatedServices
from unrack.runbook.calendars import frozen_calendar
from unrack.runbook.source import CalendarSource

KEYS = {
    "UNRACK_OVHCLOUD_DEFAULT_APPLICATION_KEY": "app-key-1",
    "UNRACK_OVHCLOUD_DEFAULT_APPLICATION_SECRET": "app-secret-1",
    "UNRACK_OVHCLOUD_DEFAULT_CONSUMER_KEY": "consumer-1",
}
SERVICE = ServiceRef(provider="ovhcloud", product="sms", service="sms-1")
STATED = Stated(by="ann", title="SMS", owner="ann@example.org")


def call(action: str, **fields: object) -> StepCall:
    """A call of `action`."""
    given = {"run": "x", "step": "x.y", "action": action, "service": SERVICE, "timing": Timing.IMMEDIATE}
    return StepCall.model_validate({**given, "begun_at": datetime.now(UTC), **fields})


async def test_the_namespace_of_an_action_finds_its_adapter() -> None:
    """An action of a shared namespace in a runbook of OVHcloud goes to the shared adapter; others to the provider."""
    providers = Providers(Credentials(KEYS))
    found = [
        providers.acting(call(name)) for name in ("stated.service.check-date", "ovhcloud.service.check-debt", "x.y.z")
    ]
    await providers.close()

    assert [type(each.adapter) for each in found] == [StatedServices, OvhCloud, OvhCloud]


async def test_stated_facts_need_no_account_of_the_provider() -> None:
    """OVHcloud's SMS has no cancellation in its API: its runbook states facts, and the clock is the worker's own."""
    providers = Providers(Credentials({}))
    facts = await providers.stated(SERVICE, STATED)
    await providers.close()

    assert (facts.service, facts.stated_by, facts.clock.there(timedelta(1))) == (SERVICE, "ann", timedelta(1))
    assert abs(facts.clock.shown - datetime.now(UTC)) < timedelta(minutes=1)


async def test_stated_dates_follow_the_simulators_clock(tmp_path: Path) -> None:
    """A rehearsal runs as fast as its simulator, for services without an API, too."""
    simulator = sim.Simulator.create(tmp_path, sim.Seed(scale=60))
    simulator.set_clock(advance=timedelta(days=400))
    async with simulator.serve() as url:
        known = {"UNRACK_STATED_DEFAULT_ENDPOINT": url, KEY_VARIABLE: str(simulator.key_file)}
        providers = Providers(Credentials(known))
        facts = await providers.stated(SERVICE, STATED)
        await providers.close()
    simulator.close()

    assert facts.service.simulated
    assert facts.clock.there(timedelta(seconds=1)) == timedelta(minutes=1)
    assert facts.clock.shown - facts.clock.read_at > timedelta(days=399)


def test_only_a_simulator_here_gives_another_clock() -> None:
    """A clock that runs fast would purge early."""
    environment = {"UNRACK_STATED_DEFAULT_ENDPOINT": "https://clock.example.net"}
    with pytest.raises(UnrackError) as refused:
        Providers(Credentials(environment)).get("stated", "default")

    assert "is not on this machine" in refused.value.problem.message


async def test_a_clock_here_that_is_no_simulators_is_not_believed(tmp_path: Path) -> None:
    """It may show any time; whoever listens there has to know the key."""
    simulator = sim.Simulator.create(tmp_path)
    async with simulator.serve() as url:
        providers = Providers(Credentials({"UNRACK_STATED_DEFAULT_ENDPOINT": url}))
        with pytest.raises(UnrackError) as refused:
            await providers.stated(SERVICE, STATED)
        await providers.close()
    simulator.close()

    assert "does not prove" in refused.value.problem.message


@pytest.mark.parametrize("given", ["", "soon", "2026-13-01"])
async def test_a_date_that_is_none_is_told_to_the_person_who_can_mend_it(given: str) -> None:
    """The step's field is named, and what it holds."""
    room = StatedServices(StatedCredential())
    with pytest.raises(UnrackError) as refused:
        await room.capture(call("stated.service.record-effective-date", fields={"effective-date": given}), Materials())
    await room.close()

    assert refused.value.problem.category is Category.INVALID
    assert "'effective-date'" in refused.value.problem.message


@pytest.mark.parametrize(("name", "hour"), [("America/Toronto", 5), ("Asia/Tokyo", -9), ("UTC", 0)])
async def test_a_confirmed_day_begins_in_the_zone_of_the_provider(name: str, hour: int) -> None:
    """What is read in a provider's letter is a day there: it must not come hours before, nor be told as another day."""
    source = CalendarSource(zone=name)
    zone = frozen_calendar(source, datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), with_days=False)
    given = {"fields": {"effective-date": "2027-01-15"}, "zone": zone.zone if zone.zone.offsets else None}
    room = StatedServices(StatedCredential())
    kept = await room.capture(call("stated.service.record-effective-date", **given), Materials())
    seen = await room.check(call("stated.service.check-date", effective_at=kept.effective_at, **given), Materials())
    await room.close()

    assert kept.effective_at == datetime(2027, 1, 15, tzinfo=UTC) + timedelta(hours=hour)
    assert "effective on 2027-01-15" in kept.note
    assert "2027-01-15" in seen.findings[0].text


async def test_nothing_is_awaited_without_a_date() -> None:
    """A wait that could never end blocks and says what is missing."""
    room = StatedServices(StatedCredential())
    looked = await room.poll(call("stated.service.await-date"), Materials())
    await room.close()

    assert (looked.reached, [finding.blocking for finding in looked.findings]) == (False, [True])


def test_accounts_of_every_provider_are_named(tmp_path: Path) -> None:
    """What a worker would work with: variables and tables of every adapter, each once."""
    path = tmp_path / "credentials.toml"
    path.write_text('[cloudcraft.team-b]\napi_key = "x"\n[ovhcloud.default]\nendpoint = "ovh-ca"\n', encoding="utf-8")
    path.chmod(0o600)
    environment = KEYS | {"UNRACK_CREDENTIALS": str(path), "UNRACK_STATED_DEFAULT_ENDPOINT": "http://127.0.0.1:9"}

    assert Credentials(environment).accounts(credential_models()) == (
        "cloudcraft/team-b",
        "ovhcloud/default",
        "stated/default",
    )


def test_what_nobody_set_up_is_told_from_what_is_wrong() -> None:
    """Doctor finds no fault in a provider that nobody uses."""
    providers = Providers(Credentials({"UNRACK_OVHCLOUD_HALF_CONSUMER_KEY": "c"}))

    assert providers.given("ovhcloud", "half") is CredentialStatus.GIVEN
    assert providers.given("ovhcloud", "default") is CredentialStatus.ABSENT
    assert providers.given("stated", "default") is CredentialStatus.NOT_NEEDED
    assert providers.given("nothing", "default") is CredentialStatus.ABSENT


def test_every_adapter_says_what_credential_it_needs() -> None:
    """`unrack runbook show` tells the names; they must be those of the adapter."""
    for namespace, model in credential_models().items():
        told = VENDORS[namespace].credential
        required = [name for name, field in model.model_fields.items() if field.is_required()]

        assert [name for name in required if name not in told] == []
        assert told.startswith("nothing") == needs_nothing(model)
    assert {spec.provider for spec in ACTIONS.values()} <= ADAPTERS.keys()
