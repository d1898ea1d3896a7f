"""What ssh-keygen and an agent make decides through the real server, or is refused, in words and in the record."""

import json
import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.surfaces.installation import Bench, bench
from tests.surfaces.people import ALICE, BOB, OLIVIA
from tests.surfaces.test_decisions import ATTESTATION, ATTESTED
from tests.unit.signing import openssh
from tests.unit.signing.conftest import agent
from unrack.model.decision import Actor, Decision, Envelope, Note
from unrack.model.lifecycle import Phase
from unrack.model.statement import NAMESPACE, Manifest, Proof, Refusal, Statement, act_of, row_of
from unrack.signing.canonical import canonical

__all__ = ["agent"]

pytestmark = openssh.needed

EVE = "eve@example.org"
LONG_AGO = "2026-01-01T00:00:00Z"
FAR_AWAY = "2099-01-01T00:00:00Z"
_ACTIONS = ("launch", "approve", "complete", "hold", "note", "freeze", "abort")
REFUSED = {
    "lost": "is revoked",
    "old": "does not count any more",
    "new": "does not count yet",
    "eve": "has no right to 'hold' here",
    "stranger": "does not know the key",
    "stranger-cert": "does not know the key",
}
"""Each key that does not count, and what is said of it."""


@dataclass
class Door:
    """An installation whose policy has keys of every standing, and a run in it."""

    desk: Bench
    folder: Path
    run: str

    def key(self, name: str) -> str:
        """The path to sign with: a private file or a certificate."""
        return str(self.folder / (f"{name}.pub" if name.endswith("-cert") else name))

    def rows(self) -> list[dict[str, Any]]:
        """What `unrack decisions` tells."""
        return json.loads(self.desk.type("decisions", self.run, "--json").stdout)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The installation."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("olivia", "lost", "old", "new", "eve", "stranger", "authority", "foreign", "bob", "second"):
        openssh.make_key(folder, "-t", "ed25519", name=name)
    openssh.make_key(folder, "-t", "rsa", "-b", "3072", name="alice")
    openssh.certify(folder / "authority", folder / "bob", "-n", BOB)
    openssh.certify(folder / "foreign", folder / "stranger", "-n", BOB)
    file = folder / "policy.yaml"
    file.write_text(json.dumps(_policy(folder)))
    with bench(tmp_path_factory.mktemp("installation"), file) as desk:
        request = desk.request()
        desk.ask("plan", request)
        run = str(desk.ask("launch", request, "--confirm", request.stem, "--key", folder / "olivia")["run"])
        desk.until(run, lambda report: bool(report.state.tasks))
        yield Door(desk, folder, run)


def _policy(folder: Path) -> dict[str, object]:
    def key(name: str, **more: object) -> dict[str, object]:
        return {"key": openssh.public(folder / name), **more}

    alice = [
        key("alice"),
        key("second"),
        key("lost", revoked={"at": LONG_AGO, "why": "left in a train"}),
        key("old", **{"valid-before": LONG_AGO}),
        key("new", **{"valid-after": FAR_AWAY}),
    ]
    return {
        "version": 1,
        "installation": "paris",
        "people": [
            {"principal": OLIVIA, "keys": [key("olivia")]},
            {"principal": ALICE, "keys": alice},
            {"principal": BOB, "keys": [key("authority", authority=True)]},
            {"principal": EVE, "keys": [key("eve")]},
        ],
        "groups": {"operations": [OLIVIA, ALICE, BOB], "visitors": [EVE]},
        "grants": [
            {"groups": ["operations"], "actions": [*_ACTIONS, "administer"]},
            {"groups": ["visitors"], "actions": ["note"]},
        ],
    }


def test_an_agent_and_a_certificate_decide(
    door: Door, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A key that only the agent has, and a key that only the authority knows: OpenSSH accepts both exports."""
    openssh.add_to_agent(door.folder / "alice", agent)
    public = shutil.copy(door.folder / "alice.pub", tmp_path)  # where no private key lies beside it
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    before = len(door.rows())
    for key in (public, door.key("bob-cert")):
        done = door.desk.type("note", door.run, "seen", "--key", key)
        assert done.exit_code == 0, done.output

    told = [(each["by"], each["assurance"], each["why"]) for each in door.rows()[before:]]
    folder = tmp_path / "proofs"
    assert door.desk.type("decisions", door.run, "--export", folder).exit_code == 0
    rows = [each for each in json.loads((folder / "manifest.json").read_text())["decisions"] if "signature" in each]

    assert told == [(ALICE, "signed", None), (BOB, "signed", None)]
    assert {each["by"] for each in rows} == {OLIVIA, ALICE, BOB}
    assert all(openssh.accepts_export(folder, each) for each in rows)


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_does_not_count_is_refused_in_words(door: Door, name: str) -> None:
    """The command ends with 3 and says why, and so does the history; nothing is held."""
    who = {"eve": EVE, "stranger": ALICE, "stranger-cert": BOB}.get(name, ALICE)
    done = door.desk.type("hold", door.run, "--reason", f"with {name}", "--as", who, "--key", door.key(name))

    assert done.exit_code == 3, done.output
    assert REFUSED[name] in done.output
    assert door.rows()[-1]["verdict"] == "refused"
    assert door.rows()[-1]["policy"] is not None
    assert REFUSED[name] in " ".join(door.desk.type("history", door.run).stdout.split())
    assert door.desk.report(door.run).state.holds == []


def test_a_signed_file_is_what_a_plain_signal_takes(door: Door, tmp_path: Path) -> None:
    """Without this command: the file as it is, sent by any tool of Temporal; the same without the proof is refused."""
    file = tmp_path / "note.decision"
    typed = ("sign", door.run, "note", "from elsewhere", "-o", file, "--key", door.key("olivia"))
    assert door.desk.type(*typed).exit_code == 0
    content = json.loads(file.read_text())
    bare = {**content["decision"], "id": "another-note-1"}
    del bare["proof"]
    handle = door.desk.client().get_workflow_handle(door.run)

    door.desk.wait(handle.signal("decision", {"decision": bare}))
    door.desk.until(door.run, lambda report: any("(unsigned)" in entry.what for entry in report.state.journal))
    door.desk.wait(handle.signal("decision", content))
    door.desk.until(door.run, lambda report: content["decision"]["id"] in report.state.answers)


def _statement(desk: Bench, run: str, decision: Decision, **other: object) -> bytes:
    """What is signed of `decision` on the run as it stands; `other` says what is otherwise."""
    report, now = desk.report(run), datetime.now(UTC)
    content: dict[str, object] = {
        "installation": "paris",
        "run": run,
        "execution": report.state.access.execution,
        "plan": report.plan_digest,
        "revision": report.state.revision,
        "act": act_of(decision),
        "signer": decision.by.name,
        "at": now,
        "expires": now + timedelta(days=1),
    }
    return canonical(Statement.model_validate(content | other))


def _note(text: str, id_: str | None = None) -> Note:
    return Note(id=id_ or uuid.uuid4().hex, by=Actor(name=ALICE), text=text)


@dataclass
class Hand:
    """Everything that somebody does on one run, with and without the command."""

    door: Door
    run: str
    folder: Path

    def type(self, *words: object, key: str = "alice") -> Result:
        """Type a command on the run, with somebody's key."""
        return self.door.desk.type(words[0], self.run, *words[1:], "--key", self.door.key(key))

    def file(self, *words: object, key: str = "alice") -> Path:
        """A decision signed into a file by the command."""
        file = self.folder / f"{uuid.uuid4().hex}.decision"
        done = self.type("sign", *words, "-o", file, key=key)
        assert done.exit_code == 0, done.output
        return file

    def sent(self, file: Path) -> Result:
        """Send what a file holds."""
        return self.door.desk.type("send", file)

    def by_hand(self, decision: Decision, namespace: str = NAMESPACE, **other: object) -> Result:
        """Sign with Alice's key and ``ssh-keygen`` alone, and send it."""
        signed = _statement(self.door.desk, self.run, decision, **other)
        proof = Proof(signed=signed.decode(), signature=openssh.sign(self.door.folder / "alice", signed, namespace))
        file = self.folder / f"{uuid.uuid4().hex}.decision"
        file.write_text(Envelope(decision=decision.model_copy(update={"proof": proof})).model_dump_json())
        return self.sent(file)

    def flood(self, number: int) -> None:
        """More notes than may wait, signed with one touch; they come while the worker stands still."""
        desk, notes, now = self.door.desk, [_note(f"number {each}") for each in range(number)], datetime.now(UTC)
        rows = [_statement(desk, self.run, each) for each in notes]
        content = {"rows": [row_of(each) for each in rows], "signer": ALICE, "at": now}
        manifest = canonical(Manifest.model_validate({**content, "expires": now + timedelta(days=1)}))
        signature = openssh.sign(self.door.folder / "alice", manifest)
        handle, worker = desk.client().get_workflow_handle(self.run), desk.installation.pids["worker"]

        async def send() -> None:
            for note, row in zip(notes, rows, strict=True):
                proof = Proof(signed=row.decode(), signature=signature, manifest=manifest.decode())
                await handle.signal("decision", Envelope(decision=note.model_copy(update={"proof": proof})))

        os.kill(worker, signal.SIGSTOP)
        try:
            desk.wait(send())
        finally:
            os.kill(worker, signal.SIGCONT)
        last = {each.id for each in notes}
        desk.until(self.run, lambda report: not report.state.unjudged and bool(last & report.state.answers.keys()))


WORDS = {
    "unsigned": "must be signed, and this is only stated by",
    "altered": "is another decision than the one that was sent",
    "foreign-run": "it was signed for another execution of this run",
    "foreign-plan": "it was signed for another plan",
    "expired": "it could be sent until",
    "ahead": "which is still to come",
    "namespace": "and a decision is signed for 'unrack-decision'",
    "replayed": "this decision id was used for another decision",
    "duty": "launched the run; somebody else must approve it",
    "same-person": "has approved already",
    "stale": "the run has changed since revision 1",
    "key-revoked": "is revoked",
    "key-expired": "does not count any more",
    "key-not-yet": "does not count yet",
    "key-unknown": "does not know the key",
    "right-missing": "has no right to 'hold' here",
    "flood": "too many decisions wait to be verified",
}
"""Every word for a decision that does not count, in the order in which the test has it said, and what is told of it."""


def _refusals(hand: Hand, early: Path) -> Iterator[tuple[str, Result]]:
    """Each refusal that a command is answered with. `early` was signed before the consent changed."""
    hold = ("hold", "--reason", "incident")
    now, changed, kept = datetime.now(UTC), hand.file("note", "as it was"), _note("its id is taken")
    yield "unsigned", hand.door.desk.type("hold", hand.run, "--reason", "x", "--unsigned", "--as", ALICE)
    changed.write_text(changed.read_text().replace("as it was", "as it is!", 1))
    yield "altered", hand.sent(changed)
    yield "foreign-run", hand.by_hand(_note("x"), execution="an-earlier-one")
    yield "foreign-plan", hand.by_hand(_note("x"), plan="sha256:" + "7" * 64)
    yield "expired", hand.by_hand(_note("x"), at=now - timedelta(days=3), expires=now - timedelta(days=2))
    yield "ahead", hand.by_hand(_note("x"), at=now + timedelta(hours=1), expires=now + timedelta(hours=2))
    yield "namespace", hand.by_hand(_note("x"), namespace="file")
    assert hand.by_hand(kept).exit_code == 0
    yield "replayed", hand.by_hand(_note("another", kept.id))
    yield "duty", hand.type("approve", "--yes", key="olivia")
    assert hand.type("approve", "--yes").exit_code == 0
    yield "same-person", hand.type("approve", "--yes", key="second")
    assert hand.type("freeze", "--until", "2099-01-01", "--reason", "audit").exit_code == 0
    yield "stale", hand.sent(early)
    for word, key in (("key-revoked", "lost"), ("key-expired", "old"), ("key-not-yet", "new")):
        yield word, hand.type(*hold, key=key)
    yield "key-unknown", hand.type(*hold, "--as", ALICE, key="stranger")
    yield "right-missing", hand.type(*hold, key="eve")


def test_every_refusal_is_answered_and_recorded_in_its_own_word(door: Door, tmp_path: Path) -> None:
    """Through server and worker: exit code 3 and words at once; word by word in `decisions` and in `history`."""
    desk, request = door.desk, door.desk.request()
    desk.ask("plan", request)
    run = str(desk.ask("launch", request, "--confirm", request.stem, "--key", door.folder / "olivia")["run"])
    hand = Hand(door, run, tmp_path)
    desk.until(run, lambda report: bool(report.state.tasks))
    assert hand.type("complete", ATTESTATION, *ATTESTED).exit_code == 0
    desk.until(run, lambda report: report.state.phase is Phase.APPROVAL)

    for word, answer in _refusals(hand, hand.file("approve", "--yes", key="bob-cert")):
        assert answer.exit_code == 3, (word, answer.output)
        assert WORDS[word] in " ".join(answer.output.split()), (word, answer.output)
    hand.flood(130)
    assert desk.report(run).state.holds == []
    assert hand.type("abort", "--reason", "the test is over").exit_code == 0
    desk.until(run, lambda report: report.outcome is not None)

    rows = json.loads(desk.type("decisions", run, "--json").stdout)
    history = " ".join(desk.type("history", run).stdout.split())
    assert set(WORDS) == set(Refusal)
    assert list(dict.fromkeys(each["why"] for each in rows if each["why"])) == list(WORDS)
    assert {each["verdict"] for each in rows if each["why"]} == {"refused", "conflict"}
    for word, told in WORDS.items():
        assert f"({word}): " in history, word
        assert told in history, word
