"""Readable ids, built and parsed here and nowhere else.

A run is ``<provider>-<product>/<service>``, as ``ovhcloud-connect-direct/2f0c9a1e-…``: one service has one open
run because the id is also the Temporal workflow id. A step is ``<phase>.<name>``; the undo of a step is
``undo.<phase>.<name>``.
"""

import re
from typing import Self

from pydantic import field_validator

from unrack.model.base import Frozen
from unrack.model.lifecycle import Phase

_PROVIDER = re.compile(r"[a-z][a-z0-9]*")
_PRODUCT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}")
_BEGINNING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,299}")
_STEP_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

UNDO_PREFIX = "undo."


class RunId(Frozen):
    """The identity of a run; ``str()`` gives the Temporal workflow id."""

    provider: str
    product: str
    service: str

    @field_validator("provider")
    @classmethod
    def _provider_is_a_word(cls, value: str) -> str:
        return _matching(_PROVIDER, value, "a provider is one lower-case word without hyphens")

    @field_validator("product")
    @classmethod
    def _product_is_a_slug(cls, value: str) -> str:
        return _matching(_PRODUCT, value, "a product is lower-case words joined by hyphens")

    @field_validator("service")
    @classmethod
    def _service_fits_an_id(cls, value: str) -> str:
        return _matching(_SERVICE, value, "a service id has letters, digits and . _ : @ - only, at most 200")

    def __str__(self) -> str:
        return f"{self.provider}-{self.product}/{self.service}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a run id as a person types it.

        Raises:
            ValueError: `text` is not ``<provider>-<product>/<service>``.
        """
        kind, slash, service = text.strip().partition("/")
        provider, hyphen, product = kind.partition("-")
        if not (slash and hyphen):
            raise ValueError(f"'{text}' is not a run id: expected <provider>-<product>/<service>")
        return cls(provider=provider, product=product, service=service)


def may_begin_an_id(text: str) -> bool:
    """Whether `text` could be the beginning of a run id or of a service id; only such text is searched for."""
    return _BEGINNING.fullmatch(text) is not None


def step_id(phase: Phase, name: str) -> str:
    """``<phase>.<name>``, the id of a step and of its activity."""
    return f"{phase.value}.{_matching(_STEP_NAME, name, 'a step name is lower-case words joined by hyphens')}"


def undo_id(step: str) -> str:
    """The id under which the undo of `step` runs and is asked for."""
    return UNDO_PREFIX + step


def undone_step(target: str) -> str | None:
    """The step whose undo `target` names, or None when `target` is not an undo."""
    return target.removeprefix(UNDO_PREFIX) if target.startswith(UNDO_PREFIX) else None


def _matching(pattern: re.Pattern[str], value: str, rule: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"'{value}': {rule}")
    return value
