"""What is long is compressed, what is not stays readable, and nothing unpacks to more than a payload may hold."""

import json
import zlib
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from tests.workflows.plans import plan
from unrack.audit.decoding import content, decode
from unrack.model.errors import Category
from unrack.model.plan import Plan
from unrack.temporal import packing
from unrack.temporal.converter import DATA_CONVERTER
from unrack.temporal.packing import PACKED, PACKED_FROM, unpacked

CONVERTER = DATA_CONVERTER.payload_converter


def packed(data: bytes) -> Payload:
    """A payload as somebody else could send it."""
    return Payload(metadata={"encoding": PACKED.encode()}, data=data)


def encoding(value: object) -> str:
    """How a value is written."""
    return CONVERTER.to_payload(value).metadata["encoding"].decode()


def test_a_plan_is_packed_and_read_back_whole() -> None:
    """By workers, and by audits, which read the recorded payload itself."""
    frozen = plan()
    payload = CONVERTER.to_payload(frozen)

    assert payload.metadata["encoding"] == PACKED.encode()
    assert len(payload.data) * 3 < len(frozen.model_dump_json())
    assert CONVERTER.from_payload(payload, Plan) == frozen
    assert decode(payload, Plan) == frozen
    assert content(payload, Plan) == frozen
    assert json.loads(unpacked(payload).data) == frozen.model_dump(mode="json")


def test_short_values_and_texts_stay_readable() -> None:
    """Temporal's own web page shows them: a run's title and details, and the calls of ordinary steps."""
    assert encoding({"step": "x" * (PACKED_FROM - 12)}) == "json/plain"
    assert encoding({"step": "x" * PACKED_FROM}) == PACKED
    assert encoding("x" * 3 * PACKED_FROM) == "json/plain"


def test_what_temporal_would_refuse_is_not_made_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left as it is, so that the server refuses it as ever: nobody could unpack it."""
    monkeypatch.setattr(packing, "LARGEST", 2000)

    assert encoding({"step": "x" * 1500}) == PACKED
    assert encoding({"step": "x" * 3000}) == "json/plain"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zlib.compress(b'"' + b"x" * 3000 + b'"'), "more than 2000 bytes"),
        (zlib.compress(b"[1, 2]")[:-3], "cut off"),
        (b"nothing of the kind", "damaged"),
        (b"", "cut off"),
    ],
)
def test_what_does_not_unpack_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, data: bytes, why: str
) -> None:
    """Whatever a stranger packs: an update is refused, a start ends, and no more memory is taken than the bound."""
    monkeypatch.setattr(packing, "LARGEST", 2000)
    with pytest.raises(ApplicationError) as refused:
        CONVERTER.from_payload(packed(data), dict[str, Any])

    assert refused.value.type == "PayloadValidationError"
    assert why in str(refused.value.details)
    assert content(packed(data), None) == data.hex() or not data


def test_a_problem_is_told_without_the_workers_stack() -> None:
    """What nobody planned for keeps it: a workflow's bug is found by it."""
    told = _written(ApplicationError("not yet", type=Category.NOT_YET.value))
    bug = _written(ValueError("odd"))

    assert (told.message, told.stack_trace) == ("not yet", "")
    assert "test_packed" in bug.stack_trace


def _written(error: Exception) -> Failure:
    """`error` as the SDK writes it once it was raised."""
    failure = Failure()
    with pytest.raises(type(error)) as raised:
        raise error
    DATA_CONVERTER.failure_converter.to_failure(raised.value, CONVERTER, failure)
    return failure
