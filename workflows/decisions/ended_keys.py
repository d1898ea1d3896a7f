"""Keys that decided in a run and count no more: what they signed stands, and people are told once."""

from collections.abc import Iterator, Sequence

from unrack.contracts.calls import NoticeKind
from unrack.contracts.verifying import EndedKey
from unrack.model.access import KeyFault
from unrack.model.decision import Actor
from unrack.model.message import joined, msg
from unrack.model.state import RunState
from workflows.context import RunContext

MOST = 200
"""Keys of one run that are asked about."""


def keys_to_ask_about(state: RunState) -> tuple[str, ...]:
    """Fingerprints of the keys by which decisions of this run count, but for those of which people know already."""
    told = state.access.ended_keys
    used = (by.fingerprint for _, by in _decided(state) if by.fingerprint is not None)
    return tuple(dict.fromkeys(each for each in used if each not in told))[:MOST]


def tell(context: RunContext, ended: Sequence[EndedKey]) -> None:
    """Says of each key that it counts no more, what it signed here, and what to do."""
    told = context.state.access.ended_keys
    for each in ended:
        if each.fingerprint not in told:
            _tell(context, each)
    known = (*told, *(each.fingerprint for each in ended))
    access = context.state.access.model_copy(update={"ended_keys": tuple(dict.fromkeys(known))[-MOST:]})
    context.state.access = access


def _tell(context: RunContext, key: EndedKey) -> None:
    signed = (what for what, by in _decided(context.state) if by.fingerprint == key.fingerprint)
    text = msg(
        "{whose} {key} {fault}. What it signed here stands: {signed}. "
        "Look at it: hold the run, or withdraw what you doubt",
        whose=msg("the key of {owner}", owner=key.owner) if key.owner else msg("the console's key"),
        key=key.fingerprint,
        fault=_fault(key),
        signed=joined(", ", dict.fromkeys(signed)),
    )
    context.note(text)
    title = msg("a key that decided on {id} counts no more", id=context.id)
    context.notify_soon(NoticeKind.INTERFERENCE, title, text)


def _fault(key: EndedKey) -> str:
    if key.fault is KeyFault.REVOKED:
        return msg("is revoked: {why}", why=key.why)
    return msg("has expired")


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
    if state.rollback is not None:
        yield msg("the rollback"), state.rollback.by
