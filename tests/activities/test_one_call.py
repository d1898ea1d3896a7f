"""The requests of one call of a step share the provider's time; checks side by side share what they read alike."""

from collections import Counter
from datetime import timedelta

import pytest
import requests

from tests.activities.conftest import Set
from unrack.contracts.calls import AlsoRead, CheckResult, ChecksResult, SeveralCall
from unrack.simulator import Fault, FaultKind

STATUS, PERIOD, DEBT = (
    "ovhcloud.service.check-status",
    "ovhcloud.service.check-billing-period",
    "ovhcloud.service.check-debt",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every request that is sent, by its last words."""
    seen = Counter[str]()
    send = requests.Session.send

    def counted(session: requests.Session, request: requests.PreparedRequest, **more: object) -> requests.Response:
        seen[str(request.path_url).rpartition("/")[2]] += 1
        return send(session, request, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(requests.Session, "send", counted)
    return seen


async def test_checks_side_by_side_read_alike_once(bench: Set, asked: Counter[str]) -> None:
    """Each is judged by it; read by themselves, each reads for itself, and the next call reads anew."""
    on = await bench()
    several = SeveralCall(
        **dict(on.call("service.check-status")),
        also=(AlsoRead(step="period", action=PERIOD), AlsoRead(step="debt", action=DEBT)),
    )
    asked.clear()
    seen: ChecksResult = await on.do("check-several", several)
    once = asked["serviceInfos"]
    await on.do("check-several", several)
    twice = asked["serviceInfos"]
    for action in ("service.check-status", "service.check-billing-period"):
        await on.do("check", on.call(action))

    assert None not in seen.results
    assert (once, twice, asked["serviceInfos"]) == (1, 2, 4)


async def test_the_time_of_a_call_is_that_of_its_own_answers(bench: Set, asked: Counter[str]) -> None:
    """The clock is not asked for apart where an answer shows it; the next call does not go by the time of this one."""
    on = await bench()
    first: CheckResult = await on.do("check", on.call("service.check-debt"))
    asked.clear()
    on.run.simulator.set_clock(advance=timedelta(days=40))
    second: CheckResult = await on.do("check", on.call("service.check-debt"))

    assert asked["time"] == 0
    assert second.clock.shown - first.clock.shown >= timedelta(days=40)
    assert abs(second.clock.shown - on.run.simulator.clock.now()) < timedelta(seconds=30)


async def test_a_check_whose_shared_read_fails_is_left_to_be_read_by_itself(bench: Set, asked: Counter[str]) -> None:
    """What fails for all of them fails none of the others."""
    on = await bench()
    on.run.simulator.inject(Fault(kind=FaultKind.ERROR_BEFORE, path="*/serviceInfos", status=500, times=1))
    several = SeveralCall(
        **dict(on.call("service.check-status")),
        also=(AlsoRead(step="period", action=PERIOD), AlsoRead(step="debt", action=DEBT)),
    )
    asked.clear()
    seen: ChecksResult = await on.do("check-several", several)

    assert [result is None for result in seen.results] == [True, True, False]
    assert asked["serviceInfos"] == 1
