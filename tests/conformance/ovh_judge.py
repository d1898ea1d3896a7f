"""Judges every call and every answer of the simulator by OVHcloud's published descriptions."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from urllib.parse import parse_qsl
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.conformance import ovh_schema
from unrack.simulator.ovhcloud import OvhCloudVendor
from unrack.simulator.pipeline import FAULT_HEADER

_OK = 200
FORMATS = FormatChecker(("date",))
"""What the descriptions call a format, checked in earnest."""


@FORMATS.checks("uuid", ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value


@FORMATS.checks("date-time", ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@FORMATS.checks("ipv4", AddressValueError)
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(IPv4Address(value))


@FORMATS.checks("ipv4-block", (AddressValueError, NetmaskValueError, ValueError))
def _is_block(value: object) -> bool:
    return not isinstance(value, str) or ("/" in value and bool(IPv4Network(value)))


@dataclass(slots=True)
class Exchange:
    """One call and its answer, as they crossed the wire."""

    method: str
    path: str
    """Without ``/1.0``."""
    query: str = ""
    sent: bytes = b""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    answered: bytes = b""
    complete: bool = False
    """Whether the whole answer left the simulator."""


class Judge:
    """Collects what does not fit; wraps an ASGI application."""

    def __init__(self, operations: tuple[ovh_schema.Operation, ...]) -> None:
        self._operations = operations
        self._forgiving = False
        self.violations: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        """Operations that answered 200."""

    def wrap(self, inner: ASGIApp) -> ASGIApp:
        """`inner`, with every call of the provider's API judged."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(f"{OvhCloudVendor.prefix}/"):
                await inner(scope, receive, send)
                return
            exchange = Exchange(
                scope["method"], scope["path"].removeprefix(OvhCloudVendor.prefix), scope["query_string"].decode()
            )
            try:
                await inner(scope, _heard(receive, exchange), _watched(send, exchange))
            finally:
                self.judge(exchange)

        return application

    @contextlib.contextmanager
    def bad_calls(self) -> Iterator[None]:
        """Within, calls may misfit: the test sends them on purpose. Answers are judged all the same."""
        self._forgiving = True
        try:
            yield
        finally:
            self._forgiving = False

    def judge(self, exchange: Exchange) -> None:
        """Notes what does not fit."""
        what = f"{exchange.method} {exchange.path}"
        operation = next((op for op in self._operations if op.matches(exchange.method, exchange.path)), None)
        if operation is None:
            if not self._forgiving:
                self.violations.append(f"{what}: no such operation is published")
            return
        found = [] if self._forgiving else list(_misfits_of_call(operation, exchange))
        found += _misfits_of_answer(operation, exchange)
        self.violations += [f"{what}: {misfit}" for misfit in found]
        if exchange.status == _OK:
            self.seen.add((operation.method, operation.path))


def _misfits_of_call(operation: ovh_schema.Operation, exchange: Exchange) -> Iterator[str]:
    for name, _ in parse_qsl(exchange.query, keep_blank_values=True):
        if name not in operation.query:
            yield f"sent the query parameter {name}, which is not published"
    if exchange.sent and operation.body is None:
        yield "sent a body, none is published"
    elif operation.body is not None:
        yield from _misfits("sent", operation.body, exchange.sent or b"{}")


def _misfits_of_answer(operation: ovh_schema.Operation, exchange: Exchange) -> Iterator[str]:
    if not exchange.complete or FAULT_HEADER.lower() in exchange.headers:
        return
    if "x-ovh-queryid" not in exchange.headers:
        yield "answered without X-OVH-QUERYID"
    if exchange.status == _OK:
        yield from _misfits("answered", operation.answer, exchange.answered)
    elif not isinstance(json.loads(exchange.answered).get("message"), str):
        yield "answered an error without a message"


def _misfits(verb: str, schema: ovh_schema.Json, content: bytes) -> Iterator[str]:
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    for error in validator.iter_errors(json.loads(content)):  # pyright: ignore[reportUnknownMemberType]
        yield f"{verb} {error.json_path}: {error.message}"


def _heard(receive: Receive, exchange: Exchange) -> Receive:
    async def heard() -> Message:
        message = await receive()
        exchange.sent += message.get("body", b"")
        return message

    return heard


def _watched(send: Send, exchange: Exchange) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            exchange.headers = {k.decode().lower(): v.decode() for k, v in message["headers"]}
        else:
            exchange.answered += message.get("body", b"")
            exchange.complete = not message.get("more_body", False)
        await send(message)

    return watched
