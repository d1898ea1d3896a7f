"""The page on policies shows what the check takes, and names everything that there is."""

import re
from pathlib import Path

from unrack.model.policy import BreakGlass, Grant, Key, Person, Policy, Quorum, Scope
from unrack.model.rights import Action, Duties, PolicyPart
from unrack.model.ssh_key import ACCEPTED
from unrack.policy.load import parse_policy

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
PARTS: tuple[type[PolicyPart], ...] = (Policy, Person, Key, Grant, Quorum, Scope, Duties, BreakGlass)


def test_the_example_passes() -> None:
    """Whoever copies it has a policy."""
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert parse_policy(example).version == 4


def test_the_page_names_every_field_and_action() -> None:
    """And every type of key."""
    fields = {name.replace("_", "-") for part in PARTS for name in part.model_fields}
    named = set(re.findall(r"`([a-z0-9@.-]+)`", PAGE))

    assert sorted(fields - named) == []
    assert sorted({action.value for action in Action} - named) == []
    assert [kind for kind in ACCEPTED if kind not in named and f"-{kind.rpartition('-')[2]}" not in named] == []
