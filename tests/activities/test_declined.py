"""A worker that must not judge leaves the call to another one, and soon."""

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities._boundary import boundary, elsewhere
from unrack.model.errors import Category, Problem, UnrackError


async def tried(category: Category, attempt: int) -> timedelta | None:
    """When Temporal tries a call again that fails so; None: by its own back-off."""

    async def declining() -> None:
        async with boundary():
            with elsewhere():
                raise UnrackError(Problem(category=category, message="no", suggestion="wait"))

    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    with pytest.raises(ApplicationError) as refused:
        await environment.run(declining)
    return refused.value.next_retry_delay


async def test_ten_workers_are_asked_within_ten_seconds() -> None:
    """With the back-off of other calls, the fifth try comes after fifteen seconds and the sixth after half a minute."""
    pauses = [await tried(Category.UNAVAILABLE, attempt) for attempt in range(1, 10)]
    assert sum(filter(None, pauses), timedelta()) < timedelta(seconds=10)
    assert all(pauses)


async def test_where_nobody_can_answer_it_is_asked_once_a_minute() -> None:
    """However long it lasts."""
    assert await tried(Category.UNAVAILABLE, 100_000) == timedelta(minutes=1)


async def test_other_errors_keep_their_pauses() -> None:
    """A call that another worker cannot do better is tried as ever."""
    assert await tried(Category.UNEXPECTED, 1) is None
