"""Holds of the whole installation, for people and as JSON."""

from unrack.cli.render.formats import moment, person
from unrack.i18n import say
from unrack.model.decision import HoldScope
from unrack.model.installation_hold import InstallationHold
from unrack.model.message import msg, verbatim


def hold_row(hold: InstallationHold) -> dict[str, object]:
    """The JSON of a hold of the whole installation."""
    return {
        "id": hold.id,
        "scope": hold.scope.value,
        "provider": hold.which.provider,
        "account": hold.which.account,
        "by": hold.by.model_dump(mode="json"),
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
        person=person(hold.by),
        since=since,
        until=until,
        reason=verbatim(hold.reason),
    )
