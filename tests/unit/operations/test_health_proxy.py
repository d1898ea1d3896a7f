"""What `doctor` says of a credential that a worker looked at."""

from typing import Any, cast

import pytest

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.errors import Category, Problem
from unrack.operations import health

CALL = AccessCall(provider="ovhcloud", account="default", actions=("ovhcloud.service.check-debt",))


async def looked_at(monkeypatch: pytest.MonkeyPatch, **found: Any) -> health.Checkup:  # noqa: ANN401  any field
    """The checkup where the worker's answer has these fields."""
    answer = AccessResult(provider="ovhcloud", account="default", caller="aa1-ovh", endpoint="ovh-eu", **found)

    async def answered(*_: object) -> AccessResult:
        return answer

    monkeypatch.setattr(health, "check_access", answered)
    (checkup,) = await health.check_credentials(cast("Any", None), [CALL])
    return checkup


async def test_the_proxy_is_named_where_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: who reads it knows by which way the provider is reached."""
    with_proxy = await looked_at(monkeypatch, proxy="proxy.example.com:3128")
    without = await looked_at(monkeypatch)

    assert with_proxy.health is health.Health.OK
    assert "at ovh-eu through the proxy proxy.example.com:3128" in with_proxy.text
    assert "proxy" not in without.text


async def test_the_proxy_is_named_where_the_provider_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: "no answer (ProxyError)" did not say which."""
    problem = Problem(category=Category.UNAVAILABLE, message="no answer (ProxyError)")
    checkup = await looked_at(monkeypatch, proxy="proxy.example.com:3128", problem=problem)

    assert checkup.health is health.Health.MISSING
    assert checkup.text == "no answer (ProxyError) (through the proxy proxy.example.com:3128)"
