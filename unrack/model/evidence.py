"""Evidence: a file or record that proves a step. The history carries its digest and a reference, never the content."""

from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen, Moment, is_default

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", max_length=64)]


class EvidenceRef(Frozen):
    """One kept piece of evidence, addressed by its content."""

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=100)]
    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    """Bytes; empty evidence proves nothing and is refused."""
    media_type: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(max_length=500)]
    """The file name it had, or the name of the record."""
    taken_at: Moment
    source: Annotated[str, Field(max_length=500)]
    """Where it came from: ``provider:<action>`` or ``person:<name>``."""


class WantedWhen(Frozen):
    """When something must be given that is optional otherwise. Everything that is said here must hold."""

    field: str
    """This field of the form is filled in …"""
    one_of: tuple[str, ...] = Field(default=(), exclude_if=is_default)
    """… with one of these choices …"""
    before: str | None = Field(default=None, exclude_if=is_default)
    """… with a date before this day: another date of the form, or one that the run knows."""


class EvidenceWanted(Frozen):
    """A piece of evidence that a task or step asks for."""

    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: str
    required: bool = True
    required_when: WantedWhen | None = Field(default=None, exclude_if=is_default)
    """When it must be given although it is not required."""
