"""Policies in the evidence store, by their own digest: what a decision was judged by can be read years later."""

import json
from datetime import datetime

from pydantic import ValidationError

from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.policy import Policy

POLICY = "policy"
"""The type of this evidence."""


async def keep_policy(store: EvidenceStore, policy: Policy, taken_at: datetime) -> EvidenceRef:
    """Keep `policy` under its own digest: what is kept is the very text that the digest is over.

    Raises:
        UnrackError: the store does not answer or takes nothing.
    """
    return await store.put(
        _text(policy),
        type=POLICY,
        name=f"policy-{policy.version}.json",
        media_type="application/json",
        source="unrack:policy",
        taken_at=taken_at,
    )


async def kept_policy(store: EvidenceStore, digest: str) -> Policy | None:
    """The policy with this digest (``sha256:…``); None where the store has none, or something else, under it.

    Raises:
        UnrackError: the store does not answer.
    """
    try:
        content = await store.get_by_digest(digest.removeprefix("sha256:"))
    except UnrackError as error:
        if error.problem.category in (Category.NOT_FOUND, Category.INVALID):
            return None
        raise
    try:
        policy = Policy.model_validate_json(content)
    except ValidationError:
        return None
    return policy if policy.digest == digest else None


def _text(policy: Policy) -> bytes:
    """The JSON that `unrack.model.base.digest_of` hashes."""
    content = policy.model_dump(mode="json")
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
