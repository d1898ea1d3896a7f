"""A bounded cache, local to one process, for values that never change once read."""

from typing import Generic, TypeVar

Value = TypeVar("Value")

MOST = 4096


class Remembered(Generic[Value]):
    """So many values by key; when there is no room, all are forgotten, and read again."""

    def __init__(self, most: int = MOST) -> None:
        """Remember at most `most` values."""
        self._most = most
        self._values: dict[str, Value] = {}

    def get(self, key: str) -> Value | None:
        """Return the value remembered under `key`, or None."""
        return self._values.get(key)

    def keep(self, key: str, value: Value) -> None:
        """Remember `value`."""
        if len(self._values) >= self._most:
            self._values.clear()
        self._values[key] = value
