"""Which public keys a policy names: one line of a ``.pub`` file each. Pure.

The key itself is read by `unrack.model.key_blob`; here stands what people take for a public key. No error repeats what
was given: it may be a private key.
"""

from unrack.model.key_blob import TYPES, PublicKey, read_line
from unrack.model.message import msg

LONGEST = 4000
"""Characters of a line with a key; the longest RSA key has some 1,400."""

ACCEPTED = tuple(TYPES)
"""Every type of key that a policy may name."""

_PRIVATE = ("PRIVATE KEY", "PuTTY-User-Key-File", "openssh-key-v1", "b3BlbnNzaC1rZXktdjE")
"""What files of private keys hold; the last is ``openssh-key-v1`` in base64."""


def read_public_key(text: str) -> PublicKey:
    """The public key of a line; its comment is ignored.

    Raises:
        ValueError: it is none that is accepted, in words that repeat nothing of it but a known type.
    """
    if looks_private(text):
        raise ValueError(msg("this is a private key: the public one is in the file that ends in .pub"))
    if len(text) > LONGEST:
        raise ValueError(msg("it is longer than any public key"))
    found = None if text.strip().partition(" ")[0].endswith("-cert-v01@openssh.com") else read_line(text)
    if not isinstance(found, PublicKey):
        raise ValueError(  # noqa: TRY004  # a wrong text, not a wrong type
            msg("this is a certificate: name the public key of the authority that signed it, with 'authority: true'")
        )
    return found


def looks_private(text: str) -> bool:
    """Whether `text` holds a private key in any form that OpenSSH, OpenSSL or PuTTY write."""
    return any(mark in text for mark in _PRIVATE)
