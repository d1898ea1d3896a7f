"""The world of `unrack up --simulator` has the service of every example, and as many of each as are asked for."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from unrack import simulator as sim
from unrack.providers.catalogue import canonical_id
from unrack.runbook.load import find_runbook, load_request, load_runbook
from unrack.simulator import awsmarketplace, ovhcloud, whmcs
from unrack.simulator.seeds import demo

_ROOT = Path(__file__).parents[3]
EXAMPLES, RUNBOOKS = _ROOT / "examples", _ROOT / "runbooks"


def _known(simulator: sim.Simulator) -> set[tuple[str, str, str]]:
    """Every service, as requests name it: provider, product and id."""
    ovh = simulator.tables_for(ovhcloud.Tables)
    connects = {
        ("ovhcloud", "connect-direct" if one.provider == "OVHcloud" else "connect-provider", one.uuid)
        for one in ovh.connections
    }
    numbered = {("ovhcloud", "any-service", str(one.id)) for one in ovh.services}
    agreements = simulator.tables_for(awsmarketplace.Tables).agreements
    hosted = simulator.tables_for(whmcs.Tables).services
    return {
        *connects,
        *numbered,
        *(("ovhcloud", asset.product, asset.name) for asset in ovh.assets),
        *(("awsmarketplace", "agreement", one.id) for one in agreements),
        *(("whmcs", "service", str(one.id)) for one in hosted),
    }


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_has_its_service(tmp_path: Path, example: Path) -> None:
    """A request of a new user finds its service; services whose facts are stated need none."""
    loaded = load_request(example)
    model = load_runbook(find_runbook(loaded.request.runbook, [RUNBOOKS], loaded.document)).model
    simulator = sim.Simulator.create(tmp_path, demo())
    known = _known(simulator)
    simulator.close()

    wanted = (model.provider, model.product, loaded.request.service.id)
    assert loaded.request.stated is not None or wanted in known


def test_there_are_as_many_of_each_as_are_asked_for(tmp_path: Path) -> None:
    """Their ids are in the form of their products, so that requests may name them."""
    one, three = (sim.Simulator.create(tmp_path / str(number), demo(number)) for number in (1, 3))
    before, after = _known(one), _known(three)
    one.close()
    three.close()

    products = {(provider, product) for provider, product, _ in before}
    for provider, product in products:
        few = [name for at, what, name in before if (at, what) == (provider, product)]
        many = [name for at, what, name in after if (at, what) == (provider, product)]
        assert len(many) >= len(few) + 2, product
        assert [canonical_id(provider, product, name) for name in many] == many


def test_a_product_that_nobody_sells_is_refused() -> None:
    """With the words that would do."""
    with pytest.raises(ValidationError, match="no such product: web-hostings"):
        sim.Seed(products=("web-hostings",))
