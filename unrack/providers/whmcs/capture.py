"""Captures the state that reactivation would restore."""

from unrack.contracts.calls import StepCall
from unrack.model.message import msg
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.configuration import EVIDENCE, configuration_of, read_service
from unrack.providers.whmcs.service import HostedService


async def capture_configuration(api: WhmcsApi, call: StepCall, _: Materials) -> Captured:
    """The service with its domain and its cancellation request."""
    service = HostedService(api, call.service.service)
    configuration = configuration_of(await read_service(service))
    name = f"service-{service.id}.json"
    record = Record(type=EVIDENCE, name=name, media_type="application/json", content=configuration.to_bytes())
    note = msg(
        "kept service {id} ({status}) with {len} domains",
        id=service.id,
        status=configuration.status,
        len=len(configuration.domains),
    )
    return Captured(records=(record,), note=note, clock=await api.clock())
