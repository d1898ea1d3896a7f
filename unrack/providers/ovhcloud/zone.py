"""The DNS zone as a file (S0.4)."""

from urllib.parse import quote

from unrack.contracts.calls import StepCall
from unrack.contracts.products_ovhcloud import DOMAIN
from unrack.model.errors import Category, UnrackError
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.ovhcloud.service import service_of, unless_parent_answers
from unrack.providers.ovhcloud.transport import OvhApi


async def capture(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """The zone as OVHcloud exports it. A domain may have its zone elsewhere; then the file says so."""
    service = service_of(api, call.service)
    note, text = "kept the zone file", ""
    zone = f"/domain/zone/{quote(service.name)}"
    try:
        text = await unless_parent_answers(api, zone, f"{zone}/export", lambda: api.get(f"{zone}/export", str))
    except UnrackError as error:
        if service.product is not DOMAIN or error.problem.category is not Category.NOT_FOUND:
            raise
        note = "OVHcloud has no zone of this name: its DNS is served elsewhere"
    content = (text or f"; {note}\n").encode()
    record = Record(type="zone-file", name=f"{service.name}.zone", media_type="text/dns", content=content)
    return Captured(records=(record,), note=note, clock=await api.clock())
