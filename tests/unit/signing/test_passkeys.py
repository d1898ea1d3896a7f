"""Passkeys: what a browser hands out when its challenge is our message is a signature, for us and for OpenSSH alike."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.signing import openssh
from tests.unit.signing.assertions import RECORDED, Assertion, recorded
from tests.unit.signing.openssh import needed
from tests.unit.signing.test_verify import refused
from unrack.model.key_blob import PublicKey
from unrack.model.statement import KeyKind, Refusal
from unrack.signing.passkeys import is_of_site
from unrack.signing.verify import verify


@pytest.mark.parametrize("name", RECORDED)
def test_a_passkey_of_a_real_browser_verifies(name: str) -> None:
    """A recorded assertion is genuine, of the passkey's key, and told apart as a passkey."""
    made = recorded(name)
    verified = verify(made.message, made.armored())
    assert (verified.kind, verified.key) == (KeyKind.PASSKEY, made.key.text)
    assert verified.fingerprint == made.key.fingerprint


def test_a_synced_passkey_is_among_them() -> None:
    """Flags 0x1d: its user was there and verified, it may be backed up and is."""
    assert recorded("synced").flags == 0x1D
    assert recorded("device-bound").flags == 0x05


@needed
@pytest.mark.parametrize("name", RECORDED)
def test_openssh_accepts_the_same_assertions(name: str, tmp_path: Path) -> None:
    """The second judge needs nothing of ours."""
    made = recorded(name).signed()
    assert openssh.accepts(tmp_path, made)
    assert not openssh.accepts(tmp_path, replace(made, message=made.message + b" "))


@pytest.mark.parametrize("name", RECORDED)
def test_another_message_or_namespace_is_refused(name: str) -> None:
    """The challenge is bound to both."""
    made = recorded(name)
    assert refused(made.message + b" ", made.armored()).refusal is Refusal.ALTERED
    assert refused(made.message, made.armored("git")).refusal is Refusal.NAMESPACE


def _said(made: Assertion, **changes: object) -> bytes:
    said = {**json.loads(made.client_data), **changes}
    return json.dumps(said, separators=(",", ":")).encode()


def _changes() -> dict[str, tuple[Assertion, str]]:
    """Altered assertions, each with what is said of it. None is signed, so no judge takes one."""
    made = recorded("device-bound")
    other = PublicKey(made.key.type, (*made.key.fields[:2], b"unrack.example.org"))
    twice = made.client_data[:-1] + b',"origin":"http://localhost:1"}'
    return {
        "nobody there": (replace(made, flags=0x04), "nobody was there"),
        "nobody verified": (replace(made, flags=0x01), "did not verify who used it"),
        "attested": (replace(made, flags=0x45), "more than a decision"),
        "extensions without their flag": (replace(made, extensions=b"\xa0"), "more than a decision"),
        "a flag without extensions": (replace(made, flags=0x85), "more than a decision"),
        "another counter": (replace(made, counter=b"\0\0\0\1"), "not over what was sent"),
        "another site": (replace(made, key=other), "for a page of http://localhost"),
        "another type": (replace(made, client_data=_said(made, type="webauthn.create")), "something else"),
        "another challenge": (replace(made, client_data=_said(made, challenge="AAAA")), "something else"),
        "another page": (replace(made, origin="http://localhost:1"), "something else"),
        "another spelling": (
            replace(made, client_data=json.dumps(json.loads(made.client_data)).encode()),
            "something else",
        ),
        "an origin twice": (replace(made, client_data=twice), "no JSON object"),
        "inside a page of another site": (replace(made, client_data=_said(made, crossOrigin=True)), "another site"),
        "under another top": (replace(made, client_data=_said(made, topOrigin="https://a.example")), "another site"),
        "cut client data": (replace(made, client_data=made.client_data[:-1]), "no JSON object"),
        "long client data": (replace(made, client_data=_said(made, more=" " * 1000)), "more than a decision"),
        "no key of a passkey": (
            replace(made, key=PublicKey("ecdsa-sha2-nistp256", made.key.fields[:2])),
            "no passkey",
        ),
        "the key of a hardware key": (
            replace(made, key=PublicKey(made.key.type, (*made.key.fields[:2], b"ssh:"))),
            "no passkey",
        ),
    }


@pytest.mark.parametrize("change", _changes())
def test_each_check_refuses_in_its_own_words(change: str) -> None:
    """Presence, verification, site, page, challenge, type and frame are each looked at, and told apart."""
    made, words = _changes()[change]
    why = refused(made.message, made.armored())
    assert why.refusal is Refusal.ALTERED
    assert words in why.words


@pytest.mark.parametrize(
    ("origin", "site", "is_of"),
    [
        ("https://unrack.example.org", "unrack.example.org", True),
        ("https://unrack.example.org:8443", "unrack.example.org", True),
        ("https://unrack.example.org", "example.org", True),
        ("http://localhost", "localhost", True),
        ("http://localhost:8080", "localhost", True),
        ("https://localhost:8080", "localhost", True),
        ("http://unrack.example.org", "unrack.example.org", False),
        ("http://a.localhost", "localhost", False),
        ("https://example.org", "unrack.example.org", False),
        ("https://evilexample.org", "example.org", False),
        ("https://example.org.evil.test", "example.org", False),
        ("https://example.org/", "example.org", False),
        ("https://example.org/page", "example.org", False),
        ("https://user@example.org", "example.org", False),
        ("https://EXAMPLE.org", "example.org", False),
        ("https://example.org:", "example.org", False),
        ("https://example.org:port", "example.org", False),
        ("https://[::1", "example.org", False),
        ("ftp://example.org", "example.org", False),
        ("android:apk-key-hash:abc", "example.org", False),
        ("null", "example.org", False),
        ("", "example.org", False),
    ],
)
def test_a_page_is_of_a_site(origin: str, site: str, is_of: bool) -> None:
    """The site itself or a part of it, over TLS; without TLS this machine alone."""
    assert is_of_site(origin, site) is is_of
