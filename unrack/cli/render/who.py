"""Who may do something, for people to read, and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from unrack.cli.render.formats import bullet
from unrack.cli.render.policy import person_document, seats
from unrack.cli.screen import escape
from unrack.model.access import Right, assurance_of, granting_groups, groups_of, person_of
from unrack.model.message import joined, msg, verbatim
from unrack.model.policy import Policy
from unrack.model.rights import Action
from unrack.operations.who_may import Able, Here, Now, Seats, needs_nobody, seats_of


@dataclass(frozen=True, slots=True)
class Asked:
    """The question of who may do something, and its answer."""

    policy: Policy
    action: Action
    here: Here | None
    able: tuple[Able, ...]

    @property
    def seats(self) -> Seats | None:
        """How the approval of the run stands; None where nobody asks about one."""
        return seats_of(self.policy, self.here) if self.here is not None and self.action is Action.APPROVE else None

    @property
    def granting(self) -> frozenset[str]:
        """The groups that a grant gives the right."""
        return granting_groups(self.policy, self.action, None if self.here is None else self.here.place)


def who_document(asked: Asked) -> dict[str, object]:
    """Who may, as JSON."""
    policy, here, found = asked.policy, asked.here, asked.seats
    return {
        "version": policy.version,
        "digest": policy.digest,
        "action": asked.action.value,
        "run": None if here is None else here.run,
        "step": None if here is None else here.place.step,
        "assurance": assurance_of(policy, asked.action).value,
        "people": [_row(policy, each) for each in asked.able],
        "groups": {group: list(members) for group, members in policy.groups.items() if group in asked.granting},
        "quorum": {} if found is None else found.quorum,
        "seats": None if found is None else found.model_dump(mode="json", exclude={"quorum"}),
        "answered": None if here is None else here.report is not None,
    }


def _row(policy: Policy, each: Able) -> dict[str, object]:
    person = person_of(policy, each.principal)
    told = person_document(policy, person) if person is not None else {}
    return {**told, **each.model_dump(mode="json")}


def show_who(console: Console, asked: Asked) -> None:
    """Print who may."""
    console.print(_question(asked))
    for each in asked.able:
        console.print(bullet(_person(asked, each)))
    if not asked.able:
        console.print(msg("  [bold red]nobody[/]"))
    for line in _below(asked):
        console.print(line, soft_wrap=True)


def _question(asked: Asked) -> str:
    action, policy, here = asked.action.value, asked.policy, asked.here
    told = msg("by version {version} of the policy", version=policy.version)
    if here is None:
        return msg("Who may [bold]{action}[/], {told}:", action=verbatim(action), told=told)
    at = verbatim(here.run if here.place.step is None else f"{here.run}, {here.place.step}")
    return msg("Who may [bold]{action}[/] at {at}, {told}:", action=verbatim(action), at=escape(at), told=told)


def _person(asked: Asked, each: Able) -> str:
    who = _by_groups(asked, each)
    match each.now:
        case Now.DECIDED:
            return msg("{who}: {why}", who=who, why=each.why)
        case Now.BARRED:
            return msg("{who}: may not now, {why}", who=who, why=each.why)
        case Now.MAY:
            open_ = msg("{who}: has an open seat in {groups}", who=who, groups=verbatim(", ".join(each.seats)))
            return open_ if each.seats else who


def _by_groups(asked: Asked, each: Able) -> str:
    if each.right is Right.BREAK_GLASS:
        return msg("{principal}, in an emergency alone", principal=verbatim(each.principal))
    groups = groups_of(asked.policy, each.principal) & asked.granting
    return msg("{principal} ({groups})", principal=verbatim(each.principal), groups=verbatim(", ".join(sorted(groups))))


def _below(asked: Asked) -> Iterator[str]:
    here, found = asked.here, asked.seats
    if here is None:
        return
    if here.report is None:
        yield msg("[yellow]No worker answers:[/] who has decided already, and whom duties bar, nobody can say now.")
    if found is None:
        return
    if found.quorum:
        yield msg("Quorum: {seats}, beside the number of people that the runbook asks for.", seats=seats(found.quorum))
    if needs_nobody(here):
        yield msg("The run has all the approvals that it needs.")
        return
    yield msg("Missing: {missing}.", missing=_missing(found))


def _missing(found: Seats) -> str:
    people = msg("{open} of {people} people", open=found.people_open, people=found.people)
    return joined("; ", [people, *([msg("seats: {seats}", seats=seats(found.open))] if found.open else [])])
