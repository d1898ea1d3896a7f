"""A phase that is added is judged wherever phases are named: no rule leaves one out without a word."""

from unrack.model.lifecycle import LIFECYCLE, Phase
from unrack.model.progress import ACTING
from unrack.runbook.check_steps import TOUCHED, UNTOUCHED

LOOKING = (Phase.PREFLIGHT, Phase.APPROVAL, Phase.CAPTURE, Phase.CONFIRM, Phase.GRACE, Phase.VERIFY)
"""The phases in which people may work although a full hold stands."""


def test_each_phase_acts_or_only_looks() -> None:
    """One that is in neither list would let people work on the service while it is held."""
    assert sorted((*ACTING, *LOOKING)) == sorted(LIFECYCLE)


def test_the_rules_of_runbooks_know_each_phase() -> None:
    """Purge has rules of its own: it may change the service, and nothing of it is taken back."""
    assert sorted((*TOUCHED, *UNTOUCHED, Phase.PURGE)) == sorted(LIFECYCLE)
