"""The policy for people to read, and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.padding import Padding

from unrack.cli.render.formats import bullet, exact
from unrack.cli.screen import escape
from unrack.documents.diagnostics import Diagnostic, listed
from unrack.model.access import (
    KeyFault,
    assurance_of,
    fault_at,
    groups_of,
)
from unrack.model.message import joined, msg, verbatim
from unrack.model.policy import Key, Person, Policy, Scope
from unrack.model.rights import Action, Duties

_FAULT = {
    KeyFault.REVOKED: msg("revoked"),
    KeyFault.NOT_YET: msg("not valid yet"),
    KeyFault.EXPIRED: msg("expired"),
}


def policy_document(policy: Policy) -> dict[str, object]:
    """The policy, as JSON."""
    return {
        "version": policy.version,
        "digest": policy.digest,
        "installation": policy.installation,
        "people": [person_document(policy, person) for person in policy.people],
        "groups": {group: list(members) for group, members in policy.groups.items()},
        **policy.model_dump(mode="json", include={"grants", "quorums", "duties", "break_glass"}),
        "assurance": {action.value: assurance_of(policy, action).value for action in Action},
        "console_keys": [_key_document(key) for key in policy.console_keys],
    }


def check_document(
    policy: Policy | None, found: Iterable[Diagnostic], notes: Iterable[Diagnostic]
) -> dict[str, object]:
    """What is wrong with a policy, and the policy where nothing is, as JSON."""
    told = {"diagnostics": [_diagnostic(each) for each in found], "notes": [_diagnostic(each) for each in notes]}
    return {"valid": policy is not None, **told, **({} if policy is None else policy_document(policy))}


def person_document(policy: Policy, person: Person) -> dict[str, object]:
    """A person with their keys and groups, as JSON."""
    return {
        "principal": person.principal,
        "names": list(person.names),
        "groups": sorted(groups_of(policy, person.principal)),
        "languages": list(person.languages),
        "tell": list(person.tell),
        "oidc": None if person.oidc is None else person.oidc.model_dump(mode="json"),
        "keys": [_key_document(key) for key in person.keys],
    }


def _key_document(key: Key) -> dict[str, object]:
    public = key.public
    told = {"fingerprint": public.fingerprint, "type": public.type, "application": public.application}
    return {**told, **key.model_dump(mode="json")}


def _diagnostic(found: Diagnostic) -> dict[str, object]:
    return {
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "message": found.message,
        "suggestion": found.suggestion,
    }


def show_policy(console: Console, policy: Policy) -> None:
    """Print the policy."""
    console.print(
        msg(
            "[bold]Policy[/] of {installation}, version {version}",
            installation=escape(verbatim(policy.installation)),
            version=policy.version,
        )
    )
    console.print(f"[dim]{policy.digest}[/]", soft_wrap=True)
    _show_people(console, policy.people)
    _list(console, msg("Groups"), _groups(policy))
    _list(console, msg("Rights"), _grants(policy))
    _list(console, msg("Quorums"), _quorums(policy))
    _list(console, msg("Separation of duties"), _duties(policy.duties))
    if (glass := policy.break_glass) is not None:
        who_may = msg("{group}: {actions}", group=verbatim(glass.group), actions=_words(glass.actions))
        _list(console, msg("In an emergency"), [who_may + _where(glass.where)])
    _list(console, msg("How sure it must be who acts"), _assurances(policy))
    if policy.console_keys:
        _list(console, msg("Keys of the console"), (_key(key) for key in policy.console_keys))


def _show_people(console: Console, people: Sequence[Person]) -> None:
    """Print who is known, each key on a line of its own: a fingerprint is compared by eye, and copied."""
    console.print(msg("\n[bold]{title}[/]", title=msg("People")))
    for person in people:
        console.print(bullet(_named(person)))
        for key in person.keys:
            console.print(Padding(bullet(_key(key)), (0, 0, 0, 2)))


def _named(person: Person) -> str:
    """``alice@example.org, also Alice Martin``."""
    parts = [verbatim(person.principal)]
    if person.names:
        parts.append(msg("also {names}", names=verbatim(", ".join(person.names))))
    if not person.keys:
        parts.append(msg("no key"))
    return joined(", ", parts)


def _key(key: Key) -> str:
    """``SHA256:… ssh-ed25519, until 2027-01-31 00:00:00 UTC``."""
    parts = [f"{key.fingerprint} {key.public.type}"]
    if key.authority:
        parts.append(msg("signs certificates"))
    if (fault := fault_at(key, datetime.now(UTC))) is not None:
        parts.append(_FAULT[fault])
    if key.revoked is not None:
        parts.append(msg("since {moment}: {why}", moment=exact(key.revoked.at), why=verbatim(key.revoked.why)))
        return joined(", ", parts)
    if key.valid_after is not None:
        parts.append(msg("from {moment}", moment=exact(key.valid_after)))
    if key.valid_before is not None:
        parts.append(msg("until {moment}", moment=exact(key.valid_before)))
    return joined(", ", parts)


def _groups(policy: Policy) -> Iterator[str]:
    for group, members in policy.groups.items():
        members_named = verbatim(", ".join(members)) if members else msg("nobody")
        yield msg("{group}: {members}", group=verbatim(group), members=members_named)


def _grants(policy: Policy) -> Iterator[str]:
    for grant in policy.grants:
        groups = verbatim(", ".join(grant.groups))
        yield msg("{group}: {actions}", group=groups, actions=_words(grant.actions)) + _where(grant.where)


def _words(actions: Sequence[Action]) -> str:
    if set(actions) == set(Action):
        return msg("everything")
    return verbatim(", ".join(actions))


def _where(where: Scope) -> str:
    written = ", ".join(f"{name} {value}" for name, value in where.written.items())
    return msg(" (only {written})", written=verbatim(written)) if written else ""


def _quorums(policy: Policy) -> Iterator[str]:
    for quorum in policy.quorums:
        yield seats(quorum.of) + _where(quorum.where)


def seats(of: dict[str, int]) -> str:
    """``2 of network and 1 of finance``."""
    return listed(
        [msg("{number} of {group}", number=number, group=verbatim(group)) for group, number in sorted(of.items())]
    )


def _duties(duties: Duties) -> Iterator[str]:
    told = (
        (duties.launcher, msg("who launched a run does not approve it")),
        (duties.rejecter, msg("who rejected a task does not complete it")),
        (duties.skipper, msg("who launched a run skips none of its steps")),
    )
    yield from (text for on, text in told if on)


def _assurances(policy: Policy) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for action in Action:
        found.setdefault(assurance_of(policy, action).value, []).append(action.value)
    for assurance, actions in found.items():
        yield msg("{assurance}: {actions}", assurance=assurance, actions=verbatim(", ".join(actions)))


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    rows = list(lines)
    if not rows:
        return
    console.print(msg("\n[bold]{title}[/]", title=title))
    for row in rows:
        console.print(bullet(row))
