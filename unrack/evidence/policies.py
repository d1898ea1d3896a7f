"""Policies in the evidence store, by their own digest: what a decision was judged by can be read years later."""

from pydantic import ValidationError

from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, UnrackError
from unrack.model.policy import Policy


async def kept_policy(store: EvidenceStore, digest: str) -> Policy | None:
    """The policy with this digest (``sha256:…``), as workers keep it; None where the store has none under it.

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
