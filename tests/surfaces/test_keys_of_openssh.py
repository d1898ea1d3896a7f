"""What ssh-keygen and an agent make decides through the real server, or is refused, in words and in the record."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.surfaces.installation import Bench, bench
from tests.surfaces.people import ALICE, BOB, OLIVIA
from tests.unit.signing import openssh
from tests.unit.signing.conftest import agent

__all__ = ["agent"]

pytestmark = openssh.needed

EVE = "eve@example.org"
LONG_AGO = "2026-01-01T00:00:00Z"
FAR_AWAY = "2099-01-01T00:00:00Z"
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
    for name in ("olivia", "lost", "old", "new", "eve", "stranger", "authority", "foreign", "bob"):
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
            {"groups": ["operations"], "actions": ["launch", "approve", "hold", "note", "administer"]},
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
