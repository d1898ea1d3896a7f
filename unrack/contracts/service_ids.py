"""One service, one id: every id is brought to the form in which its provider knows it, before a run id is made.

Names of domains do not depend on case or a final dot, people and spreadsheets add zeros, and uuids are copied in any
case. Which form a product's ids have is declared with the product; what is not declared is a word. Where a provider
shows its own spelling, that counts in the end (`unrack.runbook.compile`). Not for workflows: it needs IDNA tables.
"""

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping

from unrack.contracts.domain_names import ascii_address, ascii_name, without_www
from unrack.contracts.id_form import IdForm, IdKind
from unrack.model.message import msg

_BETWEEN = ":"
"""Joins the parts of an id."""


def canonical(kind: IdKind, text: str) -> str:
    """`text` in the one form that ids of `kind` have.

    Raises:
        ValueError: it cannot be such an id; the message says what one looks like, or which one is meant
            (`OtherNameError`).
    """
    cleaned = _cleaned(text)
    parts = cleaned.split(_BETWEEN) if len(kind.parts) > 1 else [cleaned]
    if len(parts) != len(kind.parts):
        raise ValueError(kind.words)
    try:
        return _BETWEEN.join(_FORMS[form](part) for form, part in zip(kind.parts, parts, strict=True))
    except OtherNameError:
        raise
    except ValueError:
        raise ValueError(kind.words) from None


def spellings(text: str) -> tuple[str, ...]:
    """The ids that a person may mean by `text`, whatever the product: as typed, and brought to each form."""
    found = {text.strip(): None}
    for form in IdForm:
        try:
            found.setdefault(_FORMS[form](_cleaned(text)), None)
        except ValueError:
            continue
    return tuple(found)


class OtherNameError(ValueError):
    """The text means something, and the provider knows it under another name."""


def _cleaned(text: str) -> str:
    """Compatibility characters as what they look like; nothing invisible around it, as copying leaves it there."""
    plain = unicodedata.normalize("NFKC", text)
    inner = [place for place, character in enumerate(plain) if unicodedata.category(character)[0] not in "ZC"]
    return plain[inner[0] : inner[-1] + 1] if inner else ""


def _word(text: str) -> str:
    if "@" in text:
        return ascii_address(text)
    if text.isdecimal():
        return _number(text)
    plain = text.lower().rstrip(".")
    return plain if plain.isascii() else ascii_name(plain)


def _name(text: str) -> str:
    return text.lower()


def _serial(text: str) -> str:
    return re.sub(r"-0+(?=\d)", "-", text.lower())


def _number(text: str) -> str:
    if not text.isdecimal():
        raise ValueError(text)
    return str(int(text))


def _uuid(text: str) -> str:
    return str(uuid.UUID(text))


def _hex(text: str) -> str:
    return uuid.UUID(text).hex


def _registered(text: str) -> str:
    name = ascii_name(text)
    bare = without_www(name)
    if bare != name:
        raise OtherNameError(msg("a registered domain has no www. before it: write {bare}", bare=bare))
    return name


def _phone(text: str) -> str:
    dialled = re.sub(r"[\s().-]", "", text)
    if re.fullmatch(r"\+?\d+", dialled):
        return "00" + dialled[1:] if dialled.startswith("+") else dialled
    return text.lower()


_FORMS: Mapping[IdForm, Callable[[str], str]] = {
    IdForm.WORD: _word,
    IdForm.NAME: _name,
    IdForm.SERIAL: _serial,
    IdForm.NUMBER: _number,
    IdForm.UUID: _uuid,
    IdForm.HEX: _hex,
    IdForm.HOST: ascii_name,
    IdForm.REGISTERED: _registered,
    IdForm.EMAIL: ascii_address,
    IdForm.PHONE: _phone,
}
