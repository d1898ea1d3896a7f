"""Tables: changes are kept or taken back as a whole."""

from unrack.simulator.ovhcloud.records import Vrack
from unrack.simulator.table import Table


def _table() -> Table[Vrack]:
    table = Table("vrack", Vrack, lambda row: row.name)
    for name in ("pn-1", "pn-2"):
        table.put(Vrack(name=name, account="a"))
    table.keep()
    return table


def test_undo_takes_back_additions_changes_and_removals() -> None:
    """After `undo` the table is as it was at the last `keep`."""
    table = _table()
    before = list(table)

    table.put(Vrack(name="pn-3", account="a"))
    table.change(table.change(table["pn-1"], description="x"), description="y")
    table.remove(table["pn-2"])
    table.undo()

    assert sorted(row.name for row in table) == ["pn-1", "pn-2"]
    assert {row.name: row for row in table} == {row.name: row for row in before}
    assert table.changes() == {}


def test_changes_name_what_has_to_be_stored() -> None:
    """Added and changed records with their last content, removed ones as None."""
    table = _table()

    table.change(table["pn-1"], description="x")
    table.remove(table["pn-2"])

    assert table.changes() == {"pn-1": Vrack(name="pn-1", account="a", description="x"), "pn-2": None}
