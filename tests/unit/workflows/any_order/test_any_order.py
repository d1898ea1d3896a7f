"""People, time, the provider and the steps in any order, judged and guarded: what holds after each act. No server.

A few orders each time; the long tests play 120, ``UNRACK_EXAMPLES=500`` so many. An order that fails is printed as a
script of `machine`.
"""

import os
from inspect import getmembers

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from tests.unit.workflows.any_order.machine import AnyOrder
from tests.unit.workflows.any_order.mutants import MUTANTS, Mutant

EXAMPLES = int(os.environ.get("UNRACK_EXAMPLES", "120"))
pytestmark = pytest.mark.timeout(300 + 2 * EXAMPLES)


@pytest.mark.parametrize(
    "examples", [pytest.param(25, id="a-few"), pytest.param(EXAMPLES, id="many", marks=pytest.mark.long)]
)
def test_every_rule_holds_in_any_order(examples: int) -> None:
    """Whatever people, the provider and time do, and in whatever order: no rule is broken after any act."""
    orders = settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize="UNRACK_EXAMPLES" not in os.environ,
    )
    run_state_machine_as_test(AnyOrder, settings=orders)


_UNTIL_FOUND = settings(
    max_examples=20_000,  # what is drawn depends on which modules are loaded: the rarest is found after some thousands
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
)


def _machine(acts: tuple[str, ...]) -> type[AnyOrder]:
    """The machine with these acts only, and time."""
    every = {name for name, act in getmembers(AnyOrder) if hasattr(act, RULE_MARKER)}
    return type("Planted", (AnyOrder,), dict.fromkeys(every - {*acts, "time_passes"}))


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.rule}: {mutant.bug}")
def test_each_rule_catches_a_planted_bug(monkeypatch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    """With the bug in it, some order breaks the rule that forbids it."""
    mutant.apply(monkeypatch)

    with pytest.raises(AssertionError, match=f"^{mutant.rule}: "):
        run_state_machine_as_test(_machine(mutant.acts), settings=_UNTIL_FOUND)
