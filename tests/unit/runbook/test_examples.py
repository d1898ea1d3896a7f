"""What ships together fits together: every runbook has an example request, and every example fits its runbook."""

from pathlib import Path

import pytest

from unrack.model.ids import RunId
from unrack.providers.catalogue import ACTIONS
from unrack.runbook import check_request, load_request, load_runbook
from unrack.runbook.source import FromParameter

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


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_a_runbook_is_called_as_its_runs(name: str) -> None:
    """Who reads ``awsmarketplace-agreement/agmt-1`` in a list finds its runbook by that name."""
    model = load_runbook(RUNBOOKS[name]).model

    assert str(RunId(provider=model.provider, product=model.product, service="x")) == f"{name}/x"


@pytest.mark.parametrize("name", sorted(RUNBOOKS))
def test_zones_are_asked_for_together_with_the_servers_that_leave(name: str) -> None:
    """S4.8: a request cannot give one alone, since its DNS would then be watched by nobody."""
    model = load_runbook(RUNBOOKS[name]).model
    steps = [step for _, _, step in model.in_order() if step.action and ACTIONS[step.action].provider == "dns"]
    for step in steps:
        zones, leaving = step.parameters.get("zones"), step.parameters.get("leaving-name-servers")
        if isinstance(zones, FromParameter) and isinstance(leaving, FromParameter):
            assert leaving.parameter in model.parameters[zones.parameter].needs
            assert zones.parameter in model.parameters[leaving.parameter].needs
