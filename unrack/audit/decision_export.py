"""Decisions as files that an outsider verifies with OpenSSH alone, years later, without Unrack or its server.

``NNNN.json`` are the exact bytes that were signed, ``NNNN.json.sig`` the signature over them, ``allowed_signers`` the
people and keys of the policies by which the decisions were judged. Of a decision that was signed together with others,
``NNNN.json`` is the manifest, and ``NNNN.row.json`` the statement that it lists by its SHA-256.

What was signed and does not count lies apart, in ``refused``: there a signature says who wanted something, and not that
it was decided.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

from unrack.audit.decided import Decided
from unrack.audit.deciders import Deciders
from unrack.audit.histories import run_id_of
from unrack.model.access import person_of
from unrack.model.assurance import Assurance
from unrack.model.base import Frozen
from unrack.model.errors import Category, Problem, UnrackError, unwritten
from unrack.model.message import msg
from unrack.model.policy import Key, Policy
from unrack.model.sshsig import read_signature
from unrack.model.statement import NAMESPACE, Proof, SignatureRefused, read_proof, row_of
from unrack.process.files import write_new
from unrack.signing.signers import AllowedSigner, allowed_signers, ssh_time
from unrack.signing.verify import verify

ALLOWED_SIGNERS = "allowed_signers"
MANIFEST = "manifest.json"
REFUSED = "refused"
"""The folder of what was signed and does not count."""

_RECORDED = "# By the run's own record: the policy {digest} was not found, so that only the run says whose these are.\n"


class Exported(Frozen):
    """What was written."""

    folder: str
    decisions: int
    """All that the manifest lists."""
    proven: int
    """Those that count because of a signature, which is written."""
    refused: int = 0
    """Those that do not count, and whose signature is genuine: it is written apart."""
    policies_missing: tuple[str, ...] = ()
    """Digests of policies that were not found."""
    not_genuine: tuple[int, ...] = ()
    """Decisions that the history tells as proven, and whose signature is not genuine: somebody forged the record."""


def policies_of(decisions: Sequence[Decided]) -> tuple[str, ...]:
    """Digests of the policies by which `decisions` that count were judged."""
    found = (each.policy.digest for each in decisions if each.proven and each.policy is not None)
    return tuple(dict.fromkeys(found))


def export_decisions(
    chain: Sequence[WorkflowHistory], decisions: Sequence[Decided], policies: Mapping[str, Policy], folder: Path
) -> Exported:
    """Write `decisions` with their proofs into a folder that is new or empty.

    Args:
        chain: The histories that they are from.
        decisions: Every decision of the run.
        policies: The policies by which they were judged, by digest, as far as they were found.
        folder: Where they are written.

    Raises:
        UnrackError: the folder holds something (``CONFLICT``), or cannot be written.
    """
    _make(folder)
    faults = {each.n: fault for each in decisions if _is_signed(each) and (fault := _fault(each))}
    proven = [each for each in decisions if each.proven and each.n not in faults]
    for each in proven:
        _write(folder, each)
    refused = [each for each in decisions if _is_denied(each) and each.n not in faults]
    if refused:
        (folder / REFUSED).mkdir()
    for each in refused:
        _write(folder / REFUSED, each)
    write_new(folder / ALLOWED_SIGNERS, _signers(proven, policies).encode())
    missing = tuple(digest for digest in policies_of(decisions) if digest not in policies)
    content = {
        "run": chain[0].workflow_id,
        "execution": run_id_of(chain[0]),
        "namespace": NAMESPACE,
        "nobody_verifies": Deciders(chain).allowed_stated,
        "policies": [_policy_row(digest, policies) for digest in policies_of(decisions)],
        "decisions": [_row(each, faults.get(each.n)) for each in decisions],
        "left_out": [{"n": each.n, "why": why} for each in decisions if (why := _left_out(each, faults))],
    }
    write_new(folder / MANIFEST, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    return Exported(
        folder=str(folder),
        decisions=len(decisions),
        proven=len(proven),
        refused=len(refused),
        policies_missing=missing,
        not_genuine=tuple(each.n for each in decisions if each.proven and each.n in faults),
    )


def _is_signed(each: Decided) -> bool:
    return each.proven or _is_denied(each)


def _is_denied(each: Decided) -> bool:
    """Whether it carries a signature and does not count."""
    return each.proof is not None and each.verdict is not None and not each.counts


def _left_out(each: Decided, faults: Mapping[int, str]) -> str:
    """Why there is no signature of this decision in the export; empty where there is one."""
    if each.proof is None:
        return msg("nothing was signed: it was only stated")
    if each.n in faults:
        return msg("its signature is not genuine, or not of a decision: {fault}", fault=faults[each.n])
    if each.verdict is None:
        return msg("it is not judged in this history")
    return "" if _is_signed(each) else msg("nobody verified its signature: no policy ruled the run")


def _fault(each: Decided) -> str:
    """What is wrong with a proof; empty when the signature is over what is written."""
    proof = _proof(each)
    try:
        read_proof(proof)
        verify(proof.message, proof.signature)
    except SignatureRefused as error:
        return error.words
    except Exception as error:  # noqa: BLE001 - whatever a stranger sent must not keep the rest from being exported
        return msg("it cannot be verified ({name})", name=type(error).__name__)
    return ""


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        holds_something = any(folder.iterdir())
    except (OSError, ValueError) as error:
        raise UnrackError(unwritten(f"'{folder}'", error)) from error
    if holds_something:
        raise UnrackError(
            Problem(
                category=Category.CONFLICT,
                message=msg("the folder '{folder}' is not empty, and nothing in it is overwritten", folder=folder),
                suggestion=msg("name a folder that is new or empty"),
                reference=str(folder),
            )
        )


def _name(each: Decided) -> str:
    return f"{each.n:04d}.json"


def _signature(each: Decided) -> str:
    return f"{each.n:04d}.json.sig"


def _row_name(each: Decided) -> str:
    return f"{each.n:04d}.row.json"


def _write(folder: Path, each: Decided) -> None:
    proof = _proof(each)
    write_new(folder / _name(each), proof.message)
    write_new(folder / _signature(each), _ended(proof.signature).encode())
    if proof.manifest is not None:
        write_new(folder / _row_name(each), proof.signed.encode())


def _ended(armored: str) -> str:
    return armored if armored.endswith("\n") else armored + "\n"


def _proof(each: Decided) -> Proof:
    if each.proof is None:
        raise RuntimeError(msg("decision {n} has no proof", n=each.n))
    return each.proof


def _row(each: Decided, fault: str | None) -> dict[str, Any]:
    row = {
        **each.model_dump(mode="json", exclude={"proof", "policy"}),
        "policy": each.policy.digest if each.policy is not None else None,
    }
    if fault is not None:
        return {**row, "not_genuine": fault} if each.proven else row
    if _is_denied(each):
        return {**row, "does_not_count": _refused_files(each)}
    return {**row, **_files(each)} if each.proven else row


def _refused_files(each: Decided) -> dict[str, Any]:
    """The files of what was signed and does not count, and the command that says with which key.

    The list of signers is not asked: that it accepts a signature could be taken for a decision.
    """
    statement, signature = f"{REFUSED}/{_name(each)}", f"{REFUSED}/{_signature(each)}"
    files: dict[str, Any] = {
        "statement": statement,
        "signature": signature,
        "signed_for": _principal(each),
        "check": f"ssh-keygen -Y check-novalidate -n {NAMESPACE} -s {signature} < {statement}",
    }
    proof = _proof(each)
    if proof.manifest is not None:
        files |= {"row": f"{REFUSED}/{_row_name(each)}", "row_sha256": row_of(proof.signed.encode())}
    return files


def _files(each: Decided) -> dict[str, Any]:
    """The files of a decision, and the command that verifies it."""
    proof, name, principal = _proof(each), _name(each), _principal(each)
    at = ssh_time(each.at)
    files: dict[str, Any] = {
        "statement": name,
        "signature": _signature(each),
        "principal": principal,
        "verify_time": at,
        "verify": f"ssh-keygen -Y verify -f {ALLOWED_SIGNERS} -I {principal} -n {NAMESPACE} -s {_signature(each)} "
        f"-O verify-time={at} < {name}",
    }
    if proof.manifest is not None:
        files |= {"row": _row_name(each), "row_sha256": row_of(proof.signed.encode())}
    return files


def _principal(each: Decided) -> str:
    return read_proof(_proof(each)).statement.signer


def _policy_row(digest: str, policies: Mapping[str, Policy]) -> dict[str, Any]:
    found = policies.get(digest)
    return {"digest": digest, "version": found.version if found is not None else None, "found": found is not None}


def _signers(proven: Sequence[Decided], policies: Mapping[str, Policy]) -> str:
    judged = [policies[digest] for digest in policies_of(proven) if digest in policies]
    rows = [row for policy in judged for row in _people(policy)]
    rows += [row for each in proven for row in (*_as_written(each, policies), *_console(each, policies))]
    text = allowed_signers(dict.fromkeys(rows))
    for digest in (each for each in policies_of(proven) if each not in policies):
        recorded = [row for each in proven if each.policy and each.policy.digest == digest for row in _recorded(each)]
        text += _RECORDED.format(digest=digest) + allowed_signers(dict.fromkeys(recorded))
    return text


def _people(policy: Policy) -> Iterator[AllowedSigner]:
    for person in policy.people:
        for key in person.keys:
            yield from _line(person.principal, key)


def _as_written(each: Decided, policies: Mapping[str, Policy]) -> Iterator[AllowedSigner]:
    """The keys of a person who signed under another of their names: OpenSSH knows the one that was signed for."""
    policy, written = policies.get(each.policy.digest) if each.policy is not None else None, _principal(each)
    person = person_of(policy, written) if policy is not None else None
    if person is None or person.principal == written:
        return
    for key in person.keys:
        yield from _line(written, key)


def _console(each: Decided, policies: Mapping[str, Policy]) -> Iterator[AllowedSigner]:
    """The console's keys, for whom it vouched."""
    policy = policies.get(each.policy.digest) if each.policy is not None else None
    if policy is None or each.assurance is not Assurance.VOUCHED:
        return
    for key in policy.console_keys:
        yield from _line(_principal(each), key)


def _line(principal: str, key: Key) -> Iterator[AllowedSigner]:
    """The line of a key; none for one that never counted."""
    ends = [key.valid_before + timedelta(seconds=1)] if key.valid_before is not None else []
    ends += [key.revoked.at] if key.revoked is not None else []
    until = min(ends, default=None)
    if until is not None and key.valid_after is not None and until <= key.valid_after:
        return
    yield AllowedSigner(
        principal=principal,
        key=key.key,
        valid_after=key.valid_after,
        valid_before=until,
        authority=key.authority,
    )


def _recorded(each: Decided) -> Iterator[AllowedSigner]:
    """The key that the signature itself carries."""
    try:
        signature = read_signature(_proof(each).signature)
    except SignatureRefused:
        return
    certificate = signature.certificate
    key = signature.key if certificate is None else certificate.authority
    yield AllowedSigner(principal=_principal(each), key=key.text, authority=certificate is not None)
