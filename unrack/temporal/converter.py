"""The data converter: pydantic both ways, and input that cannot be decoded fails clearly instead of hanging.

Temporal's own converter makes an undecodable workflow input fail the workflow *task*, for ever. Here it fails the
workflow, and an update is refused to its caller; each names the fields that do not fit, and never their values, which
may be secret. (The SDK itself drops and logs an undecodable signal, and retries an activity whose input it cannot
decode, as its retry policy allows.)

Two things are exceptions: the result of an activity, and the state with which a run goes on in a fresh history. A run
must not be lost because of one step, or because somebody went back to older workers. There the task fails,
Temporal shows the run as stuck, and code that can read it goes on where it stood.
"""

import json
from dataclasses import replace
from typing import Any, Self, cast

from pydantic import ValidationError
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    SerializationContext,
    WithSerializationContext,
    create_payload_validation_error,
)
from temporalio.workflow import unsafe

from unrack.contracts.installation_holds import HoldsStart
from unrack.contracts.workflows import RunStart
from unrack.model.message import IN_PAYLOADS


class _Json(PydanticJSONPlainPayloadConverter):
    """JSON by pydantic, in which a message for people keeps its template and values."""

    def to_payload(self, value: Any) -> Payload:  # noqa: ANN401  the base class's
        """Encode `value`."""
        data = to_json(value, context=IN_PAYLOADS)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=data)


class _LenientJson(_Json):
    """Decodes activity results inside a workflow: what does not fit fails the task, not the run."""


class _StrictJson(_Json, WithSerializationContext):
    """Decodes everything else: what does not fit is an error for the sender, told once."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ANN401  the base class's
        """Decode, or name the fields that do not fit."""
        try:
            return super().from_payload(payload, type_hint)
        except ValidationError as error:
            if type_hint in (RunStart, HoldsStart) and _under_way(payload):
                raise
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            raise create_payload_validation_error(wrong) from None  # the original error quotes the input

    def with_context(self, context: SerializationContext) -> Self:
        """The lenient sibling for activity results, else this converter."""
        result_in_workflow = isinstance(context, ActivitySerializationContext) and unsafe.in_sandbox()
        return _LENIENT if result_in_workflow else self  # pyright: ignore[reportReturnType]  # a sibling converter


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

    def __init__(self) -> None:
        """Needs no argument: Temporal makes its own instances."""
        super().__init__(*map(_ours, DefaultPayloadConverter.default_encoding_payload_converters))


def _ours(converter: EncodingPayloadConverter) -> EncodingPayloadConverter:
    return _STRICT if isinstance(converter, JSONPlainPayloadConverter) else converter


DATA_CONVERTER = replace(pydantic_data_converter, payload_converter_class=UnrackPayloadConverter)
"""What every client, worker and replayer of Unrack uses."""
