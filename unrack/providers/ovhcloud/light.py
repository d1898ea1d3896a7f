"""Light at the ports: the nearest thing to traffic that OVHcloud shows of an OVHcloud Connect.

A port sends and receives light as long as a cable connects it to something that lives. OVHcloud counts no packets.
"""

from datetime import datetime

from unrack.model.service import Finding
from unrack.providers.ovhcloud.answers import Interface, InterfaceStatus
from unrack.providers.ovhcloud.findings import Findings
from unrack.providers.ovhcloud.service import ConnectService


def hint(port: Interface) -> Finding:
    """Whether light still arrives, as something to know: a locked port, a broken module, a pulled cable look alike."""
    at = f" ({port.light_last_update:%Y-%m-%d %H:%M %Z})" if port.light_last_update else ""
    name, status = _name(port), port.incoming_light_status
    text = (
        f"light at port {name}: {status}{at}, the cross-connect may still be in place"
        if _lit(port)
        else f"light at port {name}: {status}{at}, a hint that the cable is gone, not a proof"
    )
    return Finding(subject="light", text=text, item=name, now=status)


async def came_back(service: ConnectService, since: datetime | None) -> Findings:
    """Ports that were dark after `since` and are lit now: somebody uses the connection again, which blocks."""
    lit = [port for port in await service.interfaces() if _lit(port)]
    return tuple([_judged(port, await service.interface_status(port.id), since) for port in lit])


def _judged(port: Interface, status: InterfaceStatus, since: datetime | None) -> Finding:
    if since is None or status.last_up is None or status.last_up <= since:
        return hint(port)
    text = (
        f"port {_name(port)} was dark and shows light since {status.last_up:%Y-%m-%d %H:%M %Z}, after the handover "
        f"({since:%Y-%m-%d %H:%M %Z}): somebody uses the connection again. Ask who before going on"
    )
    return Finding(subject="light", text=text, blocking=True, item=_name(port), before="down", now="up")


def _lit(port: Interface) -> bool:
    return port.incoming_light_status != "down"


def _name(port: Interface) -> str:
    return port.interface_name or str(port.id)
