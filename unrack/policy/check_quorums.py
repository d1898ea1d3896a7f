"""Checks of quorums: each can be filled by people who are there, may approve and did not launch the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unrack.documents.diagnostics import Diagnostic, listed
from unrack.documents.document import Document, Location
from unrack.model.access import groups_of, merged
from unrack.model.message import msg
from unrack.model.policy import Person, Policy, Quorum, Scope
from unrack.model.rights import Action
from unrack.model.seats import unfilled
from unrack.policy.able import can_prove
from unrack.policy.check_rights import unknown_group

_MOST_TOGETHER = 2000
"""So many combinations of quorums that apply together are looked at."""


def check_quorums(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    """Every quorum that no set of people can fill, alone or together with others that apply to the same run."""
    wrong = [*_ill_formed(policy, document)]
    yield from wrong
    if wrong:
        return
    told: set[int] = set()
    for together in _combinations(policy.quorums):
        last = together.numbers[-1]
        if last not in told and (why := _cannot_be_filled(policy, together)) is not None:
            told.add(last)
            yield document.diagnostic(("quorums", last, "of"), *why, key=True)


def _ill_formed(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    for number, quorum in enumerate(policy.quorums):
        at: Location = ("quorums", number)
        for group in quorum.of:
            if group not in policy.groups:
                yield unknown_group(policy, document, (*at, "of", group), group, key=True)
        if quorum.where.step is not None:
            message = msg("a quorum approves the plan of a whole run, so that no step narrows it")
            yield document.diagnostic((*at, "where", "step"), message, msg("Remove the line"), key=True)


@dataclass(frozen=True, slots=True)
class _Together:
    """Quorums that apply to one run at once."""

    numbers: tuple[int, ...]
    where: Scope
    of: Mapping[str, int]


def _combinations(quorums: Sequence[Quorum]) -> Iterator[_Together]:
    """Every set of quorums that can apply at once, each alone first; sets that ask for the same at one place once."""
    every = [_Together((number,), quorum.where, merged([quorum.of])) for number, quorum in enumerate(quorums)]
    yield from every
    found: dict[tuple[str, str], _Together] = {}
    for alone in every:
        for each in (alone, *(_and(earlier, alone) for earlier in found.values())):
            if each is not None and len(found) < _MOST_TOGETHER:
                found.setdefault((str(each.where.written), str(each.of)), each)
    yield from (each for each in found.values() if len(each.numbers) > 1)


def _and(one: _Together, other: _Together) -> _Together | None:
    where = one.where.written
    if any(where.get(name, value) != value for name, value in other.where.written.items()):
        return None
    both = Scope.model_validate({**where, **other.where.written})
    return _Together((*one.numbers, *other.numbers), both, merged([one.of, other.of]))


def _cannot_be_filled(policy: Policy, together: _Together) -> tuple[str, str] | None:
    """Why, and what to do about it; None when it can be filled."""
    able = [person for person in policy.people if _may(policy, person, Action.APPROVE, together.where)]
    if left := _left(policy, together, able):
        message = msg(
            "nobody can fill this quorum: {wanted}; {left} missing", wanted=_told(together.of), left=_told(left)
        )
        return message, _advice(together)
    launchers = [person for person in policy.people if _may(policy, person, Action.LAUNCH, together.where)]
    if not policy.duties.launcher or not launchers:
        return None
    if any(not _left(policy, together, [each for each in able if each is not one]) for one in launchers):
        return None
    short = _left(policy, together, [each for each in able if each is not launchers[0]])
    message = msg(
        "nobody can fill this quorum once somebody of it has launched the run: {wanted}; {left} missing",
        wanted=_told(together.of),
        left=_told(short),
    )
    return message, msg("Add a person, or let somebody else launch: who launches a run does not approve it")


def _left(policy: Policy, together: _Together, people: Sequence[Person]) -> dict[str, int]:
    return unfilled(together.of, {each.principal: groups_of(policy, each.principal) for each in people})


def _advice(together: _Together) -> str:
    if len(together.numbers) > 1:
        return msg(
            "Another quorum applies to the same runs, and both must be filled; of each group the larger number counts"
        )
    return msg("Only people count who may 'approve' there and have a key; one person fills one seat")


def _told(of: Mapping[str, int]) -> str:
    return listed([msg("{number} of {group}", number=number, group=group) for group, number in sorted(of.items())])


def _may(policy: Policy, person: Person, action: Action, where: Scope) -> bool:
    """Whether this person may do it, and show who they are, at some place of `where`."""
    if not can_prove(policy, person, action):
        return False
    groups = groups_of(policy, person.principal)
    return any(
        action in grant.actions and groups.intersection(grant.groups) and _meet(grant.where, where)
        for grant in policy.grants
    )


def _meet(one: Scope, other: Scope) -> bool:
    """Whether there is a place where both apply."""
    mine = one.written
    return all(mine.get(name, value) == value for name, value in other.written.items())
