"""Tables of frozen records with a unit of work: every change is noted, and kept or taken back as a whole."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from unrack.model.base import Frozen

R = TypeVar("R", bound=Frozen)


class Table(Generic[R]):
    """Records of one kind by key."""

    def __init__(self, kind: str, model: type[R], key: Callable[[R], str | int]) -> None:
        """`kind` names the table on disk; `key` finds a record's key."""
        self.kind = kind
        self.model = model
        self._key = key
        self._rows: dict[str | int, R] = {}
        self._before: dict[str | int, R | None] = {}

    def load(self, body: str) -> None:
        """Takes in a stored record; not a change."""
        record = self.model.model_validate_json(body)
        self._rows[self._key(record)] = record

    def get(self, key: str | int) -> R | None:
        """The record under `key`, or None."""
        return self._rows.get(key)

    def __getitem__(self, key: str | int) -> R:
        return self._rows[key]

    def __iter__(self) -> Iterator[R]:
        return iter(tuple(self._rows.values()))

    def where(self, **wanted: object) -> list[R]:
        """The records whose fields equal `wanted`, in the order in which they came."""
        return [row for row in self._rows.values() if all(getattr(row, k) == v for k, v in wanted.items())]

    def put(self, record: R) -> R:
        """Adds or replaces a record."""
        key = self._key(record)
        self._before.setdefault(key, self._rows.get(key))
        self._rows[key] = record
        return record

    def change(self, record: R, **changes: object) -> R:
        """Replaces `record` by a copy with `changes`, validated."""
        return self.put(self.model.model_validate(dict(record) | changes))

    def remove(self, record: R) -> None:
        """Forgets a record."""
        key = self._key(record)
        self._before.setdefault(key, self._rows.get(key))
        del self._rows[key]

    def changes(self) -> dict[str | int, R | None]:
        """The records changed since the last `keep` or `undo`; None for a removed one."""
        return {key: self._rows.get(key) for key in self._before}

    def keep(self) -> None:
        """The changes are on disk."""
        self._before.clear()

    def undo(self) -> None:
        """Takes back every change since the last `keep`."""
        for key, before in self._before.items():
            if before is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = before
        self._before.clear()

    def clear(self) -> None:
        """Forgets every record."""
        for record in self:
            self.remove(record)
