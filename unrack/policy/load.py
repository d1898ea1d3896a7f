"""Loads a policy from its file, with the place of everything that is wrong in it."""

from pathlib import Path

from unrack.documents.diagnostics import Diagnostic, InputError
from unrack.documents.document import Document, parse_document, read_document
from unrack.documents.typed import type_errors, validated
from unrack.model.policy import Policy
from unrack.policy.check_people import check_people
from unrack.policy.check_quorums import check_quorums
from unrack.policy.check_rights import check_rights


def load_policy(path: Path) -> Policy:
    """Read and check the policy at `path`.

    Raises:
        InputError: with everything that is wrong with it.
    """
    return _checked(read_document(path))


def parse_policy(text: str, file: str = "policy.yaml") -> Policy:
    """Read and check the policy in `text`; `file` names it in diagnostics.

    Raises:
        InputError: with everything that is wrong with it.
    """
    return _checked(parse_document(text, file))


def policy_errors(path: Path) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with the policy at `path`, in reading order."""
    try:
        load_policy(path)
    except InputError as error:
        return error.diagnostics
    return ()


def _checked(document: Document) -> Policy:
    if ill_typed := type_errors(Policy, document):
        raise InputError(ill_typed)
    policy = validated(Policy, document.data)
    found = [*check_people(policy, document), *check_rights(policy, document), *check_quorums(policy, document)]
    if found:
        raise InputError(found)
    return policy
