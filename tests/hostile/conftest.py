"""Says at the end how many bad inputs were tried, and what became of them."""

import pytest

from tests.hostile.trying import SEED, TALLIES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each kind, and the sum."""
    for tally in TALLIES:
        terminalreporter.write_line(f"{tally.kind}: {tally.tried} inputs, {dict(tally.ends)}")
    if TALLIES:
        tried = sum(tally.tried for tally in TALLIES)
        terminalreporter.write_line(f"{tried} bad inputs of seed {SEED}, each with an end that is documented")
