"""The findings of one reconciliation so far, bounded to fit into a heartbeat and into the history."""

from pydantic import Field, PrivateAttr

from unrack.contracts.reconciliation import Discrepancy, ServiceSeen
from unrack.model.base import Mutable

MOST_BYTES = 200_000
"""Of findings in one report: far below the 2 MB that Temporal takes, with room for everything else."""

MOST_UNREAD = 100
"""Services that a report names because they could not be read."""

MOST_ACCOUNTS = 500
"""Accounts whose credentials are looked at."""


class Account(Mutable):
    """The open runs that need one credential."""

    provider: str
    account: str
    runs: int = 0


class Tally(Mutable):
    """Counts of everything, and as much of what does not fit as has a place."""

    after: str = ""
    """Where the next page begins, in base 64."""
    over: bool = False
    """Whether every page was gone through."""
    runs: int = 0
    services: int = 0
    found: list[Discrepancy] = Field(default_factory=list[Discrepancy])
    found_in_all: int = 0
    unread: list[ServiceSeen] = Field(default_factory=list[ServiceSeen])
    unread_in_all: int = 0
    not_due: int = 0
    unreadable: int = 0
    accounts: list[Account] = Field(default_factory=list[Account])
    bytes: int = 0
    _keys: set[tuple[str, str, str]] = PrivateAttr(default_factory=set[tuple[str, str, str]])

    def model_post_init(self, _: object) -> None:
        """Knows again what an earlier attempt had found."""
        self._keys.update(each.key for each in self.found)

    def find(self, found: Discrepancy) -> None:
        """Takes a finding in, once; what is urgent has a place before what is not."""
        if found.key in self._keys:
            return
        self._keys.add(found.key)
        self.found_in_all += 1
        self._put(found)
        if self.bytes > MOST_BYTES:
            last = next((each for each in reversed(self.found) if not each.urgent), self.found[-1])
            self._drop(last)

    def read(self, service: ServiceSeen) -> None:
        """Counts a service that was looked at."""
        self.services += service.read
        self.unread_in_all += not service.read
        if not service.read and len(self.unread) < MOST_UNREAD:
            self.unread.append(service)

    def need(self, provider: str, account: str) -> None:
        """Counts an open run that needs this credential."""
        for each in self.accounts:
            if (each.provider, each.account) == (provider, account):
                each.runs += 1
                return
        if len(self.accounts) < MOST_ACCOUNTS:
            self.accounts.append(Account(provider=provider, account=account, runs=1))

    def _put(self, found: Discrepancy) -> None:
        self.found.append(found)
        self.bytes += _size(found)

    def _drop(self, found: Discrepancy) -> None:
        self.found.remove(found)
        self._keys.discard(found.key)
        self.bytes -= _size(found)


def _size(found: Discrepancy) -> int:
    return len(found.model_dump_json().encode())
