"""Records of OVHcloud's further products: one kind of record serves them all.

What a product's answers look like is written in its module of ``areas``.
"""

from typing import Any

from pydantic import Field

from unrack.model.base import Frozen, Moment


class Asset(Frozen):
    """The product's side of one service."""

    product: str
    name: str
    """As the path of the API has it; parts are joined by ``:``."""
    service: int
    fields: dict[str, Any] = Field(default_factory=dict)
    """Fields that this service shows differently from others of its product."""

    @property
    def key(self) -> str:
        """Its key."""
        return f"{self.product}/{self.name}"


class Member(Frozen):
    """Something that belongs to a service: an account, a redirection, a domain, an attached service."""

    asset: str
    kind: str
    id: str
    fields: dict[str, Any] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its key."""
        return f"{self.asset}/{self.kind}/{self.id}"


class Work(Frozen):
    """Something that the provider does to a service in its own time."""

    id: int
    asset: str
    function: str
    status: str = "todo"
    asked_at: Moment
    due: Moment | None
    member: str | None = None
    """The member that it removes, or adds, when it is done."""
    brings: Member | None = None
    fails: bool = False
