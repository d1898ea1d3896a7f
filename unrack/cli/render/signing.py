"""What is signed, in words: before a key signs it, and before somebody sends what another person signed."""

from collections.abc import Iterator
from datetime import datetime

from unrack.audit.wording import decided
from unrack.cli.render.formats import moment
from unrack.cli.screen import escape
from unrack.contracts.workflows import Resumption
from unrack.i18n import say
from unrack.model.decision import Decision, HoldScope
from unrack.model.installation_hold import LiftHolds, PlaceHold
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.statement import act_of, row_of, same_act
from unrack.operations.decision_files import Carried
from unrack.operations.signing import Signing, Thing

_SHOWN = 12
"""Characters of a digest: enough to compare by eye."""

_MOST = 20


def signing_lines(signing: Signing) -> Iterator[str]:
    """What is about to be signed, by whom, with which key."""
    yield msg(
        "[bold]Signing as {principal}[/] with the key {fingerprint} ({source}):",
        principal=escape(signing.principal),
        fingerprint=escape(signing.fingerprint),
        source=escape(signing.source),
    )
    for run, thing in signing.things[:_MOST]:
        yield from _thing_lines(run, thing)
    if len(signing.things) > _MOST:
        yield msg("  and {value} more", value=len(signing.things) - _MOST)
    yield _closing(signing.installation, signing.digest, signing.expires)


def carried_lines(carried: Carried) -> Iterator[str]:
    """What somebody signed and another person sends."""
    statement = carried.statement
    yield msg(
        "[bold]Signed by {signer}[/] at {at}, not verified yet:",
        signer=escape(statement.signer),
        at=escape(moment(statement.at)),
    )
    yield from _thing_lines(statement.run, carried.decision)
    if not same_act(statement.act, act_of(carried.decision)):
        yield msg("  [bold red]This is not what was signed:[/] somebody changed the file, and the run will refuse it.")
    proof = carried.decision.proof
    digest = row_of(proof.message) if proof is not None else ""
    yield _closing(statement.installation, digest, statement.expires)


def _closing(installation: str, digest: str, expires: datetime) -> str:
    return msg(
        "  [dim]installation {installation}, good until {expires}, digest[/] {digest}",
        installation=escape(installation),
        expires=escape(moment(expires)),
        digest=digest[:_SHOWN],
    )


def _thing_lines(run: str, thing: Thing) -> Iterator[str]:
    where = escape(run) if run else say(msg("the whole installation"))
    yield msg("  {where}: {what}", where=where, what=escape(_what(thing)))
    for name, value in getattr(thing, "fields", {}).items() if not isinstance(thing, Plan) else ():
        yield f"    {escape(name)}: {escape(value)}"
    for kept in getattr(thing, "evidence", ()):
        yield msg(
            "    {type}: {name}, sha256:{sha}", type=escape(kept.type), name=escape(kept.name), sha=kept.sha256[:_SHOWN]
        )


def _what(thing: Thing) -> str:
    match thing:
        case Plan():
            return msg(
                "launches the plan {digest} ({runbook}, {timing})",
                digest=thing.digest[: len("sha256:") + _SHOWN],
                runbook=thing.runbook_title,
                timing=thing.timing.value,
            )
        case Resumption():
            return msg("resumes it from execution {id}: {reason}", id=thing.run_id, reason=thing.reason)
        case PlaceHold():
            return _holds(thing)
        case LiftHolds():
            what = ", ".join(thing.named) or msg("every hold")
            return msg("lifts {what} of the whole installation: {reason}", what=what, reason=thing.reason)
        case _:
            return _decided(thing)


def _holds(order: PlaceHold) -> str:
    """How far it reaches, too: a hold that ends by itself is not the one that its signer may think of."""
    purge = order.scope is HoldScope.PURGE
    what = msg("the purge of {words}", words=order.which.words) if purge else order.which.words
    until = msg(" until {until}", until=moment(order.until)) if order.until is not None else ""
    return msg("holds {what}{until}: {reason}", what=what, until=until, reason=order.reason)


def _decided(decision: Decision) -> str:
    return decided(decision)
