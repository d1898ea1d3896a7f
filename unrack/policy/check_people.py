"""Checks of who is who: everybody once, every key of one person."""

from collections.abc import Iterator

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.documents.document import Document, Location
from unrack.model.message import msg
from unrack.model.people import normal_name
from unrack.model.policy import Key, Person, Policy


def check_people(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    """Everything by which one person could be two, or two people one."""
    yield from _names(policy, document)
    yield from _keys(policy, document)
    yield from _console_keys(policy, document)
    yield from _subjects(policy, document)
    yield from _members(policy, document)


def _names(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    """Names that are one by their normal form, principals among them."""
    first: dict[str, tuple[Location, str]] = {}
    for location, name in _every_name(policy):
        normal = normal_name(name)
        if normal not in first:
            first[normal] = (location, name)
            continue
        where, earlier = first[normal]
        yield document.diagnostic(
            location,
            msg(
                "'{name}' is the same name as '{earlier}' in line {line}",
                name=name,
                earlier=earlier,
                line=document.place(where).line,
            ),
            msg("One name means one person, and stands once; letter case and spaces do not count"),
        )


def _every_name(policy: Policy) -> Iterator[tuple[Location, str]]:
    for index, person in enumerate(policy.people):
        yield ("people", index, "principal"), person.principal
        for number, name in enumerate(person.names):
            yield ("people", index, "names", number), name


def _every_key(policy: Policy) -> Iterator[tuple[Location, Person, Key]]:
    for index, person in enumerate(policy.people):
        for number, key in enumerate(person.keys):
            yield ("people", index, "keys", number), person, key


def _keys(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    """A key is of one person; an authority may sign for several, and then it is nobody's own key."""
    first: dict[str, tuple[Location, Person, Key]] = {}
    for location, person, key in _every_key(policy):
        earlier = first.setdefault(key.fingerprint, (location, person, key))
        if earlier[0] == location:
            continue
        shared = key.authority and earlier[2].authority and person is not earlier[1]
        if not shared:
            yield _twice(document, location, earlier)


def _twice(document: Document, location: Location, earlier: tuple[Location, Person, Key]) -> Diagnostic:
    where, owner, _ = earlier
    return document.diagnostic(
        (*location, "key"),
        msg(
            "this key is a key of {principal} already, in line {line}",
            principal=owner.principal,
            line=document.place((*where, "key")).line,
        ),
        msg("Every person signs with keys of their own: make another one with ssh-keygen"),
    )


def _console_keys(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, key in enumerate(policy.console_keys):
        location = ("console-keys", index)
        owners = policy.by_fingerprint.get(key.fingerprint)
        if owners is not None:
            yield document.diagnostic(
                (*location, "key"),
                msg("this key of the console is a key of {principal}, too", principal=owners[0][0].principal),
                msg("The console vouches with a key of its own"),
            )
        if first.setdefault(key.fingerprint, index) != index:
            yield document.diagnostic((*location, "key"), msg("this key stands here already"), msg("Keep one of them"))
        if key.authority:
            yield document.diagnostic(
                (*location, "authority"),
                msg("a key of the console signs no certificates"),
                msg("Remove the line"),
                key=True,
            )


def _subjects(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    first: dict[tuple[str, str], Person] = {}
    for index, person in enumerate(policy.people):
        if person.oidc is None:
            continue
        earlier = first.setdefault((person.oidc.issuer.rstrip("/"), person.oidc.subject), person)
        if earlier is not person:
            yield document.diagnostic(
                ("people", index, "oidc"),
                msg("this subject is {principal} already", principal=earlier.principal),
                msg("An identity provider knows one person by one subject"),
            )


def _members(policy: Policy, document: Document) -> Iterator[Diagnostic]:
    known = [person.principal for person in policy.people]
    for group, members in policy.groups.items():
        for number, member in enumerate(members):
            location = ("groups", group, number)
            if member not in known:
                message = msg("'{member}' is no principal of a person in this policy", member=member)
                yield document.diagnostic(location, message, did_you_mean(member, known))
            elif member in members[:number]:
                message = msg("'{member}' is in this group already", member=member)
                yield document.diagnostic(location, message, msg("Keep one of them"))
