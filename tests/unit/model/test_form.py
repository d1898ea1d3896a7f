"""The one validation of forms: what it refuses, and that command and workflow refuse the same."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.operations.test_rollback import standing
from tests.workflows.harness import ON_CALL
from tests.workflows.plans import CABLE, plan
from unrack.model.decision import Complete, Verdict
from unrack.model.errors import UnrackError
from unrack.model.evidence import EvidenceRef, EvidenceWanted, WantedWhen
from unrack.model.form import Known, faults
from unrack.model.known_days import known_days
from unrack.model.lifecycle import StepStatus
from unrack.model.plan import CountedDay, FieldType, FormField, TaskForm
from unrack.model.state import OpenTask
from unrack.operations.task_forms import check_form
from workflows.decisions import task
from workflows.decisions.case import Case

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
KNOWN = Known(now=NOW, days={"launch": date(2026, 6, 1), "effective-date": date(2026, 6, 10)})

SETTLED = WantedWhen(field="issued-on", before="effective-date")
FORM = TaskForm(
    instructions="Look.",
    fields=(
        FormField(name="who", label="Who looked"),
        FormField(name="looked-on", label="When", type=FieldType.DATE, happened=True, not_before="launch"),
        FormField(
            name="until",
            label="Charged until",
            type=FieldType.DATE,
            required=False,
            not_before="looked-on",
            within=CountedDay(of="looked-on", span=timedelta(days=30)),
        ),
        FormField(name="ok", label="All is well", type=FieldType.YES),
        FormField(name="invoice", label="What became of it", type=FieldType.CHOICE, choices=("none", "credited")),
        FormField(
            name="number",
            label="Its number",
            required=False,
            required_when=WantedWhen(field="invoice", one_of=("credited",)),
        ),
        FormField(name="issued-on", label="Issued on", type=FieldType.DATE, required=False),
        FormField(name="token", label="Token", type=FieldType.HANDOVER, required=False),
    ),
    evidence=(
        EvidenceWanted(type="list", title="The list"),
        EvidenceWanted(type="credit-note", title="The credit note", required=False, required_when=SETTLED),
    ),
)
GOOD = {"who": "Omar", "looked-on": "2026-06-14", "ok": "yes", "invoice": "none"}


def wrong(fields: Mapping[str, str], *evidence: str) -> list[str]:
    """The names of what is wrong."""
    return [fault.name for fault in faults(FORM, fields, evidence or ("list",), KNOWN)]


def test_what_is_complete_and_plausible_passes() -> None:
    """Optional fields may be left out, or be empty."""
    assert wrong(GOOD) == []
    assert wrong({**GOOD, "until": " ", "issued-on": ""}) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"who": "\u200b \u3164"}, "who"),
        ({"looked-on": "20260614"}, "looked-on"),
        ({"looked-on": "2026-W24-7"}, "looked-on"),
        ({"looked-on": "2026-05-31"}, "looked-on"),
        ({"looked-on": "2020-06-14"}, "looked-on"),
        ({"looked-on": "2099-06-14"}, "looked-on"),
        ({"until": " 2026-06-13 "}, "until"),
        ({"until": "2026-07-15"}, "until"),
        ({"ok": "no"}, "ok"),
        ({"invoice": "paid"}, "invoice"),
        ({"invoice": "credited"}, "number"),
        ({"issued-on": "2026-06-09"}, "credit-note"),
        ({"token": "the-secret"}, "token"),
        ({"token": "handover:"}, "token"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_each_fault_names_its_field_or_proof(changed: dict[str, str], name: str) -> None:
    """Blank for a reader is missing, spaces around a date do not hide it, and a secret is never repeated."""
    assert wrong({**GOOD, **changed}) == [name]
    assert "the-secret" not in str(faults(FORM, {**GOOD, **changed}, ["list"], KNOWN))


def test_what_is_asked_for_only_then_is_not_asked_for_otherwise() -> None:
    """An invoice of the day of the end, or later, needs no credit note; with one it may always be given."""
    assert wrong({**GOOD, "issued-on": "2026-06-10"}) == []
    assert wrong({**GOOD, "issued-on": "2026-06-09"}, "list", "credit-note") == []
    assert wrong({**GOOD, "invoice": "credited", "number": "4711"}) == []


def test_proofs_are_those_that_are_asked_for() -> None:
    """Missing and unknown ones are told together with what is wrong in the fields."""
    assert wrong({**GOOD, "who": ""}, "foto") == ["who", "foto", "list"]


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        (datetime(2026, 6, 15, 9, 59, tzinfo=UTC), "2026-06-15"),
        (datetime(2026, 6, 15, 10, 0, tzinfo=UTC), "2026-06-16"),
    ],
)
def test_a_day_has_happened_where_it_begins_first(now: datetime, latest: str) -> None:
    """Judged at UTC+14: from 10:00 UTC on it is tomorrow on Kiritimati."""
    known = KNOWN.model_copy(update={"now": now})
    after = (date.fromisoformat(latest) + timedelta(days=1)).isoformat()

    assert faults(FORM, {**GOOD, "looked-on": latest}, ["list"], known) == ()
    assert "in the future" in faults(FORM, {**GOOD, "looked-on": after}, ["list"], known)[0].text


def test_the_last_day_of_a_span_is_named() -> None:
    """On it is within; a day later is not, and the sentence says which day was the last."""
    given = {**GOOD, "looked-on": "2026-06-01"}

    assert wrong({**given, "until": "2026-07-01"}) == []
    (fault,) = faults(FORM, {**given, "until": "2026-07-02"}, ["list"], KNOWN)
    assert "2026-07-01 was the last day, 30 days after 'looked-on'" in fault.text


def test_an_amendment_is_judged_as_the_whole_form() -> None:
    """The old fields with the new ones put in: a new date is held against the old ones."""
    assert wrong({**GOOD, "until": "2026-06-20", "looked-on": "2026-06-13"}) == []
    assert wrong({**GOOD, "until": "2026-06-13"} | {"looked-on": "2026-06-14"}) == ["until"]


days = st.dates(date(2019, 1, 1), date(2100, 1, 1)).map(date.isoformat)
odd_days = st.sampled_from(["", " ", "20260614", "2026-W24-7", " 2026-06-14 ", "2026-06-14", "2026-06-15\n", "\u200b"])
values = st.one_of(
    days,
    odd_days,
    st.sampled_from(["yes", "TRUE", "no", "none", "credited", "handover:1", "handover:", "secret"]),
    st.text(alphabet="aé0-\u200b ", max_size=6),
)
names = st.sampled_from([field.name for field in FORM.fields] + ["colour"])
written = st.dictionaries(names, values).map(lambda given: {**GOOD, **given}) | st.dictionaries(names, values)
proofs = st.lists(st.sampled_from(["list", "credit-note", "foto"]), unique=True)


@given(fields=written, evidence=proofs, hours=st.integers(-10_000, 10_000))
def test_command_and_workflow_refuse_the_same(fields: dict[str, str], evidence: list[str], hours: int) -> None:
    """Whatever is written: the command never lets through what the workflow refuses, nor the other way round."""
    made, now = plan(), NOW + timedelta(hours=hours)
    state = standing(made)
    state.tasks[CABLE] = OpenTask(step=CABLE, title="Look", since=NOW, deadline=NOW, form=FORM)
    known = known_days(made, state, now)
    kept = tuple(
        EvidenceRef(type=kind, sha256="a" * 64, size=1, media_type="text/plain", name=kind, taken_at=NOW, source="p")
        for kind in evidence
    )
    decision = Complete(id="decision-1", by=ON_CALL, step=CABLE, fields=fields, evidence=kept)

    let_through = True
    try:
        check_form(FORM, fields, evidence, known)
    except UnrackError:
        let_through = False
    verdict = task.complete(Case(made, state, now), decision).verdict

    assert let_through is (verdict is Verdict.ACCEPTED)
    assert (state.step(CABLE).status is StepStatus.DONE) is let_through
