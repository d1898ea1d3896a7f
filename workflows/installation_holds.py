"""Holds of the whole installation: each run takes them over before it first changes anything."""

from workflows.run import Run


async def take_over(run: Run) -> None:
    """Nothing yet."""
    del run
