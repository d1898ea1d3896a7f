"""However a valid signature or its message is altered: it is refused, and OpenSSH as second judge says the same."""

from pathlib import Path
from random import Random

import pytest

from tests.unit.signing import openssh
from tests.unit.signing.altering import alter, is_altered, shown
from tests.unit.signing.assertions import RECORDED, recorded
from tests.unit.signing.openssh import ALICE, MESSAGE, Signed, needed
from tests.unit.signing.test_verify import hardware
from unrack.model.statement import NAMESPACE, SignatureRefused, Verified
from unrack.signing.verify import verify

pytestmark = needed


@pytest.fixture(scope="module")
def good(
    signed: dict[str, Signed], keys: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Signed, ...]:
    """Valid signatures of every kind: keys, the other digest, hardware keys, passkeys, a certificate."""
    other_digest = (
        Signed(name, made.key, MESSAGE, openssh.sign(keys[name], MESSAGE, NAMESPACE, "-O", "hashalg=sha256"))
        for name, made in signed.items()
    )
    passkeys = (recorded(name).signed(name) for name in RECORDED)
    path = openssh.make_key(tmp_path_factory.mktemp("certified"), "-t", "ed25519")
    certificate = openssh.certify(keys["ecdsa-256"], path, "-n", ALICE)
    certified = Signed("certificate", openssh.public(path), MESSAGE, openssh.sign(certificate))
    return (*signed.values(), *other_digest, hardware("ed25519"), hardware("ecdsa"), *passkeys, certified)


def ours(made: Signed) -> Verified | None:
    try:
        return verify(made.message, made.armored)
    except SignatureRefused:
        return None


def agree(made: Signed, folder: Path) -> bool:
    """Whether both judges find it genuine or neither does, and both with the key that it was made with or neither."""
    verified = ours(made)
    if openssh.accepts_without_list(folder, made) != (verified is not None):
        return False
    if made.name == "certificate":
        return True
    return openssh.accepts(folder, made) == (verified is not None and verified.key == made.key)


def test_valid_ones_are_valid_for_both(good: tuple[Signed, ...], tmp_path: Path) -> None:
    """Where the alterations begin."""
    assert [made.name for made in good if not ours(made)] == []
    assert [made.name for made in good if not agree(made, tmp_path)] == []


def test_whatever_is_altered_is_refused(good: tuple[Signed, ...]) -> None:
    """A thousand alterations; none of them is a signature of the key over the message."""
    random = Random(12)  # noqa: S311  # chance, not secrecy
    for number in range(1000):
        before = good[number % len(good)]
        after = alter(before, good, random)
        verified = ours(after)
        assert not is_altered(before, after) or verified is None or verified.key != before.key, shown(after)


_LONG = [pytest.param(seed, 1000, marks=pytest.mark.long) for seed in range(1, 5)]


@pytest.mark.parametrize(("seed", "examples"), [(34, 40), *_LONG])
def test_openssh_says_the_same(seed: int, examples: int, good: tuple[Signed, ...], tmp_path: Path) -> None:
    """Two judges of two makers, one verdict."""
    random = Random(seed)  # noqa: S311  # chance, not secrecy
    for number in range(examples):
        after = alter(good[number % len(good)], good, random)
        assert agree(after, tmp_path), shown(after)
