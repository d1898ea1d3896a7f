"""Fresh key files as ``ssh-keygen -t ed25519`` makes them, without OpenSSH: for rehearsals with invented people."""

import os
from pathlib import Path

from unrack.model.ssh_key import PublicKey, read_public_key


def make_key_file(path: Path, comment: str) -> PublicKey:
    """Make an Ed25519 key without a passphrase: at `path` for its owner only, the public one beside it.

    Args:
        path: Where the private key goes; nothing may be there yet.
        comment: What both files say of the key.

    Raises:
        FileExistsError: something is there.
        OSError: the folder takes no file.
    """
    import asyncssh  # noqa: PLC0415  # slow to import, and most commands sign nothing

    made = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    public = made.export_public_key()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.export_private_key())
    path.with_name(f"{path.name}.pub").write_bytes(public)
    return read_public_key(public.decode())
