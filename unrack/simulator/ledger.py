"""The ledger: the provider's own append-only list of the mutating calls it received. Tests judge by it.

Reads never appear. Two calls that use POST and change nothing are left out as well, as reads are: ``loa`` answers with
an address, and ``engagement/flush`` with ``dryRun`` only prices the exit.
"""

import hashlib
import json
from typing import Any

from unrack.model.base import Frozen, Moment

_SECRET_FIELDS = frozenset({"token", "consumerKey", "password"})


class LedgerEntry(Frozen):
    """One mutating call."""

    method: str
    path: str
    """Without ``/1.0`` and without the query; another vendor's call with its prefix."""
    body: Any = None
    """The body sent; a fingerprint replaces each secret."""
    at: Moment
    """By the provider's clock."""
    effect: str
    """The effect in words; begins with ``nothing:`` when there was none."""
    took_effect: bool
    status: int
    """The status that the provider meant to answer; a cut connection hides it from the caller."""
    query_id: str
    attempt: int = 1
    """1 for the first call with this method, path and body, 2 for its repetition, and so on."""

    def call(self) -> str:
        """Two calls with the same text here are the same call."""
        return json.dumps([self.method, self.path, self.body], sort_keys=True)


def without_secrets(body: Any) -> Any:  # noqa: ANN401  # any JSON
    """`body` with every secret replaced by the first digits of its SHA-256, so that repetitions stay visible."""
    if isinstance(body, dict):
        return {k: _fingerprint(v) if k in _SECRET_FIELDS else without_secrets(v) for k, v in body.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return body


def _fingerprint(secret: object) -> str:
    return "sha256:" + hashlib.sha256(str(secret).encode()).hexdigest()[:12]
