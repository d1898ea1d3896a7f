"""The world on disk: one SQLite file. A state change and its ledger entry are one transaction, whatever is killed."""

import sqlite3
from pathlib import Path
from typing import Any

from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.table import Table
from unrack.simulator.vendors import VENDORS
from unrack.simulator.world import World

_TABLES = """
CREATE TABLE IF NOT EXISTS record (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS ledger (seq INTEGER PRIMARY KEY AUTOINCREMENT, call TEXT NOT NULL, body TEXT NOT NULL);
"""


class Store:
    """Loads a world and keeps its changes."""

    def __init__(self, folder: Path) -> None:
        """Opens ``provider.sqlite`` in `folder`, made when absent."""
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "provider.sqlite", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def load(self) -> World:
        """The stored world; empty in a new folder."""
        world = World(vendor.tables for vendor in VENDORS)
        tables = {table.kind: table for table in world.tables()}
        for kind, body in self._db.execute("SELECT kind, body FROM record ORDER BY rowid"):
            tables[kind].load(body)
        return world

    def commit(self, world: World, entry: LedgerEntry | None = None) -> None:
        """Stores every change of `world`, and `entry`, or nothing at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for table in world.tables():
                self._write(table)
            if entry:
                self._append(entry)
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        for table in world.tables():
            table.keep()

    def ledger(self) -> list[LedgerEntry]:
        """Every mutating call received, oldest first."""
        rows = self._db.execute("SELECT body FROM ledger ORDER BY seq")
        return [LedgerEntry.model_validate_json(body) for (body,) in rows]

    def clear_ledger(self) -> None:
        """Forgets the calls: only for a new world in the same folder."""
        self._db.execute("DELETE FROM ledger")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def _write(self, table: Table[Any]) -> None:
        for key, record in table.changes().items():
            if record is None:
                self._db.execute("DELETE FROM record WHERE kind = ? AND key = ?", (table.kind, str(key)))
            else:
                self._db.execute(
                    "INSERT INTO record VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                    (table.kind, str(key), record.model_dump_json()),
                )

    def _append(self, entry: LedgerEntry) -> None:
        (before,) = self._db.execute("SELECT COUNT(*) FROM ledger WHERE call = ?", (entry.call(),)).fetchone()
        self._db.execute(
            "INSERT INTO ledger (call, body) VALUES (?, ?)",
            (entry.call(), entry.model_copy(update={"attempt": before + 1}).model_dump_json()),
        )
