"""Captures: the LOA, the configuration, OVHcloud's own record of the planned end."""

import json
from datetime import timedelta

import httpx2

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import Timing
from unrack.model.message import joined, msg
from unrack.providers.base import Captured, Materials, Record
from unrack.providers.credentials import is_loopback
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.configuration import EVIDENCE, read_configuration
from unrack.providers.ovhcloud.product_snapshot import read_snapshot
from unrack.providers.ovhcloud.service import ConnectService, service_of
from unrack.providers.proxies import http_client

LARGEST_LOA = 20 * 1024 * 1024
"""Bytes."""

_LOA_TIMEOUT = timedelta(seconds=30)
_PDF = b"%PDF-"


async def capture_loa(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """The letter of authority as a PDF, fetched while the service still gives one (S2.11, S2.13)."""
    service = ConnectService(api, call.service.service)
    address = await api.read_by_post(f"{service.path}/loa", str)
    content = await _fetch_pdf(address, local=is_loopback(api.credential.endpoint))
    name = f"loa-{service.id}.pdf"
    record = Record(type="loa", name=name, media_type="application/pdf", content=content)
    return Captured(records=(record,), note=msg("kept the LOA, {len} bytes", len=len(content)), clock=await api.clock())


async def capture_configuration(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """Everything that reactivation would restore."""
    service = ConnectService(api, call.service.service)
    configuration = await read_configuration(service)
    name = f"configuration-{service.id}.json"
    record = Record(type=EVIDENCE, name=name, media_type="application/json", content=configuration.to_bytes())
    note = msg("kept the configuration: {len} items hang on the service", len=len(configuration.dependants()))
    return Captured(records=(record,), note=note, clock=await api.clock())


async def capture_snapshot(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """Keep a snapshot of the service and the items that belong to it (S0.4)."""
    service = service_of(api, call.service)
    snapshot = await read_snapshot(service)
    name = f"configuration-{_file(service.id)}.json"
    record = Record(type=EVIDENCE, name=name, media_type="application/json", content=snapshot.to_bytes())
    counted = joined(
        ", ", (msg("{name}: {len}", name=name, len=len(items)) for name, items in snapshot.lists.items())
    ) or msg("no lists belong to it")
    lacking = msg("; could not look at {join}", join=", ".join(snapshot.unread)) if snapshot.unread else ""
    return Captured(
        records=(record,),
        note=msg("kept the configuration: {counted}{lacking}", counted=counted, lacking=lacking),
        clock=await api.clock(),
    )


async def capture_confirmation(api: OvhApi, call: StepCall, _: Materials) -> Captured:
    """OVHcloud's own record of the planned end, and the date on which it takes effect (S2.9)."""
    service = service_of(api, call.service)
    billed, clock = await service.find_billed(), await api.clock()
    ends = billed is not None and (billed.planned or billed.state == "terminated")
    if billed is None or not (ends or call.timing is Timing.LET_EXPIRE):
        raise _not_planned(billed.state if billed else msg("not listed"))
    content = {"read_at": clock.shown.isoformat(), "services": billed.model_dump(mode="json", by_alias=True)}
    record = Record(
        type="provider-confirmation",
        name=f"planned-end-{_file(service.id)}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True).encode(),
    )
    when = f"{billed.ends_at:%Y-%m-%d %H:%M %Z}" if billed.ends_at else msg("a date it does not show")
    return Captured(
        records=(record,),
        note=msg("OVHcloud ends the service on {when}", when=when),
        clock=clock,
        effective_at=billed.ends_at,
    )


def _file(service: str) -> str:
    """A service id as part of a file name."""
    return service.replace(":", "-")


async def _fetch_pdf(address: str, *, local: bool) -> bytes:
    """The document at `address`; the address itself may carry a key and is not repeated in errors."""
    try:
        parsed = httpx2.URL(address)
    except httpx2.InvalidURL:
        raise _no_loa(msg("what OVHcloud gave is not an address"), Category.UNEXPECTED) from None
    if parsed.scheme != "https" and not (local and is_loopback(address)):
        raise _no_loa(msg("the address that OVHcloud gave is not https"), Category.UNEXPECTED)
    try:
        async with (
            http_client(address, timeout=_LOA_TIMEOUT.total_seconds(), follow_redirects=True) as client,
            client.stream("GET", parsed) as response,
        ):
            response.raise_for_status()
            content = await _bounded(response)
    except httpx2.HTTPStatusError as error:
        status = error.response.status_code
        category = Category.UNAVAILABLE if status >= httpx2.codes.INTERNAL_SERVER_ERROR else Category.FAILED
        raise _no_loa(f"{parsed.host} answers {status}", category) from None
    except httpx2.HTTPError as error:
        raise _no_loa(
            msg("{host} does not answer ({name})", host=parsed.host, name=type(error).__name__), Category.UNAVAILABLE
        ) from None
    if not content.startswith(_PDF):
        raise _no_loa(msg("what was fetched is empty or not a PDF"), Category.FAILED)
    return content


async def _bounded(response: httpx2.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > LARGEST_LOA:
            raise _no_loa(msg("it has more than {largest_loa} bytes", largest_loa=LARGEST_LOA), Category.FAILED)
    return bytes(content)


def _no_loa(why: str, category: Category) -> UnrackError:
    return UnrackError(
        Problem(
            category=category,
            message=msg("the LOA cannot be fetched: {why}", why=why),
            suggestion=msg("retry; else download it in the Control Panel and attach it to the handover task"),
        )
    )


def _not_planned(state: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.CONFLICT,
            message=msg("OVHcloud shows no planned end: /services says {state}", state=state),
            suggestion=msg("someone may have taken it back in the Control Panel; ask, then retry the scheduling step"),
        )
    )
