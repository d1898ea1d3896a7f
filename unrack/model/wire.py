"""SSH's wire form of values (RFC 4251 section 5), read strictly. Pure."""

from unrack.model.message import msg


class MalformedError(ValueError):
    """These bytes are not what they are said to be."""


class Wire:
    """Reads values of SSH's wire form, one after the other."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes.

        Raises:
            MalformedError: so many are not left.
        """
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            raise MalformedError(msg("it ends too early: copy all of it"))
        self._at += count
        return taken

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size))

    def string(self) -> bytes:
        """A ``string``: its length in four bytes, then its bytes."""
        return self.take(self.number(4))

    def text(self) -> str:
        """A ``string`` of visible ASCII."""
        value = self.string()
        if not visible(value):
            raise MalformedError(msg("a name in it is not visible ASCII"))
        return value.decode()

    def positive(self) -> int:
        """An ``mpint`` above zero, in its shortest form."""
        value = self.string()
        number = int.from_bytes(value)
        if not number or len(value) != number.bit_length() // 8 + 1:
            raise MalformedError(msg("a number in it is not as SSH writes it"))
        return number

    def read(self) -> bytes:
        """All bytes that were read so far."""
        return self._data[: self._at]

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self._data[self._at :]

    def more(self) -> bool:
        """Whether bytes are left."""
        return self._at < len(self._data)

    def end(self) -> None:
        """Nothing may follow.

        Raises:
            MalformedError: something does.
        """
        if self.more():
            raise MalformedError(msg("something follows its end"))


def visible(value: bytes) -> bool:
    """Whether every byte is a sign of ASCII that is seen, so no space."""
    return all(0x21 <= byte <= 0x7E for byte in value)  # noqa: PLR2004  # the range of visible ASCII


def string(value: bytes) -> bytes:
    """A ``string`` of SSH's wire form."""
    return len(value).to_bytes(4) + value
