"""A first policy: everybody who was named, in one group that may do everything; and no private key is ever shown."""

from pathlib import Path

import pytest

from tests.unit.policy.keys import ed25519, passkey
from unrack.documents.diagnostics import InputError
from unrack.model.access import may
from unrack.model.errors import Category, UnrackError
from unrack.model.rights import Action, Duties
from unrack.model.ssh_key import read_public_key
from unrack.policy.load import parse_policy
from unrack.policy.starter import key_in_file, starter

ANN, BEN = read_public_key(ed25519("ann")), read_public_key(passkey("ben", "unrack.example.org"))


def test_a_starter_passes_the_check_and_gives_everything_to_everybody() -> None:
    """Separation of duties is on, and nothing is enough by being stated."""
    policy = parse_policy(starter({"ann@example.org": [ANN], "ben@example.org": [BEN]}, "paris"))

    assert policy.version == 1
    assert policy.installation == "paris"
    assert all(may(policy, each, action) for each in ("ann@example.org", "ben@example.org") for action in Action)
    assert policy.duties == Duties(launcher=True, rejecter=True, skipper=True)
    assert policy.assurance == {}


@pytest.mark.parametrize("principal", ["true", "007", "o-neil@example.org", "a.b+c@example.org"])
def test_a_principal_stays_text(principal: str) -> None:
    """Whatever YAML would take it for."""
    assert parse_policy(starter({principal: [ANN]})).people[0].principal == principal


def test_several_keys_of_one_person_are_one_person() -> None:
    """A laptop and a key of hardware."""
    policy = parse_policy(starter({"ann@example.org": [ANN, BEN]}))

    assert [key.key for key in policy.people[0].keys] == [ANN.text, BEN.text]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"ann roy": [ANN]}, "principal"),
        ({"ann": [ANN], "ANN": [BEN]}, "the same name"),
        ({"ann": [ANN], "ben": [ANN]}, "is a key of ann already"),
        ({"x'\n- y": [ANN]}, "principal"),
    ],
)
def test_what_would_be_no_policy_is_refused(keys: dict[str, list[object]], why: str) -> None:
    """With the reason, and without a place in a text that nobody has seen."""
    with pytest.raises(InputError, match=why) as refused:
        starter(keys)  # pyright: ignore[reportArgumentType]

    assert all(each.line == 0 for each in refused.value.diagnostics)


def test_a_file_of_a_public_key_is_read(tmp_path: Path) -> None:
    """As ssh-keygen writes it, with a comment, or with lines that say what it is."""
    file = tmp_path / "ann.pub"
    file.write_text(f"# of Ann's laptop\n\n{ANN.text} ann@laptop\n")

    assert key_in_file(file) == ANN


SECRET = "c2VjcmV0LWtleS1tYXRlcmlhbA"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n-----END OPENSSH PRIVATE KEY-----\n",
            "this is a private key",
        ),
        (f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n", "this is a private key"),
        (f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{SECRET}\n", "this is a private key"),
        (f"PuTTY-User-Key-File-3: ssh-ed25519\n{SECRET}\n", "this is a private key"),
        (f"b3BlbnNzaC1rZXktdjEA{SECRET}\n", "this is a private key"),
        (f"{ANN.text}\n{BEN.text} {SECRET}\n", "2 lines"),
        (f"{SECRET}\n", "one line"),
        (f"ssh-ed25519 {SECRET}!\n", "not base64"),
        (SECRET * 5000, "too long"),
        ("", "0 lines"),
    ],
)
def test_what_is_no_public_key_is_refused_and_never_shown(tmp_path: Path, content: str, why: str) -> None:
    """A private key above all."""
    file = tmp_path / "key"
    file.write_text(content)

    with pytest.raises(UnrackError, match=why) as refused:
        key_in_file(file)

    problem = refused.value.problem
    assert problem.category is Category.INVALID
    assert SECRET not in problem.message + problem.suggestion
    assert str(file) in problem.message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(UnrackError, match="No such file"):
        key_in_file(tmp_path / "nothing.pub")
