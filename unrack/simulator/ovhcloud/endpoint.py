"""An endpoint: a method, a path, and a function from a call to a reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from unrack.model.base import Frozen
from unrack.simulator.faults import InjectedFaults
from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.records import Connection, Credential, Service
from unrack.simulator.ovhcloud.refusal import expired, not_found, refused
from unrack.simulator.ovhcloud.tables import Tables
from unrack.simulator.vendor import Reply

M = TypeVar("M", bound=Frozen)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One authenticated call."""

    tables: Tables
    now: datetime
    path: Mapping[str, Any]
    query: Mapping[str, str]
    body: Any
    faults: InjectedFaults
    base_url: str
    """Scheme, host and port under which the caller reached the simulator."""
    application: str
    credential: Credential | None = None

    @property
    def caller(self) -> str:
        """The account that the credential speaks for."""
        if self.credential is None:
            raise refused(401, "You must login first")
        return self.credential.account

    def read(self, model: type[M]) -> M:
        """The body as `model`.

        Raises:
            Refused: 400, naming the first field that does not fit.
        """
        try:
            return model.model_validate(self.body if self.body is not None else {})
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "body"
            raise refused(400, f"[{field}] {first['msg']}") from error

    def service(self, service_id: int) -> Service:
        """The caller's service; 404 otherwise."""
        service = self.tables.services.get(service_id)
        if service is None or service.account != self.caller:
            raise not_found("serviceId", service_id)
        return service

    def any_connection(self) -> tuple[Connection, Service]:
        """The connection in the path, whatever its state; 404 when it is not the caller's."""
        name = self.path["serviceName"]
        connection = self.tables.connections.get(name)
        if connection is None:
            raise not_found("serviceName", name)
        service = self.tables.services[connection.service]
        if service.account != self.caller:
            raise not_found("serviceName", name)
        return connection, service

    def connection(self) -> tuple[Connection, Service]:
        """The living connection in the path; 460 when it ended and is retained."""
        connection, service = self.any_connection()
        if service.ended_at:
            raise expired(connection.uuid)
        return connection, service


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API."""

    method: str
    path: str
    handle: Callable[[ApiCall], Reply]
    mutates: bool = True
    """Whether the ledger keeps calls of it; never for GET."""
    signed: bool = True
    """Whether it needs a consumer key and a signature."""


def get(path: str, handle: Callable[[ApiCall], Any], *, signed: bool = True) -> Endpoint:
    """A read."""
    return Endpoint("GET", path, lambda call: Reply(handle(call)), mutates=False, signed=signed)


def stamp(moment: datetime) -> str:
    """A date-time as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def day(moment: datetime) -> str:
    """A date as the API writes it."""
    return moment.astimezone(UTC).date().isoformat()


def price(value: float) -> answers.OrderPrice:
    """A price in EUR."""
    return {
        "currencyCode": "EUR",
        "priceInUcents": round(value * 100_000_000),
        "text": f"{value:.2f} €",
        "value": round(value, 2),
    }
