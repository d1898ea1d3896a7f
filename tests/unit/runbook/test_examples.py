"""What ships together fits together: every runbook has an example request, and every example fits its runbook."""

from pathlib import Path

import pytest

from unrack.runbook import check_request, load_request, load_runbook

ROOT = Path(__file__).resolve().parents[3]
RUNBOOKS = {path.stem: path for path in (ROOT / "runbooks").glob("*.yaml")}
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_its_runbook(path: Path) -> None:
    """Who starts from it begins with a request that is right, also in its parameters and stated facts."""
    loaded = load_request(path)
    check_request(load_runbook(RUNBOOKS[loaded.request.runbook]), loaded)

    assert path.stem.startswith(loaded.request.runbook)


def test_every_runbook_has_an_example() -> None:
    """`unrack runbook show` names it."""
    assert sorted(RUNBOOKS.keys() - {path.stem for path in EXAMPLES}) == []
