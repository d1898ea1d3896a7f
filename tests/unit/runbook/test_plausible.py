"""Dates that people state are plausible: what the shipped runbooks declare of them, and what comes of it in a run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from unrack.model.decision import Actor
from unrack.model.form import KnownDay, faults
from unrack.model.known_days import known_days
from unrack.model.lifecycle import StepStatus
from unrack.model.plan import FieldType, Plan, TaskForm
from unrack.model.reliance import relying_on
from unrack.model.service import ProviderClock, ServiceRef
from unrack.model.state import RunState, StepState
from unrack.model.stated import Stated
from unrack.runbook import compile_plan, load_request, load_runbook
from unrack.runbook.source import Form, FormFieldSource

ROOT = Path(__file__).resolve().parents[3]
RUNBOOKS = {path.stem: path for path in sorted((ROOT / "runbooks").glob("*.yaml"))}
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TERM_END = datetime(2027, 1, 15, tzinfo=UTC)
CLOCK = ProviderClock(read_at=NOW, shown=NOW)


def planned(example: str, **changed: object) -> Plan:
    """The plan of an example, for a service whose monthly term ends on 2027-01-15."""
    request = load_request(ROOT / "examples" / f"{example}.yaml").request.model_copy(update=changed)
    runbook = load_runbook(RUNBOOKS[request.runbook])
    model = runbook.model
    if request.stated is not None:
        request = request.model_copy(update={"stated": STATED})
    service = ServiceRef(provider=model.provider, product=model.product, service=request.service.id)
    facts = STATED.facts(service, CLOCK)
    if request.stated is None:
        facts = facts.model_copy(update={"stated_by": None})
    return compile_plan(runbook, request, facts)


STATED = Stated(
    by="ann",
    title="A service",
    owner="ann",
    seen_on=NOW,
    expires_at=TERM_END,
    engaged_until=TERM_END,
    renewal_period="P1M",
)


def run_of(plan: Plan, **stated: dict[str, str]) -> RunState:
    """A run of `plan` in which tasks, by name, stated these fields."""
    state = RunState(plan_digest=plan.digest, launched_by=Actor(name="lea"), launched_at=NOW, clock=CLOCK)
    for step in plan.steps:
        if (fields := stated.get(step.id.partition(".")[2].replace("-", "_"))) is not None:
            state.steps[step.id] = StepState(status=StepStatus.DONE, fields=fields, ended_at=NOW)
    return state


def forms(plan: Plan) -> Iterator[tuple[str, TaskForm]]:
    """Every form of `plan`, with the step that it belongs to."""
    for step in plan.steps:
        if step.task is not None:
            yield step.id, step.task
        if step.undo is not None and step.undo.task is not None:
            yield f"undo.{step.id}", step.undo.task


def source_dates(name: str) -> Iterator[tuple[str, FormFieldSource]]:
    """Every date field of a runbook, whatever the conditions of its step."""
    for _, _, step in load_runbook(RUNBOOKS[name]).model.in_order():
        both: tuple[Form | None, ...] = (step.task, step.undo.task if step.undo else None)
        for form in filter(None, both):
            yield from ((f"{step.name}.{each.name}", each) for each in form.fields if each.type is FieldType.DATE)


@pytest.mark.parametrize("name", RUNBOOKS)
def test_every_date_has_a_first_and_a_last_day(name: str) -> None:
    """What happened is not in the future; what is to come has a last day; neither may lie in another decade."""
    for field_name, field in source_dates(name):
        assert field.not_before or field.back_to, field_name
        assert field.happened or field.within, field_name


@pytest.mark.parametrize("name", RUNBOOKS)
def test_no_date_hides_in_a_text(name: str) -> None:
    """A text field that asks for a date would take any word."""
    for _, _, step in load_runbook(RUNBOOKS[name]).model.in_order():
        both: tuple[Form | None, ...] = (step.task, step.undo.task if step.undo else None)
        for form in filter(None, both):
            texts = [each for each in form.fields if each.type is FieldType.TEXT]
            assert not [each.name for each in texts if each.label.startswith(("Date", "Day on", "Due date"))]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("bad", ["2099-01-01", "1999-01-01", "2020-01-01"])
def test_another_decade_is_refused_in_every_date(path: Path, bad: str) -> None:
    """S1.8, S2.9, S2.12, S3.4, S4.3: in every task of the plan, and in every task of the way back."""
    plan = planned(path.stem)
    known = known_days(plan, run_of(plan), NOW)
    for step, form in forms(plan):
        dates = [field.name for field in form.fields if field.type is FieldType.DATE]
        for name in dates:
            given = {**dict.fromkeys(dates, NOW.date().isoformat()), name: bad}
            assert name in [fault.name for fault in faults(form, given, (), known)], (step, name)


WINDOWS = [("hosting", 30), ("cloud server", 7), ("monthly plan", 7), ("ssl", 30), ("renewal", 5)]


@pytest.mark.parametrize(("bought", "days"), WINDOWS)
def test_the_window_of_a_refund_is_counted(bought: str, days: int) -> None:
    """S1.10: on the last day it is granted, a day later refused, and the last day is named."""
    plan = planned("whc-refund", parameters={"bought": bought})
    (form,) = [step.task for step in plan.steps if "check-window" in step.id and step.task]
    known = known_days(plan, run_of(plan), NOW)
    last, paid = NOW.date() - timedelta(days=1), NOW.date() - timedelta(days=1 + days)

    def wrong(cancelled: date) -> list[str]:
        given = {"invoice": "4711", "paid-on": paid.isoformat(), "cancelled-on": cancelled.isoformat()}
        return [fault.text for fault in faults(form, given, ["paid-invoice"], known)]

    assert wrong(last) == []
    (told,) = wrong(last + timedelta(days=1))
    assert f"{last} was the last day, {days} days after 'paid-on'" in told


def test_the_window_of_cloudcraft_is_counted_from_the_purchase() -> None:
    """S3.4: before anything is asked for, and again on the day on which the support is asked."""
    plan = planned("cloudcraft-subscription-refund")
    for days, steps in ((30, []), (31, ["preflight.check-window", "purge.ask-refund"])):
        bought = (NOW.date() - timedelta(days=days)).isoformat()
        known = known_days(plan, run_of(plan, compare_facts={"bought-on": bought}), NOW)
        today = NOW.date().isoformat()
        late = [
            step
            for step, form in forms(plan)
            for fault in faults(form, {"counted-on": today, "asked-on": today}, (), known)
            if "was the last day, 30 days after" in fault.text
        ]
        assert late == steps


BILLED = ["whc-hosting", "whc-ssl", "whc-app", "whc-domain", "colonelserver-service", "cloudcraft-subscription"]


def billing(plan: Plan) -> TaskForm:
    """The form in which a person says that billing stopped."""
    form = plan.step("verify.verify-billing-stopped").task
    assert form is not None
    return form


@pytest.mark.parametrize("example", BILLED)
def test_a_look_before_the_next_invoice_proves_nothing(example: str) -> None:
    """S1.8, S3.2, S4.9: the day on which it was due is the first one that counts."""
    plan = planned(example)
    state = run_of(plan)
    state.effective_at = TERM_END + plan.ends_after
    known = known_days(plan, state, TERM_END + timedelta(days=60))

    def wrong(day: str) -> list[str]:
        return [fault.text for fault in faults(billing(plan), {"looked-on": day}, (), known) if "looked" in fault.name]

    assert wrong("2027-01-15") == []
    assert wrong("2027-01-14") == ["field 'looked-on' (2027-01-14) is before 'next-invoice' (2027-01-15)"]


@pytest.mark.parametrize(
    ("expires", "passed", "due"),
    [
        (datetime(2027, 1, 15, tzinfo=UTC), datetime(2026, 12, 20, 12, tzinfo=UTC), "2027-01-15"),
        (datetime(2026, 12, 15, tzinfo=UTC), datetime(2026, 12, 20, 12, tzinfo=UTC), "2027-01-15"),
        (None, datetime(2026, 12, 20, 12, tzinfo=UTC), "2026-12-20"),
    ],
)
def test_an_immediate_end_amid_a_term_waits_for_the_end_of_that_term(
    expires: datetime | None, passed: datetime, due: str
) -> None:
    """The next invoice would have come then; where the term is not known, a look after the end has to do."""
    plan = planned("whc-hosting-immediate")
    plan = plan.model_copy(update={"facts": plan.facts.model_copy(update={"expires_at": expires})})
    state = run_of(plan)
    state.passed_no_return_at = passed

    assert known_days(plan, state, passed).days[KnownDay.NEXT_INVOICE].isoformat() == due


@pytest.mark.parametrize("example", [name for name in BILLED if name != "cloudcraft-subscription"])
def test_an_invoice_from_before_the_end_is_shown_cancelled_or_credited(example: str) -> None:
    """S1.8, S4.9: somebody says what became of it; one that was issued before the end is proved."""
    plan = planned(example)
    state = run_of(plan)
    state.effective_at = TERM_END
    known = known_days(plan, state, TERM_END + timedelta(days=60))
    asked = {"invoice", "invoice-number", "invoice-issued-on", "settled-invoice"}

    def wrong(*evidence: str, **given: str) -> set[str]:
        fields = {name.replace("_", "-"): value for name, value in given.items()}
        return {fault.name for fault in faults(billing(plan), fields, evidence, known)} & asked

    before = {"invoice": "credited", "invoice_number": "7", "invoice_issued_on": "2027-01-14"}
    assert wrong() == {"invoice"}
    assert wrong(invoice="none was issued") == set()
    assert wrong(invoice="credited") == {"invoice-number", "invoice-issued-on"}
    assert wrong(**before) == {"settled-invoice"}
    assert wrong("settled-invoice", **before) == set()
    assert wrong(**{**before, "invoice": "none was issued"}) == {"settled-invoice"}
    assert wrong(**{**before, "invoice_issued_on": "2027-01-15"}) == set()


def test_facts_are_stated_of_a_day_on_which_somebody_looked() -> None:
    """Not tomorrow, and not years ago; and no term ends in another century."""
    runbook = load_runbook(RUNBOOKS["whc-hosting"])
    request = load_request(ROOT / "examples" / "whc-hosting.yaml").request
    service = ServiceRef(provider="whc", product="hosting", service=request.service.id)

    def blocked(**changed: object) -> list[str]:
        stated = STATED.model_copy(update=changed)
        asked = request.model_copy(update={"stated": stated})
        return [each.subject for each in compile_plan(runbook, asked, stated.facts(service, CLOCK)).blockers]

    assert blocked() == []
    assert blocked(seen_on=NOW + timedelta(hours=14)) == []
    assert blocked(seen_on=NOW + timedelta(days=1)) == ["seen on"]
    assert blocked(seen_on=datetime(2020, 1, 1, tzinfo=UTC)) == ["seen on"]
    assert blocked(expires_at=datetime(2099, 1, 1, tzinfo=UTC)) == ["expires-at"]


@pytest.mark.parametrize(
    ("example", "task", "relying"),
    [
        ("whc-hosting", "confirm.read-confirmation", ["confirm.record-effective-date"]),
        ("cloudcraft-subscription", "confirm.read-end", ["confirm.record-end"]),
        (
            "cloudcraft-subscription-refund",
            "preflight.compare-facts",
            ["preflight.check-window", "purge.ask-refund"],
        ),
        ("whc-refund", "purge.ask-billing", ["verify.see-the-money"]),
        ("ovhcloud-connect-direct", "handover.remove-cross-connect", ["handover.check-port-dark"]),
    ],
)
def test_what_goes_by_a_statement_relies_on_it(example: str, task: str, relying: list[str]) -> None:
    """S1.10, S2.9, S2.12, S3.4: the step that records a stated date, and the forms whose dates are held against one."""
    assert [step.id for step in relying_on(planned(example), task)] == relying
