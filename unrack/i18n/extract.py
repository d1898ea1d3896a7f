"""Keeps the catalogues in step with what the program says.

``python -m unrack.i18n.extract`` updates every catalogue: new texts come in empty, texts that are gone go. Babel walks
the sources and knows a text by the function that makes a message of it, as ``msg("{step} waits for {who}", …)``.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, NamedTuple, TypeAlias

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from unrack.i18n.languages import HERE
from unrack.model.message import PLACEHOLDER

ROOT = HERE.parents[1]
SPEAKING = ("workflows", "activities", "unrack")
KEYWORDS = {"msg": None}

Found: TypeAlias = tuple[int, str, str, list[str]]
"""A line, the function called there, its text, and comments: as Babel wants it."""

_MARKUP = re.compile(r"\[/?[a-z ]*\]")
_WORD = re.compile(r"[A-Za-z]{2}")


class Said(NamedTuple):
    """A text and the file that says it."""

    text: str
    file: str


def said() -> Iterator[Said]:
    """Every text for people, in a steady order; one that several files say comes several times."""
    for folder in SPEAKING:
        for path in sorted((ROOT / folder).rglob("*.py")):
            with path.open("rb") as file:
                found = extract(messages, file, KEYWORDS)  # pyright: ignore[reportArgumentType]  stricter than its code
                told = [*(str(text) for _, text, *_ in found), *_helps(path)]
                for text in told:
                    yield from (Said(line, path.relative_to(ROOT).as_posix()) for line in lines(text))


def messages(file: IO[bytes], keywords: Collection[str], comment_tags: object, options: object) -> Iterator[Found]:
    """Babel's extraction method for Python: calls of `keywords`, also inside other calls, where its own is blind."""
    del comment_tags, options
    for node in ast.walk(ast.parse(file.read())):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text)), *_]) if name in keywords:
                yield node.lineno, name, text, []
            case _:
                pass


def _helps(path: Path) -> Iterator[str]:
    """Yield the texts that ``--help`` shows: the docstrings of commands, and the help of their options."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if "cli" in path.parts else ():
        match node:
            case ast.keyword(arg="help", value=ast.Constant(value=str(text))):
                yield " ".join(text.split())
            case ast.FunctionDef() if any(_makes_a_command(each) for each in node.decorator_list):
                for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
                    yield " ".join(paragraph.split())
            case _:
                pass


def _makes_a_command(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "command"


def lines(template: str) -> Iterator[str]:
    """Yield the parts of `template` to translate: line by line if it has values or markup, else the whole text."""
    for line in template.split("\n") if "{" in template or "[" in template else [template]:
        if _WORD.search(PLACEHOLDER.sub("", _MARKUP.sub("", line))):
            yield line.strip()


def updated(old: Catalog) -> Catalog:
    """A catalogue with every text of now: known translations kept, new texts empty, gone ones left out."""
    new = Catalog(locale=old.locale, project="Unrack", charset="utf-8", fuzzy=False, header_comment="# Unrack")
    new.creation_date, new.revision_date = old.creation_date, old.revision_date
    for each in said():
        known = old.get(each.text)
        new.add(each.text, known.string if known else "", locations=[(each.file, 0)])
    return new


def update(path: Path) -> tuple[int, int]:
    """Bring the catalogue at `path` up to date; how many texts it has, and how many lack a translation."""
    with path.open("rb") as file:
        new = updated(read_po(file))
    with path.open("wb") as file:
        write_po(file, new, width=118, include_lineno=False, sort_output=False)
    texts = [message for message in new if message.id]
    return len(texts), sum(not message.string for message in texts)


def main() -> None:
    """Update every catalogue and say what is left to do."""
    for path in sorted(HERE.glob("*.po")):
        count, missing = update(path)
        sys.stdout.write(f"{path.name}: {count} texts, {missing} to translate\n")


if __name__ == "__main__":
    main()
