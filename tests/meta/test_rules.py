"""The list of rules is whole, and nobody names one that is not in it."""

import re
from pathlib import Path

from tests.meta.rules import ROOT, holders, rules

FAMILIES = {"S0": 7, "S1": 10, "S2": 18, "S3": 8, "S4": 10}
"""How many rules each document has."""


def test_every_rule_of_the_documents_is_listed_in_order() -> None:
    """No number is left out, none comes twice, and each says something."""
    wanted = [f"{family}.{number}" for family, count in FAMILIES.items() for number in range(1, count + 1)]

    assert list(rules()) == wanted
    assert all(len(text) > 20 for text in rules().values())


def test_tests_and_runbooks_name_only_rules_that_there_are() -> None:
    """A wrong number would look like a rule that is kept."""
    named = {
        rule for path in (ROOT / "runbooks").glob("*.yaml") for rule in re.findall(r"\bS\d+\.\d+\b", path.read_text())
    }

    assert (set(holders()) | named) - set(rules()) == set()


def test_only_the_docstring_of_a_test_counts(tmp_path: Path) -> None:
    """A comment, a helper's docstring or the module's promise nothing."""
    file = tmp_path / "tests" / "test_some.py"
    file.parent.mkdir()
    file.write_text(
        '"""S9.1"""\ndef helper():\n    """S9.2"""\nasync def test_it():\n    """Holds S9.3."""\n    # S9.4\n',
        encoding="utf-8",
    )

    assert holders(tmp_path) == {"S9.3": ["tests/test_some.py::test_it"]}
