"""The declaration of an action, fixed before anything runs."""

from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind


class Right(Frozen):
    """One call that the credential must be allowed to make."""

    method: str
    path: str
    """As the provider writes access rules, ``*`` for one part: ``/ovhCloudConnect/*/terminate``."""
    product: str | None = None
    """Only runs of this product need it; None: every run does."""


class ActionSpec(Frozen):
    """An action of the catalogue."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(\.[a-z0-9-]+)+$")]
    """``<provider>.<product or area>.<verb-noun>``."""
    kind: StepKind
    summary: str
    """One sentence for people."""
    rights: tuple[Right, ...] = ()
    undo_rights: tuple[Right, ...] = ()
    undoable: bool = False
    evidence: tuple[EvidenceWanted, ...] = ()
    parameters: frozenset[str] = frozenset()
    """Names of the step parameters it understands."""
    needs_evidence: tuple[str, ...] = ()
    """Types of evidence that an earlier step must have captured."""
    reads_evidence: tuple[str, ...] = ()
    """Types of evidence that it also takes into account, where an earlier step captured them."""
    reads_days: bool = False
    """Whether it reads days that people wrote down, which begin in the provider's zone."""
    reads_date: bool = False
    """Whether it reads the provider's effective date, from which grace may count."""
    needs_fields: tuple[str, ...] = ()
    """Fields that an earlier task must have collected."""
    source: str = ""
    """Where the provider's behaviour is written down."""
    products: frozenset[str] = frozenset()
    """The products of its provider that it is for; empty: every one."""

    def rights_for(self, product: str | None) -> tuple[Right, ...]:
        """The rights that doing and undoing it needs for `product`; None: for all products together."""
        every = (*self.rights, *self.undo_rights)
        return tuple(right for right in every if product is None or right.product in (None, product))

    @property
    def provider(self) -> str:
        """The provider that implements it."""
        return self.name.split(".", 1)[0]
