"""What anybody sees who looks at a decision's proof, before its signature is verified. Pure."""

from dataclasses import dataclass

from unrack.model.message import msg
from unrack.model.sshsig import SshSignature, read_signature
from unrack.model.statement import NAMESPACE, Proof, Read, Refusal, SignatureRefused, read_proof


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a decision does not count."""

    why: Refusal
    words: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a proof shows."""

    key: str | None = None
    """Fingerprint of the key that it claims, of a certificate that of its authority; None when there is none."""
    read: Read | None = None
    """What was signed; None when there is nothing that can be read."""
    fault: Fault | None = None
    """Why nothing that is in it can count."""


def look(proof: Proof | None) -> Seen:
    """What `proof` shows."""
    if proof is None:
        return Seen()
    try:
        signature = read_signature(proof.signature)
    except SignatureRefused as refused:
        return Seen(fault=Fault(refused.refusal, refused.words))
    key = (signature.certificate.authority if signature.certificate else signature.key).fingerprint
    if signature.namespace != NAMESPACE:
        return Seen(key, fault=_made_for_something_else(signature))
    try:
        return Seen(key, read_proof(proof))
    except SignatureRefused as refused:
        return Seen(key, fault=Fault(refused.refusal, refused.words))


def _made_for_something_else(signature: SshSignature) -> Fault:
    words = msg(
        "it was signed for '{made_for}', and a decision is signed for '{namespace}'",
        made_for=signature.namespace[:60],
        namespace=NAMESPACE,
    )
    return Fault(Refusal.NAMESPACE, words)
