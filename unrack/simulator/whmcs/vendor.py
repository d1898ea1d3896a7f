"""A WHMCS as a vendor of the simulator."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from unrack.simulator.vendor import Call, Event, Operation, Received, Refused, Reply
from unrack.simulator.whmcs import daily, seeds
from unrack.simulator.whmcs.actions import ACTIONS, Asked, Says
from unrack.simulator.whmcs.records import ApiCredential, Tables
from unrack.simulator.world import World

_PATH = "/includes/api.php"
_NEVER_SHOWN = frozenset({"identifier", "secret", "accesskey", "username", "password", "action", "responsetype"})


class WhmcsVendor:
    """See `unrack.simulator.vendor.Vendor`."""

    name = "whmcs"
    prefix = "/whmcs"
    tables = Tables

    def plant(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """See `Vendor.plant`; `seed` has the fields of `WhmcsSeed`."""
        seeds.plant(world, seeds.WhmcsSeed.model_validate(dict(seed)), now)

    def upcoming(self, world: World) -> Iterator[Event]:
        """See `Vendor.upcoming`."""
        return daily.upcoming(world)

    def operation(self, received: Received) -> Operation:
        """See `Vendor.operation`: all calls share one path, so the action is the name."""
        form = _form(received)
        name = form.get("action", "")
        offered = ACTIONS.get(name)
        shown = {field: value for field, value in form.items() if field not in _NEVER_SHOWN}
        mutates = offered.mutates if offered else False
        return Operation(f"/{name or 'unknown'}", mutates=mutates, body=shown if mutates else None)

    def answer(self, call: Call) -> Reply:
        """See `Vendor.answer`."""
        tables, received = call.world.room(Tables), call.received
        if received.path != _PATH or received.method != "POST":
            raise Refused(Reply(b"<h1>404 Not Found</h1>", status=404, media_type="text/html"), "no such page")
        form, name = _form(received), call.operation.name.removeprefix("/")
        who = _authorised(tables, form, name)
        offered = ACTIONS.get(name)
        if offered is None:
            raise _refused(200, f"Command Not Found: {name}")
        try:
            done = offered.run(Asked(call.world, tables, call.now, who, form))
        except Says as says:
            raise _refused(200, str(says)) from None
        return Reply({"result": "success", **done.body}, effect=done.effect)

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """See `Vendor.error`; `code` may be WHMCS's own words, which it says with 200."""
        if code:
            return Reply({"result": "error", "message": code}, status=status if status in (401, 403) else 200)
        return Reply(f"<h1>{status}</h1><p>{message}</p>".encode(), status=status, media_type="text/html")

    def credentials(self, url: str) -> Mapping[str, str]:
        """See `Vendor.credentials`."""
        keys = {"identifier": seeds.IDENTIFIER, "secret": seeds.SECRET, "time_zone": "UTC"}
        return {"endpoint": f"{url}{self.prefix}", **keys}


def _form(received: Received) -> dict[str, str]:
    return dict(parse_qsl(received.raw.decode(errors="replace"), keep_blank_values=True))


def _authorised(tables: Tables, form: Mapping[str, str], action: str) -> ApiCredential:
    """The credential, when it is right and its API role allows the action."""
    found = tables.credentials.get(form.get("identifier", ""))
    if found is None or found.secret != form.get("secret"):
        raise _refused(403, "Authentication Failed")
    if found.allowed is not None and action not in found.allowed:
        raise _refused(403, f'Invalid Permissions: API action "{action}" is not allowed')
    return found


def _refused(status: int, message: str) -> Refused:
    return Refused(Reply({"result": "error", "message": message}, status=status), message)
