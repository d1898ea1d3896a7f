"""Holds of the whole installation: set, lifted and told. A worker is needed where a policy rules, and to show them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client

from unrack.documents.diagnostics import did_you_mean
from unrack.model.base import Frozen
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import HoldRegister, InstallationHold, LiftHolds, PlaceHold, Recorded
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.service import ServiceRef
from unrack.model.statement import Refusal
from unrack.providers.catalogue import ACTIONS, SHARED_NAMESPACES
from unrack.runbook.load import valid_runbooks
from unrack.temporal import installation_holds
from unrack.temporal.spreading import Spread, Spreading

WAIT = timedelta(seconds=30)
"""How long runs are waited for to show a hold."""

Told = Callable[[str, Spread], None]
"""Hears the hold's id and how far it got."""


class NotReached(Frozen):
    """A run for which the server has no signal."""

    run: str
    why: MessageText


class Reach(Frozen):
    """How far a hold of the whole installation, or its end, got."""

    holds: tuple[str, ...]
    """Ids of the holds it is about."""
    reached: int
    """Open runs for which the server has the signal."""
    confirmed: int
    """Those of them that show it."""
    not_reached: tuple[NotReached, ...] = ()
    waits: bool = False
    """No worker has verified the order yet: until one does, it counts for runs alone, each of which verifies it."""


@dataclass(frozen=True, slots=True)
class Watched:
    """How long runs are waited for, and who hears of it meanwhile."""

    wait: timedelta = WAIT
    told: Told = lambda _, __: None


def refuse_unknown_provider(provider: str, folders: Sequence[Path]) -> None:
    """Refuse a provider that no run can be of: the hold would stop nothing.

    Args:
        provider: As runbooks name it.
        folders: Where runbooks are looked for.

    Raises:
        UnrackError: it is none (``INVALID``).
    """
    known = {spec.provider for spec in ACTIONS.values()} - SHARED_NAMESPACES
    if provider in known:
        return
    known |= {loaded.model.provider for loaded in valid_runbooks(folders)}
    if provider not in known:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("there is no provider '{provider}'; nothing was held", provider=provider),
                suggestion=did_you_mean(provider, known),
            )
        )


async def hold_all(client: Client, queue: str, order: PlaceHold, watched: Watched) -> Reach:
    """Hold every open run of `queue` that is meant, and those to come.

    Where no policy rules it stands as soon as the server has recorded it, else once a worker has verified it, whatever
    becomes of the rest; the same order may be repeated. Where no worker is there, open runs are told all the same:
    they verify it themselves before they change anything.

    Raises:
        UnrackError: the order does not count (``DENIED``), the register refuses it (``CONFLICT``), or cannot be read
            (``UNAVAILABLE``).
    """
    answer, register = await installation_holds.record(client, queue, order)
    _refuse(answer)
    (hold,) = answer.holds
    standing = register.placing(order) if answer.waits else register.hold(hold)
    if standing is None:
        raise _lifted_meanwhile(hold)
    told = Spreading(client, queue, standing, told=_heard(standing.id, watched))
    return await _through((standing.id,), [told], watched, waits=answer.waits)


def _refuse(answer: Recorded) -> None:
    if answer.why is not None:
        raise UnrackError(_denied(answer.why, answer.refused))
    if answer.refused:
        raise UnrackError(Problem(category=Category.CONFLICT, message=answer.refused, suggestion="unrack hold --list"))


async def naming(client: Client, queue: str, order: LiftHolds) -> LiftHolds:
    """An order to lift everything, with the holds that stand now: what is signed names each of them.

    Raises:
        UnrackError: the register cannot be read.
    """
    if order.named:
        return order
    return order.model_copy(update={"holds": (await installation_holds.register_of(client, queue)).to_lift()})


async def release_all(client: Client, queue: str, order: LiftHolds, watched: Watched) -> Reach:
    """Lift one hold of the whole installation, or all. What was lifted before and some run still shows is told again.

    Raises:
        UnrackError: the order does not count (``DENIED``), there is no such hold (``CONFLICT``), or the register cannot
            be read (``UNAVAILABLE``).
    """
    answer, register = await _recorded(client, queue, order)
    _refuse(answer)
    if answer.waits:
        return Reach(holds=order.named, reached=0, confirmed=0, waits=True)
    lifts = [lift for lift in register.lifted if order.hold in (None, lift.hold.id)]
    spreadings: list[Spreading] = []
    for lift in lifts:
        spreading = Spreading(client, queue, lift.hold, lift, told=_heard(lift.hold.id, watched))
        if lift.order == order.id or order.hold is not None or await spreading.is_left():
            spreadings.append(spreading)
    return await _through(answer.holds, spreadings, watched)


async def _recorded(client: Client, queue: str, order: LiftHolds) -> tuple[Recorded, HoldRegister]:
    """What became of `order`. Signed while nothing stands it names nothing, and there is nothing to record."""
    if order.proof is not None and not order.named:
        return Recorded(), await installation_holds.register_of(client, queue)
    return await installation_holds.record(client, queue, order)


async def holds_told(client: Client, queue: str) -> HoldRegister:
    """The register, for who lists it: what stands, what waits to be verified, and what was refused lately."""
    return await installation_holds.register_of(client, queue)


async def standing_holds(client: Client, queue: str) -> tuple[InstallationHold, ...]:
    """The holds of the whole installation that stand now, the oldest first."""
    return await installation_holds.standing(client, queue)


async def refuse_held(client: Client, queue: str, service: ServiceRef) -> None:
    """Refuse to launch under a hold of the whole installation.

    Raises:
        UnrackError: one stands over the service (``CONFLICT``; the problem names it), or the register cannot be read.
    """
    holds = await holds_over(client, queue, service)
    if holds:
        raise UnrackError(_held(service, holds[0]))


async def holds_over(client: Client, queue: str, service: ServiceRef) -> tuple[InstallationHold, ...]:
    """The holds of the whole installation that stand now over a run of `service`."""
    register = await installation_holds.register_of(client, queue)
    return register.over(service.provider, service.account, datetime.now(UTC))


def _heard(hold: str, watched: Watched) -> Callable[[Spread], None]:
    return lambda spread: watched.told(hold, spread)


async def _through(
    holds: tuple[str, ...], spreadings: Sequence[Spreading], watched: Watched, *, waits: bool = False
) -> Reach:
    for each in spreadings:
        await each.through()
    ends = datetime.now(UTC) + watched.wait
    for each in spreadings:
        await each.until_confirmed(max(timedelta(0), ends - datetime.now(UTC)))
    every = [each.spread for each in spreadings]
    reached = set[str]().union(*(spread.reached for spread in every))
    missing = {run: why for spread in every for run, why in spread.not_reached.items()}
    unconfirmed = set[str]().union(*(spread.reached - spread.confirmed for spread in every))
    return Reach(
        holds=holds,
        reached=len(reached - set(missing)),
        confirmed=len(reached - unconfirmed - set(missing)),
        not_reached=tuple(NotReached(run=run, why=missing[run]) for run in sorted(missing)),
        waits=waits,
    )


def _held(service: ServiceRef, hold: InstallationHold) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg(
            "nothing is launched for {service}: {id} holds {words}, by {name} since {since}: {reason}",
            service=service.service,
            id=hold.id,
            words=hold.which.words,
            name=hold.known.name,
            since=f"{hold.since:%Y-%m-%d %H:%M %Z}",
            reason=hold.reason,
        ),
        suggestion=msg("launch once it is lifted: unrack release --all --hold {id} --reason …", id=hold.id),
        reference=hold.id,
    )


def _denied(why: Refusal, words: str) -> Problem:
    return Problem(
        category=Category.DENIED,
        message=msg("the order does not count ({why}): {words}", why=why.value, words=words),
        suggestion=msg("see whose key you sign with: unrack whoami; and who may: unrack policy who hold-all"),
    )


def _lifted_meanwhile(hold: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.CONFLICT,
            message=msg("the hold {hold} of the whole installation was lifted meanwhile", hold=hold),
            suggestion=msg("see what stands with `unrack hold --list`, then hold again"),
        )
    )
