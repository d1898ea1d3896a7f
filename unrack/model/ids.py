"""Readable ids, built and parsed here and nowhere else.

A run is ``<provider>-<product>/<service>``, as ``ovhcloud-connect-direct/2f0c9a1e-…``: one service has one open
run because the id is also the Temporal workflow id. Where the service is not at the provider's default address, the
run's id ends with ``@<address>``, as ``whmcs-service/42@billing-example-com``. A step is ``<phase>.<name>``; the undo
of a step is ``undo.<phase>.<name>``.

An address never has a dot, and a service id that has an ``@`` has a dot after its last one, as e-mail addresses do. So
what stands after the last ``@`` is an address exactly when it has no dot, and every id is read in one way only.
"""

import re
from typing import Self

from pydantic import field_validator

from unrack.model.base import Frozen
from unrack.model.lifecycle import Phase
from unrack.model.message import msg

_PROVIDER = re.compile(r"[a-z][a-z0-9]*")
_PRODUCT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}")
_ADDRESS = re.compile(r"[a-z0-9]+(-+[a-z0-9]+)*(_[0-9a-f]+)?")
_BEGINNING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,299}")
_STEP_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_LONGEST_ADDRESS = 80

_A_PROVIDER = msg("a provider is one lower-case word without hyphens")
_A_PRODUCT = msg("a product is lower-case words joined by hyphens")
_A_SERVICE = msg("a service id has letters, digits and . _ : @ - only, at most 200")
_AN_ADDRESS = msg("an address is lower-case letters and digits joined by hyphens, without dots, at most 80")
_A_STEP_NAME = msg("a step name is lower-case words joined by hyphens")
"""The rules in words. Made once: ids are read for each row of a list, and many times in a run."""

UNDO_PREFIX = "undo."


class RunId(Frozen):
    """The identity of a run; ``str()`` gives the Temporal workflow id."""

    provider: str
    product: str
    service: str
    address: str | None = None
    """Short name of the provider's address; None: its default one."""

    @field_validator("provider")
    @classmethod
    def _provider_is_a_word(cls, value: str) -> str:
        return _matching(_PROVIDER, value, _A_PROVIDER)

    @field_validator("product")
    @classmethod
    def _product_is_a_slug(cls, value: str) -> str:
        return _matching(_PRODUCT, value, _A_PRODUCT)

    @field_validator("service")
    @classmethod
    def _service_fits_an_id(cls, value: str) -> str:
        _matching(_SERVICE, value, _A_SERVICE)
        if "@" in value and "." not in value.rpartition("@")[2]:
            raise ValueError(
                msg("'{value}': a service id with an @ has a dot after the last one, as an e-mail address", value=value)
            )
        return value

    @field_validator("address")
    @classmethod
    def _address_is_short(cls, value: str | None) -> str | None:
        return value if value is None else _matching(_ADDRESS, value, _AN_ADDRESS, most=_LONGEST_ADDRESS)

    @property
    def place(self) -> str:
        """The service with its address, without provider and product: ``42@billing-example-com``."""
        return self.service if self.address is None else f"{self.service}@{self.address}"

    def __str__(self) -> str:
        return f"{self.provider}-{self.product}/{self.place}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a run id as a person types it.

        Raises:
            ValueError: `text` is not ``<provider>-<product>/<service>`` with or without ``@<address>``.
        """
        kind, slash, service = text.strip().partition("/")
        provider, hyphen, product = kind.partition("-")
        if not (slash and hyphen):
            raise ValueError(msg("'{text}' is not a run id: expected <provider>-<product>/<service>", text=text))
        service, address = split_address(service)
        return cls(provider=provider, product=product, service=service, address=address)


def split_address(place: str) -> tuple[str, str | None]:
    """Service and address of ``42@billing-example-com``: the address follows the last ``@`` and has no dot."""
    service, at, address = place.rpartition("@")
    return (service, address) if at and "." not in address else (place, None)


def may_begin_an_id(text: str) -> bool:
    """Whether `text` could be the beginning of a run id or of a service id; only such text is searched for."""
    return _BEGINNING.fullmatch(text) is not None


def step_id(phase: Phase, name: str) -> str:
    """``<phase>.<name>``, the id of a step and of its activity."""
    return msg(
        "{value}.{matching}",
        value=phase.value,
        matching=_matching(_STEP_NAME, name, _A_STEP_NAME),
    )


def undo_id(step: str) -> str:
    """The id under which the undo of `step` runs and is asked for."""
    return UNDO_PREFIX + step


def undone_step(target: str) -> str | None:
    """The step whose undo `target` names, or None when `target` is not an undo."""
    return target.removeprefix(UNDO_PREFIX) if target.startswith(UNDO_PREFIX) else None


def _matching(pattern: re.Pattern[str], value: str, rule: str, most: int = 300) -> str:
    if len(value) > most or not pattern.fullmatch(value):
        raise ValueError(f"'{value}': {rule}")
    return value
