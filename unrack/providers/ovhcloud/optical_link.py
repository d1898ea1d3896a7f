"""Light at the ports: the nearest thing to traffic that OVHcloud shows of an OVHcloud Connect.

A port sends and receives light as long as a cable connects it to something that lives. OVHcloud counts no packets.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, UnrackError
from unrack.model.message import joined, msg
from unrack.model.service import Finding, ProviderClock
from unrack.providers.base import Materials, Polled
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.schemas.published import Interface, InterfaceStatus
from unrack.providers.ovhcloud.service import ConnectService

APART = timedelta(minutes=10)
"""OVHcloud measures every five minutes: two readings so far apart are two measurements, and no flicker."""
_MEASURED_WITHIN = timedelta(hours=1)
"""A reading that is still the same one after so long is none: OVHcloud does not measure any more."""


_LIGHT, _UP = "light", "up"
_MEANS = {
    _UP: msg("the cross-connect may still be in place"),
    "down": msg("a hint that the cable is gone, not a proof"),
}
_UNKNOWN = msg("which tells nothing of the cable")


def hint(port: Interface) -> Finding:
    """Whether light still arrives, as something to know: a locked port, a broken module, a pulled cable look alike."""
    at = f" ({port.light_last_update:%Y-%m-%d %H:%M %Z})" if port.light_last_update else ""
    name, status = _name(port), port.incoming_light_status
    return Finding(
        subject=_LIGHT,
        text=msg(
            "light at port {name}: {status}{at}, {get}",
            name=name,
            status=status,
            at=at,
            get=_MEANS.get(status, _UNKNOWN),
        ),
        item=name,
        now=status,
    )


async def await_dark(api: OvhApi, call: StepCall, _: Materials) -> Polled:
    """S2.12: reached when no port shows light in two readings; light in both blocks, since the cable is said to be out.

    Dark proves nothing: a locked port and a pulled cable look alike. Neither does a port that cannot be read.
    """
    try:
        ports = await ConnectService(api, call.service.service).interfaces()
    except UnrackError as error:
        if error.problem.category not in (Category.NOT_FOUND, Category.GONE):
            raise
        note = msg("OVHcloud shows no port any more: {message}", message=error.problem.message)
        return Polled(reached=True, note=note, clock=await api.clock())
    clock = await api.clock()
    return _judged_twice(ports, call.seen, clock)


def _judged_twice(ports: Sequence[Interface], seen: Sequence[Finding], clock: ProviderClock) -> Polled:
    """Compare the light at `ports` with the findings `seen` in the previous poll; there are none in the first."""
    lit = {each.item: each.at for each in seen if each.subject == _LIGHT and each.at is not None}
    told = [_told(port, lit.get(_name(port)), clock.shown, first=not seen) for port in ports]
    reached = not any(again or finding.blocking for finding, again in told)
    note = joined("; ", (finding.text for finding, _ in told)) or msg("OVHcloud shows no port")
    findings = tuple(finding for finding, _ in told)
    return Polled(reached=reached, note=note, clock=clock, findings=findings, look_again_at=clock.shown + APART)


def _told(port: Interface, since: datetime | None, now: datetime, *, first: bool) -> tuple[Finding, bool]:
    """Return the finding on one port, and whether to read the port again.

    Args:
        port: The port as it was just read.
        since: When light was read first, if it was.
        now: The provider's time.
        first: Whether no reading came before this one.
    """
    name, read_at = _name(port), port.light_last_update or now
    if port.incoming_light_status != _UP or (since is None and not first):
        return hint(port), False
    since = since or read_at
    if read_at - since >= APART:
        text = msg(
            "the cable is said to be out, and port {name} shows light in two readings ({since} and "
            "{read_at}). Ask the operator which cable was removed",
            name=name,
            since=f"{since:%Y-%m-%d %H:%M}",
            read_at=f"{read_at:%Y-%m-%d %H:%M %Z}",
        )
        return _light(name, text, since).model_copy(update={"blocking": True}), False
    if now - since >= _MEASURED_WITHIN:
        text = msg(
            "light at port {name} ({since}), and not measured since: whether it stays nobody knows",
            name=name,
            since=f"{since:%Y-%m-%d %H:%M %Z}",
        )
        return _light(name, text, since), False
    return _light(
        name,
        msg("light at port {name} ({since}); it is read again", name=name, since=f"{since:%Y-%m-%d %H:%M %Z}"),
        since,
    ), True


def _light(name: str, text: str, since: datetime) -> Finding:
    return Finding(subject=_LIGHT, text=text, item=name, now=_UP, at=since)


async def came_back(service: ConnectService, since: datetime | None) -> Findings:
    """Ports that were dark after `since` and are lit now: somebody uses the connection again, which blocks."""
    lit = [port for port in await service.interfaces() if _lit(port)]
    return tuple([_judged(port, await service.interface_status(port.id), since) for port in lit])


def _judged(port: Interface, status: InterfaceStatus, since: datetime | None) -> Finding:
    if since is None or status.last_up is None or status.last_up <= since:
        return hint(port)
    text = msg(
        "port {name} was dark and shows light since {last_up}, after the handover "
        "({since}): somebody uses the connection again. Ask who before going on",
        name=_name(port),
        last_up=f"{status.last_up:%Y-%m-%d %H:%M %Z}",
        since=f"{since:%Y-%m-%d %H:%M %Z}",
    )
    return Finding(subject=_LIGHT, text=text, blocking=True, item=_name(port), before="down", now="up")


def _lit(port: Interface) -> bool:
    return port.incoming_light_status != "down"


def _name(port: Interface) -> str:
    return port.interface_name or str(port.id)
