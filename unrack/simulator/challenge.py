"""How a worker recognises this simulator: a key for each start, and answers that only a holder of the key can make."""

import os
import secrets
from pathlib import Path

from unrack.contracts.simulator import LONGEST_NONCE, SHORTEST_NONCE, Proof

KEY_FILE = "key"
"""In the data folder, readable by its owner only."""


class Challenge:
    """Answers for one simulator, from its start on."""

    def __init__(self, folder: Path) -> None:
        """Writes a new key into the data folder `folder`; whoever was given an older one has to read it again."""
        self.key_file = folder / KEY_FILE
        self._key = secrets.token_hex(32)
        write_private(self.key_file, self._key + "\n")

    def answer(self, nonce: str, port: int, scale: float) -> Proof:
        """The proof for `nonce`, from the simulator that listens on `port`.

        Raises:
            ValueError: `nonce` is shorter or longer than one may be.
        """
        if not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
            raise ValueError(f"a nonce has {SHORTEST_NONCE} to {LONGEST_NONCE} characters, not {len(nonce)}")
        return Proof.made(self._key, nonce, port, scale)


def write_private(path: Path, text: str) -> None:
    """Writes `text` to `path`, whole or not at all, readable by its owner only."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
