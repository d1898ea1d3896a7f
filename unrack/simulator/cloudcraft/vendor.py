"""Cloudcraft as a vendor of the simulator."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from unrack.simulator.cloudcraft import events, routes, seeds
from unrack.simulator.cloudcraft.refusal import refused, reply
from unrack.simulator.cloudcraft.tables import Tables
from unrack.simulator.vendor import Call, Event, Operation, OutOfBand, Received, Reply
from unrack.simulator.world import World


class CloudcraftVendor:
    """See `unrack.simulator.vendor.SimulatedVendor`. The API is offered as far as it reads."""

    name = "cloudcraft"
    prefix = ledger_prefix = "/cloudcraft"
    id_header = "X-Request-Id"
    id_prefix = "sim."
    out_of_band: tuple[OutOfBand, ...] = ()
    tables = Tables

    def seed(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """See `SimulatedVendor.seed`; `seed` has the fields of `CloudcraftSeed`."""
        seeds.fill(world.tables_for(Tables), seeds.CloudcraftSeed.model_validate(dict(seed)), now)

    def upcoming(self, world: World) -> Iterator[Event]:
        """See `SimulatedVendor.upcoming`."""
        return events.upcoming(world)

    def operation(self, received: Received) -> Operation:
        """See `SimulatedVendor.operation`."""
        return Operation(received.path, mutates=received.method != "GET")

    def answer(self, call: Call) -> Reply:
        """See `SimulatedVendor.answer`."""
        tables, path = call.world.tables_for(Tables), call.received.path
        user = routes.authorised(tables, call.received)
        if call.received.method != "GET":
            raise refused(405, "Method Not Allowed")
        return routes.answer(tables, path, user, call.now)

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """See `SimulatedVendor.error`."""
        return reply(status, message, code)

    def credentials(self, url: str) -> Mapping[str, str]:
        """See `SimulatedVendor.credentials`."""
        return {"endpoint": f"{url}{self.prefix}", "api_key": seeds.API_KEY}


VENDOR = CloudcraftVendor()
"""The vendor that `unrack.simulator.vendors` mounts."""
