"""The list of allowed signers: OpenSSH understands each line of it as it was meant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.unit.signing import openssh
from tests.unit.signing.openssh import ALICE, MESSAGE, Signed, needed
from unrack.signing.signers import AllowedSigner, allowed_signers, ssh_time

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIVU8OVZJHnqgF4D2Uudq7vkO0mQnvuURrv7vWeRD+UM"
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def test_a_line_names_principal_namespace_times_and_key() -> None:
    """Times are in UTC with their Z; the last valid second is named, since OpenSSH counts it as valid."""
    row = AllowedSigner(principal=ALICE, key=KEY, valid_after=BEGIN, valid_before=END)
    assert allowed_signers([row]) == (
        f'{ALICE} namespaces="unrack-decision",valid-after="20260101000000Z",valid-before="20261231235959Z" {KEY}\n'
    )


def test_an_authority_is_marked_and_rows_keep_their_order() -> None:
    """Without times, no option for them."""
    rows = [AllowedSigner(principal="b", key=KEY, authority=True), AllowedSigner(principal="a", key=KEY + " comment")]
    assert allowed_signers(rows) == (
        f'b cert-authority,namespaces="unrack-decision" {KEY}\na namespaces="unrack-decision" {KEY}\n'
    )
    assert allowed_signers([]) == ""


def test_times_of_other_zones_become_utc() -> None:
    """A list says one thing to every auditor, wherever they are."""
    paris = datetime(2026, 6, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert ssh_time(paris) == "20260601100000Z"


@pytest.mark.parametrize("principal", ["", "two words", "a,b", "*", "!alice", 'al"ice', "#alice", "al\nice", "?"])
def test_a_principal_is_never_a_pattern(principal: str) -> None:
    """What OpenSSH would read as several people, a comment or another field is refused."""
    with pytest.raises(ValueError, match="principal"):
        AllowedSigner(principal=principal, key=KEY)


def test_what_makes_no_line_is_refused() -> None:
    """No key, and a validity that ends before it begins."""
    with pytest.raises(ValueError, match="not base64"):
        allowed_signers([AllowedSigner(principal=ALICE, key="ssh-ed25519 nonsense!")])
    with pytest.raises(ValueError, match="ends after it begins"):
        allowed_signers([AllowedSigner(principal=ALICE, key=KEY, valid_after=END, valid_before=BEGIN)])


@needed
def test_openssh_keeps_to_the_times(signed: dict[str, Signed], tmp_path: Path) -> None:
    """Accepted from the first moment to the last second before the end, in whatever zone the auditor is."""
    made = signed["ed25519"]
    signers = allowed_signers([AllowedSigner(principal=ALICE, key=made.key, valid_after=BEGIN, valid_before=END)])
    second = timedelta(seconds=1)
    verdicts = {
        at: openssh.accepts(tmp_path, made, signers, ssh_time(at)) for at in (BEGIN - second, BEGIN, END - second, END)
    }
    assert list(verdicts.values()) == [False, True, True, False]


@needed
def test_openssh_keeps_to_the_namespace(keys: dict[str, Path], tmp_path: Path) -> None:
    """A key on the list signs decisions and nothing else."""
    made = Signed("git", openssh.public(keys["ed25519"]), MESSAGE, openssh.sign(keys["ed25519"], MESSAGE, "git"))
    signers = allowed_signers([AllowedSigner(principal=ALICE, key=made.key)])
    assert not openssh.accepts(tmp_path, made, signers)
    assert openssh.accepts(tmp_path, replace(made, armored=openssh.sign(keys["ed25519"])), signers)
