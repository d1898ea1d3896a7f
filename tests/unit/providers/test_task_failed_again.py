"""A task of OVHcloud that is done is read once; one that failed may be set going again, and is read each time."""

from types import SimpleNamespace
from typing import cast

import pytest

from unrack.model.errors import Category, Problem, UnrackError
from unrack.providers.ovhcloud.schemas.published import Task
from unrack.providers.ovhcloud.service import ConnectService
from unrack.providers.ovhcloud.tasks import Pace, Progress, settle
from unrack.providers.remembered import Remembered


class _Service:
    """One task, whose status changes with each read."""

    path = "/ovhCloudConnect/x"

    def __init__(self, *statuses: str) -> None:
        self._statuses = list(statuses)
        self.reads = 0
        self.api = SimpleNamespace(ended_tasks=Remembered[Task](), get=self.get)

    async def get(self, *_: object) -> Task:
        status = self._statuses[min(self.reads, len(self._statuses) - 1)]
        self.reads += 1
        return Task.model_validate({"id": 1, "function": "deleteExtraConfig", "status": status})

    async def below(self, *_: object) -> list[int]:
        return [1]


class _Progress:
    references = ("ovhCloudConnect/task/1",)
    begun = True

    def still(self, doing: str, _pace: Pace) -> UnrackError:
        return UnrackError(Problem(category=Category.NOT_YET, message=doing))


async def _settled(service: _Service) -> Category | None:
    try:
        await settle(cast("ConnectService", service), cast("Progress", _Progress()))
    except UnrackError as error:
        return error.problem.category
    return None


@pytest.mark.parametrize("failed", ["error", "denied"])
async def test_a_failed_task_that_is_set_going_again_is_waited_for(failed: str) -> None:
    """Nothing else is begun beside it, as for any task that is at work."""
    service = _Service(failed, "doing")

    assert [await _settled(service) for _ in range(2)] == [Category.FAILED, Category.NOT_YET]


async def test_a_task_that_is_done_is_read_once() -> None:
    """Nothing becomes of it any more."""
    service = _Service("done")

    assert [await _settled(service) for _ in range(3)] == [None] * 3
    assert service.reads == 1
