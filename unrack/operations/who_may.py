"""Who may do something now: by the policy, and in a run by what people decided there already.

It only looks, and saves a person a refusal: the run judges.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unrack.model import approvals
from unrack.model.access import (
    Place,
    Right,
    assurance_of,
    fault_at,
    groups_of,
    missing,
    quorum_for,
    right_of,
    same_person,
    who,
    who_breaks_glass,
)
from unrack.model.assurance import Assurance
from unrack.model.base import Frozen
from unrack.model.decision import Actor
from unrack.model.ids import undone_step
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.plan import Plan
from unrack.model.policy import Person, Policy
from unrack.model.rights import Action
from unrack.model.state import GivenApproval, RunReport, RunState
from unrack.model.stated_for import stated_for


class Now(StrEnum):
    """How somebody with the right stands now."""

    MAY = "may"
    DECIDED = "decided"
    """They have decided it already, and count once."""
    BARRED = "barred"
    """Separation of duties, or no key of theirs counts now."""


class Able(Frozen):
    """Somebody whom the policy gives the right."""

    principal: str
    right: Right
    now: Now = Now.MAY
    why: MessageText = ""
    """Why they may not, or when they decided."""
    seats: tuple[str, ...] = ()
    """Of an approval: the groups of the quorum in which they have a seat that is open."""


class Seats(Frozen):
    """How the approval of a run stands."""

    quorum: dict[str, int]
    """How many people of which groups the policy asks for."""
    open: dict[str, int]
    """The seats of it that nobody fills yet."""
    people: int
    """How many people the runbook asks for."""
    people_open: int
    """How many of those have not approved yet."""
    given: tuple[str, ...]
    """Who has approved, in the order in which they did."""


@dataclass(frozen=True, slots=True)
class Here:
    """The run that is asked about."""

    run: str
    place: Place
    plan: Plan
    report: RunReport | None = None
    """None: no worker answers, so that nobody can say who decided what."""
    step: str | None = None
    """The step as it was named: an undo has a name of its own, and the place of what it undoes."""


def who_may(policy: Policy, action: Action, here: Here | None, at: datetime) -> tuple[Able, ...]:
    """Everybody whom the policy gives the right, in its order, then those who have it in an emergency alone.

    Args:
        policy: The policy.
        action: What somebody wants to do.
        here: The run; None: anywhere.
        at: The time at which keys must count.
    """
    place = None if here is None else here.place
    people = (*who(policy, action, place), *who_breaks_glass(policy, action, place))
    return tuple(_able(policy, action, here, person, at) for person in people)


def seats_of(policy: Policy, here: Here) -> Seats:
    """How the approval of the run stands, by the policy as it is now."""
    quorum, given = quorum_for(policy, here.place), _given(here)
    counted = [each for each in given if not _launched(policy, here, each.by.name)]
    seated = [(each.by.name, each.groups or groups_of(policy, each.by.name)) for each in counted]
    people = here.plan.approval.quorum
    return Seats(
        quorum=quorum,
        open=missing(quorum, seated),
        people=people,
        people_open=max(0, people - len({_principal(policy, each.by.name) for each in counted})),
        given=tuple(each.by.name for each in given),
    )


def _able(policy: Policy, action: Action, here: Here | None, person: Person, at: datetime) -> Able:
    found = Able(
        principal=person.principal,
        right=right_of(policy, person.principal, action, None if here is None else here.place),
    )
    told = _decided(policy, action, here, person) or _barred(policy, action, here, person, at)
    if told is not None:
        return found.model_copy(update={"now": told[0], "why": told[1]})
    return found.model_copy(update={"seats": _seats(policy, action, here, person)})


def _seats(policy: Policy, action: Action, here: Here | None, person: Person) -> tuple[str, ...]:
    if action is not Action.APPROVE or here is None:
        return ()
    return tuple(sorted(groups_of(policy, person.principal) & seats_of(policy, here).open.keys()))


def _decided(policy: Policy, action: Action, here: Here | None, person: Person) -> tuple[Now, str] | None:
    if action is not Action.APPROVE or here is None:
        return None
    for each in _given(here):
        if same_person(policy, each.by.name, person.principal):
            return Now.DECIDED, msg("approved on {at}", at=f"{each.at:%Y-%m-%d %H:%M %Z}")
    return None


def _barred(policy: Policy, action: Action, here: Here | None, person: Person, at: datetime) -> tuple[Now, str] | None:
    if here is not None and (why := next(_duties(policy, action, here, person), None)) is not None:
        return Now.BARRED, why
    if _has_no_key(policy, action, person, at):
        return Now.BARRED, msg("no key of theirs counts now")
    return None


def _duties(policy: Policy, action: Action, here: Here, person: Person) -> Iterator[str]:
    """Why separation of duties keeps this person from it."""
    if here.report is None:
        return
    state, step = here.report.state, here.step
    by_hand = step is not None and undone_step(step) is not None
    if action is Action.APPROVE and _launched(policy, here, person.principal):
        yield msg("launched the run")
    if action is Action.COMPLETE and policy.duties.rejecter:
        yield from _rejected(policy, state, step, person)
    if action is Action.SKIP and not by_hand:
        if policy.duties.skipper and same_person(policy, state.launched_by.name, person.principal):
            yield msg("launched the run")
        yield from _rejected(policy, state, step, person)
        yield from _stated(policy, here, state, person)


def _launched(policy: Policy, here: Here, name: str) -> bool:
    launcher = here.report is not None and here.report.state.launched_by.name
    return policy.duties.launcher and bool(launcher) and same_person(policy, str(launcher), name)


def _rejected(policy: Policy, state: RunState, step: str | None, person: Person) -> Iterator[str]:
    standing = state.steps.get(step or "")
    if standing is not None and _among(policy, standing.rejected_by, person):
        yield msg("rejected {step}", step=step)


def _stated(policy: Policy, here: Here, state: RunState, person: Person) -> Iterator[str]:
    for task, by in stated_for(here.plan, state, here.step or ""):
        if same_person(policy, by.name, person.principal):
            yield msg("stated {task}, which it is about", task=task)


def _among(policy: Policy, actors: tuple[Actor, ...], person: Person) -> bool:
    return any(same_person(policy, each.name, person.principal) for each in actors)


def _has_no_key(policy: Policy, action: Action, person: Person, at: datetime) -> bool:
    """Whether it must be signed, and no key of theirs counts."""
    signed = assurance_of(policy, action) is Assurance.SIGNED
    return signed and all(fault_at(key, at) is not None for key in person.keys)


def _given(here: Here) -> list[GivenApproval]:
    """The approvals of this very plan."""
    given = here.report.state.approvals if here.report is not None else []
    return [each for each in given if each.plan == here.plan.digest]


def _principal(policy: Policy, name: str) -> str:
    found = next((each for each in policy.people if same_person(policy, each.principal, name)), None)
    return name if found is None else found.principal


def needs_nobody(here: Here) -> bool:
    """Whether the run has all the approvals that it needs, by what it knows itself."""
    return here.report is not None and approvals.standing(here.plan, here.report.state).complete
