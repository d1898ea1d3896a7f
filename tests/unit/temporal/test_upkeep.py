"""What a worker sees to beside its work goes on, whatever fails."""

import asyncio
from datetime import timedelta

import structlog

from unrack.model.errors import Category, Problem, UnrackError
from unrack.temporal.upkeep import forgetting


async def test_old_secrets_are_looked_for_again_and_again() -> None:
    """Also after the store did not answer; a worker that ends looks no more."""
    looked = asyncio.Event()
    answers = [1, UnrackError(Problem(category=Category.UNAVAILABLE, message="no answer")), 0]

    async def forget_old() -> int:
        if not answers:
            looked.set()
            return 0
        answer = answers.pop(0)
        if isinstance(answer, UnrackError):
            raise answer
        return answer

    with structlog.testing.capture_logs() as logs:
        async with forgetting(forget_old, every=timedelta()):
            await asyncio.wait_for(looked.wait(), 30)

    assert [line["event"] for line in logs] == [
        "secrets were handed over and never used; they are forgotten",
        "old secrets were not looked for",
    ]
