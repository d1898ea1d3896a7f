"""Random alterations of valid signatures and of what they are over: what chance, a bad disk or a forger might do."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from tests.unit.signing import openssh
from tests.unit.signing.openssh import Signed
from unrack.model.sshsig import armored
from unrack.model.wire import Wire, string

_FIXED = 10
"""Bytes of magic and version; what follows is altered."""

_RESERVED = 2
_SIGNATURE = 4
"""Places among the strings of a signature."""


def alter(good: Signed, others: Sequence[Signed], random: Random) -> Signed:
    """`good` with one alteration; by chance it may be none."""
    return random.choice(_KINDS)(good, others, random)


def is_altered(one: Signed, other: Signed) -> bool:
    """Whether message or signature differ; line breaks in the text do not count."""
    return one.message != other.message or "".join(one.armored.split()) != "".join(other.armored.split())


def _message(good: Signed, _: Sequence[Signed], random: Random) -> Signed:
    return replace(good, message=_bytes(good.message, random))


def _blob(good: Signed, _: Sequence[Signed], random: Random) -> Signed:
    blob = openssh.blob(good.armored)
    return replace(good, armored=armored(blob[:_FIXED] + _bytes(blob[_FIXED:], random)))


def _string(good: Signed, _: Sequence[Signed], random: Random) -> Signed:
    """One of its strings, with its length as it should be: only its content is wrong."""
    return _rebuilt(good, random, lambda _, value: _bytes(value, random))


def _foreign_string(good: Signed, others: Sequence[Signed], random: Random) -> Signed:
    """One of its strings is another signature's."""
    theirs = _strings(openssh.blob(random.choice(others).armored)[_FIXED:])
    return _rebuilt(good, random, lambda place, _: theirs[place])


def _part_of_signature(good: Signed, _: Sequence[Signed], random: Random) -> Signed:
    """The algorithm's name, or what follows it."""
    parts = _strings(openssh.blob(good.armored)[_FIXED:])
    wire = Wire(parts[_SIGNATURE])
    name, value = wire.string(), wire.rest()
    name, value = (_bytes(name, random), value) if random.random() < 0.2 else (name, _bytes(value, random))  # seldom
    parts[_SIGNATURE] = string(name) + value
    return replace(good, armored=_assembled(good, parts))


def _text(good: Signed, _: Sequence[Signed], random: Random) -> Signed:
    """The base64 itself."""
    begin, *lines, end = good.armored.splitlines()
    body = "\n".join(lines)
    at, sign = random.randrange(len(body)), random.choice("ABCxyz019+/=\n")
    body = body[:at] + sign + body[at + random.randrange(2) :]
    return replace(good, armored=f"{begin}\n{body}\n{end}\n")


_KINDS: tuple[Callable[[Signed, Sequence[Signed], Random], Signed], ...] = (
    _message,
    _blob,
    _string,
    _foreign_string,
    _part_of_signature,
    _text,
)


def _rebuilt(good: Signed, random: Random, change: Callable[[int, bytes], bytes]) -> Signed:
    parts = _strings(openssh.blob(good.armored)[_FIXED:])
    place = random.choice([place for place in range(len(parts)) if place != _RESERVED])
    parts[place] = change(place, parts[place])
    return replace(good, armored=_assembled(good, parts))


def _assembled(good: Signed, parts: Sequence[bytes]) -> str:
    head = openssh.blob(good.armored)[:_FIXED]
    return armored(head + b"".join(string(part) for part in parts))


def _strings(data: bytes) -> list[bytes]:
    wire, found = Wire(data), list[bytes]()
    while wire.more():
        found.append(wire.string())
    return found


def _bytes(value: bytes, random: Random) -> bytes:
    at = random.randrange(len(value) or 1)
    how = random.randrange(5)
    if how == 0 and value:  # a bit flips
        return value[:at] + bytes([value[at] ^ 1 << random.randrange(8)]) + value[at + 1 :]
    if how == 1:  # a byte is lost
        return value[:at] + value[at + 1 :]
    if how == 2:  # a byte is added
        return value[:at] + random.randbytes(1) + value[at:]
    if how == 3:  # the end is lost
        return value[:at]
    return value[:at] + random.randbytes(4) + value[at + 4 :]  # some bytes are others


def shown(altered: Signed) -> str:
    """What somebody needs to look at an alteration."""
    return f"{altered.name} {altered.message!r}\n{base64.b64encode(altered.armored.encode()).decode()}"
