"""Whether a signature is genuine, and with which key it was made. Pure CPU, well under a millisecond.

Whose the key is, whether it counted at that time, and what its owner may, is judged by the policy, not here.
"""

from unrack.model.key_blob import Certificate
from unrack.model.message import msg
from unrack.model.sshsig import SshSignature, read_signature
from unrack.model.statement import (
    MOST_MANIFEST,
    NAMESPACE,
    KeyKind,
    Refusal,
    SignatureRefused,
    Verified,
    Vouching,
)
from unrack.model.wire import MalformedError, Wire
from unrack.signing.inner import NotGenuineError, check_inner
from unrack.signing.passkeys import ALGORITHM, check_assertion


def verify(signed: bytes, armored: str, namespace: str = NAMESPACE) -> Verified:
    """Verify an armored SSH signature over `signed`.

    Args:
        signed: The exact bytes: of a statement, or of the manifest that lists it.
        armored: What ``ssh-keygen -Y sign`` prints, or the like of a passkey.
        namespace: What it must have been made for.

    Raises:
        SignatureRefused: ``namespace``: it was made for something else. ``altered``: it is no signature, not over
            these bytes, or not made as it must be; the words say which. Nothing else is raised.
    """
    if len(signed) > MOST_MANIFEST:
        raise SignatureRefused(Refusal.ALTERED, msg("no more than {most} bytes are signed", most=MOST_MANIFEST))
    signature = read_signature(armored)
    if signature.namespace != namespace:
        made_for = signature.namespace[:60]
        raise SignatureRefused(
            Refusal.NAMESPACE,
            msg(
                "it was signed for '{made_for}', and a decision is signed for '{namespace}'",
                made_for=made_for,
                namespace=namespace,
            ),
        )
    try:
        return _verified(signature, signed)
    except (MalformedError, NotGenuineError) as error:
        raise SignatureRefused(Refusal.ALTERED, error.args[0]) from None


def _verified(signature: SshSignature, signed: bytes) -> Verified:
    if signature.certificate is not None:
        _check_certificate(signature.certificate)
    covered = signature.covered(signed)
    kind = _check_signature(signature, covered)
    vouching = None if signature.certificate is None else _vouching(signature.certificate)
    return Verified(fingerprint=signature.key.fingerprint, key=signature.key.text, kind=kind, certificate=vouching)


def _check_signature(signature: SshSignature, covered: bytes) -> KeyKind:
    if signature.algorithm == ALGORITHM:
        if signature.certificate is not None:
            raise MalformedError(msg("a passkey has no certificate: the policy names it by itself"))
        check_assertion(signature.key, signature.inner, covered)
        return KeyKind.PASSKEY
    check_inner(signature.key, signature.algorithm, signature.inner, covered)
    return KeyKind.KEY if signature.certificate is None else KeyKind.CERTIFICATE


def _check_certificate(certificate: Certificate) -> None:
    if certificate.critical:
        limits = ", ".join(certificate.critical)[:100]
        raise MalformedError(msg("the certificate is limited to other uses: {limits}", limits=limits))
    wire = Wire(certificate.signature)
    check_inner(certificate.authority, wire.text(), wire.rest(), certificate.body)


def _vouching(certificate: Certificate) -> Vouching:
    return Vouching(
        authority=certificate.authority.fingerprint,
        principals=certificate.principals,
        valid_after=certificate.valid_after,
        valid_before=certificate.valid_before,
    )
