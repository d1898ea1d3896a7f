"""An outage meets every run; people hear of it once."""

from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.notify import Notify
from unrack.contracts.calls import Notice, NoticeKind


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose notices went out."""
    runs: list[str] = []

    def send(_: Notify, notice: Notice) -> bool:
        runs.append(notice.run)
        return True

    monkeypatch.setattr(Notify, "_send", send)
    return runs


def parked(run: str, about: str | None) -> Notice:
    """What a run tells that has parked."""
    return Notice(run=run, kind=NoticeKind.PARKED, title="a step is parked", text="no answer", about=about)


async def test_an_outage_is_told_once_for_each_account(sent: list[str]) -> None:
    """A thousand runs park at once; what is no outage is told each time."""
    tell: Any = Notify(("json://127.0.0.1:1/",)).notify
    environment = ActivityEnvironment()

    for number in range(20):
        await environment.run(tell, parked(f"p-x/{number}", "ovhcloud/default"))
    await environment.run(tell, parked("p-y/1", "whmcs/default"))
    await environment.run(tell, parked("p-z/1", None))
    await environment.run(tell, parked("p-z/2", None))

    assert sent == ["p-x/0", "p-y/1", "p-z/1", "p-z/2"]
