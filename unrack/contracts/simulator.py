"""How a worker recognises a simulator: a challenge that only a holder of the simulator's key can answer.

The simulator writes a new key at each start, into a private file of its data folder; the worker is told the file by
`KEY_VARIABLE`. Both sides of the challenge are here, so that they cannot drift apart.
"""

import hashlib
import hmac
from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen

KEY_VARIABLE = "UNRACK_SIMULATOR_KEY"
"""The worker's environment variable with the path of the key file."""
CHALLENGE_PATH = "/_simulator"
"""``GET /_simulator?nonce=…`` answers with a `Proof`."""
SHORTEST_NONCE, LONGEST_NONCE = 32, 128
"""In characters."""


class Proof(Frozen):
    """A simulator's answer to a challenge."""

    port: int
    """Where it listens. An answer that was passed on from another port proves nothing."""
    scale: Annotated[float, Field(gt=0)]
    """How many seconds pass on its clock in one of ours."""
    mac: str
    """HMAC-SHA256 with the key over everything above and the nonce, as hexadecimal digits."""

    @classmethod
    def made(cls, key: str, nonce: str, port: int, scale: float) -> "Proof":
        """The simulator's answer to `nonce`."""
        return cls(port=port, scale=scale, mac=_mac(key, nonce, port, float(scale)))

    def holds(self, key: str, nonce: str, port: int) -> bool:
        """Whether a holder of `key` that listens on `port` answered `nonce`."""
        return hmac.compare_digest(self.mac.encode(), _mac(key, nonce, port, self.scale).encode())


def _mac(key: str, nonce: str, port: int, scale: float) -> str:
    signed = f"unrack-simulator\n{nonce}\n{port}\n{scale!r}"
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest()
