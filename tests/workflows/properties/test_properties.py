"""Random orders of decisions, signals, deadlines, faults, duplicates and clock jumps: what holds in every one of them.

A few each time; the long tests play a dozen, ``UNRACK_EXAMPLES=500`` so many.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from temporalio.testing import WorkflowEnvironment

from tests.workflows.properties.acts import Deed, Say, Script, Wait, scripts
from tests.workflows.properties.mutants import MUTANTS, Mutant
from tests.workflows.properties.oracle import violations
from tests.workflows.properties.playing import play
from unrack.model.lifecycle import Timing

EXAMPLES = int(os.environ.get("UNRACK_EXAMPLES", "12"))
pytestmark = pytest.mark.timeout(600 + 20 * EXAMPLES)

_orders = settings(
    deadline=None,
    database=None,
    derandomize="UNRACK_EXAMPLES" not in os.environ,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
)


@settings(_orders, max_examples=4)
@given(script=scripts())
async def test_every_rule_holds_in_any_order(env: WorkflowEnvironment, script: Script) -> None:
    """What must stay true (1 to 5): at most once, never too early, no way back too late, no run that hangs.

    A script that fails is printed; it can be put among the mutants' scripts as it is.
    """
    assert violations(await play(env, script)) == []


@pytest.mark.long
@settings(_orders, max_examples=EXAMPLES)
@given(script=scripts())
async def test_every_rule_holds_in_many_orders(env: WorkflowEnvironment, script: Script) -> None:
    """The same, more often."""
    assert violations(await play(env, script)) == []


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant.rule}-{number}" for number, mutant in enumerate(MUTANTS, 1)])
async def test_each_rule_catches_a_planted_bug(
    env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch, mutant: Mutant
) -> None:
    """The same play goes well with today's workflow, and is found out when the bug is in it."""
    healthy = violations(await play(env, mutant.script))
    mutant.apply(monkeypatch)

    broken = violations(await play(env, mutant.script))

    assert healthy == []
    assert [text for text in broken if text.startswith(f"{mutant.rule}:")], broken


async def test_an_end_that_cannot_be_taken_back_any_more_is_not_scheduled(env: WorkflowEnvironment) -> None:
    """A cable that comes a day before the end of a later term must not make the run schedule that term's end.

    It would be irreversible at once: no grace, and the last call, already over, is refused by the provider.
    """
    late = Script(Timing.END_OF_TERM, (Say(Deed.APPROVE, "ann"), Say(Deed.APPROVE, "bob"), Wait(39 * 24)))

    assert violations(await play(env, late, schedules_late=True)) == []
