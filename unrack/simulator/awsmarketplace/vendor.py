"""The agreement service as a vendor of the simulator."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from unrack.simulator.awsmarketplace import events, seeds, shapes, signature
from unrack.simulator.awsmarketplace.records import Identity
from unrack.simulator.awsmarketplace.refusal import MEDIA_TYPE, denied, refused, reply
from unrack.simulator.awsmarketplace.routes import OPERATIONS, ApiCall
from unrack.simulator.awsmarketplace.tables import Tables
from unrack.simulator.vendor import Call, Event, Operation, OutOfBand, Received, Reply
from unrack.simulator.world import World

_ERRORS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    409: "ConflictException",
    429: "ThrottlingException",
}
"""Names of injected errors by status; every other one is an ``InternalServerException``."""


class AwsMarketplaceVendor:
    """See `unrack.simulator.vendor.SimulatedVendor`."""

    name = "awsmarketplace"
    prefix = ledger_prefix = "/aws-marketplace"
    id_header = "x-amzn-RequestId"
    id_prefix = "sim."
    out_of_band: tuple[OutOfBand, ...] = ()
    tables = Tables

    def seed(self, world: World, seed: Mapping[str, Any], now: datetime) -> None:
        """See `SimulatedVendor.seed`; `seed` has the fields of `AwsSeed`."""
        seeds.fill(world.tables_for(Tables), seeds.AwsSeed.model_validate(dict(seed)), now)

    def upcoming(self, world: World) -> Iterator[Event]:
        """See `SimulatedVendor.upcoming`."""
        return events.upcoming(world)

    def operation(self, received: Received) -> Operation:
        """See `SimulatedVendor.operation`."""
        target = received.headers.get("x-amz-target", "")
        name = target.removeprefix(f"{shapes.TARGET}.")
        offered = OPERATIONS.get(name)
        mutates = offered.mutates if offered else False
        return Operation(f"/{name or 'unknown'}", mutates=mutates, body=_shown(received.raw) if mutates else None)

    def answer(self, call: Call) -> Reply:
        """See `SimulatedVendor.answer`."""
        name = call.operation.name.removeprefix("/")
        model, offered, tables = shapes.operation(name), OPERATIONS.get(name), call.world.tables_for(Tables)
        if call.received.method != "POST" or model is None or offered is None:
            raise refused(400, "UnknownOperationException", f"The operation {name} is not known")
        try:
            who = signature.caller(call.received, tables.identities)
            given = shapes.read(model, call.received.raw)
        except signature.Unsigned as error:
            raise refused(403, error.code, str(error)) from None
        except shapes.Misshapen as error:
            raise refused(400, "ValidationException", str(error), reason="OTHER", fields=[]) from None
        _authorise(who, name)
        done = offered.run(ApiCall(call.world, tables, call.now, who, given))
        return Reply(body=shapes.write(model, done.body), effect=done.effect, media_type=MEDIA_TYPE)

    def error(self, status: int, code: str | None, message: str) -> Reply:
        """See `SimulatedVendor.error`; `code` may be a reason, as ``MISSING_MFA``."""
        name = _ERRORS.get(status, "InternalServerException")
        return reply(status, name, message, **({"reason": code} if code else {}))

    def credentials(self, url: str) -> Mapping[str, str]:
        """See `SimulatedVendor.credentials`."""
        return {
            "endpoint": f"{url}{self.prefix}",
            "access_key_id": seeds.ACCESS_KEY_ID,
            "secret_access_key": seeds.SECRET_ACCESS_KEY,
        }


def _authorise(who: Identity, operation: str) -> None:
    action = f"aws-marketplace:{operation}"
    patterns = (re.escape(allowed).replace(r"\*", ".*") for allowed in who.allowed)
    if not any(re.fullmatch(pattern, action) for pattern in patterns):
        identity = f"arn:aws:iam::{who.account}:user/{who.user}"
        raise denied("INVALID_ACCESS", f"User: {identity} is not authorized to perform: {action}")
    if operation in who.mfa_for and who.session_token is None:
        raise denied("MISSING_MFA", "Multi-factor authentication is required for this operation")


def _shown(raw: bytes) -> Any:  # noqa: ANN401  # any JSON
    try:
        return shapes.json.loads(raw)
    except ValueError:
        return f"{len(raw)} bytes that are not JSON"


VENDOR = AwsMarketplaceVendor()
"""The vendor that `unrack.simulator.vendors` mounts."""
