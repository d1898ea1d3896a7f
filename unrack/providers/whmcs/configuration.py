"""The fields of a service that a run may change and reactivation must restore, and their evidence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from unrack.model.base import Frozen
from unrack.model.message import msg
from unrack.model.service import ServiceRef
from unrack.model.state import Difference
from unrack.providers.base import Compared
from unrack.providers.snapshot import Snapshot, compared
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.schemas import Addon, CancelRequest, Domain, Product
from unrack.providers.whmcs.service import HostedService, active

EVIDENCE = "configuration"
"""The type of evidence that holds a `Configuration`."""

SUSPENDED = "Suspended"


class DomainBefore(Frozen):
    """A domain of the service's name."""

    id: int
    name: str
    do_not_renew: bool


class Configuration(Snapshot):
    """The service before the run."""

    schema_version: int = 1
    service: int
    client: int
    product: str
    domain: str
    status: str
    suspension_reason: str
    billing_cycle: str
    next_due_date: date | None
    cancellation_request: str | None
    """Its type; None when there is none."""
    addons: tuple[str, ...]
    domains: tuple[DomainBefore, ...]

    @classmethod
    def unreadable(cls, faults: int) -> str:
        """See `Snapshot`."""
        return msg("the captured service cannot be read ({faults} faults)", faults=faults)


@dataclass(frozen=True, slots=True)
class Seen:
    """A service as it is now, each part read once."""

    product: Product
    request: CancelRequest | None
    domains: tuple[Domain, ...]
    addons: tuple[Addon, ...]


async def read_service(service: HostedService) -> Seen:
    """Read it, the product first: an unknown id is told before anything long is read."""
    product = await service.product()
    return Seen(product, await service.request(), await service.domains(product), await service.addons())


def configuration_of(seen: Seen) -> Configuration:
    """Return the fields of the service that a run may change."""
    product, request, domains = seen.product, seen.request, seen.domains
    return Configuration(
        service=product.id,
        client=product.clientid,
        product=product.name,
        domain=product.domain,
        status=product.status,
        suspension_reason=product.suspensionreason,
        billing_cycle=product.billingcycle,
        next_due_date=product.nextduedate,
        cancellation_request=request.type if request else None,
        addons=active(seen.addons),
        domains=tuple(DomainBefore(id=one.id, name=one.domainname, do_not_renew=one.donotrenew) for one in domains),
    )


async def compare(api: WhmcsApi, ref: ServiceRef, before: bytes) -> Compared:
    """Compare with the capture, field by field. Both sides are kept."""
    captured = Configuration.from_bytes(before)
    now = configuration_of(await read_service(HostedService(api, ref.service)))
    found = tuple(_differences(captured, now))
    return compared(ref, captured, now, found, await api.clock())


def _differences(before: Configuration, now: Configuration) -> Iterator[Difference]:
    """A due date moves with every payment: that is no difference that anybody would set back."""
    old, new = before.model_dump(mode="json"), now.model_dump(mode="json")
    for name in old:
        if old[name] != new[name]:
            expected = name == "next_due_date"
            yield Difference(field=name, before=_text(old[name]), after=_text(new[name]), expected=expected)


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
