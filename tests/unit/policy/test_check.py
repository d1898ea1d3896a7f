"""A policy that could not do what it says is refused, with the place and what was probably meant."""

import re
from collections.abc import Callable

import pytest

from tests.unit.policy.keys import ed25519, line, rsa
from unrack.model.assurance import Assurance
from unrack.model.policy import Policy
from unrack.model.rights import Action
from unrack.policy.load import parse_policy

ANN, BEN = ed25519("ann"), ed25519("ben")


def line_of(text: str, part: str) -> int:
    """The line in which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1


def test_the_whole_policy_is_read(whole: str) -> None:
    """Everything that a policy may say."""
    policy = parse_policy(whole)

    assert policy.version == 3
    assert policy.people[0].keys[0].key == ANN
    assert policy.people[0].keys[1].public.application == "unrack.example.org"
    assert policy.people[2].keys[0].revoked is not None
    assert policy.grants[1].where.step == "handover.*"
    assert policy.quorums[0].of == {"network": 2, "finance": 1}
    assert not policy.duties.skipper
    assert policy.assurance == {Action.NOTE: Assurance.SIGNED, Action.HOLD: Assurance.STATED}


def test_the_digest_is_of_what_it_says(whole: str) -> None:
    """Comments, layout, quotes and comments of keys do not count; a word does."""
    digest = parse_policy(whole).digest
    same = "# reviewed by Ben\n" + whole.replace(" ann@laptop", "  another comment").replace("[Ann Roy]", '["Ann Roy"]')

    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    assert parse_policy(same).digest == digest
    assert parse_policy(whole.replace("version: 3", "version: 4")).digest != digest


def test_a_changed_copy_has_a_digest_and_keys_of_its_own(whole: str) -> None:
    """What was counted for the one is never taken for the other."""
    policy = parse_policy(whole)
    before, known = policy.digest, policy.by_fingerprint

    changed = policy.model_copy(update={"version": 4, "people": policy.people[1:]})

    assert changed.digest != before
    assert changed.by_fingerprint.keys() < known.keys()
    assert policy.digest == before


def test_it_crosses_a_boundary_unchanged(whole: str) -> None:
    """As a worker records it and another reads it."""
    policy = parse_policy(whole)

    again = Policy.model_validate_json(policy.model_dump_json())

    assert again == policy
    assert again.digest == policy.digest


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version: 3", "version: 0", "'version'"),
        ("version: 3", 'version: "3"', "'version' must be a whole number, not text"),
        ("installation: example", "installation: My place", "does not look like a value of 'installation'"),
        ("    names: [Ann Roy]", "    nams: [Ann Roy]", "unknown field 'nams'. Did you mean 'names'?"),
        ("valid-after:", "valid_after:", "unknown field 'valid_after'. Did you mean 'valid-after'?"),
        ("grants:\n", "grant:\n", "unknown field 'grant'. Did you mean 'grants'?"),
        ("{provider: ovhcloud, timing", "{providr: ovhcloud, timing", "Did you mean 'provider'?"),
        ("[approve, reject]", "[aprove, reject]", "'aprove' is not known here. Did you mean 'approve'?"),
        ("hold: stated", "hold: statd", "Did you mean 'stated'?"),
        ("note: signed", "nte: signed", "Did you mean 'note'?"),
        ("2026-01-01T00:00:00Z", "2026-01-01", "'2026-01-01' is not a time in UTC: write it as 2027-01-31T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+02:00", "is not a time in UTC"),
        ("2026-01-01T00:00:00Z", "2026-04-31T00:00:00Z", "'2026-04-31T00:00:00Z' is not a time in UTC"),
        ("2027-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "'valid-before' does not come after 'valid-after'"),
        (ANN, ANN[:-8], "it ends too early"),
        (ANN, line("ecdsa-sha2-nistp256", b"nistp256", b"\x04" + bytes(64)), "does not lie on the curve nistp256"),
        (ANN, rsa(2048), "an RSA key has 3072 to 8192 bits, and this one has 2048"),
        ("why: The laptop was stolen.", 'why: " "', "it is blank"),
        ("principal: ben@example.org", "principal: ben roy", "does not look like a value of 'principal'"),
        ("principal: ben@example.org", "principal: purge.ben", "does not look like a step of a run"),
        ("tell: [ann@example.org]", "tell: [json://user:secret@host]", "'json://user:secret@host' does not look like"),
        ("{network: 1}", "{network: 0}", "greater than or equal to 1"),
        ("step: handover.*", "step: handovr.*", "'handovr.*' begins with no phase"),
        # who is who
        ("principal: ben@example.org", "principal: ANN@example.org", "is the same name as 'ann@example.org' in line 4"),
        (
            "principal: ben@example.org",
            "principal: ben@example.org\n    names: [ann  ROY]",
            "the same name as 'Ann Roy'",
        ),
        (f"key: {BEN}", f"key: {ANN} other comment", "this key is a key of ann@example.org already, in line 10"),
        (ed25519("console"), ANN, "this key of the console is a key of ann@example.org, too"),
        ("finance: [cat@example.org]", "finance: [cat@example.com]", "Did you mean 'cat@example.org'?"),
        ("finance: [cat@", "finance: [cat@example.org, cat@", "'cat@example.org' is in this group already"),
        # rights
        ("groups: [operations]", "groups: [operation]", "no group 'operation'. Did you mean 'operations'?"),
        ("[launch, hold, administer]", "[launch, hold, launch, administer]", "'launch' stands here already"),
        ("[complete, retry]", "[complete, approve]", "'approve' cannot be narrowed by step: it is about the whole run"),
        ("[launch, hold, administer]", "[launch, hold]", "nobody may 'administer'"),
        ("operations: [dan@example.org]", "operations: []", "nobody may 'administer'"),
        ("group: emergency", "group: finance", "'finance' breaks the glass, and has rights or seats beside that"),
        ("group: emergency", "group: emergencies", "no group 'emergencies'. Did you mean 'emergency'?"),
        ("note: signed", "note: stated", "'note' is vouched at least, not stated"),
        # quorums
        ("{network: 2, finance: 1}", "{netwrk: 2}", "no group 'netwrk'. Did you mean 'network'?"),
        ("timing: immediate}", "step: purge.end}", "no step narrows it"),
        ("network: 2, finance: 1", "network: 3, finance: 1", "3 of network; 1 of network missing"),
        ("finance: [cat@example.org]", "finance: [ann@example.org]", "2 of network; 1 of network missing"),
        ("  - groups: [network, finance]\n", "  - groups: [network]\n", "1 of finance missing"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    whole: str, faults: Callable[[str], list[str]], old: str, new: str, told: str
) -> None:
    """The file, the line, the column, and the probable correction."""
    assert old in whole
    found = faults(whole.replace(old, new, 1))

    assert found
    assert any(told in each for each in found), found
    assert all(re.match(r"p\.yaml:\d+:\d+: ", each) for each in found), found


def test_the_place_is_that_of_the_mistake(whole: str, faults: Callable[[str], list[str]]) -> None:
    """An editor goes to it: the unknown key, the value that does not fit."""
    at = line_of(whole, "valid-after")

    assert faults(whole.replace("valid-after", "valid-aftr", 1))[0].startswith(f"p.yaml:{at}:9: unknown field")
    assert faults(whole.replace("[cat@example.org]", "[nobody]"))[0].startswith(
        f"p.yaml:{line_of(whole, 'finance: [')}:13:"
    )


def test_everything_that_is_wrong_is_told_at_once(whole: str, faults: Callable[[str], list[str]]) -> None:
    """In the order in which it stands."""
    text = whole.replace("finance: [cat@example.org]", "finance: [cat@example.com]").replace(
        "note: signed", "note: stated"
    )

    found = faults(text)

    assert [each for each in found if "cat@example.com" in each]
    assert [each for each in found if "vouched at least" in each]


def test_an_authority_may_sign_for_several_people(whole: str, faults: Callable[[str], list[str]]) -> None:
    """Then it is nobody's own key."""
    authority, own = f"      - key: {ed25519('ca')}\n        authority: true\n", f"      - key: {ed25519('ca')}\n"
    before_ben, before_cat = f"      - key: {BEN}\n", f"      - key: {ed25519('cat-2')}\n"
    both = whole.replace(before_ben, before_ben + authority).replace(before_cat, before_cat + authority)

    assert faults(both) == []
    assert "is a key of ben@example.org already" in faults(both.replace(authority, own, 1))[0]
    assert "is a key of ben@example.org already" in faults(whole.replace(before_ben, before_ben + authority + own))[0]


def test_a_key_that_nobody_can_use_fills_no_seat(whole: str, faults: Callable[[str], list[str]]) -> None:
    """A quorum of people without keys could never be filled."""
    without = whole.replace(f"      - key: {ed25519('cat-2')}\n", "")

    assert "1 of finance missing" in faults(without)[0]
    assert "has a key that counts" in faults(whole.replace(f"    keys:\n      - key: {ed25519('dan')}\n", ""))[0]


def test_two_quorums_of_one_run_must_be_filled_together(whole: str, faults: Callable[[str], list[str]]) -> None:
    """Each alone can be, both cannot; where they never meet nothing is wrong."""
    groups = whole.replace("emergency: [ben@example.org]", "emergency: [ben@example.org]\n  other: [ann@example.org]")
    groups = groups.replace("- groups: [network, finance]", "- groups: [network, finance, other]")
    meeting = groups.replace("- of: {network: 1}\n", "- of: {other: 1}\n    where: {provider: ovhcloud}\n")
    apart = groups.replace("- of: {network: 1}\n", "- of: {other: 1}\n    where: {provider: whc}\n")

    assert "2 of network and 1 of other" in faults(meeting)[0]
    assert "Another quorum applies to the same runs" in faults(meeting)[0]
    assert faults(apart) == []


def test_a_quorum_must_be_there_beside_the_launcher(whole: str, faults: Callable[[str], list[str]]) -> None:
    """Where only its own people may launch, each launch would make it impossible."""
    only_they = whole.replace(
        "- groups: [operations]\n    actions: [launch, hold, administer]",
        ("- groups: [network, finance]\n    actions: [launch, hold, administer]"),
    )

    assert "once somebody of it has launched the run" in faults(only_they)[0]
    assert faults(only_they.replace("launcher: true", "launcher: false")) == []


def test_a_private_key_in_a_policy_is_not_repeated(whole: str, faults: Callable[[str], list[str]]) -> None:
    """Whoever pastes the wrong file reads so, and nothing of it."""
    secret = "-----BEGIN OPENSSH PRIVATE KEY----- c2VjcmV0"

    found = faults(whole.replace(ANN, f'"{secret}"').replace(f'"{secret}" ann@laptop', f'"{secret}"'))

    assert "this is a private key" in found[0]
    assert "c2VjcmV0" not in "".join(found)
