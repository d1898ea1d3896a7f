"""Every call that a vendor received, reads too: to count them, and to see what a run asks for. Kept in memory only."""

from collections import deque
from collections.abc import Iterator

from unrack.model.base import Frozen, Moment

MOST = 10_000
"""Older calls are forgotten."""


class ReceivedCall(Frozen):
    """One call of a vendor's API."""

    vendor: str
    method: str
    path: str
    """As in the ledger: without ``/1.0`` at OVHcloud, with the prefix at every other vendor, and without the query."""
    status: int | None
    """The status of the answer; None where the connection was dropped instead."""
    at: Moment
    """By the simulator's clock."""


class CallLog:
    """The newest calls, oldest first."""

    def __init__(self, most: int = MOST) -> None:
        """Remember `most` calls."""
        self._calls: deque[ReceivedCall] = deque(maxlen=most)

    def add(self, call: ReceivedCall) -> None:
        """Remembers `call`."""
        self._calls.append(call)

    def clear(self) -> None:
        """Forgets every call."""
        self._calls.clear()

    def __iter__(self) -> Iterator[ReceivedCall]:
        return iter(tuple(self._calls))
