"""The configuration now against the captured one, field by field."""

from unrack.model.service import ServiceRef
from unrack.providers.base import Compared
from unrack.providers.ovhcloud import product_snapshot
from unrack.providers.ovhcloud.configuration import Configuration, differences, read_configuration
from unrack.providers.ovhcloud.service import ConnectService, service_of
from unrack.providers.ovhcloud.transport import OvhApi
from unrack.providers.snapshot import compared


async def compare(api: OvhApi, ref: ServiceRef, before: bytes) -> Compared:
    """Every difference; ids that OVHcloud assigned anew are marked as expected. Both sides are kept as evidence."""
    service = service_of(api, ref)
    if isinstance(service, ConnectService):
        captured = Configuration.from_bytes(before)
        now = await read_configuration(service)
        found = differences(captured, now)
    else:
        captured = product_snapshot.ProductSnapshot.from_bytes(before)
        now = await product_snapshot.read_snapshot(service)
        found = product_snapshot.differences(captured, now)
    return compared(ref, captured, now, found, await api.clock())
