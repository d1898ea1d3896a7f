"""Checks of who may do what: known groups, places where a right can apply, and somebody who can mend the policy."""

from collections.abc import Iterator, Sequence

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.documents.document import Document, Location
from unrack.model.access import who
from unrack.model.assurance import Assurance
from unrack.model.message import msg
from unrack.model.policy import Policy, Scope
from unrack.model.rights import LIGHT, ON_A_STEP, ON_SEVERAL_RUNS, Action
from unrack.policy.able import can_prove

_OF_ONE_RUN = ("runbook", "step", "timing")


def check_rights(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    """Everything that would give a right to nobody, or to nobody where it is meant."""
    for index, grant in enumerate(policy.grants):
        at = ("grants", index)
        yield from _known(policy, document, (*at, "groups"), grant.groups)
        yield from _once(document, (*at, "actions"), grant.actions)
        yield from _where(document, at, grant.where, grant.actions)
    yield from _break_glass(policy, document)
    yield from _assurance(policy, document)
    yield from _administers(policy, document)


def unknown_group(
    policy: Policy, document: Document, location: Location, group: str, *, key: bool = False
) -> Diagnostic:
    """Return the diagnostic for a group that is not there."""
    message = msg("there is no group '{group}'", group=group)
    return document.diagnostic(location, message, did_you_mean(group, policy.groups), key=key)


def _known(policy: Policy, document: Document, location: Location, groups: Sequence[str]) -> Iterator[Diagnostic]:
    for number, group in enumerate(groups):
        if group not in policy.groups:
            yield unknown_group(policy, document, (*location, number), group)


def _once(document: Document, location: Location, actions: Sequence[Action]) -> Iterator[Diagnostic]:
    for number, action in enumerate(actions):
        if action in actions[:number]:
            message = msg("'{action}' stands here already", action=action.value)
            yield document.diagnostic((*location, number), message, msg("Keep one of them"))


def _where(document: Document, at: Location, where: Scope, actions: Sequence[Action]) -> Iterator[Diagnostic]:
    """A place that an action never has would give the right to nobody, and nobody would see it."""
    for number, action in enumerate(actions):
        for name in where.written:
            if (why := _never(action, name)) is not None:
                message = msg("'{action}' cannot be narrowed by {name}: {why}", action=action.value, name=name, why=why)
                yield document.diagnostic((*at, "actions", number), message, msg("Give it in a grant of its own"))
                break


def _never(action: Action, name: str) -> str | None:
    if action is Action.ADMINISTER:
        return msg("the policy is of the whole installation")
    if action in ON_SEVERAL_RUNS and name in _OF_ONE_RUN:
        return msg("it is about many runs at once")
    if name == "step" and action not in ON_A_STEP:
        return msg("it is about the whole run")
    return None


def _break_glass(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    glass, at = policy.break_glass, ("break-glass",)
    if glass is None:
        return
    if glass.group not in policy.groups:
        yield unknown_group(policy, document, (*at, "group"), glass.group)
    yield from _once(document, (*at, "actions"), glass.actions)
    yield from _where(document, at, glass.where, glass.actions)
    granted = {group for grant in policy.grants for group in grant.groups}
    asked = {group for quorum in policy.quorums for group in quorum.of}
    if glass.group in granted | asked:
        message = msg("'{group}' breaks the glass, and has rights or seats beside that", group=glass.group)
        suggestion = msg("Make a group for emergencies alone; its people may be in other groups, too")
        yield document.diagnostic((*at, "group"), message, suggestion)


def _assurance(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    for action, wanted in policy.assurance.items():
        if action in LIGHT and wanted is Assurance.STATED:
            message = msg("'{action}' is vouched at least, not stated", action=action.value)
            yield document.diagnostic(("assurance", action.value), message, msg("Write vouched or signed"))


def _administers(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    """Somebody answers for the policy, and can show who they are."""
    able = who(policy, Action.ADMINISTER)
    if any(can_prove(policy, person, Action.ADMINISTER) for person in able):
        return
    message = (
        msg("nobody may 'administer': somebody must answer for this policy")
        if not able
        else msg("nobody who may 'administer' has a key that counts")
    )
    yield document.diagnostic(("grants",), message, msg("Grant it to a group of people with keys"), key=True)
