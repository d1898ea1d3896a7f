"""Who a decision is from, by a policy: real signatures, judged at the time at which they arrived."""

from datetime import UTC, datetime, timedelta

import asyncssh
import pytest

from tests.workflows.office import ANN, EVE, INSTALLATION, LEA, OMAR, key, policy, public, signed
from unrack.contracts.verifying import Checked, ToVerify, UsedKey
from unrack.model.access import Place, Right
from unrack.model.assurance import Assurance
from unrack.model.authority import MOST_KEYS
from unrack.model.policy import Policy
from unrack.model.rights import Action
from unrack.model.ssh_key import read_public_key
from unrack.model.statement import NAMESPACE, Proof, Refusal, Statement
from unrack.policy.proving import access_by, checked, ended_keys, next_key_end
from unrack.signing.canonical import canonical

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE = Place(provider="test", account="default", product="thing", runbook="test-thing", timing="immediate")


def _statement(signer: str, at: datetime = NOW) -> Statement:
    return Statement(
        installation=INSTALLATION,
        run="test-thing/svc-1",
        execution="x",
        plan="sha256:" + "1" * 64,
        revision=1,
        act={"kind": "hold"},
        signer=signer,
        at=at,
        expires=at + timedelta(days=1),
    )


def _checked(
    ruled: Policy, proof: Proof | None, by: str, *, known: tuple[str, ...] = (), at: datetime = NOW
) -> Checked:
    return checked(ruled, ToVerify(id="12345678", action=Action.HOLD, by=by, at=at, proof=proof), HERE, known)


def test_the_console_vouches_with_its_own_key() -> None:
    """It signed, and says who was logged in: that is less than a signature of the person."""
    ruled = policy(console_keys=[{"key": public("console")}])

    found = _checked(ruled, signed(_statement(OMAR), "console"), OMAR)

    assert found.by is not None
    assert (found.by.name, found.by.assurance) == (OMAR, Assurance.VOUCHED)


def test_a_name_alone_is_stated() -> None:
    """It leads to the person whom the policy calls so, and proves nothing."""
    found = _checked(policy(), None, " Omar ")

    assert found.by is not None
    assert (found.by.name, found.by.assurance, found.right) == (OMAR, Assurance.STATED, Right.GRANTED)


def test_a_stranger_is_nobody() -> None:
    """Who is in no policy has no right."""
    assert _checked(policy(), None, "mallory").why is Refusal.RIGHT_MISSING
    assert _checked(policy(), signed(_statement("mallory"), "mallory"), "mallory").why is Refusal.KEY_UNKNOWN


def test_another_persons_key_does_not_count() -> None:
    """Neither for who it says it is from, nor for who is said to have signed."""
    assert _checked(policy(), signed(_statement(OMAR), EVE), OMAR).why is Refusal.KEY_UNKNOWN
    assert _checked(policy(), signed(_statement(EVE), EVE), OMAR).why is Refusal.KEY_UNKNOWN


def test_a_person_keeps_the_name_by_which_the_run_knows_them() -> None:
    """A later policy may call them otherwise: they must not count twice by that."""
    found = _checked(policy(), signed(_statement(ANN), ANN), ANN, known=("somebody", "ann"))

    assert found.by is not None
    assert found.by.name == "ann"


@pytest.mark.parametrize(
    ("principals", "after", "before", "why"),
    [
        (OMAR, "20260101", "20270101", None),
        (EVE, "20260101", "20270101", Refusal.KEY_UNKNOWN),
        (OMAR, "20260101", "20260201", Refusal.KEY_EXPIRED),
        (OMAR, "20261231", "20270101", Refusal.KEY_NOT_YET),
    ],
)
def test_a_certificate_of_an_authority_stands_for_the_key(
    principals: str, after: str, before: str, why: Refusal | None
) -> None:
    """Within its time, for those whom it names, by an authority that the policy names for this person."""
    ruled = policy(keys={OMAR: [{"key": public("authority"), "authority": True}]})
    certificate = key("authority").generate_user_certificate(
        key("laptop"), "omar's laptop", principals=[principals], valid_after=after, valid_before=before
    )
    text = canonical(_statement(OMAR))
    made = asyncssh.create_sshsig((key("laptop"), certificate), text, namespace=NAMESPACE).decode()

    found = _checked(ruled, Proof(signed=text.decode(), signature=made), OMAR)

    assert found.why is why


def _certified(authority: str, own: str, named: str = OMAR, written: str = OMAR) -> Proof:
    certificate = key(authority).generate_user_certificate(
        key(own), "a laptop", principals=[named], valid_after="20260101", valid_before="20270101"
    )
    text = canonical(_statement(written))
    made = asyncssh.create_sshsig((key(own), certificate), text, namespace=NAMESPACE).decode()
    return Proof(signed=text.decode(), signature=made)


def test_a_certificate_of_a_strange_authority_counts_for_nothing() -> None:
    """Not even over a key that the policy lists: OpenSSH would not accept it, and must come to our verdict."""
    console = policy(console_keys=[{"key": public("console")}])

    assert _checked(policy(), _certified("a stranger", OMAR), OMAR).why is Refusal.KEY_UNKNOWN
    assert _checked(console, _certified("a stranger", "console"), OMAR).why is Refusal.KEY_UNKNOWN


def test_a_certificate_saves_no_revoked_key() -> None:
    """Whoever stole the key may have its certificate, too."""
    revoked = {"at": "2026-06-01T00:00:00Z", "why": "stolen"}
    authority = {"key": public("authority"), "authority": True}
    ruled = policy(keys={OMAR: [authority, {"key": public("laptop"), "revoked": revoked}]})

    assert _checked(ruled, _certified("authority", "laptop"), OMAR).why is Refusal.KEY_REVOKED
    assert _checked(policy(keys={OMAR: [authority]}), _certified("authority", "laptop"), OMAR).why is None


@pytest.mark.parametrize(
    ("named", "written", "why"),
    [("omar", "omar", None), ("omar", OMAR, Refusal.KEY_UNKNOWN), (OMAR, "omar", Refusal.KEY_UNKNOWN)],
)
def test_a_certificate_names_who_signs_as_the_statement_does(named: str, written: str, why: Refusal | None) -> None:
    """OpenSSH knows no other name for them: what it cannot verify for an outsider does not count here."""
    ruled = policy(keys={OMAR: [{"key": public("authority"), "authority": True}]})

    assert _checked(ruled, _certified("authority", "laptop", named, written), OMAR).why is why


def test_a_certificate_that_names_nobody_is_of_nobody() -> None:
    """Elsewhere that means everybody: here a forgotten ``-n`` gives no rights."""
    ruled = policy(keys={OMAR: [{"key": public("authority"), "authority": True}]})
    certificate = key("authority").generate_user_certificate(key("laptop"), "a laptop", principals=[])
    text = canonical(_statement(OMAR))
    made = asyncssh.create_sshsig((key("laptop"), certificate), text, namespace=NAMESPACE).decode()

    assert _checked(ruled, Proof(signed=text.decode(), signature=made), OMAR).why is Refusal.KEY_UNKNOWN


def test_an_authority_signs_no_decision_itself() -> None:
    """Its key is for certificates alone."""
    ruled = policy(keys={OMAR: [{"key": public("authority"), "authority": True}]})

    assert _checked(ruled, signed(_statement(OMAR), "authority"), OMAR).why is Refusal.KEY_UNKNOWN


def test_a_run_knows_the_keys_of_those_who_may_stop_it() -> None:
    """Of nobody else: a key that stops nothing must not make a run wait."""
    ruled = policy(
        grants=[{"actions": ["hold"], "groups": ["finance"]}, {"actions": ["launch"], "groups": ["network"]}]
    )

    keys = access_by(ruled, HERE).keys

    assert len(keys) == 1
    assert len(access_by(policy(), HERE).keys) == 4  # Lea's, Ann's two and Omar's
    assert MOST_KEYS > 4


def test_who_may_reject_one_step_alone_may_stop_the_run() -> None:
    """A right that is narrowed to a step counts for the run that has it."""
    grants = [{"actions": ["reject"], "groups": ["finance"], "where": {"step": "handover.*"}}]

    assert len(access_by(policy(grants=grants), HERE).keys) == 1


def test_time_is_the_servers() -> None:
    """Later than it expires it does not count, whoever signed."""
    proof = signed(_statement(LEA), LEA)

    assert _checked(policy(), proof, LEA, at=NOW + timedelta(days=2)).why is Refusal.EXPIRED
    assert _checked(policy(), proof, LEA, at=NOW - timedelta(minutes=11)).why is Refusal.AHEAD
    assert _checked(policy(), proof, LEA, at=NOW - timedelta(minutes=9)).why is None


def _used(name: str, *, by: str = OMAR, authority: str | None = None, vouched: bool = False) -> UsedKey:
    def fingerprint(of: str) -> str:
        return read_public_key(public(of)).fingerprint

    certified = None if authority is None else fingerprint(authority)
    return UsedKey(fingerprint=fingerprint(name), authority=certified, by=by, vouched=vouched)


def _ended_on(ruled: Policy, used: list[UsedKey], day: int) -> list[tuple[UsedKey, str, bool, str]]:
    ended = ended_keys(ruled, used, datetime(2026, 2, day, tzinfo=UTC))
    return [(each.key, each.fault.value, each.by_authority, each.why) for each in ended]


LOST = {"at": "2026-02-02T00:00:00Z", "why": "lost"}


def test_a_key_that_counts_no_more_is_told_by_whose_it_was_and_why() -> None:
    """Revoked, expired and removed ones, of people and of the console."""
    keys: list[dict[str, object]] = [
        {"key": public(OMAR), "revoked": LOST},
        {"key": public("old"), "valid-before": "2026-02-02T00:00:00Z"},
        {"key": public("new")},
    ]
    ruled = policy(keys={OMAR: keys}, console_keys=[{"key": public("console"), "revoked": LOST}])
    omar, old, new, removed = (_used(each) for each in (OMAR, "old", "new", "removed"))
    console, gone = _used("console", vouched=True), _used("another console", vouched=True)
    used = [omar, old, new, removed, console, gone]

    assert _ended_on(ruled, used, 1) == [(removed, "key-unknown", False, ""), (gone, "key-unknown", False, "")]
    assert _ended_on(ruled, used, 3) == [
        (omar, "key-revoked", False, "lost"),
        (old, "key-expired", False, ""),
        (removed, "key-unknown", False, ""),
        (console, "key-revoked", False, "lost"),
        (gone, "key-unknown", False, ""),
    ]


@pytest.mark.parametrize(
    ("omars", "fault"),
    [
        ([{"key": public("authority"), "authority": True}], None),
        ([{"key": public("authority"), "authority": True, "revoked": LOST}], ("key-revoked", True, "lost")),
        (
            [{"key": public("authority"), "authority": True, "valid-before": "2026-02-02T00:00:00Z"}],
            ("key-expired", True, ""),
        ),
        ([{"key": public("another"), "authority": True}], ("key-unknown", True, "")),
        ([{"key": public("authority")}], ("key-unknown", True, "")),
        (
            [{"key": public("authority"), "authority": True}, {"key": public("laptop"), "revoked": LOST}],
            ("key-revoked", False, "lost"),
        ),
    ],
)
def test_a_certified_key_ends_with_its_authority_and_by_itself(
    omars: list[dict[str, object]], fault: tuple[str, bool, str] | None
) -> None:
    """The policy need not name it; that its authority is revoked, expired or gone ends it all the same."""
    used = _used("laptop", authority="authority")

    found = _ended_on(policy(keys={OMAR: omars}), [used], 3)

    assert found == ([] if fault is None else [(used, *fault)])


def test_who_signed_by_a_certificate_is_recorded_with_its_authority() -> None:
    """Else nobody could tell later whose decisions a revoked authority vouched for."""
    ruled = policy(keys={OMAR: [{"key": public("authority"), "authority": True}]})

    by = _checked(ruled, _certified("authority", "laptop"), OMAR).by

    assert by is not None
    assert (by.fingerprint, by.authority) == (_used("laptop").fingerprint, _used("authority").fingerprint)


def test_the_next_key_that_ends_by_itself_is_known() -> None:
    """Runs are asked to look then: nobody registers a policy when a key expires."""
    keys: list[dict[str, object]] = [
        {"key": public("old"), "valid-before": "2026-02-02T00:00:00Z"},
        {"key": public("new"), "valid-before": "2026-03-02T00:00:00Z"},
        {"key": public("lost"), "revoked": {"at": "2026-02-20T00:00:00Z", "why": "lost"}},
    ]
    ruled = policy(keys={OMAR: keys})
    days = [(2, 1), (2, 3), (2, 21), (3, 3)]

    ends = [next_key_end(ruled, datetime(2026, month, day, tzinfo=UTC)) for month, day in days]

    assert [end and (end.month, end.day) for end in ends] == [(2, 2), (2, 20), (3, 2), None]
