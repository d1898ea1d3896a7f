"""What every adapter promises, whatever its vendor: the same tests over each registered one."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.conformance.subject import Bench, Case, Subject, Trouble
from tests.conformance.subjects import SUBJECTS
from unrack.contracts.calls import AccessCall, ChangeResult, CommitResult, EffectStatus, StepCall
from unrack.model.errors import RETRYABLE, Category, UnrackError
from unrack.model.lifecycle import StepKind
from unrack.model.service import ServiceFacts
from unrack.providers.base import Captured, Polled
from unrack.providers.catalogue import ACTIONS
from unrack.providers.registry import ADAPTERS

READING = (StepKind.CHECK, StepKind.CAPTURE, StepKind.AWAIT, StepKind.COMMIT)


def _cases(*kinds: StepKind, undoable: bool = False) -> list[pytest.ParameterSet]:
    return [
        pytest.param(subject, case, id=f"{case.action}{f'#{number}' if number else ''}")
        for subject in SUBJECTS.values()
        for number, case in _numbered(subject)
        if case.kind in kinds and (ACTIONS[case.action].undoable or not undoable)
    ]


def _numbered(subject: Subject) -> list[tuple[int, Case]]:
    """Each case with how many of the same action come before it."""
    names = [case.action for case in subject.cases]
    return [(names[:place].count(case.action), case) for place, case in enumerate(subject.cases)]


def _troubles() -> list[pytest.ParameterSet]:
    return [
        pytest.param(subject, trouble, id=f"{subject.namespace}: {trouble.name}")
        for subject in SUBJECTS.values()
        for trouble in subject.troubles
    ]


EVERY = pytest.mark.parametrize("subject", [pytest.param(each, id=name) for name, each in SUBJECTS.items()])


class Opened:
    """Opens benches, and closes them when the test is over."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder = folder
        self._stack = stack

    async def __call__(self, subject: Subject) -> Bench:
        """The bench of `subject`."""
        return await self._stack.enter_async_context(subject.open(self._folder / "provider"))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Opened]:
    """Opens adapters on simulators of their own."""
    async with AsyncExitStack() as stack:
        yield Opened(tmp_path, stack)


async def _facts(subject: Subject, on: Bench) -> ServiceFacts:
    return await (subject.facts(on) if subject.facts else on.provider.facts(on.service))


async def _read(subject: Subject, on: Bench) -> object:
    """Whatever the subject reads first: its facts, or else its first case that looks."""
    if subject.reads_facts:
        return await _facts(subject, on)
    first = next(case for case in subject.cases if case.kind in READING)
    return await on.reading(first.action)(on.call(first.action, first), on.materials)


def test_every_registered_adapter_is_a_subject() -> None:
    """An adapter that is registered without its subject, or an action without its case, fails here."""
    covered = {case.action for subject in SUBJECTS.values() for case in subject.cases}

    assert SUBJECTS.keys() == ADAPTERS.keys()
    assert {name for name, spec in ACTIONS.items() if spec.provider in ADAPTERS} - covered == set()
    assert [subject.namespace for subject in SUBJECTS.values() if not subject.troubles] == []


def test_every_action_has_an_adapter() -> None:
    """Nothing may be named in a runbook that no worker can do."""
    assert {spec.provider for spec in ACTIONS.values()} - ADAPTERS.keys() == set()


@EVERY
async def test_facts_and_access_touch_nothing(bench: Opened, subject: Subject) -> None:
    """DESIGN 8: planning and looking into rights leave the vendor's ledger empty, refused calls included."""
    on = await bench(subject)
    actions = tuple(name for name, spec in ACTIONS.items() if spec.provider == subject.namespace)
    if subject.reads_facts:
        facts = await _facts(subject, on)
        assert facts.service == on.service
        assert facts.clock.scale == 1.0
    access = await on.provider.access(AccessCall(provider=subject.namespace, account="default", actions=actions))

    assert (access.problem, access.missing) == (None, ())
    assert on.simulator.ledger() == []


@pytest.mark.parametrize(("subject", "case"), _cases(*READING))
async def test_looking_touches_nothing_and_shows_no_secret(bench: Opened, subject: Subject, case: Case) -> None:
    """DESIGN 7 and 8: no check, capture, look or probe adds to the vendor's ledger, not even a refused call.

    Neither a credential nor a handed-over secret is in what it answers.
    """
    on = await bench(subject)
    await case.prepare(on)
    before = on.simulator.ledger()
    read = await on.reading(case.action)(on.call(case.action, case), on.materials)

    assert on.simulator.ledger() == before
    assert not _shows(on, f"{on.provider!r} {_text(read)} {_text_of_effects(on)}")


@pytest.mark.parametrize(("subject", "case"), _cases(StepKind.CHANGE))
async def test_a_change_runs_twice_with_one_effect(bench: Opened, subject: Subject, case: Case) -> None:
    """DESIGN 2: the second run finds the wanted state, says so, and calls nothing that changes anything."""
    on = await bench(subject)
    await case.prepare(on)
    untouched = len(on.effects())
    first = await on.change(case.action, case)
    calls = on.simulator.ledger()
    second = await on.change(case.action, case)

    assert second.already
    assert on.simulator.ledger() == calls
    if not case.changes_nothing:
        assert not first.already
        assert len(on.effects()) > untouched


@pytest.mark.parametrize(("subject", "case"), _cases(StepKind.COMMIT))
async def test_a_commit_takes_effect_once(bench: Opened, subject: Subject, case: Case) -> None:
    """DESIGN 2: after it took effect the probe knows, and a second commit sends nothing."""
    on = await bench(subject)
    await case.prepare(on)
    first = await on.provider.commit(on.call(case.action, case), on.materials)
    calls = on.simulator.ledger()
    probed = await on.reading(case.action)(on.call(case.action, case), on.materials)

    assert not first.already
    if case.repeats_because:
        return
    second = await on.provider.commit(on.call(case.action, case), on.materials)
    assert getattr(probed, "standing", None) is EffectStatus.DONE
    assert second.already
    assert on.simulator.ledger() == calls


@pytest.mark.parametrize(("subject", "case"), _cases(StepKind.CHANGE, undoable=True))
async def test_undo_restores(bench: Opened, subject: Subject, case: Case) -> None:
    """What was there before is there again, by the vendor's own account; undoing twice does nothing more."""
    on = await bench(subject)
    before = subject.shown(on)
    await case.prepare(on)
    await on.change(case.action, case)
    changed = subject.shown(on)
    await on.undo_all()
    calls = on.simulator.ledger()
    await on.undo_all()

    assert subject.shown(on) == before
    assert on.simulator.ledger() == calls
    if not case.changes_nothing:
        assert changed != before


@pytest.mark.parametrize(("subject", "case"), _cases(StepKind.CHANGE, undoable=True))
async def test_undoing_what_was_never_done_does_nothing(bench: Opened, subject: Subject, case: Case) -> None:
    """A run that is rolled back may have begun a step without its first call."""
    on = await bench(subject)
    await case.prepare(on)
    await on.undo_all()
    before, calls = subject.shown(on), len(on.effects())
    result = await on.finish(on.provider.undo, on.call(case.action, case))

    assert result.already
    assert subject.shown(on) == before
    assert len(on.effects()) == calls


@pytest.mark.parametrize(("subject", "trouble"), _troubles())
async def test_every_error_of_the_vendor_is_mapped(bench: Opened, subject: Subject, trouble: Trouble) -> None:
    """A category, words for a person, and no retry of what will fail again; access has it in its result."""
    on = await bench(subject)
    await trouble.cause(on)
    with pytest.raises(UnrackError) as failed:
        await _read(subject, on)
    access = await on.provider.access(AccessCall(provider=subject.namespace, account="default", actions=()))

    problem = failed.value.problem
    assert problem.category is trouble.category
    assert problem.message
    assert problem.suggestion or problem.category in RETRYABLE
    assert access.problem is not None
    assert not _shows(on, f"{problem!r} {failed.value!r} {access!r}")


@EVERY
async def test_only_what_the_catalogue_names_is_done(bench: Opened, subject: Subject) -> None:
    """An action that the adapter does not know is refused in every method, and nothing is called."""
    on = await bench(subject)
    call = on.call(f"{subject.namespace}.nothing.at-all")
    methods = (
        on.provider.check,
        on.provider.capture,
        on.provider.poll,
        on.provider.change,
        on.provider.undo,
        on.provider.commit,
        on.provider.probe,
    )
    for method in methods:
        with pytest.raises(UnrackError) as refused:
            await method(call, on.materials)
        assert refused.value.problem.category is Category.INVALID
    assert on.simulator.ledger() == []


@pytest.mark.parametrize(("subject", "case"), _cases(StepKind.CHANGE, StepKind.COMMIT))
async def test_what_is_done_shows_no_secret(bench: Opened, subject: Subject, case: Case) -> None:
    """DESIGN 7: neither a credential nor a handed-over secret is in a result, a record, a repr or the ledger."""
    on = await bench(subject)
    await case.prepare(on)
    call = on.call(case.action, case)
    results = [await _done(on, call, case)]
    if case.kind is StepKind.COMMIT:
        results.append(await on.reading(case.action)(call, on.materials))

    assert not _shows(on, " ".join([repr(on.provider), *map(_text, results), _text_of_effects(on)]))


async def _done(on: Bench, call: StepCall, case: Case) -> object:
    if case.kind is StepKind.CHANGE:
        return await on.finish(on.provider.change, call)
    return await on.provider.commit(call, on.materials)


def _text_of_effects(on: Bench) -> str:
    return json.dumps([entry.model_dump(mode="json") for entry in on.effects()])


def _text(result: object) -> str:
    if isinstance(result, Captured | Polled):
        return repr(result)
    if isinstance(result, ChangeResult | CommitResult):
        return result.model_dump_json() + repr(result)
    return repr(result)


def _shows(on: Bench, text: str) -> list[str]:
    """The secrets that `text` shows."""
    return [secret for secret in (*on.secrets_given, *on.secrets.values()) if secret in text]
