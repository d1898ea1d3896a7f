"""What could not be looked at: told as such for a person to decide, and never taken for "there is none"."""

from collections.abc import Awaitable
from typing import TypeVar

from unrack.model.errors import Problem
from unrack.model.service import Finding
from unrack.providers.ovhcloud.errors import UnknownRouteError
from unrack.providers.ovhcloud.findings import Findings

Read = TypeVar("Read")

UNKNOWN = "call not known to OVHcloud"
"""What is seen of a thing whose call OVHcloud does not know; two looks that both say so saw the same."""


def finding(subject: str, problem: Problem, *, blocking: bool = False, item: str | None = None) -> Finding:
    """One thing that could not be looked at."""
    advice = problem.suggestion[:1].upper() + problem.suggestion[1:]
    text = f"could not look{f' at {item}' if item else ''}: {problem.message}. {advice}"
    return Finding(subject=subject, text=text, blocking=blocking, item=item, now=UNKNOWN)


async def tolerated(
    reading: Awaitable[Read], instead: Read, subject: str, *, blocking: bool = False
) -> tuple[Read, Findings]:
    """What `reading` reads; `instead` and what to tell where OVHcloud does not know the call.

    For what a plan or a check can do without. What cannot be done without raises, and a person decides at the step.
    """
    try:
        return await reading, ()
    except UnknownRouteError as error:
        return instead, (finding(subject, error.problem, blocking=blocking),)
