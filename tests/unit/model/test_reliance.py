"""Which steps go by what was stated or proved for a task."""

import pytest

from tests.workflows.plans import plan, step
from unrack.model.evidence import EvidenceWanted, WantedWhen
from unrack.model.lifecycle import StepKind
from unrack.model.plan import FieldType, FormField, PlannedStep, TaskForm
from unrack.model.reliance import relying_on


def task(name: str, *, brings: str = "", shows: str = "", dates: tuple[FormField, ...] = ()) -> PlannedStep:
    """A task that brings and shows these proofs and asks for these dates."""
    form = TaskForm(
        instructions="Do it.",
        fields=dates,
        evidence=(EvidenceWanted(type=brings, title=brings),) if brings else (),
        shows=(shows,) if shows else (),
    )
    return step(name, StepKind.TASK, task=form)


def after(*steps: PlannedStep) -> list[str]:
    """The names of what relies on the first of `steps`."""
    return [each.id for each in relying_on(plan(steps=steps), steps[0].id)]


def test_what_names_the_step_relies_on_it() -> None:
    """Under relies-on; what comes before it or does not name it does not."""
    named = step("detach.pops", StepKind.CHANGE, relies_on=("preflight.look",))
    assert after(task("preflight.look"), step("capture.rest", StepKind.CAPTURE), named) == ["detach.pops"]


def test_what_shows_its_proof_relies_on_it_unless_another_brings_it_again() -> None:
    """A person works with the newest: what stands between is not asked."""
    first, second = task("preflight.list", brings="list"), task("detach.list", brings="list")
    shown, later = task("capture.read", shows="list"), task("handover.read", shows="list")

    assert after(first, shown, later) == ["capture.read", "handover.read"]
    assert after(first, shown, second, later) == ["capture.read"]


def test_dates_that_are_held_to_its_dates_rely_on_it() -> None:
    """As a first day, a last day, or a condition; a task with a longer name is another one."""
    stated = task("confirm.read", dates=(FormField(name="ends-on", label="Ends", type=FieldType.DATE),))
    day = FormField(name="on", label="On", type=FieldType.DATE)
    bound = task("verify.bound", dates=(day.model_copy(update={"not_before": "confirm.read.ends-on"}),))
    asked = task(
        "verify.asked",
        dates=(day, FormField(name="why", label="Why", required_when=WantedWhen(field="on", before="confirm.read.on"))),
    )
    other = task("verify.other", dates=(day.model_copy(update={"not_before": "confirm.read-again.ends-on"}),))

    assert after(stated, bound, asked, other) == ["verify.bound", "verify.asked"]


def test_a_step_that_the_plan_does_not_have_is_no_answer() -> None:
    """Rather than that nothing relies on it."""
    with pytest.raises(KeyError):
        relying_on(plan(), "confirm.read")
