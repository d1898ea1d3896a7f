"""Runbooks in which people act: stated facts, an end that people ask for and take back, what follows, what is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from unrack.model.lifecycle import Outcome, Timing
from unrack.model.plan import Plan
from unrack.model.request import Request
from unrack.model.service import ProviderClock, ServiceFacts, ServiceRef
from unrack.model.stated import Stated
from unrack.runbook import InputError, LoadedRunbook, check_request, compile_plan, load_request, load_runbook
from unrack.runbook.describe import Doer, describe
from unrack.runbook.template import BLANK, blanks, new_runbook

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TERM_END = datetime(2026, 9, 1, tzinfo=UTC)
NAME = "acme-backup"
STATED = {"by": "Ann Roy", "title": "Backup, 2 TB", "owner": "ann@example.org", "expires-at": "2026-09-01"}

Write = Callable[[str], Path]
Facts = Callable[..., ServiceFacts]


@pytest.fixture
def text() -> str:
    """The template with its blanks filled in: a runbook that passes every check."""
    return BLANK.sub(r"\1", new_runbook(NAME, "acme", "backup"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the runbook file."""

    def write(text: str) -> Path:
        path = tmp_path / f"{NAME}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def runbook(text: str, write: Write) -> LoadedRunbook:
    """The template as a runbook, with a grace period of the provider's own and a follow-up."""
    grown = text.replace("    loses:\n", "    ends-after: 10d\n    loses:\n", 1)
    follow = f"\nfollow-ups:\n  - runbook: {NAME}\n    title: Ask for a refund.\n    when: {{timing: immediate}}\n"
    return load_runbook(write(grown + follow))


def request(timing: Timing | None = None, **stated: object) -> Request:
    """A request that states its facts."""
    asked = {"runbook": NAME, "service": {"id": "b-1"}, "reason": "It is not used any more.", "timing": timing}
    return Request.model_validate({**asked, "stated": {**STATED, **stated}})


def plan(runbook: LoadedRunbook, timing: Timing = Timing.END_OF_TERM, **stated: object) -> Plan:
    """The plan for a request."""
    asked = request(timing, **stated)
    assert asked.stated is not None
    service = ServiceRef(provider="acme", product="backup", service="b-1")
    facts = asked.stated.facts(service, ProviderClock(read_at=NOW, shown=NOW))
    return compile_plan(runbook, asked, facts)


def mistakes(path: Path) -> list[str]:
    """What is wrong with the runbook at `path`, each with its line and column."""
    with pytest.raises(InputError) as refused:
        load_runbook(path)
    return [f"{each.line}:{each.column} {each.message}" for each in refused.value.diagnostics]


def marked(text: str, old: str, new: str) -> tuple[str, str]:
    """`text` with a piece replaced, and the place of § in the new piece."""
    assert old in text
    changed = text.replace(old, new, 1)
    before = changed.partition("§")[0]
    return changed.replace("§", ""), f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


CASES = {
    "an end that may be skipped": (
        "      timeout: 5d\n      skippable: false\n      task:\n        instructions: |\n          1. every click",
        "      timeout: 5d\n      task:\n        instructions: |\n          1. every click",
        "without it nothing ends",
    ),
    "too little time to take an end back by hand": (
        "offset: -10d",
        "offset: §-4d",
        "a person gets 18h to take the end back by hand",
    ),
    "a provider that nothing can read": (
        "facts: stated",
        "facts: read",
        "nothing can read the facts of a service of 'acme'",
    ),
    "an end after an immediate end": (
        "      offset: 7d\n      max-extension: 90d\n",
        "      offset: 7d\n      max-extension: 90d\n    §ends-after: 10d\n",
        "an immediate end waits for no term",
    ),
    "an end after an unknown parameter": (
        "      last-call: 3d\n",
        "      last-call: 3d\n    ends-after: {parameter: §grace}\n",
        "unknown parameter 'grace'",
    ),
    "a follow-up that is not there": (
        "approval:",
        "follow-ups:\n  - runbook: §acme-refund\n    title: Ask for a refund.\napproval:",
        "there is no runbook 'acme-refund' in this folder",
    ),
    "a field that only another phase collects": (
        "    - name: record-effective-date\n      title: Count from the confirmed date\n      action: ",
        "  handover:\n    - name: record-effective-date\n      title: Count from the confirmed date\n      action: §",
        "needs the field 'effective-date', which no earlier task requires",
    ),
    "a blank that is left": (
        "title: Read the effective date",
        "title: §<<what>> Read the effective date",
        "a blank of the template is not filled in: what",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_shown_at_its_place(text: str, write: Write, case: str) -> None:
    """File, line and column, in words that say what to do."""
    old, new, message = CASES[case]
    changed, place = marked(text, old, new)
    found = [each for each in mistakes(write(changed)) if message in each]

    assert found
    if "§" in new:
        assert found[0].startswith(f"{place} ")


def test_an_end_that_people_ask_for_can_be_taken_back_by_people(text: str, write: Write) -> None:
    """Without a person's undo nobody could save a run that is held over the last call."""
    before, _, rest = text.partition("      undo:\n")
    after = rest[rest.index("  confirm:") :]
    found = mistakes(write(f"{before}      no-undo: nobody knows how\n\n{after}"))

    assert any("a person must be told how to take that back" in each for each in found)


def test_the_template_has_blanks_and_passes_once_they_are_filled(text: str, write: Write) -> None:
    """Every blank is named with its line; none is forgotten by the check."""
    empty = new_runbook(NAME, "acme", "backup")
    named = blanks(empty)
    left = [each for each in mistakes(write(empty)) if "blank" in each]

    assert len(named) == len(left) > 10
    assert [blank.line for blank in named] != []
    assert load_runbook(write(text)).model.facts == "stated"


def test_the_template_names_the_actions_of_a_provider_that_has_an_adapter() -> None:
    """Who writes a runbook for a known provider need not let people do what a worker can."""
    assert "ovhcloud.service.check-debt: No open debt" in new_runbook("ovhcloud-x", "ovhcloud", "x")


REQUESTS = {
    "nothing is stated": ({"stated": None}, "'stated' is missing: nobody can ask acme about a service"),
    "the date of the timing is not stated": (
        {"stated": {name: value for name, value in STATED.items() if name != "expires-at"}},
        "the timing 'end-of-term' counts from 'expires-at', which is not stated",
    ),
    "a date that is none": ({"stated": {**STATED, "expires-at": "soon"}}, "'soon' is neither a day, as 2026-12-31"),
    "a moment without a zone": ({"stated": {**STATED, "expires-at": "2026-09-01T12:00"}}, "'expires-at'"),
    "an unknown field": ({"stated": {**STATED, "expires-on": "2026-09-01"}}, "unknown field 'expires-on'"),
    "nobody answers for it": (
        {"stated": {name: value for name, value in STATED.items() if name != "by"}},
        "'by' is missing",
    ),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_that_states_too_little_is_shown_its_place(runbook: LoadedRunbook, tmp_path: Path, case: str) -> None:
    """The facts are the request's here, so they are judged like everything else in it: file, line, column."""
    changed, message = REQUESTS[case]
    asked = {"runbook": NAME, "service": {"id": "b-1"}, "reason": "Not used.", "stated": STATED, **changed}
    path = tmp_path / "request.yaml"
    path.write_text(
        json.dumps({name: value for name, value in asked.items() if value is not None}, indent=1), encoding="utf-8"
    )
    with pytest.raises(InputError) as refused:
        check_request(runbook, load_request(path))
    (found,) = refused.value.diagnostics

    assert message in found.message
    assert found.file == str(path)
    assert found.line >= 1


def test_facts_are_not_stated_where_the_provider_is_read(connect: LoadedRunbook, tmp_path: Path) -> None:
    """What the provider says wins, so stating it would only mislead."""
    asked = {"runbook": "ovhcloud-connect-direct", "service": {"id": "x"}, "reason": "Not used.", "stated": STATED}
    path = tmp_path / "request.yaml"
    path.write_text(json.dumps(asked), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        check_request(connect, load_request(path))

    assert "reads its facts from the provider" in str(refused.value)


def test_a_stated_plan_says_who_stated_it(runbook: LoadedRunbook) -> None:
    """Nobody may take a statement for something read; it is also told as a finding beside the blockers."""
    made = plan(runbook, seen_on="2026-02-20")

    assert made.facts.stated_by == "Ann Roy"
    (told,) = [finding.text for finding in made.warnings if finding.subject == "facts"]
    assert told.startswith("Stated by Ann Roy, who saw it on 2026-02-20; nothing here was read from the provider.")
    assert made.blockers == ()


def test_the_providers_own_grace_moves_the_effective_date(runbook: LoadedRunbook) -> None:
    """S4.3, S4.4: the term ends, the data is kept for a while, and only then everything is gone."""
    made = plan(runbook)
    dates = {date.name: date.at for date in made.dates}

    assert made.ends_after == timedelta(days=10)
    assert dates["end-of-term"] == TERM_END
    assert dates["effective-date"] == TERM_END + timedelta(days=10)
    assert dates["last-call"] == TERM_END + timedelta(days=7)
    assert dates["last-reactivation"] == TERM_END


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        (
            Timing.END_OF_TERM,
            ["never before 2026-09-01", "until 3 days before it ends the service", "by hand", "Take the request back"],
        ),
        (Timing.IMMEDIATE, ["never before grace is over", "has not been asked to end anything"]),
    ],
)
def test_a_plan_says_in_plain_words_what_is_taken_back_until_when(
    runbook: LoadedRunbook, timing: Timing, words: list[str]
) -> None:
    """S0.4, S0.5, S0.7, S4.5: read before anyone confirms, for every timing."""
    told = " ".join(plan(runbook, timing).taken_back)

    assert [word for word in words if word not in told] == []


def test_an_automatic_end_says_that_the_run_takes_it_back_itself(connect: LoadedRunbook, facts: Facts) -> None:
    """S0.7: where the provider has an API, nobody is needed for it."""
    asked = Request.model_validate(
        {"runbook": "ovhcloud-connect-direct", "service": {"id": facts().service.service}, "reason": "Not used."}
    )
    told = " ".join(compile_plan(connect, asked, facts()).taken_back)

    assert "revokes it itself" in told
    assert "By people, not by the run: Put the cross-connect back" in told


def test_a_follow_up_belongs_to_the_plan_that_calls_for_it(runbook: LoadedRunbook) -> None:
    """S1.10: a refund comes after an immediate cancellation, and only then."""
    (follow,) = plan(runbook, Timing.IMMEDIATE).follow_ups

    assert (follow.runbook, follow.after) == (NAME, Outcome.CLOSED)
    assert plan(runbook).follow_ups == ()


def test_what_is_added_to_plans_leaves_older_digests_alone(connect: LoadedRunbook, facts: Facts) -> None:
    """An approval names a digest: a plan of an older release must keep it when it is read by a newer one."""
    asked = Request.model_validate(
        {"runbook": "ovhcloud-connect-direct", "service": {"id": facts().service.service}, "reason": "Not used."}
    )
    made = compile_plan(connect, asked, facts())
    bare = made.model_copy(update={"summary": "", "taken_back": (), "follow_ups": (), "ends_after": timedelta(0)})
    content = bare.model_dump(mode="json")

    assert not {"summary", "taken_back", "follow_ups", "ends_after", "stated", "stated_by"} & (
        content.keys() | content["request"].keys() | content["facts"].keys()
    )


def test_a_day_is_its_first_moment_in_utc() -> None:
    """The earliest that it can mean: a deadline counted from it comes too early rather than too late."""
    stated = Stated.model_validate(STATED)
    again = Stated.model_validate_json(stated.model_dump_json())

    assert stated.expires_at == TERM_END
    assert again == stated


def test_a_commitment_is_a_timing_of_its_own(text: str, write: Write) -> None:
    """S2.2: the end of a minimum term is counted from its own date, and the plan says when it is not known."""
    changed = text.replace("end-of-term", "end-of-commitment")
    loaded = load_runbook(write(changed))
    stated = {"engaged-until": "2027-03-01"}
    made = plan(loaded, Timing.END_OF_COMMITMENT, **stated)
    dates = {date.name: date.at for date in made.dates}

    assert dates["effective-date"] == dates["end-of-commitment"] == datetime(2027, 3, 1, tzinfo=UTC)
    assert made.blockers == ()
    with pytest.raises(InputError, match="'engaged-until', which is not stated"):
        plan(loaded, Timing.END_OF_COMMITMENT)


def test_what_expires_by_itself_is_counted_from_its_expiry(text: str, write: Write) -> None:
    """S1.7: let it expire; until the last call before the due date the renewal can be turned on again."""
    loaded = load_runbook(write(text.replace("end-of-term", "let-expire")))
    dates = {date.name: date.at for date in plan(loaded, Timing.LET_EXPIRE).dates}

    assert dates["effective-date"] == TERM_END
    assert dates["last-call"] == TERM_END - timedelta(days=3)


def test_a_description_says_who_does_what(connect: LoadedRunbook, runbook: LoadedRunbook) -> None:
    """What is automatic, what is a person's, what a worker must be allowed to do."""
    ours, theirs = describe(connect), describe(runbook)
    by_id = {step.id: step for step in ours.steps}

    assert by_id["handover.remove-cross-connect"].who is Doer.HUMAN
    assert by_id["purge.confirm-termination"].who is Doer.ONCE
    assert by_id["purge.confirm-termination"].only_when == "the timing is immediate"
    assert {"method": "GET", "path": "/me"} in ours.access_rules
    assert {"method": "PUT", "path": "/services/*"} in ours.access_rules
    assert "ovhCloudConnect:apiovh:confirmTermination" in ours.iam_actions
    assert len(ours.access_rules) == len({(rule["method"], rule["path"]) for rule in ours.access_rules})
    assert (theirs.facts, theirs.access_rules, theirs.iam_actions) == ("stated", (), ())
    assert [need.namespace for need in theirs.needs] == ["stated"]
    assert theirs.human > theirs.automatic
