"""How the ids of a product are written. What each form means in code stands in `unrack.contracts.service_ids`."""

from dataclasses import dataclass
from enum import StrEnum

from unrack.model.message import msg


class IdForm(StrEnum):
    """The kind of an id, or of one part of it."""

    WORD = "word"
    """Whatever people call the service: lower case, no final dot; figures alone are a number."""
    NAME = "name"
    """A name that the provider gave: lower case."""
    SERIAL = "serial"
    """A name that ends with a number, as ``pn-12345`` and ``sms-ab12345-1``: lower case, no leading zeros."""
    NUMBER = "number"
    """A whole number without leading zeros."""
    UUID = "uuid"
    """Lower case, with hyphens."""
    HEX = "hex"
    """32 hexadecimal digits: a uuid without hyphens."""
    HOST = "host"
    """A domain name in ASCII, lower case, without a final dot."""
    REGISTERED = "registered"
    """A domain that a registry knows: as `HOST`, and no ``www.`` before it."""
    EMAIL = "email"
    """An e-mail address: lower case, its domain in ASCII."""
    PHONE = "phone"
    """A telephone number as OVHcloud writes it, ``0033…``, or another name of a line: lower case."""


@dataclass(frozen=True, slots=True)
class IdKind:
    """The form of one product's ids."""

    parts: tuple[IdForm, ...]
    words: str
    """For people, after "is not an id of the service: "."""


ANY_ID = IdKind((IdForm.WORD,), msg("letters, digits and . _ : @ - only"))
"""For products that no vendor declares."""
