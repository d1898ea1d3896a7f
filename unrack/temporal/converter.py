"""The data converter: pydantic both ways, and input that cannot be decoded fails clearly instead of hanging.

Temporal's own converter makes an undecodable workflow input fail the workflow *task*, for ever. Here it fails the
workflow, and an update is refused to its caller; each names the fields that do not fit, and never their values, which
may be secret. (The SDK itself drops and logs an undecodable signal, and retries an activity whose input it cannot
decode, as its retry policy allows.)

Two things are exceptions: the result of an activity, and the state with which a run goes on in a fresh history. A run
must not be lost because of one step, or because somebody went back to older workers. There the task fails,
Temporal shows the run as stuck, and code that can read it goes on where it stood.

What is long is compressed: a plan, a state, what lists show. Temporal's own web page shows that as bytes; `unrack
history` shows all of it. Texts stay as they are, and so does everything short.

Failures carry no stack trace of a worker: they are of kilobytes, and the worker's log has them.
"""

import json
import zlib
from dataclasses import replace
from typing import Any, Self, cast

from pydantic import ValidationError
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DefaultFailureConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadConverter,
    SerializationContext,
    create_payload_validation_error,
)
from temporalio.exceptions import ApplicationError
from temporalio.workflow import unsafe

from unrack.contracts.installation_holds import HoldsStart
from unrack.contracts.workflows import RunStart
from unrack.model.errors import Category
from unrack.model.message_text import IN_PAYLOADS
from unrack.temporal import packing
from unrack.temporal.packing import PACKED, PACKED_FROM, unpacked
from unrack.temporal.shared_plans import with_shared_plan


class _Json(PydanticJSONPlainPayloadConverter):
    """JSON by pydantic. A message for people keeps its template and values; what is long is packed, unless a text."""

    def to_payload(self, value: Any) -> Payload:  # noqa: ANN401  the base class's
        """Encode `value`."""
        data = to_json(value, context=IN_PAYLOADS)
        if isinstance(value, str) or not PACKED_FROM <= len(data) <= packing.LARGEST:
            return Payload(metadata={"encoding": self.encoding.encode()}, data=data)
        return Payload(metadata={"encoding": PACKED.encode()}, data=zlib.compress(data))


class _LenientJson(_Json):
    """Decodes activity results inside a workflow: what does not fit fails the task, not the run."""


class _StrictJson(_Json):
    """Decodes everything else: what does not fit is an error for the sender, told once."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ANN401  the base class's
        """Decode, or name the fields that do not fit."""
        try:
            value = super().from_payload(payload, type_hint)
        except ValidationError as error:
            if type_hint in (RunStart, HoldsStart) and _under_way(payload):
                raise
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            raise create_payload_validation_error(wrong) from None  # the original error quotes the input
        return with_shared_plan(value) if isinstance(value, RunStart) else value


class _Packed(EncodingPayloadConverter):
    """Unpacks what `_Json` packed, and has it decoded."""

    def __init__(self, inner: _Json) -> None:
        self._inner = inner

    @property
    def encoding(self) -> str:
        """As payloads name it."""
        return PACKED

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ANN401, ARG002  the base class's
        """Never: `_Json` decides what is packed."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ANN401  the base class's
        """Unpack and decode."""
        try:
            plain = unpacked(payload)
        except ValueError as error:
            if self._inner is _LENIENT:
                raise
            raise create_payload_validation_error([{"type": "packed", "loc": (), "msg": str(error)}]) from None
        return self._inner.from_payload(plain, type_hint)


def _result_in_workflow(context: SerializationContext) -> bool:
    return isinstance(context, ActivitySerializationContext) and unsafe.in_sandbox()


def _under_way(payload: Payload) -> bool:
    """Whether an input carries what was known before: a run's state, or the register of an installation's holds."""
    try:
        start: object = json.loads(payload.data)
    except ValueError:
        return False
    if not isinstance(start, dict):
        return False
    known = cast("dict[str, object]", start)
    holds = known.get("holds")
    placed = cast("dict[str, object]", holds).get("placed") if isinstance(holds, dict) else None
    return known.get("state") is not None or bool(placed)


_LENIENT = _LenientJson()
_STRICT = _StrictJson()
"""Both are shared, so that the type adapters that they cache are built once per process."""


class UnrackPayloadConverter(CompositePayloadConverter):
    """Temporal's converters, with JSON by pydantic and errors for people."""

    def __init__(self, plain: _Json = _STRICT) -> None:
        """Needs no argument: Temporal makes its own instances."""
        usual = DefaultPayloadConverter.default_encoding_payload_converters
        ours = (plain if isinstance(each, JSONPlainPayloadConverter) else each for each in usual)
        super().__init__(*ours, _Packed(plain))

    def with_context(self, context: SerializationContext) -> Self:
        """The lenient sibling for activity results, else this converter: none is made anew for each call."""
        return _OF_RESULTS if _result_in_workflow(context) else self  # pyright: ignore[reportReturnType]  # a sibling


_OF_RESULTS = UnrackPayloadConverter(_LENIENT)


class UnrackFailureConverter(DefaultFailureConverter):
    """Temporal's converter of failures, without the stack traces of what activities reported in their own words."""

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Encode; where a problem is told, it stands for the trace."""
        super().to_failure(exception, payload_converter, failure)
        if isinstance(exception, ApplicationError) and exception.type in _TOLD:
            failure.stack_trace = ""


_TOLD = frozenset(Category)

DATA_CONVERTER = replace(
    pydantic_data_converter,
    payload_converter_class=UnrackPayloadConverter,
    failure_converter_class=UnrackFailureConverter,
)
"""The data converter that every client, worker and replayer of Unrack uses."""
