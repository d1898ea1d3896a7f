"""Configurations are compared by what they say, not by the ids that the provider assigned."""

from hypothesis import given
from hypothesis import strategies as st

from unrack.providers.ovhcloud.configuration import Configuration, Datacenter, Extra, Pop, Port, differences
from unrack.providers.ovhcloud.restore import missing


def _extra(number: int, **fields: object) -> Extra:
    given = {"type": "bgp", "bgp_neighbor_ip": f"172.16.0.{number}", "bgp_neighbor_area": 65020}
    return Extra.model_validate(given | {"id": number} | fields)


def _pop(number: int = 1, extras: tuple[Extra, ...] = (), **fields: object) -> Pop:
    datacenter = Datacenter(id=number + 10, datacenter_id=11, subnet="172.16.0.0/28", extras=extras)
    given = {"id": number, "type": "l3", "interface_id": 7, "subnet": "10.0.0.0/30", "datacenters": (datacenter,)}
    return Pop.model_validate(given | fields)


def _configuration(*pops: Pop, **fields: object) -> Configuration:
    given = {
        "service": "x",
        "service_id": 1,
        "description": "Paris",
        "product": "Direct",
        "bandwidth": "1g",
        "contact_admin": "ul12345-ovh",
        "vrack": "pn-1",
        "ports": (Port(id=7, status="enabled"),),
        "pops": pops,
    }
    return Configuration.model_validate(given | fields)


def test_new_ids_are_expected_and_listed() -> None:
    """Everything else equal: only the ids differ, each named with its path."""
    before = _configuration(_pop(1, (_extra(5),)))
    after = _configuration(_pop(2, (_extra(5, id=6),)))
    found = differences(before, after)

    assert [(each.field, each.before, each.after, each.expected) for each in found] == [
        ("pop[1].id", "1", "2", True),
        ("pop[1].datacenter[11].id", "11", "12", True),
        ("pop[1].datacenter[11].extra[5].id", "5", "6", True),
    ]


def test_every_changed_field_is_named() -> None:
    """As OVHcloud names it, with both values."""
    before = _configuration(_pop(1, (_extra(5),)))
    after = _configuration(
        _pop(1, (_extra(5, bgp_neighbor_area=1),), ovh_bgp_area=9), vrack=None, ports=(Port(id=7, status="disabled"),)
    )
    found = {each.field: (each.before, each.after) for each in differences(before, after) if not each.expected}

    assert found == {
        "vrack": ("pn-1", ""),
        "port[7].status": ("enabled", "disabled"),
        "pop[1].ovhBgpArea": ("", "9"),
        "pop[1].datacenter[11].extra[5].bgpNeighborArea": ("65020", "1"),
    }


def test_missing_and_additional_items_are_differences() -> None:
    """One side is empty then."""
    found = differences(_configuration(_pop(1)), _configuration(_pop(2, interface_id=8)))

    assert [(each.field, bool(each.before), bool(each.after)) for each in found] == [
        ("pop[1]", True, False),
        ("pop[2]", False, True),
    ]


@given(st.permutations([1, 2, 3, 4, 5]))
def test_another_order_is_no_difference(order: list[int]) -> None:
    """Lists come in whatever order the provider likes."""
    before = _configuration(_pop(1, tuple(_extra(number) for number in range(1, 6))))
    after = _configuration(_pop(1, tuple(_extra(number) for number in order)))

    assert differences(before, after) == ()
    assert list(missing(before.pops, after.pops)) == []


@given(st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_what_is_missing_is_exactly_what_differs(before: set[int], now: set[int]) -> None:
    """Whatever was captured and whatever is there: what would be restored is what is missing."""
    old, new = (_pop(1, tuple(_extra(number) for number in sorted(some))) for some in (before, now))

    assert {item.id for _, _, item in missing((old,), (new,))} == before - now


def test_a_configuration_survives_its_evidence() -> None:
    """What is kept is what is read back."""
    before = _configuration(_pop(1, (_extra(5),)))

    assert Configuration.from_bytes(before.to_bytes()) == before
