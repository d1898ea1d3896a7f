"""Fresh key files as ``ssh-keygen -t ed25519`` makes them, without OpenSSH: for rehearsals with invented people."""

import os
from pathlib import Path

from unrack.model.ssh_key import PublicKey, read_public_key


def make_key_file(path: Path, comment: str) -> PublicKey:
    """Make an Ed25519 key without a passphrase: at `path` for its owner only, the public one beside it.

    Args:
        path: Where the private key goes; nothing may be there yet.
        comment: What the public file says of the key.

    Raises:
        FileExistsError: something is there.
        OSError: the folder takes no file.
    """
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - most commands sign nothing
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    made = Ed25519PrivateKey.generate()
    public = made.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH).decode()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()))
    path.with_name(f"{path.name}.pub").write_text(f"{public} {comment}\n", encoding="utf-8")
    return read_public_key(public)
