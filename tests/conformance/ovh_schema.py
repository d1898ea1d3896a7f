"""OVHcloud's published API descriptions as JSON Schema: what may be sent, and what must be answered.

Two formats are read: OpenAPI 3.0 (2025) and OVHcloud's own older one (2024, for ``/services`` and ``/auth``). The
descriptions are no part of this project; `find` says where they are looked for.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.conformance import ovh_schema_2026

Json = dict[str, Any]

ANY: Json = {}
NOTHING: Json = {"type": "null"}

DRIFT_ENUMS = {
    "services.expanded.Lifecycle.ActionEnum": ("autorenewInProgress", "deleteAtExpiration"),
    "services.expanded.Lifecycle.StateEnum": ("inCreation",),
}
"""Values added to ``/services`` after the copy of 2024-06 (seen in a description of 2026)."""

_SCALARS: dict[str, Json] = {
    "long": {"type": "integer"},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "duration": {"type": "string", "format": "duration"},
    "void": NOTHING,
    "T": ANY,
}
_TEXTS = (
    "string",
    "text",
    "password",
    "ipBlock",
    "uuid",
    "phoneNumber",
    "ip",
    "ipv4",
    "ipv4Block",
    "ipv6",
    "internationalPhoneNumber",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One published operation, its schemas ready for a JSON Schema validator."""

    method: str
    path: str
    answer: Json
    body: Json | None = None
    """None: the operation takes no body."""
    query: frozenset[str] = field(default_factory=frozenset[str])

    def matches(self, method: str, path: str) -> bool:
        """Whether a call is of this operation."""
        if self.method != method or self.path.count("/") != path.count("/"):
            return False
        pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(self.path))
        return re.fullmatch(pattern, path) is not None


DRIFT_OPERATIONS = (
    Operation("DELETE", "/services/{serviceId}", {"type": "object", "required": ["message"]}),
    Operation("POST", "/services/{serviceId}/terminate/skipRetentionPeriod", NOTHING),
)
"""Operations added after the copy of 2024-06 (seen in a description of 2026, used by the Control Panel)."""

NEW_OPERATIONS = (
    *(
        Operation("GET", path, answer, query=ovh_schema_2026.FILTERED.get(path, frozenset()))
        for path, answer in ovh_schema_2026.READS.items()
    ),
    *(Operation("POST", path, answer) for path, answer in ovh_schema_2026.ASKS.items()),
)
"""Operations of 2026-08."""


FAMILIES = ("ovhcloudconnect", "vrack", "me", "webhosting", "domain", "emailpro", "telephony", "sms")
OLDER_FAMILIES = ("services", "auth", "email-domain", "email-exchange", "cloud-project-lifecycle", "support")

_TEXT: Json = {"type": "string"}
_TEXTS_LISTED: Json = {"type": "array", "items": _TEXT}
_IDS_LISTED: Json = {"type": "array", "items": {"type": "integer"}}
_IN_A_VRACK = (
    "cloudProject",
    "dedicatedCloud",
    "dedicatedCloudDatacenter",
    "dedicatedConnect",
    "dedicatedServer",
    "dedicatedServerInterface",
    "ip",
    "ipLoadbalancing",
    "ipv6",
    "legacyVrack",
    "vmwareCloudDirectorVirtualDataCenter",
    "vrackServices",
)
LEFT_OUT_OF_THE_COPY: tuple[Operation, ...] = (
    Operation("GET", "/domain/zone", _TEXTS_LISTED),
    Operation("GET", "/domain/zone/{zoneName}", ovh_schema_2026.ZONE),
    Operation("GET", "/domain/zone/{zoneName}/export", _TEXT),
    Operation("GET", "/domain/zone/{zoneName}/record", _IDS_LISTED, query=frozenset({"fieldType", "subDomain"})),
    *(Operation("GET", f"/vrack/{{serviceName}}/{kind}", _TEXTS_LISTED) for kind in _IN_A_VRACK),
)
"""Operations that OVHcloud publishes (ovh/ovhcloud-cli, api-schemas) and that the cut copy does not have."""


def find() -> Path | None:
    """The folder of the descriptions: ``UNRACK_OVH_API``, else ``../shared/ovh-api`` beside the checkout, else None."""
    named = os.environ.get("UNRACK_OVH_API")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "ovh-api"
    return folder if folder.is_dir() else None


def operations(folder: Path) -> tuple[Operation, ...]:
    """Every published operation of the families that the project uses."""
    new = [op for name in FAMILIES for op in _openapi(_load(folder / "openapi-2025" / f"{name}.json"))]
    old = [op for name in OLDER_FAMILIES for op in _legacy(_load(folder / "legacy-v1" / f"{name}.json"))]
    return (*LEFT_OUT_OF_THE_COPY, *_zone_infos(new), *NEW_OPERATIONS, *new, *old, *DRIFT_OPERATIONS)


def _zone_infos(published: list[Operation]) -> Iterator[Operation]:
    """A zone's ``serviceInfos`` is that of a domain, and as well left out of the copy."""
    for operation in published:
        if operation.path == "/domain/{serviceName}/serviceInfos":
            yield replace(operation, path="/domain/zone/{zoneName}/serviceInfos")


def _load(path: Path) -> Json:
    return json.loads(path.read_text())


def _openapi(document: Json) -> Iterator[Operation]:
    schemas: Json = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            content = described["responses"]["200"].get("content")
            sent = described.get("requestBody", {}).get("content")
            yield Operation(
                method=method.upper(),
                path=path,
                answer=_openapi_schema(_schema(content), schemas, sending=False) if content else NOTHING,
                body=_openapi_schema(_schema(sent), schemas, sending=True) if sent else None,
                query=_query(described.get("parameters", ()), "in"),
            )


def _schema(content: Json) -> Json:
    return content["application/json"]["schema"]


def _query(parameters: Iterable[Json], place: str) -> frozenset[str]:
    return frozenset(p["name"] for p in parameters if p[place] == "query")


def _openapi_schema(schema: Json, schemas: Json, *, sending: bool) -> Json:
    """An OpenAPI 3.0 schema, references resolved, ``nullable`` and ``readOnly`` made plain, objects closed."""
    nullable = schema.get("nullable", False)
    reference = schema.get("$ref") or (schema["allOf"][0]["$ref"] if "allOf" in schema else None)
    if reference:
        name = reference.rsplit("/", 1)[1]
        plain = ovh_schema_2026.drifted(name, _openapi_schema(schemas[name], schemas, sending=sending))
    elif "properties" in schema:
        plain = _openapi_object(schema, schemas, sending=sending)
    elif "items" in schema:
        plain = {"type": "array", "items": _openapi_schema(schema["items"], schemas, sending=sending)}
    else:
        plain = {key: schema[key] for key in ("type", "enum", "format") if key in schema}
    return _nullable(plain) if nullable else plain


def _openapi_object(schema: Json, schemas: Json, *, sending: bool) -> Json:
    kept = {k: v for k, v in schema["properties"].items() if not (sending and v.get("readOnly"))}
    properties = {k: _openapi_schema(v, schemas, sending=sending) for k, v in kept.items()}
    always = [name for name, described in kept.items() if not described.get("nullable")]
    return _closed(properties, schema.get("required", []) if sending else always)


def _legacy(document: Json) -> Iterator[Operation]:
    models: Json = document["models"]
    for api in document["apis"]:
        for described in api["operations"]:
            parameters = described["parameters"]
            yield Operation(
                method=described["httpMethod"],
                path=api["path"],
                answer=_legacy_type(described["responseType"], models, sending=False),
                body=_legacy_body([p for p in parameters if p["paramType"] == "body"], models),
                query=_query(parameters, "paramType"),
            )


def _legacy_body(parameters: list[Json], models: Json) -> Json | None:
    """One unnamed parameter is the body itself; named ones are its fields."""
    if not parameters:
        return None
    if not parameters[0].get("name"):
        return _legacy_type(parameters[0]["dataType"], models, sending=True)
    properties = {p["name"]: _legacy_type(p["dataType"], models, sending=True) for p in parameters}
    return _closed(properties, [p["name"] for p in parameters if p["required"]])


def _legacy_type(name: str, models: Json, *, sending: bool) -> Json:
    """A type of the older format as JSON Schema."""
    name = name.rpartition(":")[2]  # as coreTypes.ServiceId:long
    if name.startswith("map["):
        return {"type": "object"}
    if name.endswith("[]"):
        return {"type": "array", "items": _legacy_type(name.removesuffix("[]"), models, sending=sending)}
    if name in _TEXTS:
        return {"type": "string"}
    if name in _SCALARS:
        return _SCALARS[name]
    model = models[name]
    if "enum" in model:
        return ovh_schema_2026.drifted(name, {"enum": [*model["enum"], *DRIFT_ENUMS.get(name, ())]})
    return ovh_schema_2026.drifted(name, _legacy_object(model["properties"], models, sending=sending))


def _legacy_object(described: Json, models: Json, *, sending: bool) -> Json:
    properties: Json = {}
    for name, each in described.items():
        if sending and each["readOnly"]:
            continue
        plain = _legacy_type(each.get("fullType") or each["type"], models, sending=sending)
        properties[name] = _nullable(plain) if each["canBeNull"] else plain
    needed = "required" if sending else "canBeNull"
    return _closed(properties, [name for name in properties if described[name][needed] is sending])


def _nullable(schema: Json) -> Json:
    return {"anyOf": [schema, NOTHING]}


def _closed(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
