"""People with keys, and the policy that knows them."""

from pathlib import Path

import asyncssh

from unrack.policy.starter import key_in_file, starter

OLIVIA, ALICE, BOB, OMAR = (f"{each}@example.org" for each in ("olivia", "alice", "bob", "omar"))


def make_key(folder: Path, name: str) -> Path:
    """A private key without a passphrase, and the public one beside it, as ``ssh-keygen`` lays them."""
    key, path = asyncssh.generate_private_key("ssh-ed25519"), folder / name
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    path.with_name(f"{name}.pub").write_bytes(key.export_public_key())
    return path


def keys_of(folder: Path, *principals: str) -> dict[str, Path]:
    """A key for each."""
    return {each: make_key(folder, each.partition("@")[0]) for each in principals}


def policy_of(keys: dict[str, Path], file: Path) -> Path:
    """The starter for these people, in a file."""
    public = {each: [key_in_file(path.with_name(f"{path.name}.pub"))] for each, path in keys.items()}
    file.write_text(starter(public))
    return file
