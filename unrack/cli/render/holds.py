"""Holds of the whole installation, for people and as JSON."""

from unrack.cli.render.formats import moment, person
from unrack.i18n import say
from unrack.model.decision import HoldScope
from unrack.model.installation_hold import InstallationHold
from unrack.model.installation_order import DeniedOrder, LiftHolds, WaitingOrder
from unrack.model.message import msg, verbatim


def hold_row(hold: InstallationHold) -> dict[str, object]:
    """The JSON of a hold of the whole installation."""
    return {
        "id": hold.id,
        "scope": hold.scope.value,
        "provider": hold.which.provider,
        "account": hold.which.account,
        "by": hold.known.model_dump(mode="json"),
        "reason": hold.reason,
        "since": hold.since.isoformat(),
        "until": hold.until.isoformat() if hold.until else None,
    }


def hold_line(hold: InstallationHold) -> str:
    """A hold of the whole installation in one line."""
    until = say(msg(" until {until}", until=moment(hold.until))) if hold.until else ""
    stops = say(msg("nothing is purged") if hold.scope is HoldScope.PURGE else msg("nothing changes a service"))
    since = moment(hold.since)
    return msg(
        "{id}  {say}: {stops}; {person}, {since}{until}: {reason}",
        id=hold.id,
        say=say(hold.which.words),
        stops=stops,
        person=person(hold.known),
        since=since,
        until=until,
        reason=verbatim(hold.reason),
    )


def waiting_row(each: WaitingOrder) -> dict[str, object]:
    """The JSON of an order that no worker has verified yet."""
    return {
        "id": each.order.id,
        "kind": each.order.kind,
        "by": each.order.by.name,
        "reason": each.order.reason,
        "at": each.at.isoformat(),
    }


def waiting_line(each: WaitingOrder) -> str:
    """Such an order in one line."""
    order = each.order
    what = say(msg("release") if isinstance(order, LiftHolds) else msg("hold"))
    return msg(
        "waits to be verified: {what} by {name}, {at}: {reason}",
        what=what,
        name=order.by.short,
        at=moment(each.at),
        reason=order.reason,
    )


def denied_row(each: DeniedOrder) -> dict[str, object]:
    """The JSON of an order that does not count."""
    return {
        "id": each.id,
        "kind": each.kind,
        "by": each.by.name,
        "at": each.at.isoformat(),
        "verdict": "refused",
        "why": each.why.value,
        "answer": say(each.words),
        "policy": each.policy.digest if each.policy is not None else None,
    }


def denied_line(each: DeniedOrder) -> str:
    """Such an order in one line."""
    what = say(msg("release") if each.kind == "release" else msg("hold"))
    return msg(
        "refused ({why}): {what} by {name}, {at}: {words}",
        why=each.why.value,
        what=what,
        name=each.by.short,
        at=moment(each.at),
        words=each.words,
    )
