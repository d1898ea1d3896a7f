"""OVHcloud as a vendor of the simulator."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from unrack.simulator.ledger import without_secrets
from unrack.simulator.ovhcloud import events, out_of_band, refusal, routes, seeds, signature
from unrack.simulator.ovhcloud.endpoint import ApiCall
from unrack.simulator.ovhcloud.records import Credential
from unrack.simulator.ovhcloud.refusal import refused
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.vendor import Call, Event, Operation, Received, Reply
from unrack.simulator.world import World

_READ = "GET"


class OvhCloudVendor:
    """See `unrack.simulator.vendor.SimulatedVendor`."""

    name = "ovhcloud"
    prefix = "/1.0"
    ledger_prefix = ""
    id_header = "X-OVH-QUERYID"
    id_prefix = "EU.sim."
    tables = Tables
    out_of_band = out_of_band.ROUTES

    def seed(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """See `SimulatedVendor.seed`; `seed` has the fields of `OvhSeed`."""
        seeds.fill(world.tables_for(Tables), seeds.OvhSeed.model_validate(dict(seed)), now)

    def upcoming(self, world: World) -> Iterator[Event]:
        """See `SimulatedVendor.upcoming`."""
        return events.upcoming(world.tables_for(Tables))

    def operation(self, received: Received) -> Operation:
        """See `SimulatedVendor.operation`."""
        found = routes.find(received.method, received.path)
        reads = received.method == _READ or (found is not None and not found[0].mutates) or _is_dry_run(received)
        body = None if reads else without_secrets(_lenient_json(received.raw))
        return Operation(received.path, mutates=not reads, body=body)

    def answer(self, call: Call) -> Reply:
        """See `SimulatedVendor.answer`: application, signature and right are judged before the call itself."""
        received, tables = call.received, call.world.tables_for(Tables)
        found = routes.find(received.method, received.path)
        if found is None:
            signature.application(tables, received.headers)
            raise refused(404, f"Got an invalid (or empty) URL: {received.method} {received.path}", "INVALID_URL")
        endpoint, path = found
        public = endpoint.path == "/auth/time"
        return endpoint.handle(
            ApiCall(
                tables=tables,
                now=call.now,
                path=path,
                query=received.query,
                application="" if public else signature.application(tables, received.headers),
                credential=_credential(tables, received, endpoint.path) if endpoint.signed else None,
                body=_json(received.raw),
                faults=call.faults,
                base_url=received.base_url,
            )
        )

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """See `SimulatedVendor.error`."""
        return refusal.reply(status, message, code)

    def credentials(self, url: str) -> Mapping[str, str]:
        """See `SimulatedVendor.credentials`."""
        return {
            "endpoint": f"{url}{self.prefix}",
            "application_key": seeds.APPLICATION_KEY,
            "application_secret": seeds.APPLICATION_SECRET,
            "consumer_key": seeds.CONSUMER_KEY,
        }


def _credential(tables: Tables, received: Received, path: str) -> Credential:
    """Whose signature the call carries, once it has the right to it."""
    found = signature.caller(tables, received.headers, received.method, received.url, received.raw)
    if not path.startswith("/auth/"):
        signature.require_right(found, received.method, received.path)
    return found


def _is_dry_run(received: Received) -> bool:
    body = _lenient_json(received.raw)
    return received.path.endswith("/billing/engagement/flush") and isinstance(body, dict) and body.get("dryRun") is True  # pyright: ignore[reportUnknownMemberType]


def _json(raw: bytes) -> Any:  # noqa: ANN401  # any JSON
    try:
        return json.loads(raw) if raw else None
    except ValueError as error:
        raise refused(400, "The body is not valid JSON") from error


def _lenient_json(raw: bytes) -> Any:  # noqa: ANN401  # any JSON
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return f"{len(raw)} bytes that are not JSON"


VENDOR = OvhCloudVendor()
"""The vendor that `unrack.simulator.vendors` mounts."""
