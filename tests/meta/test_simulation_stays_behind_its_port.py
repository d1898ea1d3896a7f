"""That a simulator's clock runs faster than ours is known in few places: everything else asks the clock."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_KNOW = (
    "unrack/simulator/",  # which keeps the clock
    "unrack/contracts/simulator.py",  # how it tells its pace
    "unrack/providers/simulation.py",  # who is told
    "unrack/model/service.py",  # what is made of it
    "unrack/cli/up_and_doctor.py",  # `unrack up --scale`
    "unrack/cli/demo_installation.py",
    "unrack/local/",
)


def test_only_the_port_spells_a_scale() -> None:
    """A workflow or an adapter that divides by it would have to be right in one more place."""
    product = (path for folder in ("unrack", "workflows", "activities") for path in (ROOT / folder).rglob("*.py"))
    spelled = re.compile(r"(?<![a-z])scale\b")
    named = {str(path.relative_to(ROOT)) for path in product if spelled.search(path.read_text("utf-8"))}

    assert {name for name in named if not name.startswith(_KNOW)} == set()
