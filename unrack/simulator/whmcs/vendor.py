"""A WHMCS as a vendor of the simulator."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from unrack.simulator.vendor import Call, Event, Operation, OutOfBand, Received, Reply
from unrack.simulator.whmcs import events, seeds
from unrack.simulator.whmcs.records import ApiCredential
from unrack.simulator.whmcs.refusal import no_such_page, says
from unrack.simulator.whmcs.routes import ACTIONS, ApiCall
from unrack.simulator.whmcs.tables import Tables
from unrack.simulator.world import World

_PATH = "/includes/api.php"
_NEVER_SHOWN = frozenset({"identifier", "secret", "accesskey", "username", "password", "action", "responsetype"})


class WhmcsVendor:
    """See `unrack.simulator.vendor.SimulatedVendor`."""

    name = "whmcs"
    prefix = ledger_prefix = "/whmcs"
    id_header = "X-Request-Id"
    id_prefix = "sim."
    out_of_band: tuple[OutOfBand, ...] = ()
    tables = Tables

    def seed(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """See `SimulatedVendor.seed`; `seed` has the fields of `WhmcsSeed`."""
        seeds.fill(world, seeds.WhmcsSeed.model_validate(dict(seed)), now)

    def upcoming(self, world: World) -> Iterator[Event]:
        """See `SimulatedVendor.upcoming`."""
        return events.upcoming(world)

    def operation(self, received: Received) -> Operation:
        """See `SimulatedVendor.operation`: all calls share one path, so the action is the name."""
        form = _form(received)
        name = form.get("action", "")
        offered = ACTIONS.get(name)
        shown = {field: value for field, value in form.items() if field not in _NEVER_SHOWN}
        mutates = offered.mutates if offered else False
        return Operation(f"/{name or 'unknown'}", mutates=mutates, body=shown if mutates else None)

    def answer(self, call: Call) -> Reply:
        """See `SimulatedVendor.answer`."""
        tables, received = call.world.tables_for(Tables), call.received
        if received.path != _PATH or received.method != "POST":
            raise no_such_page()
        form, name = _form(received), call.operation.name.removeprefix("/")
        who = _authorised(tables, form, name)
        offered = ACTIONS.get(name)
        if offered is None:
            raise says(f"Command Not Found: {name}")
        done = offered.run(ApiCall(call.world, tables, call.now, who, form))
        return Reply({"result": "success", **done.body}, effect=done.effect)

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """See `SimulatedVendor.error`; `code` may be WHMCS's own words, which it says with 200."""
        if code:
            return Reply({"result": "error", "message": code}, status=status if status in (401, 403) else 200)
        return Reply(f"<h1>{status}</h1><p>{message}</p>".encode(), status=status, media_type="text/html")

    def credentials(self, url: str) -> Mapping[str, str]:
        """See `SimulatedVendor.credentials`."""
        keys = {"identifier": seeds.IDENTIFIER, "secret": seeds.SECRET, "time_zone": "UTC"}
        return {"endpoint": f"{url}{self.prefix}", **keys}


def _form(received: Received) -> dict[str, str]:
    return dict(parse_qsl(received.raw.decode(errors="replace"), keep_blank_values=True))


def _authorised(tables: Tables, form: Mapping[str, str], action: str) -> ApiCredential:
    """The credential, when it is right and its API role allows the action."""
    found = tables.credentials.get(form.get("identifier", ""))
    if found is None or found.secret != form.get("secret"):
        raise says("Authentication Failed", 403)
    if found.allowed is not None and action not in found.allowed:
        raise says(f'Invalid Permissions: API action "{action}" is not allowed', 403)
    return found


VENDOR = WhmcsVendor()
"""The vendor that `unrack.simulator.vendors` mounts."""
