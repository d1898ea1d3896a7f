"""What a run says of itself reaches who reads French, whatever it was put together of."""

from datetime import UTC, datetime
from io import StringIO

import pytest

from tests.unit.cli.test_names_whole import PLANS, report
from unrack.cli.render.run import run_panel
from unrack.cli.screen import Spoken
from unrack.i18n import say, speaking
from unrack.model.errors import Category, Problem
from unrack.model.installation_hold import Selector
from unrack.model.lifecycle import ParkReason
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.model.state import Parked
from workflows.activity_options import brief
from workflows.steps.parking import parking_words

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLAN = PLANS[0]
PARKED = Parked(
    step=PLAN.steps[-1].id,
    reason=ParkReason.BLOCKED,
    since=NOW,
    problem=Problem(
        category=Category.NOT_YET,
        message=msg("{title}: still not so after {days} days ({note})", title="Ended", days=7, note="active"),
        suggestion=msg("Ask the provider why, then retry: the wait begins anew."),
    ),
    findings=(Finding(subject="svc-1", text=msg("no longer {text}", text="active"), blocking=True),),
)


def test_why_a_step_is_parked_is_read_in_french() -> None:
    """The problem, what to do, and what was found, each with its values."""
    parked, out = report(PLAN), StringIO()
    parked.state.parked[PARKED.step] = PARKED
    with speaking("fr"):
        Spoken(file=out, width=200).print(run_panel(parked, PLAN, 200, NOW))
        wanted = [say(PARKED.problem.message), say(PARKED.problem.suggestion), say(PARKED.findings[0].text)]

    assert "still not so after" not in wanted[0]
    assert [text for text in wanted if text not in out.getvalue()] == []
    assert f"Que faire : {wanted[1]}" in out.getvalue()


@pytest.mark.parametrize(
    ("text", "french"),
    [
        (parking_words(PARKED), "bloquée (blocked) : Fin : "),
        (brief(msg("{urgent}{value}: {run}", urgent=msg("urgent: "), value="paused", run="r/1")), "urgent : "),
        (Selector(provider="ovhcloud", account="prod").words, "fournisseur ovhcloud, compte prod"),
    ],
)
def test_what_is_put_together_is_said_in_french(text: str, french: str) -> None:
    """Part by part; what a parked step, a notice and a hold say."""
    with speaking("fr"):
        assert french in say(text)


def test_a_summary_that_is_too_long_is_cut() -> None:
    """Temporal takes 400 bytes; what is cut is a plain text."""
    assert len(brief(msg("{long}", long="é" * 1000)).encode()) <= 400
