"""Holds of the whole installation where a policy rules, as people type them: who has no right rules nothing."""

import time
from pathlib import Path

import pytest

from tests.surfaces.people import ALICE, BOB, make_key
from tests.surfaces.test_signed import Signing, signing
from unrack.contracts.installation_holds import RELEASE_SIGNAL, holds_id
from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.decision import Actor
from unrack.model.installation_hold import LiftHolds

__all__ = ["signing"]

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("no_key_of_this_machine")]

INCIDENT = ("hold", "--all", "--reason", "incident 4711", "--yes")
OVER = ("release", "--all", "--reason", "it is over")


def standing(desk: Signing) -> list[str]:
    """Ids of the holds that ``hold --list`` shows."""
    return [each["id"] for each in desk.desk.ask("hold", "--list")["holds"]]


def test_an_order_of_who_may_not_give_it_is_refused_at_once(signing: Signing, tmp_path: Path) -> None:
    """Unsigned or by an unknown key: exit code 3 with the word, nothing stands, and a launch goes on."""
    stranger = make_key(tmp_path, "stranger")
    begun = time.monotonic()
    unsigned = signing.desk.type(*INCIDENT, "--unsigned", "--as", ALICE)
    unknown = signing.desk.type(*INCIDENT, "--as", ALICE, "--key", stranger)
    took = time.monotonic() - begun
    listed = signing.desk.type("hold", "--list").stdout
    run = signing.launched()

    assert [each.exit_code for each in (unsigned, unknown)] == [3, 3], unsigned.output + unknown.output
    assert "(unsigned)" in unsigned.stderr
    assert "(key-unknown)" in unknown.stderr
    assert took < 25, "it waits for no run"
    assert standing(signing) == []
    assert "refused (unsigned): hold by" in listed
    assert "refused (key-unknown): hold by" in listed
    assert run


def test_only_who_has_the_right_lifts_what_stands(signing: Signing, tmp_path: Path) -> None:
    """A stranger's release and an unsigned one lift nothing; Bob does. Run and list tell who signed."""
    run = signing.launched()
    signing.desk.until(run, lambda report: bool(report.state.tasks))
    held = signing.ask(ALICE, *INCIDENT)["hold"]
    carried = signing.desk.until(run, lambda report: bool(report.state.holds)).state.holds
    (row,) = signing.desk.ask("hold", "--list")["holds"]
    stranger = signing.desk.type(*OVER, "--as", BOB, "--key", make_key(tmp_path, "stranger"))
    bare = LiftHolds(id="bare-lift-1", by=Actor(name=BOB), reason="it is over")
    handle = signing.desk.client().get_workflow_handle(holds_id(TASK_QUEUE))
    signing.desk.wait(handle.signal(RELEASE_SIGNAL, bare))
    signing.desk.wait_for(lambda: any(e["id"] == bare.id for e in signing.desk.ask("hold", "--list")["refused"]))
    between = standing(signing)
    lifted = signing.ask(BOB, *OVER)["released"]
    signing.desk.until(run, lambda report: not report.state.holds)
    told = [(each["kind"], each["by"], each["assurance"], each["verdict"]) for each in signing.decided(run)]

    assert (row["by"]["name"], row["by"]["assurance"]) == (ALICE, "signed")
    assert [(hold.from_all, hold.by.assurance) for hold in carried] == [(held, "signed")]
    assert stranger.exit_code == 3
    assert "(key-unknown)" in stranger.stderr
    assert between == lifted == [held]
    assert standing(signing) == []
    assert ("hold", ALICE, "signed", "accepted") in told
    assert ("release", BOB, "signed", "accepted") in told
