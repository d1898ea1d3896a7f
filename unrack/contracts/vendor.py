"""The declarations of a vendor's folder. With them, runbooks are checked and plans compiled without its client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unrack.contracts.action import ActionSpec, Right
from unrack.contracts.id_form import IdKind

Rights = tuple[Right, ...]


def _no_rights(_: str) -> Rights:
    return ()


def _no_names(_: Right) -> tuple[str, ...]:
    return ()


def _no_rules(_: Rights) -> tuple[dict[str, str], ...]:
    return ()


def _no_policy(_: str, __: int, ___: Rights) -> dict[str, Any] | None:
    return None


@dataclass(frozen=True, slots=True)
class Vendor:
    """The declaration of one vendor: `VENDOR` in the `specs` of its folder."""

    actions: tuple[ActionSpec, ...]
    """The actions that its runbooks may name. A worker finds the handlers by these names."""
    credential: str
    """The fields of its credential, in words. The values are known to workers alone."""
    shared: bool = False
    """Whether the runbooks of every provider may use its actions."""
    service_ids: Mapping[str, IdKind] = field(default_factory=dict[str, IdKind])
    """The form of its service ids, by ``<provider>/<product>``; ``<provider>/*`` for all the others."""
    planning_rights: Callable[[str], Rights] = _no_rights
    """The rights that planning for a product needs before any step runs."""
    iam_actions: Callable[[Right], tuple[str, ...]] = _no_names
    """The names of a right in the vendor's IAM, where they are not the right's own path."""
    access_rules: Callable[[Rights], tuple[dict[str, str], ...]] = _no_rules
    """The access rules of a credential with these rights and no others, as the vendor's API takes them."""
    iam_policy: Callable[[str, int, Rights], dict[str, Any] | None] = _no_policy
    """The IAM policy for a runbook's name, version and rights, as the vendor's API takes it."""
