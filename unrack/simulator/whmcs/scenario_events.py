"""Events that people cause in the admin area and in the Client Area, where there is no API."""

from datetime import datetime

from unrack.simulator.whmcs.records import CancelRequest
from unrack.simulator.whmcs.tables import Tables
from unrack.simulator.world import World


def delete_request(world: World, _: datetime, service: int) -> None:
    """Staff deletes the service's cancellation requests; no API action does."""
    table = world.tables_for(Tables).requests
    for request in table.where(service=service):
        table.remove(request)


def client_asks(world: World, now: datetime, service: int, kind: str, reason: str) -> None:
    """The client asks in the Client Area (S4.1)."""
    number = world.next_id("whmcs-request")
    world.tables_for(Tables).requests.put(CancelRequest(id=number, service=service, type=kind, reason=reason, at=now))


def unsuspend_by_hand(world: World, _: datetime, service: int) -> None:
    """Staff takes a suspension back."""
    table = world.tables_for(Tables).services
    table.change(table[service], status="Active", suspension_reason="")
