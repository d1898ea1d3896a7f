"""Reads a YAML 1.2 file into plain data and remembers where everything stands.

Only the plain part of YAML is accepted: no tags, anchors, aliases or directives, no key twice, one document. The
rest has one reading, so reviewer and machine read the same.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.scanner import Scanner

from unrack.documents.diagnostics import Diagnostic, InputError, Place
from unrack.model.message import msg

Data: TypeAlias = "dict[str, Data] | list[Data] | str | int | float | bool | None"
Location: TypeAlias = tuple[str | int, ...]

_LARGEST = 1 << 20
_DEEPEST = 40
_REFUSED = {
    "AnchorToken": (msg("anchors are not used here"), msg("Write the value out where it is needed")),
    "AliasToken": (msg("aliases are not used here"), msg("Write the value out where it is needed")),
    "TagToken": (msg("tags are not used here"), msg("Put text in quotes; leave other values as they are")),
    "DirectiveToken": (msg("directives are not used here"), msg("Remove the line: files are read as YAML 1.2")),
}
_OPENING = ("BlockMappingStartToken", "BlockSequenceStartToken", "FlowMappingStartToken", "FlowSequenceStartToken")
_CLOSING = ("BlockEndToken", "FlowMappingEndToken", "FlowSequenceEndToken")
_GLUED = re.compile(r"(?P<before>[ \t]+)(?P<comment>#\S[^\r\n]*)")
_WRAPPED = re.compile(r"(?:[ \t]*\r?\n)+(?P<before>[ \t]*)(?P<comment>#\d[^\r\n]*)")
_QUOTE = msg("Put the whole value in quotes; where a comment is meant, write a space after '#'")
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file, with the place of every key and value."""

    file: str
    data: Data
    values: dict[Location, Place] = field(default_factory=dict[Location, Place])
    keys: dict[Location, Place] = field(default_factory=dict[Location, Place])

    def place(self, location: Sequence[str | int], *, key: bool = False) -> Place:
        """Where the value at `location` stands (or its key); the nearest enclosing place when it is not there."""
        known = tuple(part for part in location)
        while known:
            found = (key and self.keys.get(known)) or self.values.get(known)
            if found:
                return found
            known = known[:-1]
            key = True
        return self.values.get((), Place(1, 1))

    def diagnostic(
        self, location: Sequence[str | int], message: str, suggestion: str = "", *, key: bool = False
    ) -> Diagnostic:
        """Return a diagnostic at `location`."""
        place = self.place(location, key=key)
        return Diagnostic(self.file, place.line, place.column, message, suggestion)


def read_document(path: Path) -> Document:
    """Read the file at `path`.

    Raises:
        InputError: it cannot be read, or is not plain YAML 1.2.
    """
    try:
        with path.open("rb") as file:  # no more than could be used: a device has no end
            content = file.read(4 * _LARGEST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError([Diagnostic(str(path), 0, 0, msg("cannot be read: {why}", why=why))]) from error
    if len(content) > 4 * _LARGEST:
        raise InputError(
            [
                Diagnostic(
                    str(path),
                    0,
                    0,
                    msg("has more than {largest} characters; at most so many are read", largest=_LARGEST),
                )
            ]
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            [Diagnostic(str(path), line, 1, msg("this is not UTF-8"), msg("Save the file as UTF-8"))]
        ) from error
    return parse_document(text, str(path))


@lru_cache(maxsize=256)
def parse_document(text: str, file: str) -> Document:
    """Read YAML 1.2 `text`; `file` names it in diagnostics. Remembered, since checks read the same files many times.

    Raises:
        InputError: it is not plain YAML 1.2.
    """
    if len(text) > _LARGEST:
        raise InputError(
            [
                Diagnostic(
                    file, 0, 0, msg("has {len} characters; at most {largest} are read", len=len(text), largest=_LARGEST)
                )
            ]
        )
    yaml = YAML(typ="safe", pure=True)
    taken: list[Any] = []
    yaml.Scanner = partial(_Remembering, taken=taken)
    try:
        root: Any = yaml.compose(text)  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:  # whatever the parser trips over is the file's fault, and is shown with its place
        raise InputError(list(_refused(taken, text, file)) or [_not_yaml(error, text, file)]) from error
    if refused := list(_refused(taken, text, file)):
        raise InputError(refused)
    return _Reader(file).document(root)


class _TooDeepError(Exception):
    """Nested deeper than is read; `_refused` says where."""


class _Remembering(Scanner):
    """Remembers the tokens that were taken, so that a text is scanned once. It stops where it is nested too deeply."""

    def __init__(self, loader: YAML, taken: list[Any]) -> None:
        self._taken, self._depth = taken, 0
        super().__init__(loader=loader)  # pyright: ignore[reportUnknownMemberType]

    def get_token(self) -> Any:  # noqa: ANN401 - ruamel's tokens are untyped
        token = cast("Any", super().get_token())  # pyright: ignore[reportUnknownMemberType]
        self._taken.append(token)
        self._depth += _deeper(token)
        if self._depth > _DEEPEST:
            raise _TooDeepError
        return token


def _deeper(token: Any) -> int:  # noqa: ANN401 - as above
    name = type(token).__name__
    return (name in _OPENING) - (name in _CLOSING)


def _refused(tokens: Sequence[Any], text: str, file: str) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each YAML feature beyond the plain part."""
    depth = 0
    for token in tokens:
        name, mark = type(token).__name__, token.start_mark
        depth += _deeper(token)
        if name in _REFUSED:
            yield Diagnostic(file, mark.line + 1, mark.column + 1, *_REFUSED[name])
        yield from _cut(token.end_mark, text, file)
        if name == "ScalarToken" and token.plain:
            yield from _cut_by_wrapping(mark, token.end_mark, text, file)
        if depth > _DEEPEST:
            yield Diagnostic(
                file, mark.line + 1, mark.column + 1, msg("nested more than {deepest} levels deep", deepest=_DEEPEST)
            )
            return


def _cut(end: Any, text: str, file: str) -> Iterator[Diagnostic]:  # noqa: ANN401 - ruamel's marks are untyped
    """A comment right behind a value, as in ``reason: see ticket #4711``: whoever reads the file reads it as value."""
    if found := _GLUED.match(text, end.index):
        column = end.column + len(found["before"]) + 1
        message = msg("'{found}' is a comment here, and no part of the value before it", found=found["comment"][:40])
        yield Diagnostic(file, end.line + 1, column, message, _QUOTE)


def _cut_by_wrapping(start: Any, end: Any, text: str, file: str) -> Iterator[Diagnostic]:  # noqa: ANN401 - as above
    """The same where the value goes on in a line of its own, as deep as only a value's next line is.

    Lines that were commented out look alike, but for the number of a ticket.
    """
    found = _WRAPPED.match(text, end.index)
    if found is None:
        return
    before = text[start.index - start.column : start.index]
    indent = len(before) - len(before.lstrip())
    alone = not before.strip()  # the value begins in a line of its own: the next is as deep
    if len(found["before"]) >= indent + (not alone):
        message = msg("'{found}' is a comment here, and no part of the value before it", found=found["comment"][:40])
        row = text.count("\n", 0, found.start("comment")) + 1
        yield Diagnostic(file, row, len(found["before"]) + 1, message, _QUOTE)


def _not_yaml(error: Exception, text: str, file: str) -> Diagnostic:
    if isinstance(error, MarkedYAMLError):
        marked: Any = error
        mark, problem = marked.problem_mark or marked.context_mark, str(marked.problem or marked.context)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Diagnostic(file, line, column, msg("not valid YAML: {problem}", problem=problem), _yaml_help(problem))
    position = getattr(error, "position", None)
    if isinstance(position, int):
        line = text.count("\n", 0, position) + 1
        column = position - (text.rfind("\n", 0, position) + 1) + 1
        return Diagnostic(file, line, column, msg("a character that YAML does not allow"), msg("Remove it"))
    return Diagnostic(file, 1, 1, msg("not valid YAML: {value}", value=error or type(error).__name__))


def _yaml_help(problem: str) -> str:
    if "tab" in problem or "\\t" in problem:
        return msg("Indent with spaces")
    if "mapping values" in problem:
        return msg("Put text that contains ': ' in quotes, and check the indentation above")
    return msg("Check the indentation and the quotes just before this place")


class _Reader:
    """Builds plain data from composed nodes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Diagnostic] = []
        self.values: dict[Location, Place] = {}
        self.keys: dict[Location, Place] = {}

    def document(self, root: Any) -> Document:  # noqa: ANN401 - ruamel's nodes are untyped
        if root is None:
            raise InputError([Diagnostic(self.file, 1, 1, msg("the file is empty"))])
        data = self._value(root, ())
        if self.found:
            raise InputError(self.found)
        return Document(self.file, data, self.values, self.keys)

    def _value(self, node: Any, location: Location) -> Data:  # noqa: ANN401
        self.values[location] = _place(node)
        kind = type(node).__name__
        if kind == "MappingNode":
            return self._mapping(node, location)
        if kind == "SequenceNode":
            return [self._value(item, (*location, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: Any, location: Location) -> dict[str, Data]:  # noqa: ANN401
        data: dict[str, Data] = {}
        for key, value in node.value:
            name = key.value
            if not isinstance(name, str) or key.tag not in (f"{_TAG}str", f"{_TAG}merge"):
                self._refuse(key, msg("a key must be text"), msg("Put it in quotes"))
                continue
            if name in data:
                first = self.keys[(*location, name)]
                self._refuse(
                    key,
                    msg("'{name}' is written twice; first in line {line}", name=name, line=first.line),
                    msg("Keep one of them"),
                )
                continue
            self.keys[(*location, name)] = _place(key)
            data[name] = self._value(value, (*location, name))
        return data

    def _scalar(self, node: Any) -> Data:  # noqa: ANN401
        try:
            return _scalar(str(node.tag).removeprefix(_TAG), str(node.value))
        except ValueError as error:
            self._refuse(
                node,
                msg("'{value}' cannot be read: {error}", value=str(node.value)[:40], error=error),
                msg("Put text in quotes"),
            )
            return None

    def _refuse(self, node: Any, message: str, suggestion: str) -> None:  # noqa: ANN401
        place = _place(node)
        self.found.append(Diagnostic(self.file, place.line, place.column, message, suggestion))


def _place(node: Any) -> Place:  # noqa: ANN401
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _scalar(kind: str, text: str) -> str | int | float | bool | None:
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _integer(text.replace("_", ""))
        case "float":
            return _number(text.replace("_", ""))
        case _:
            text.encode()  # a lone surrogate cannot be stored anywhere
            return text


def _integer(text: str) -> int:
    digits = text.lstrip("+-").lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
    value = int(digits[2:] if base != 10 else digits, base)  # noqa: PLR2004 - the base people count in
    if value.bit_length() > 63:  # noqa: PLR2004 - what every JSON reader can hold
        raise ValueError(msg("the number is too large"))
    return -value if text.startswith("-") else value


def _number(text: str) -> float:
    value = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    if not math.isfinite(value):
        raise ValueError(msg("it is not a finite number"))
    return value
