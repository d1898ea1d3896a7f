"""The published shapes of the service, as botocore carries them: what comes in and goes out is judged by them."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportOperatorIssue=false

import json
import re
from datetime import datetime
from functools import cache
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import JSONParser
from botocore.validate import ParamValidator

SERVICE = "marketplace-agreement"
TARGET = "AWSMPCommerceService_v20200301"
"""The beginning of ``X-Amz-Target``."""


class Misshapen(Exception):  # noqa: N818  # what a caller sent, not a defect here
    """A request that does not fit the published shape."""


@cache
def service() -> ServiceModel:
    """The service model."""
    return ServiceModel(Loader().load_service_model(SERVICE, "service-2"), SERVICE)


def operation(name: str) -> OperationModel | None:
    """The operation, or None when the service has none of that name."""
    model = service()
    return model.operation_model(name) if name in model.operation_names else None


def read(model: OperationModel, raw: bytes) -> dict[str, Any]:
    """The parameters of a request.

    Raises:
        Misshapen: they are not JSON, or do not fit the operation's input.
    """
    try:
        given = json.loads(raw or b"{}")
    except ValueError as error:
        raise Misshapen("the body is not JSON") from error
    report = ParamValidator().validate(given, model.input_shape)
    if report.has_errors():
        raise Misshapen(report.generate_report())
    for problem in _constraints(given, cast("Shape", model.input_shape), "input"):
        raise Misshapen(problem)
    return cast("dict[str, Any]", given)


def write(model: OperationModel, answer: dict[str, Any]) -> bytes:
    """An answer on the wire, checked: botocore must read back exactly what was written.

    Raises:
        AssertionError: the simulator would answer something that the published shape does not have.
    """
    body = json.dumps(_without_nothing(answer), default=_moment).encode()
    if model.output_shape is not None:
        parsed = JSONParser().parse({"headers": {}, "status_code": 200, "body": body}, model.output_shape)
        parsed.pop("ResponseMetadata")
        _must_fit(str(model.name), cast("Shape", model.output_shape), parsed, _without_nothing(answer))
    return body


def _must_fit(name: str, shape: Shape, parsed: dict[str, Any], meant: dict[str, Any]) -> None:
    report = ParamValidator().validate(parsed, shape)
    problems = [report.generate_report()] if report.has_errors() else list(_constraints(parsed, shape, "output"))
    if not problems and _comparable(parsed) != _comparable(meant):
        problems = [f"fields that the shape does not have: {sorted(set(meant) - set(parsed)) or 'inside'}"]
    if problems:
        raise AssertionError(f"{name}: {problems[0]}")


def _constraints(value: Any, shape: Any, name: str) -> list[str]:  # noqa: ANN401  # any JSON, any shape
    """Patterns and enumerations, which botocore's own validator leaves to the service."""
    match shape.type_name:
        case "structure":
            parts = [(value[key], member, f"{name}.{key}") for key, member in shape.members.items() if key in value]
        case "list":
            parts = [(item, shape.member, f"{name}[{number}]") for number, item in enumerate(value)]
        case "string":
            return _string(str(value), shape.metadata, name)
        case _:
            parts = []
    return [problem for part in parts for problem in _constraints(*part)]


def _string(value: str, metadata: dict[str, Any], name: str) -> list[str]:
    known = metadata.get("enum")
    if known and value not in known:
        return [f"{name}: '{value}' is not one of {', '.join(known)}"]
    pattern = metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        return [f"{name}: '{value}' does not match {pattern}"]
    return []


def _without_nothing(value: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nothing(item) for item in value]
    return value


def _moment(value: object) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} is not for the wire")


def _comparable(answer: dict[str, Any]) -> str:
    return json.dumps(answer, sort_keys=True, default=lambda value: round(_moment(value)))
