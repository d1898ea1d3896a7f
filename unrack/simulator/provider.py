"""The provider: its world, its clock, its disk. Everything that changes the world goes through here."""

from datetime import datetime, timedelta
from pathlib import Path

from unrack.simulator import events, seeds
from unrack.simulator.calls import CallLog
from unrack.simulator.challenge import Challenge
from unrack.simulator.clock import Clock
from unrack.simulator.faults import Fault, InjectedFaults
from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.store import Store
from unrack.simulator.vendors import VENDORS


class Provider:
    """One simulated provider, stored in one folder. Not for several threads."""

    def __init__(self, folder: Path, seed: seeds.Seed | None = None) -> None:
        """Goes on with the world in `folder`; a new world begins with `seed`."""
        self._store = Store(folder)
        self.challenge = Challenge(folder)
        self.calls = CallLog()
        self.world = self._store.load()
        self.clock = Clock(self.world.clock_row)
        self._next_due: datetime | None = None
        self._due_known = False
        if self.world.clock_row.get("clock") is None:
            self.reseed(seed or seeds.Seed())
        else:
            self._seed_vendors(seed or seeds.Seed())

    def reseed(self, seed: seeds.Seed) -> None:
        """Replaces the world, and forgets every call."""
        for table in self.world.tables():
            table.clear()
        self.clock.start(seed.now, seed.scale)
        self._store.clear_ledger()
        self.calls.clear()
        self._seed_vendors(seed)

    def _seed_vendors(self, seed: seeds.Seed) -> None:
        """Seeds each vendor that has nothing yet: in a new world all, in an older one those that came later."""
        for vendor in VENDORS:
            if self.world.vacant(vendor.tables):
                vendor.seed(self.world, seed.of(vendor.name), self.clock.now())
        self.commit()

    def catch_up(self) -> datetime:
        """Lets everything happen that is due by now, stores it, and tells the time."""
        now = self.clock.now()
        if not self._due_known:
            self._next_due, self._due_known = events.next_due(self.world), True
        if self._next_due and self._next_due <= now:
            events.advance(self.world, now)
            self.commit()
        return now

    def set_clock(
        self, shown: datetime | None = None, advance: timedelta | None = None, scale: float | None = None
    ) -> None:
        """Sets the clock, then advances it, and lets everything happen that has become due.

        Raises:
            ValueError: the clock would go back, or the scale is not above 0.
        """
        wanted = (shown or self.clock.now()) + advance if advance else shown
        self.clock.set(wanted, scale)
        self.commit()
        self.catch_up()

    def commit(self, entry: LedgerEntry | None = None) -> None:
        """Stores all changes, and `entry`, as one transaction."""
        if entry is None and not any(table.changes() for table in self.world.tables()):
            return
        self._store.commit(self.world, entry)
        self._due_known = False

    def undo(self) -> None:
        """Takes back what was not stored yet."""
        for table in self.world.tables():
            table.undo()

    def ledger(self) -> list[LedgerEntry]:
        """Every mutating call received, oldest first."""
        return self._store.ledger()

    def inject(self, fault: Fault) -> Fault:
        """Stores a fault; answers it with its id."""
        self.undo()
        stored = self.world.faults.put(fault.model_copy(update={"id": self.world.next_id("fault")}))
        self.commit()
        return stored

    def clear_faults(self) -> None:
        """Forgets every fault."""
        self.world.faults.clear()
        self.commit()

    def take_faults(self, method: str, path: str) -> InjectedFaults:
        """The faults that hit this call; each is counted down and stored."""
        hits: list[Fault] = []
        for fault in self.world.faults:
            if not fault.matches(method, path):
                continue
            if fault.skip:
                self.world.faults.change(fault, skip=fault.skip - 1)
                continue
            hits.append(fault)
            if fault.times == 1:
                self.world.faults.remove(fault)
            elif fault.times:
                self.world.faults.change(fault, times=fault.times - 1)
        self.commit()
        return InjectedFaults(hits=tuple(hits))

    def close(self) -> None:
        """Closes the file."""
        self._store.close()
