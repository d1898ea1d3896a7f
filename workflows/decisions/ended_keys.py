"""Keys that decided in a run and count no more: what they signed stands, and people are told once."""

from collections.abc import Iterator, Sequence

from unrack.contracts.calls import NoticeKind
from unrack.contracts.verifying import EndedKey, UsedKey
from unrack.model.access import KeyFault
from unrack.model.assurance import Assurance
from unrack.model.decision import Actor
from unrack.model.message import joined, msg
from unrack.model.state import RunState
from workflows.context import RunContext

MOST = 200
"""Keys of one run that are asked about."""


def keys_to_ask_about(state: RunState) -> tuple[UsedKey, ...]:
    """The keys by which decisions of this run count, but for those of which people know that they were revoked."""
    used = {key.name: key for _, by in _decided(state) if (key := _used(by)) is not None}
    known = set(state.access.ended_keys)
    return tuple(key for key in used.values() if _mark(key, KeyFault.REVOKED) not in known)[:MOST]


def tell(context: RunContext, ended: Sequence[EndedKey]) -> None:
    """Says of each key that it counts no more, what it signed here, and what to do; those whose key it is are told."""
    for each in ended:
        known = context.state.access.ended_keys
        if _is_news(each, known):
            _tell(context, each)
            marks = (*known, _mark(each.key, each.fault))[-MOST:]
            context.state.access = context.state.access.model_copy(update={"ended_keys": marks})


def _is_news(ended: EndedKey, known: Sequence[str]) -> bool:
    """That a key has gone is told once; that it was revoked, also of one that had expired before."""
    told = [fault for fault in KeyFault if _mark(ended.key, fault) in known]
    return not told or (ended.fault is KeyFault.REVOKED and KeyFault.REVOKED not in told)


def _mark(key: UsedKey, fault: KeyFault) -> str:
    return f"{key.name} {fault.value}"


def _tell(context: RunContext, ended: EndedKey) -> None:
    concerned = [(what, by) for what, by in _decided(context.state) if _is_by(by, ended.key)]
    text = msg(
        "{whose} {key} {fault}. What it signed here stands: {signed}. "
        "Look at it: hold the run, or withdraw what you doubt",
        whose=msg("the console's key") if ended.key.vouched else msg("the key of {owner}", owner=ended.key.by),
        key=ended.key.fingerprint,
        fault=_fault(ended),
        signed=joined(", ", dict.fromkeys(what for what, _ in concerned)),
    )
    context.note(text)
    title = msg("a key that decided on {id} counts no more", id=context.id)
    people = tuple(dict.fromkeys(by.name for _, by in concerned))
    context.notify_soon(NoticeKind.INTERFERENCE, title, text, people=people)


def _fault(ended: EndedKey) -> str:
    match ended.fault, ended.by_authority:
        case KeyFault.REVOKED, True:
            return msg("was certified by an authority that is revoked: {why}", why=ended.why)
        case KeyFault.REVOKED, _:
            return msg("is revoked: {why}", why=ended.why)
        case KeyFault.EXPIRED, True:
            return msg("was certified by an authority that has expired")
        case KeyFault.EXPIRED, _:
            return msg("has expired")
        case _, True:
            return msg("was certified by an authority that the policy does not name any more")
        case _:
            return msg("is not in the policy any more")


def _used(by: Actor) -> UsedKey | None:
    if by.fingerprint is None:
        return None
    vouched = by.assurance is Assurance.VOUCHED
    return UsedKey(fingerprint=by.fingerprint, authority=by.authority, by=by.name, vouched=vouched)


def _is_by(by: Actor, key: UsedKey) -> bool:
    return (used := _used(by)) is not None and used.name == key.name


def _decided(state: RunState) -> Iterator[tuple[str, Actor]]:
    """Everything that stands because somebody decided it, and who that was."""
    yield msg("the launch"), state.launched_by
    for given in state.approvals:
        yield msg("an approval"), given.by
    for step_id, step in state.steps.items():
        if step.done_by is not None:
            yield step_id, step.done_by
    for hold in state.holds:
        yield msg("the hold {id}", id=hold.id), hold.by
    yield from _about_dates(state)
    if state.rollback is not None:
        yield msg("the rollback"), state.rollback.by


def _about_dates(state: RunState) -> Iterator[tuple[str, Actor]]:
    for released in state.released:
        yield msg("the release of {id}", id=released.hold.id), released.by
    for move in state.grace.extensions:
        if move.withdrawn_at is None:
            yield msg("the move {id} of the end of grace", id=move.id), move.by
    for freeze in state.freezes:
        yield msg("the freeze {id}", id=freeze.freeze.id), freeze.by
    for lifted in state.lifted:
        yield msg("the end of the freeze {id}", id=lifted.freeze), lifted.by
