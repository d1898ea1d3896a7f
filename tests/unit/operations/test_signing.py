"""What a person signs at this machine: bound to the run, under their own principal, with one touch for several."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from tests.workflows.office import ANN, INSTALLATION, OMAR, key, policy
from unrack.contracts.workflows import Resumption
from unrack.model.assurance import Assurance
from unrack.model.authority import Access
from unrack.model.decision import Abort, Actor, Approve, Decision, Envelope, Hold
from unrack.model.errors import Category, UnrackError
from unrack.model.installation_hold import PlaceHold
from unrack.model.policy import Policy
from unrack.model.rights import Action
from unrack.model.state import RunReport, RunState
from unrack.model.statement import HoldAllStatement, Manifest, Proof, Statement, act_of, read_proof, row_of, same_act
from unrack.operations import deciding
from unrack.operations.deciding import Means, decider
from unrack.operations.decision_files import read_decision, write_decision
from unrack.operations.signing import Facts, Signer, Signing
from unrack.operations.whose_key import Wishes, signer_of
from unrack.signing.sign import SigningKey
from unrack.signing.verify import verify

FACTS = Facts(INSTALLATION, "test-thing/svc-1", "exec-1", "sha256:" + "1" * 64, 2, "sha256:" + "2" * 64)
PARIS = datetime.fromisoformat("2027-03-01T12:00:00+01:00")


def file_of(name: str, folder: Path) -> Path:
    """The private key of somebody, as a file."""
    path = folder / name.partition("@")[0]
    path.write_bytes(key(name).export_private_key())
    path.chmod(0o600)
    return path


@pytest.fixture
def heard() -> list[Signing]:
    """What was told before something was signed."""
    return []


@pytest.fixture
def ann(tmp_path: Path, heard: list[Signing]) -> Signer:
    """Ann with her key."""
    return Signer(SigningKey.find(str(file_of(ANN, tmp_path))), ANN, told=heard.append)


def proof_of(decision: Decision) -> Proof:
    assert decision.proof is not None
    return decision.proof


def test_a_decision_is_bound_to_the_run_that_was_looked_at(ann: Signer, heard: list[Signing]) -> None:
    """Every fact of it, who signs, and the decision as it will be read; what is shown is what is signed."""
    made = ann.sign(Hold(id="hold-0001", by=Actor(name="whoever"), reason="audit", until=PARIS), FACTS)

    said = read_proof(proof_of(made)).statement
    assert isinstance(said, Statement)
    bound = (said.installation, said.run, said.execution, said.plan, said.revision, said.signer)
    assert bound == (INSTALLATION, FACTS.run, "exec-1", FACTS.plan, 2, ANN)
    assert made.by == Actor(name=ANN)
    sent = Envelope.model_validate_json(Envelope(decision=made).model_dump_json()).decision
    assert same_act(said.act, act_of(sent))
    assert verify(proof_of(made).message, proof_of(made).signature).fingerprint == ann.key.fingerprint
    (shown,) = heard
    assert (shown.principal, shown.digest) == (ANN, row_of(proof_of(made).message))


def test_an_approval_names_the_revision_that_was_shown(ann: Signer) -> None:
    """Not the one that the run has come to since."""
    made = ann.sign(Approve(id="approve-1", by=Actor(name=ANN), plan=FACTS.plan, revision=1), FACTS)

    said = read_proof(proof_of(made)).statement
    assert isinstance(said, Statement)
    assert said.revision == 1


def test_several_decisions_are_one_signature(ann: Signer, heard: list[Signing]) -> None:
    """Each carries the manifest and its own row, which the manifest lists."""
    rows: list[tuple[Decision, Facts]] = [
        (Abort(id=f"abort-00{number}", by=Actor(name=ANN), reason="wrong"), FACTS) for number in range(3)
    ]

    made = ann.sign_all(rows)

    assert len(heard) == 1
    assert len({proof_of(each).signature for each in made}) == 1
    for each in made:
        read = read_proof(proof_of(each))
        assert isinstance(read.manifest, Manifest)
        assert row_of(proof_of(each).signed.encode()) in read.manifest.rows
        assert verify(proof_of(each).message, proof_of(each).signature)


def test_an_order_and_a_resumption_are_signed_as_workers_read_them(ann: Signer) -> None:
    """The order as it travels; the resumption as an act of its own."""
    order = ann.sign_order(PlaceHold(id="order-001", by=Actor(name="x"), reason="incident"), INSTALLATION)
    assert order.proof is not None
    said = read_proof(order.proof).statement
    assert isinstance(said, HoldAllStatement)
    assert same_act(said.order, act_of(PlaceHold.model_validate_json(order.model_dump_json())))

    resumed = Resumption(run_id="r", how="terminated", died_at=PARIS, by=Actor(name=ANN), reason="by mistake")
    statement = read_proof(ann.sign_resumption(resumed, FACTS)).statement
    assert isinstance(statement, Statement)
    assert same_act(statement.act, {"kind": "resume", **act_of(resumed)})


def test_a_signed_decision_travels_in_a_file(ann: Signer, tmp_path: Path) -> None:
    """It comes out as it went in, and nothing is overwritten."""
    made, file = ann.sign(Abort(id="abort-001", by=Actor(name=ANN), reason="wrong"), FACTS), tmp_path / "a.decision"
    write_decision(file, made)

    assert read_decision(file).decision == made
    with pytest.raises(UnrackError, match="exists"):
        write_decision(file, made)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"decision": {"kind": "abort", "id": "abort-001", "by": {"name": "x"}, "reason": "no signature"}}',
        json.dumps(
            {
                "decision": {
                    "kind": "abort",
                    "id": "abort-001",
                    "by": {"name": "x"},
                    "reason": "no statement",
                    "proof": {"signed": "{}", "signature": "x"},
                }
            }
        ),
    ],
)
def test_a_file_without_a_signed_decision_is_refused(content: str, tmp_path: Path) -> None:
    """In words, as bad input."""
    file = tmp_path / "a.decision"
    file.write_text(content)

    with pytest.raises(UnrackError, match="holds no signed decision") as refused:
        read_decision(file)
    assert refused.value.problem.category is Category.INVALID


# Who signs


def machine(wishes: Wishes) -> Means:
    """A machine without server and store."""
    return Means(cast("Any", None), wishes, store=lambda: cast("Any", None))


def signer(ruled: Policy | None, wishes: Wishes) -> str:
    return signer_of(wishes, ruled, lambda _: None).principal


def test_the_key_says_who_signs(tmp_path: Path) -> None:
    """By the policy, whatever the system calls its user; a name of theirs is fine, too."""
    path = str(file_of(ANN, tmp_path))

    assert signer(policy(), Wishes(Actor(name="root"), key=path)) == ANN
    assert signer(policy(), Wishes(Actor(name="Ann"), named=True, key=path)) == ANN


@pytest.mark.parametrize("name", [OMAR, "omar", "somebody@example.org"])
def test_a_key_is_not_used_for_somebody_else(name: str, tmp_path: Path) -> None:
    """`--as` another person, or nobody of the policy: refused before anything is signed."""
    wishes = Wishes(Actor(name=name), named=True, key=str(file_of(ANN, tmp_path)))

    with pytest.raises(UnrackError, match=r"ann@example\.org's") as refused:
        signer(policy(), wishes)
    assert refused.value.problem.category is Category.DENIED


def test_a_key_that_the_policy_does_not_know_is_for_the_run_to_refuse(tmp_path: Path) -> None:
    """The command does not judge: it signs for whoever was named, and the refusal is recorded."""
    path = str(file_of("stranger", tmp_path))

    assert signer(policy(), Wishes(Actor(name="omar"), named=True, key=path)) == OMAR
    assert signer(None, Wishes(Actor(name=OMAR), named=True, key=path)) == OMAR
    with pytest.raises(UnrackError, match="no principal"):
        signer(None, Wishes(Actor(name="Omar, of the network"), named=True, key=path))


def report(access: Access) -> RunReport:
    """A report with this access, and nothing else of interest."""
    state = RunState.model_construct(access=access, revision=1, outcome=None)
    return RunReport.model_construct(run=FACTS.run, plan_digest=FACTS.plan, outcome=None, state=state)


STATED = Access(execution="exec-1")
RULED = Access(
    stated=False,
    installation=INSTALLATION,
    execution="exec-1",
    needs={Action.NOTE: Assurance.STATED, Action.ABORT: Assurance.SIGNED},
)


@pytest.mark.parametrize(
    ("access", "action", "given", "unsigned", "signs"),
    [
        (STATED, Action.ABORT, False, False, False),
        (STATED, Action.ABORT, True, False, False),
        (RULED, Action.ABORT, True, False, True),
        (RULED, Action.ABORT, True, True, False),
        (RULED, Action.NOTE, False, False, False),
        (RULED, Action.NOTE, True, False, True),
    ],
    ids=["stated", "stated-with-key", "ruled", "unsigned", "note-stated", "note-with-key"],
)
async def test_what_the_run_wants_is_signed_and_nothing_else(  # noqa: PLR0913, PLR0917 - one row each
    access: Access,
    action: Action,
    given: bool,
    unsigned: bool,
    signs: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where names count as stated no key is looked for; where it must be signed, the key decides who it is."""

    async def shown(*_: object) -> RunReport:
        return report(access)

    monkeypatch.setattr(deciding, "report_of", shown)
    path = str(file_of(ANN, tmp_path)) if given else None
    wishes = Wishes(Actor(name=ANN), named=True, key=path, unsigned=unsigned)

    found = await decider(machine(wishes), FACTS.run, action)

    assert (found.signer is not None) is signs
    assert found.by == Actor(name=ANN)


def test_it_can_be_sent_for_a_day() -> None:
    """Unless the signer says otherwise."""
    assert Wishes(Actor(name=ANN)).life == timedelta(days=1)


async def test_a_run_just_launched_is_asked_again_until_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a worker admitted it, a run shows the access of nobody: that is not "names count as stated"."""
    resumed = report(RULED).model_copy(update={"not_admitted": True})  # it still shows what ruled the run that is gone
    shown = [report(Access()), resumed, report(RULED)]

    async def told(*_: object) -> RunReport:
        return shown.pop(0)

    monkeypatch.setattr(deciding, "report_of", told)
    wishes = Wishes(Actor(name=ANN), named=True, key=str(file_of(ANN, tmp_path)))

    assert (await decider(machine(wishes), FACTS.run, Action.ABORT)).signer is not None
    assert shown == []
