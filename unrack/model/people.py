"""Who is who: one normal form of a name decides who is the same person, in every judgement alike."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from unrack.model.lifecycle import Phase
from unrack.model.message import msg

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what a reader does not see: control and format characters, and code points without a sign."""

_LAYOUT = frozenset("\n\t\r")
"""Characters that a text of several lines may have beside those that a reader sees."""

_STEP_LIKE = re.compile(rf"({'|'.join(phase.value for phase in Phase)})\.[a-z0-9-]+|undo\..+", re.IGNORECASE)
_BLANK_SIGNS = frozenset(
    "\u115f\u1160\u3164\uffa0\u2800\U0001d159\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f\U00016fe4"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters, marks and symbols by category that show nothing: Hangul's, Khmer's and Khitan's fillers, the Braille pattern
without a dot, the note without a head, what only joins others, and variation selectors."""


def normal_name(name: str) -> str:
    """`name` without what spellings of one name differ in: letter case, spaces, and how Unicode writes a letter."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def same_name(one: str, other: str) -> bool:
    """Whether two names are of one person. Who vouched for them does not count: nobody must count twice by that."""
    return normal_name(one) == normal_name(other)


def unseen(text: str, *, layout: bool = False) -> str | None:
    """The first character of `text` that a reader does not see, as ``U+200B``; None when there is none.

    Args:
        text: What somebody wrote.
        layout: Whether line breaks and tabs are allowed.
    """
    for sign in text:
        if layout and sign in _LAYOUT:
            continue
        if is_unseen(sign):
            return f"U+{ord(sign):04X}"
    return None


def is_unseen(sign: str) -> bool:
    """Whether a reader does not see the character `sign`, or only what it does to others."""
    return sign in _BLANK_SIGNS or unicodedata.category(sign) in _UNSEEN


def readable_name(name: str) -> str:
    """`name` without spaces around it.

    Raises:
        ValueError: it is blank, has a character that a reader does not see, or looks like a step of a run.
    """
    if not name.strip():
        raise ValueError(msg("a name is not blank"))
    if (found := unseen(name)) is not None:
        raise ValueError(msg("a name has no invisible or control characters, and this one has {found}", found=found))
    if _STEP_LIKE.fullmatch(normal_name(name)):
        raise ValueError(msg("a name does not look like a step of a run"))
    return name.strip()


def _said_if_any(text: str) -> str:
    return _said(text) if text else text


def _said(text: str) -> str:
    if not any(not sign.isspace() and unseen(sign) is None for sign in text):
        raise ValueError(msg("it is blank: say why, in words"))
    return text


PersonName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(readable_name)]
"""A person's name as people read it: visible, not blank, and nothing that could be taken for a step."""

Principal = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@-]{0,199}$"), AfterValidator(readable_name)]
"""The name of a person for machines, as ``alice@example.org``: it stands in OpenSSH's lists, so it has no spaces and no
sign that they would read as a pattern."""


def _on_one_line(text: str) -> str:
    text = text.strip()
    if not text:
        raise ValueError(msg("it is blank: leave it out, or say it"))
    if (found := unseen(text)) is not None:
        raise ValueError(
            msg("it is one line without invisible or control characters, and this one has {found}", found=found)
        )
    return text


OneLine = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_on_one_line)]
"""A name for something outside, as a ticket or a team: one line that fits into a list."""

Why = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_said)]
"""A reason that a person gave: never blank, bounded so that no large thing enters the history."""

WhyIfAny = Annotated[str, Field(max_length=4000), AfterValidator(_said_if_any)]
"""A reason that may be left out; one that was given is not blank."""
