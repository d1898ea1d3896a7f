"""Runs of one runbook share the parts of their plans, and nothing of that can be told from outside."""

from tests.workflows.plans import plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Actor
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.shared_plans import with_shared_plan

_CONVERTER = DATA_CONVERTER.payload_converter


def decoded(made: Plan) -> RunStart:
    """A start with this plan, as a worker receives it."""
    sent = RunStart(plan=made, launched_by=Actor(name="olivia"))
    received: RunStart = _CONVERTER.from_payload(_CONVERTER.to_payload(sent), RunStart)
    assert received == sent
    return received


def test_runs_of_one_runbook_share_their_steps() -> None:
    """Two services, one runbook: each step, with its texts, is in memory once."""
    one, other = decoded(plan(service="svc-1")), decoded(plan(service="svc-2"))

    assert one.plan.service != other.plan.service
    assert all(first is second for first, second in zip(one.plan.steps, other.plan.steps, strict=True))


def test_translations_and_texts_are_shared() -> None:
    """The texts in other languages, and what is lost for good, are those of the runbook."""
    texts = {"translations": {"fr": {"Cancel": "Résilier"}}, "loses": ("All traffic",)}
    one, other = (decoded(plan(service=name).model_copy(update=texts)) for name in ("svc-1", "svc-2"))

    assert one.plan.translations is other.plan.translations
    assert one.plan.loses is other.plan.loses


def test_a_step_that_differs_is_not_shared() -> None:
    """A step of the same name with another title stays what it was."""
    made = plan()
    changed = made.steps[0].model_copy(update={"title": "something else"})
    one, other = decoded(made), decoded(made.model_copy(update={"steps": (changed, *made.steps[1:])}))

    assert other.plan.steps[0].title == "something else"
    assert one.plan.steps[0].title != "something else"
    assert one.plan.steps[1] is other.plan.steps[1]


def test_texts_that_read_alike_and_were_made_differently_are_not_shared() -> None:
    """In another language they are said by their templates."""
    one = plan().model_copy(update={"loses": (msg("{what} is lost", what="traffic"),)})
    other = plan().model_copy(update={"loses": (msg("traffic is {how}", how="lost"),)})

    first, second = decoded(one).plan.loses[0], decoded(other).plan.loses[0]

    assert first == second
    assert first is not second


def test_a_shared_plan_is_written_as_it_came() -> None:
    """Neither what a plan says nor its digest changes by sharing."""
    start = RunStart(plan=plan(), launched_by=Actor(name="olivia"))

    shared = with_shared_plan(start)

    assert shared.model_dump_json() == start.model_dump_json()
    assert shared.plan.digest == start.plan.digest
