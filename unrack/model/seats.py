"""People and the seats that they may take: as many seats as possible are filled, one person on each. Pure."""

from collections.abc import Iterable, Mapping


def unfilled(seats: Mapping[str, int], people: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The seats that stay empty however the people are seated, by group; empty when all are filled.

    A maximum matching in a graph of people and seats, by augmenting paths. Where another matching would leave other
    seats empty, the names decide, so that the answer never depends on an order.

    Args:
        seats: The number of seats of each group.
        people: The groups in which each person may take a seat.
    """
    places = [group for group, number in sorted(seats.items()) for _ in range(number)]
    taken: dict[int, str] = {}
    known = {person: frozenset(groups) for person, groups in people.items()}
    for person in sorted(known):
        _seat(person, places, known, taken, set())
    left: dict[str, int] = {}
    for place, group in enumerate(places):
        if place not in taken:
            left[group] = left.get(group, 0) + 1
    return left


def _seat(
    person: str, places: list[str], people: Mapping[str, frozenset[str]], taken: dict[int, str], tried: set[int]
) -> bool:
    """Seat `person`, who may ask others to move to another seat of theirs; tells whether it worked."""
    for place, group in enumerate(places):
        if group not in people[person] or place in tried:
            continue
        tried.add(place)
        if place not in taken or _seat(taken[place], places, people, taken, tried):
            taken[place] = person
            return True
    return False
