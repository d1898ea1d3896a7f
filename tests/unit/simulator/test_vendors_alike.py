"""All vendors of the simulator are built alike: who knows one knows where to look in every other."""

from pathlib import Path

import pytest

from unrack import simulator as sim
from unrack.simulator.vendor import SimulatedVendor
from unrack.simulator.vendors import VENDORS

FOLDER = Path(sim.__file__).parent
SAME = {"events", "records", "refusal", "routes", "scenario_events", "seeds", "tables", "vendor"}


def _modules(name: str) -> set[str]:
    return {path.stem for path in (FOLDER / name).glob("*.py")}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_every_vendor_has_the_same_files(vendor: SimulatedVendor) -> None:
    """What it knows, how a world begins, its operations, its refusals, what it does, what people do, the class."""
    assert _modules(vendor.name) >= SAME


def test_every_folder_is_mounted() -> None:
    """A folder that is not on the list would serve nothing."""
    folders = {path.parent.name for path in FOLDER.glob("*/vendor.py")}

    assert folders == {vendor.name for vendor in VENDORS}


def test_no_vendor_takes_anothers_calls_or_tables() -> None:
    """Prefixes and kinds of tables are each vendor's own."""
    prefixes = [vendor.prefix for vendor in VENDORS]
    kinds = [value.kind for vendor in VENDORS for value in vars(vendor.tables()).values() if hasattr(value, "kind")]

    assert not [one for one in prefixes for other in prefixes if one is not other and one.startswith(other)]
    assert len(kinds) == len(set(kinds))
