"""What was shown is remembered, and what moved since is named."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.workflows.plans import plan
from unrack.model.errors import UnrackError
from unrack.model.service import Dependant
from unrack.operations.plan_differences import moved
from unrack.operations.planning import actions_by_provider, read_request
from unrack.operations.shown_plans import ShownPlans
from unrack.process.settings import SHIPPED_RUNBOOKS
from unrack.runbook import InputError
from unrack.runbook.load import valid_runbooks


def test_a_shown_plan_comes_back_with_its_digest(tmp_path: Path) -> None:
    """And can be forgotten."""
    plans, shown = ShownPlans(tmp_path / "plans"), plan()
    assert plans.recall(shown.run_id) is None
    plans.remember(shown)
    recalled = plans.recall(shown.run_id)
    assert recalled is not None
    assert recalled.plan.digest == shown.digest
    plans.forget(shown.run_id)
    assert plans.recall(shown.run_id) is None


def test_a_shown_plan_that_was_damaged_counts_as_none(tmp_path: Path) -> None:
    """Launch then asks for another look."""
    plans, shown = ShownPlans(tmp_path), plan()
    plans.remember(shown)
    (file,) = tmp_path.rglob("*.json")
    file.write_text(file.read_text(encoding="utf-8")[:100], encoding="utf-8")
    assert plans.recall(shown.run_id) is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "plans").write_text("a file", encoding="utf-8")
    with pytest.raises(UnrackError, match="plans"):
        ShownPlans(tmp_path / "plans").remember(plan())


def test_what_moved_is_named_field_by_field() -> None:
    """With both values; entries of lists by their own id, so that one more shows as one more."""
    shown = plan()
    facts = shown.facts.model_copy(
        update={"state": "closed", "dependants": (Dependant(kind="pop", id="1001", title="PoP 1001"),)}
    )
    now = shown.model_copy(update={"facts": facts})
    found = {each.field: (each.before, each.after) for each in moved(shown, now)}
    assert found["facts.state"] == ("active", "closed")
    assert found["facts.dependants[1001].title"] == ("(none)", "PoP 1001")
    assert all(field.startswith("facts.") for field in found)


def test_the_time_of_reading_does_not_move_a_plan() -> None:
    """Equal digest and no difference are the same thing."""
    shown = plan()
    clock = shown.facts.clock
    later = clock.model_copy(update={"read_at": clock.read_at + timedelta(hours=1)})
    now = shown.model_copy(update={"facts": shown.facts.model_copy(update={"clock": later})})
    assert moved(shown, now) == ()
    assert plan(shown=clock.shown + timedelta(hours=1)).digest == plan(shown=clock.shown).digest


def test_the_actions_of_runbooks_are_listed_by_provider(tmp_path: Path) -> None:
    """What doctor asks the rights for; a file that is no runbook is left to `runbook check`."""
    (tmp_path / "broken.yaml").write_text("[", encoding="utf-8")
    assert actions_by_provider(valid_runbooks([tmp_path])) == {}
    actions = actions_by_provider(valid_runbooks([SHIPPED_RUNBOOKS]))["ovhcloud"]
    assert "ovhcloud.connect.confirm-termination" in actions
    assert list(actions) == sorted(set(actions))


def test_a_request_for_an_unknown_runbook_is_told_its_place(tmp_path: Path) -> None:
    """File, line and what was meant, as for everything else that is wrong in a request."""
    asked = tmp_path / "request.yaml"
    asked.write_text("service: {id: x}\nreason: gone\nrunbook: whc-hostin\n", encoding="utf-8")
    told = r"request\.yaml:3:10: there is no runbook 'whc-hostin' .*Did you mean 'whc-hosting'\?"

    with pytest.raises(InputError, match=told):
        read_request(asked, [SHIPPED_RUNBOOKS])
