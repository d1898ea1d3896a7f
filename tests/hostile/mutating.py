"""Makes bad inputs out of good ones: each from a seed, so that any can be made again."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, cast

ODD: tuple[str, ...] = (
    "",
    " ",
    "null",
    "~",
    "[]",
    "{}",
    "-1",
    "0",
    "1e400",
    ".nan",
    "yes",
    "P0D",
    "-P1D",
    "P99999999D",
    "PT36H",
    "0000-00-00",
    "9999-12-31",
    "2026-02-30",
    "2026-11-30T25:00:00Z",
    "see ticket #4711",
    "a: b: c",
    "'unclosed",
    "!!python/none x",
    "../../etc/passwd",
    "file:///dev/null",
    "http://127.0.0.1:9/",
    "\u202egnihton",
    "e\u0301\u200b\ufeff",
    "\u0661\u0662",
    "[bold]x[/bold] :cd: <why>",
    "\\x1b[31m",
    "x" * 5_000,
    "é" * 400,
    "a.b.c.d" * 60,
)
"""Values that people, programs and other systems really put where something else belongs."""

Change = Callable[[random.Random, list[str]], None]


def text(chance: random.Random, good: str) -> bytes:
    """`good`, changed in one to three places, and now and then cut or no text any more."""
    lines = good.splitlines()
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        chance.choice(_CHANGES)(chance, lines)
    whole = "\n".join(lines).encode("utf-8", "replace") + b"\n"
    if chance.random() < 0.05:
        return whole[: chance.randint(0, len(whole))]
    if chance.random() < 0.05:
        at = chance.randint(0, len(whole))
        return whole[:at] + chance.randbytes(chance.randint(1, 8)) + whole[at:]
    return whole


def document(chance: random.Random, good: object) -> Any:  # noqa: ANN401 - any JSON
    """`good` (JSON), changed in one to three places."""
    changed: Any = json.loads(json.dumps(good))
    for _ in range(chance.randint(1, 3)):
        changed = _changed(chance, changed)
    return changed


def value(chance: random.Random) -> Any:  # noqa: ANN401 - any JSON
    """Any small JSON value."""
    return chance.choice(
        [
            None,
            True,
            0,
            -1,
            10**30,
            1.5,
            "",
            chance.choice(ODD),
            [],
            {},
            [None],
            {"": None},
            [[["x"]]],
            {"a": {"b": {"c": []}}},
            "x" * chance.choice([10, 1_000, 20_000]),
        ]
    )


def as_json(document: object) -> bytes:
    """`document` as bytes; numbers that JSON does not know are written as Python does."""
    return json.dumps(document).encode()


def deep(levels: int) -> str:
    """A list in a list in a list …, as JSON."""
    return "[" * levels + "]" * levels


def word(chance: random.Random) -> str:
    """One word of a command line."""
    made = chance.choice(ODD)
    return chance.choice([made, made[:20], chance.choice("-+@=:/.") + made[:20], made[:10] * chance.choice([1, 300])])


def _delete(chance: random.Random, lines: list[str]) -> None:
    if lines:
        del lines[chance.randrange(len(lines))]


def _double(chance: random.Random, lines: list[str]) -> None:
    if lines:
        at = chance.randrange(len(lines))
        lines.insert(at, lines[at])


def _swap(chance: random.Random, lines: list[str]) -> None:
    if len(lines) > 1:
        one, other = chance.sample(range(len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]


def _indent(chance: random.Random, lines: list[str]) -> None:
    if lines:
        at = chance.randrange(len(lines))
        lines[at] = chance.choice(["  ", "\t", " "]) + lines[at] if chance.random() < 0.5 else lines[at].lstrip()


def _odd_value(chance: random.Random, lines: list[str]) -> None:
    found = [at for at, line in enumerate(lines) if ":" in line]
    if found:
        at = chance.choice(found)
        lines[at] = f"{lines[at].partition(':')[0]}: {chance.choice(ODD)}"


def _odd_line(chance: random.Random, lines: list[str]) -> None:
    lines.insert(chance.randint(0, len(lines)), chance.choice(ODD))


def _odd_key(chance: random.Random, lines: list[str]) -> None:
    found = [at for at, line in enumerate(lines) if ":" in line]
    if found:
        at = chance.choice(found)
        before, _, after = lines[at].partition(":")
        indent = before[: len(before) - len(before.lstrip())]
        lines[at] = f"{indent}{chance.choice(ODD)[:50]}:{after}"


_CHANGES: Sequence[Change] = (_delete, _double, _swap, _indent, _odd_value, _odd_value, _odd_line, _odd_key)


def _changed(chance: random.Random, whole: Any) -> Any:  # noqa: ANN401 - any JSON
    """`whole` with one thing in it replaced, dropped, doubled or renamed."""
    places = list(_places(whole))
    if not places:
        return value(chance)
    holder, key = chance.choice(places)
    how = chance.randrange(4)
    if how == 0:
        holder[key] = value(chance)
    elif how == 1:
        del holder[key]
    elif isinstance(holder, list):
        cast("list[Any]", holder).insert(key, holder[key])
    else:
        holder[chance.choice(ODD)[:50]] = holder.pop(key)
    return whole


def _places(whole: Any) -> Any:  # noqa: ANN401 - any JSON
    """Every place in `whole` where something stands."""
    keys: Any = whole.keys() if isinstance(whole, dict) else range(len(whole)) if isinstance(whole, list) else ()
    for key in keys:
        yield whole, key
        yield from _places(whole[key])
