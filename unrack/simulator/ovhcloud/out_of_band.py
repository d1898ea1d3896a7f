"""OVHcloud outside its API: its mails and letters, the links that people follow, and events that other people cause."""

from unrack.simulator.ovhcloud import configuration, letter
from unrack.simulator.ovhcloud.areas import web_hosting
from unrack.simulator.ovhcloud.records import Mail
from unrack.simulator.ovhcloud.refusal import refused
from unrack.simulator.ovhcloud.scenario_events import ScenarioEvent, happen
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.vendor import OutOfBand, OutOfBandCall, Reply


def mails(call: OutOfBandCall) -> list[Mail]:
    """The mails that have arrived, oldest first."""
    arrived = (mail for mail in call.world.tables_for(Tables).mails if mail.sent_at <= call.now)
    return sorted(arrived, key=lambda mail: (mail.sent_at, mail.id))


def _mail(call: OutOfBandCall) -> Reply:
    return Reply([mail.model_dump(mode="json") for mail in mails(call)])


def _happen(call: OutOfBandCall) -> Reply:
    happen(call.world, ScenarioEvent.model_validate_json(call.raw), call.now)
    return Reply()


def _configuration(call: OutOfBandCall) -> Reply:
    return Reply(configuration.snapshot(call.world.tables_for(Tables), call.path["name"]))


def _loa(call: OutOfBandCall) -> Reply:
    content = letter.of(call.world.tables_for(Tables), call.path["name"], call.now)
    return Reply(content, media_type="application/pdf")


def _validate(call: OutOfBandCall) -> Reply:
    """Grants a new consumer key its rights, as a person does in a browser."""
    credentials = call.world.tables_for(Tables).credentials
    found = credentials.where(id=call.path["id"], status="pendingValidation")
    if not found:
        raise refused(404, "There is no such credential to validate")
    credentials.change(found[0], status="validated")
    return Reply(b"validated", media_type="text/plain")


def _confirm(call: OutOfBandCall) -> Reply:
    """Ends an option, as a person does who follows the mailed link."""
    tables, number = call.world.tables_for(Tables), call.path["id"]
    service = tables.services.get(number)
    web_hosting.follow_link(tables, number, call.path["token"], service.contact_admin if service else "")
    return Reply(b"confirmed", media_type="text/plain")


ROUTES = (
    OutOfBand("POST", "/happenings", _happen),
    OutOfBand("GET", "/mail", _mail),
    OutOfBand("GET", "/service/{name}/configuration", _configuration),
    OutOfBand("GET", "/loa/{name}.pdf", _loa),
    OutOfBand("GET", "/credential/{id:int}/validate", _validate),
    OutOfBand("GET", "/confirm/{id:int}/{token}", _confirm),
)
"""Under ``/_simulator``."""
