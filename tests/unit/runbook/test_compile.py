"""From request, runbook and facts to a frozen plan."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unrack.model.credential_end import CredentialEnd
from unrack.model.evidence import WantedWhen
from unrack.model.lifecycle import StepKind, Timing
from unrack.model.plan import Plan
from unrack.model.request import Request
from unrack.model.service import Amount, Finding, ProviderClock, ServiceFacts, ServiceRef
from unrack.model.terms import plus_period
from unrack.runbook import InputError, LoadedRunbook, check_request, compile_plan, load_request, load_runbook

Facts = Callable[..., ServiceFacts]
SERVICE = "5f0c3a1e-7a54-4e0b-9a3f-2d1c6b8e9f10"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def runbook(small: str, write: Callable[[str], Path]) -> LoadedRunbook:
    return load_runbook(write(small))


def request(**changed: object) -> Request:
    asked = {"runbook": "small", "service": {"id": SERVICE}, "reason": "It is not used any more."}
    return Request.model_validate({**asked, **changed})


@pytest.fixture
def compiled(runbook: LoadedRunbook, facts: Facts) -> Callable[..., Plan]:
    def compiled(timing: Timing = Timing.END_OF_TERM, **changed: object) -> Plan:
        return compile_plan(runbook, request(timing=timing), facts(**changed))

    return compiled


def subjects(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.subject for finding in findings]


def dates(plan: Plan) -> dict[str, datetime | None]:
    return {date.name: date.at for date in plan.dates}


def test_same_input_same_digest(runbook: LoadedRunbook, facts: Facts) -> None:
    """Compiling is pure: what was shown is what is launched."""
    plans = [compile_plan(runbook, request(parameters={"pause": "2h"}), facts()) for _ in range(2)]

    assert plans[0] == plans[1]
    assert plans[0].digest == plans[1].digest


def test_digest_survives_the_clock_and_the_layout(
    runbook: LoadedRunbook, facts: Facts, small: str, write: Callable[[str], Path]
) -> None:
    """Reading the facts an hour later, or reformatting the runbook, is no change."""
    later = ProviderClock(read_at=NOW + timedelta(hours=1), shown=NOW + timedelta(hours=1))
    other = load_runbook(write("# a comment\n" + small.replace("[fast, slow]", "\n      - fast\n      - 'slow'")))

    assert other.digest == runbook.digest
    assert compile_plan(other, request(), facts(clock=later)).digest == compile_plan(runbook, request(), facts()).digest


def test_digest_notices_every_change(
    runbook: LoadedRunbook, facts: Facts, small: str, write: Callable[[str], Path]
) -> None:
    """A runbook that says something else has another digest, and so has its plan."""
    before = compile_plan(runbook, request(), facts()).digest

    for old, new in (("quorum: 2", "quorum: 3"), ("title: Gone", "title: Left"), ("timeout: 30d", "timeout: 31d")):
        other = load_runbook(write(small.replace(old, new)))
        assert other.digest != runbook.digest
        assert compile_plan(other, request(), facts()).digest != before


def test_parameters_are_resolved(runbook: LoadedRunbook, facts: Facts) -> None:
    """A given value wins over the default; a wait gets its length; the defaults of a wait's timeout follow it."""
    plan = compile_plan(runbook, request(timing="immediate", parameters={"pause": "1d 2h", "mode": "slow"}), facts())

    assert plan.step("purge.confirm").parameters == {"commentary": "slow"}
    wait = plan.step("detach.pause")
    assert (wait.kind, wait.wait_for, wait.timeout) == (StepKind.WAIT, timedelta(hours=26), timedelta(hours=26))
    assert compile_plan(runbook, request(timing="immediate"), facts()).step("purge.confirm").parameters == {
        "commentary": "fast"
    }


def test_parameter_that_is_not_given_is_not_told(small: str, write: Callable[[str], Path], facts: Facts) -> None:
    """An action is not told an empty value for a parameter without default that the request leaves out."""
    runbook = load_runbook(write(small.replace("    default: fast\n", "")))

    assert compile_plan(runbook, request(timing="immediate"), facts()).step("purge.confirm").parameters == {}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"puase": "1h"}, "the runbook 'small' has no parameter 'puase'. Did you mean 'pause'?"),
        ({"pause": 3600}, "parameter 'pause': '3600' is not a duration"),
        ({"pause": "-1h"}, "parameter 'pause': '-1h' must be longer than nothing"),
        ({"mode": "swift"}, "parameter 'mode': 'swift' is not one of fast, slow"),
    ],
)
def test_wrong_parameters_are_refused(
    runbook: LoadedRunbook, facts: Facts, parameters: dict[str, object], message: str
) -> None:
    """An undeclared or ill-typed parameter is an error in words, not a plan."""
    with pytest.raises(InputError) as raised:
        compile_plan(runbook, request(parameters=parameters), facts())

    assert str(raised.value).startswith(message)


NEEDING = """\
  zone:
    type: text
    description: A zone.
    needs: [servers, pause]
  servers:
    type: text
    description: Its servers.
    needs: [mode]
  sure:
    type: yes-no
    description: Whether.
    needs: [servers]
"""


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"zone": "example.org"}, ["'zone' is given without 'servers'", "'zone' is given without 'pause'"]),
        ({"zone": "example.org", "servers": "ns1.example.org"}, ["'zone' is given without 'pause'"]),
        ({"zone": "example.org", "servers": "ns1.example.org", "pause": "1h"}, []),
        ({"servers": "ns1.example.org"}, []),  # the other one has a default
        ({"pause": "1h"}, []),
        ({"sure": False}, []),
        ({"sure": True}, ["'sure' is given without 'servers'"]),
        ({"zone": None}, []),
    ],
)
def test_what_belongs_together_is_given_together(
    small: str, write: Callable[[str], Path], facts: Facts, given: dict[str, object], missing: list[str]
) -> None:
    """S4.8: a zone without the servers that go, or the other way round, would be watched by nobody."""
    runbook = load_runbook(write(small.replace("parameters:\n", f"parameters:\n{NEEDING}", 1)))
    told = ""
    try:
        compile_plan(runbook, request(parameters=given), facts())
    except InputError as refused:
        told = str(refused)

    assert told.count("is given without") == len(missing)
    assert all(words in told for words in missing)


def test_each_type_of_parameter_is_strict(small: str, write: Callable[[str], Path], facts: Facts) -> None:
    """Yes-no takes true or false, integer whole numbers, text text; a required one must be there."""
    declared = "".join(
        f"  {name}:\n    type: {kind}\n    description: A {kind}.\n    required: true\n"
        for name, kind in {"flag": "yes-no", "count": "integer", "note": "text"}.items()
    )
    runbook = load_runbook(write(small.replace("parameters:\n", f"parameters:\n{declared}", 1)))
    good = {"flag": False, "count": 3, "note": "x"}

    compile_plan(runbook, request(parameters=good), facts())
    for bad in (
        {"flag": "yes"},
        {"flag": 1},
        {"count": True},
        {"count": "3"},
        {"note": 3},
        {"note": ""},
        {"note": None},
    ):
        with pytest.raises(InputError, match=next(iter(bad))):
            compile_plan(runbook, request(parameters={**good, **bad}), facts())


def test_yes_no_condition(small: str, write: Callable[[str], Path], facts: Facts) -> None:
    """A yes-no parameter includes its step when it says yes, and leaves it out when it says no or nothing."""
    text = small.replace("  pause:\n", "  careful:\n    type: yes-no\n    description: Slowly.\n  pause:\n", 1)
    step = "    - name: rest\n      title: Rest\n      when: {parameter: careful}\n      wait-for: 1h\n"
    runbook = load_runbook(write(text.replace("  detach:\n", f"  detach:\n{step}")))

    for given, included in ((True, True), (False, False), (None, False)):
        plan = compile_plan(runbook, request(parameters={"careful": given}), facts())
        assert ("detach.rest" in [planned.id for planned in plan.steps]) is included


def test_request_errors_have_their_place(runbook: LoadedRunbook, tmp_path: Path) -> None:
    """What does not fit the runbook is shown where it stands in the request's file, all at once."""
    path = tmp_path / "request.yaml"
    path.write_text(
        "runbook: other\nservice:\n  id: a/b\nreason: r\ntiming: let-expire\nparameters:\n  puase: 1h\n  mode: swift\n",
        encoding="utf-8",
    )

    with pytest.raises(InputError) as raised:
        check_request(runbook, load_request(path))

    assert [(one.line, one.column) for one in raised.value.diagnostics] == [(1, 10), (3, 7), (5, 9), (7, 3), (8, 9)]


def test_facts_of_another_service_are_refused(runbook: LoadedRunbook, facts: Facts) -> None:
    """A plan is never compiled from what was read of something else."""
    for other in (
        ServiceRef(provider="ovhcloud", product="connect-direct", service="another"),
        ServiceRef(provider="ovhcloud", product="connect-direct", service=SERVICE, account="second"),
    ):
        with pytest.raises(InputError, match="the facts are those of"):
            compile_plan(runbook, request(), facts(service=other))


def test_dates_at_the_end_of_the_term(compiled: Callable[..., Plan]) -> None:
    """Effective date, last call, end of grace and bill follow from the provider's expiry date (S2.4, S2.15)."""
    end = NOW + timedelta(days=300)
    shown = dates(compiled(engaged_until=NOW + timedelta(days=10)))

    assert shown == {
        "last-reactivation": end - timedelta(hours=25),
        "earliest-purge": end - timedelta(hours=25),
        "last-call": end - timedelta(hours=24),
        "effective-date": end,
        "end-of-commitment": NOW + timedelta(days=10),
        "bill-proof": datetime(2027, 1, 26, 12, 0, tzinfo=UTC),
    }


def test_dates_of_an_immediate_end_are_words(compiled: Callable[..., Plan]) -> None:
    """What depends on when people finish is told in words and not invented as a date."""
    plan = compiled(Timing.IMMEDIATE)

    assert set(dates(plan).values()) == {None}
    assert "7 days" in plan.dates[0].text


@pytest.mark.parametrize(
    ("start", "period", "expected"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2026-12-15", "P1M", "2027-01-15"),
        ("2026-01-01", "P2W", "2026-01-15"),
        ("2026-01-01", "P10D", "2026-01-11"),
        ("2026-01-01", "PT1H", None),
        ("2026-01-01", "P0D", None),
        ("2026-01-01", "P000M", None),
        ("9999-12-01", "P1M", None),
        ("9999-12-31", "P1D", None),
    ],
)
def test_billing_periods_follow_the_calendar(start: str, period: str, expected: str | None) -> None:
    """A month after the last day of a month is the last day of the next."""
    begun = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = plus_period(begun, period)

    assert (found.date().isoformat() if found else None) == expected


def test_blocking_findings_block(compiled: Callable[..., Plan]) -> None:
    """What the provider's facts say against it stands in the plan, which cannot be launched."""
    blocking, harmless = Finding(subject="debt", text="Pay.", blocking=True), Finding(subject="note", text="Well.")
    plan = compiled(findings=(blocking, harmless))

    assert plan.blockers == (blocking,)
    assert harmless in plan.warnings


def test_inactive_service_blocks(compiled: Callable[..., Plan]) -> None:
    """A closed service has nothing to cancel."""
    assert subjects(compiled(active=False, state="closed").blockers) == ["state"]


def test_refused_timing_blocks(compiled: Callable[..., Plan]) -> None:
    """A timing that the provider would refuse blocks, and the text names those it accepts (S2.4)."""
    (blocker,) = compiled(timings=(Timing.IMMEDIATE,)).blockers

    assert blocker.subject == "timing"
    assert "it accepts: immediate" in blocker.text


def test_no_expiry_date_blocks(compiled: Callable[..., Plan]) -> None:
    """An end at expiry needs an expiry date; an immediate end does not."""
    assert subjects(compiled(expires_at=None).blockers) == ["effective date"]
    assert compiled(Timing.IMMEDIATE, expires_at=None).blockers == ()


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(hours=26), []),
        (timedelta(hours=24, minutes=30), ["grace"]),
        (timedelta(hours=23), ["last call"]),
        (timedelta(hours=-1), ["last call"]),
    ],
)
def test_passed_last_call_blocks(compiled: Callable[..., Plan], left: timedelta, expected: list[str]) -> None:
    """Within 24 hours of the expiry the end could no longer be taken back, so nothing is begun (S0.5)."""
    assert subjects(compiled(expires_at=NOW + left).blockers) == expected


def test_money_is_warned_of(compiled: Callable[..., Plan]) -> None:
    """A minimum term past the end and its price are told, in the provider's own figures (S2.2)."""
    fee = Amount(value="450.00", currency="EUR")
    late, early = NOW + timedelta(days=400), NOW + timedelta(days=100)

    assert subjects(compiled(engaged_until=late, early_exit_fee=fee).warnings) == ["commitment", "fee"]
    assert compiled(engaged_until=early, early_exit_fee=fee).warnings == ()
    (_, told, *_) = compiled(Timing.IMMEDIATE, engaged_until=early, early_exit_fee=fee).warnings
    assert "450.00 EUR" in told.text


def test_provider_words_are_not_repeated(compiled: Callable[..., Plan]) -> None:
    """What the provider's own findings tell of a subject is not told a second time."""
    own = Finding(subject="option", text="'backup port' is billed apart.")

    assert compiled(options=("backup port",), findings=(own,)).warnings == (own,)


def test_a_credential_that_ends_before_the_run_is_warned_of(compiled: Callable[..., Plan]) -> None:
    """Every call after its end is refused, and the last call's undo would be one of them."""

    def told(at: datetime | None) -> list[str]:
        end = CredentialEnd(at=at, why="the consumer key, by its validity")
        return [each.text for each in compiled(credential_end=end).warnings if each.subject == "credential"]

    (soon,) = told(NOW + timedelta(hours=20))
    (session,) = told(None)
    last = max(date.at for date in compiled().dates if date.at)

    assert "ends on 2" in soon
    assert "the consumer key" in soon
    assert "ends within hours" in session
    assert told(last - timedelta(minutes=1)) != []
    assert told(last + timedelta(days=1)) == []


def test_further_warnings(compiled: Callable[..., Plan]) -> None:
    """Options billed apart, an end planned before, a renewal that may come first, and little time (S2.4)."""
    assert subjects(compiled(options=("backup port",)).warnings) == ["option"]
    assert subjects(compiled(cancellation_planned=True).warnings) == ["cancellation"]
    assert subjects(compiled(Timing.IMMEDIATE).warnings) == ["renewal"]
    assert subjects(compiled(expires_at=NOW + timedelta(days=20)).warnings) == ["time"]
    assert compiled().warnings == ()


def test_a_step_relies_on_what_its_action_needs(write: Callable[[str], Path], facts: Facts, small: str) -> None:
    """The last step that keeps the evidence, besides what the runbook names; what the plan leaves out is not named."""
    named = small.replace(
        "      action: ovhcloud.service.await-end\n",
        "      action: ovhcloud.service.await-end\n      relies-on: [handover.cable, detach.pause]\n",
    )
    plan = compile_plan(load_runbook(write(named)), request(), facts())

    assert plan.step("detach.pops").relies_on == ("capture.configuration",)
    assert plan.step("purge.end").relies_on == ("handover.cable",)
    assert not any(step.restores for step in plan.steps)


def test_what_is_asked_for_on_a_condition_is_optional_without_it(
    write: Callable[[str], Path], facts: Facts, small: str
) -> None:
    """So that nothing that only counts required proofs waits for it."""
    asked = small.replace(
        "            title: Photo\n",
        "            title: Photo\n            required-when: {field: charged-until, before: launch}\n",
    )
    form = compile_plan(load_runbook(write(asked)), request(), facts()).step("handover.cable").task

    assert form is not None
    assert [wanted.required for wanted in form.evidence] == [False]
    assert form.evidence[0].required_when == WantedWhen(field="charged-until", before="launch")


def test_a_plan_carries_what_its_actions_read(connect: LoadedRunbook, facts: Callable[..., ServiceFacts]) -> None:
    """Workflows know no catalogue: each step says itself which evidence its action goes by (DESIGN 6)."""
    asked = request(runbook="ovhcloud-connect-direct", timing=Timing.END_OF_TERM)
    plan = compile_plan(connect, asked, facts())
    reading = {step.action for step in plan.steps if step.reads_evidence == ("configuration",)}

    assert "ovhcloud.connect.remove-pops" in reading
    assert "ovhcloud.service.verify-billing-stopped" in reading
    assert "ovhcloud.service.check-debt" not in reading
