"""The configuration now against the captured one, field by field."""

import json

from unrack.model.service import ServiceRef
from unrack.providers.base import Compared, Record
from unrack.providers.ovhcloud import kept
from unrack.providers.ovhcloud.configuration import Configuration, differences, read_configuration
from unrack.providers.ovhcloud.service import ConnectService, service_of
from unrack.providers.ovhcloud.transport import OvhApi


async def compare(api: OvhApi, ref: ServiceRef, before: bytes) -> Compared:
    """Every difference; ids that OVHcloud assigned anew are marked as expected. Both sides are kept as evidence."""
    service = service_of(api, ref)
    if isinstance(service, ConnectService):
        captured = Configuration.from_bytes(before)
        now = await read_configuration(service)
        found = differences(captured, now)
    else:
        captured = kept.Kept.from_bytes(before)
        now = await kept.read_kept(service)
        found = kept.differences(captured, now)
    content = {
        "before": captured.model_dump(mode="json"),
        "after": now.model_dump(mode="json"),
        "differences": [difference.model_dump(mode="json") for difference in found],
    }
    record = Record(
        type="comparison",
        name=f"comparison-{ref.service.replace(':', '-')}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode(),
    )
    return Compared(differences=found, records=(record,), clock=await api.clock())
