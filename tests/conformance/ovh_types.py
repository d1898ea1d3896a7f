"""The types of what the provider reads, from OVHcloud's published descriptions: `make_schemas` writes them.

Only what Unrack reads is taken over: an answer is not refused for a field that nobody looks at. Fields that the
descriptions promise are required, so that an error in the dress of a success does not pass. A word of a closed list
stays a text: OVHcloud adds words before it publishes them. What is not in the copy of the descriptions, or has drifted
from it, is written by hand in `unrack.providers.ovhcloud.schemas.services`.
"""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

PUBLISHED = Path(__file__).resolve().parents[2] / "unrack" / "providers" / "ovhcloud" / "schemas" / "published.py"
LICENCES = ("LICENSE.ovhcloud-cli",)

SOURCE = "github.com/ovh/ovhcloud-cli, internal/assets/api-schemas, commit 546f3c828123905ea58b7c54c1d7b0cb86ed0e9e"
HEADER = f"""\
# Written by `make schemas`; do not edit. Source, of 2025-10-02:
# {SOURCE}
# (c) OVHcloud, Apache License 2.0: see {LICENCES[0]} beside this file.
# Digest of what was read: {{digest}}
\"\"\"What OVHcloud answers, as far as it is read, in the words of its published descriptions.\"\"\"
"""

_BASE = "unrack.providers.ovhcloud.schemas.base"
_BY_HAND = {"iam.ResourceMetadata": f"{_BASE}.Iam"}
"""Types whose description in the copy lacks what is read."""

OPTIONS = (
    *("--input-file-type", "jsonschema", "--output-model-type", "pydantic_v2.BaseModel"),
    *("--target-python-version", "3.11", "--use-union-operator", "--use-standard-collections"),
    *("--snake-case-field", "--no-alias", "--base-class", f"{_BASE}.OvhAnswer", "--strict-nullable"),
    *("--use-schema-description", "--use-single-line-docstring", "--use-specialized-enum"),
    "--capitalise-enum-members",
    *("--skip-root-model", "--disable-timestamp", "--disable-future-imports", "--formatters", "builtin"),
)

READ = {
    "ovhcloudconnect": {
        "ovhcloudconnect.ServiceWithIAM": (
            "Connect",
            "uuid status vrack description? pop? product? provider? bandwidth? portQuantity? iam",
        ),
        "ovhcloudconnect.Interface": (
            "Interface",
            "id status interfaceName incomingLightStatus incomingLightValue lightLastUpdate?",
        ),
        "ovhcloudconnect.InterfaceStatus": ("InterfaceStatus", "status lastUp"),
        "ovhcloudconnect.PopConfig": (
            "PopConfig",
            "id type interfaceId customerBgpArea ovhBgpArea subnet status",
        ),
        "ovhcloudconnect.DatacenterConfig": ("DatacenterConfig", "id datacenterId ovhBgpArea subnet status"),
        "ovhcloudconnect.DatacenterExtraConfig": (
            "ExtraConfig",
            "id type bgpNeighborArea bgpNeighborIp nextHop subnet status",
        ),
        "ovhcloudconnect.Key": ("ServiceKey", "id key provider status"),
        "ovhcloudconnect.Task": ("Task", "id function status resourceId?"),
        "service.RenewType": ("Renew", "automatic deleteAtExpiration forced? manualPayment period"),
        "services.Service": (
            "ServiceInfos",
            "serviceId status expiration* canDeleteAtExpiration contactAdmin contactBilling? contactTech? "  # noqa: ISC004
            "engagedUpTo renewalType? renew",
        ),
    },
    "vrack": {
        "vrack.Task": ("VrackTask", "id function status targetDomain"),
        "services.NonExpiringService": ("NonExpiringService", "serviceId status contactAdmin"),
    },
    "me": {
        "order.Price": ("Price", "currencyCode value"),
        "debt.Balance": ("DebtAccount", "dueAmount unmaturedAmount?"),
        "nichandle.Nichandle": ("Customer", "nichandle"),
    },
    "emailpro": {"email.pro.Task": ("MailTask", "id function status")},
}
"""By file and schema: the name here and the fields. ``?``: it only informs, so it may be missing; ``*``: it may be null
where a service shows it in another view."""

WORDS = {
    "ovhcloudconnect": {
        "ovhcloudconnect.service.BandwidthEnum": "Bandwidth",
        "ovhcloudconnect.service.ProviderEnum": "ConnectProvider",
        "service.RenewalTypeEnum": "RenewalType",
        "service.StateEnum": "BillingState",
        "service.TerminationReasonEnum": "TerminationReason",
        "service.TerminationFutureUseEnum": "FutureUse",
    },
    "telephony": {"telephony.TerminationReasonEnum": "TelephonyReason"},
}
"""Closed lists of words, by file and schema."""


def definitions(folder: Path) -> Json:
    """What is read of the descriptions in `folder`, as one JSON Schema."""
    found: Json = {}
    for file in sorted({*READ, *WORDS}):
        schemas = json.loads((folder / "openapi-2025" / f"{file}.json").read_text(encoding="utf-8"))
        schemas = schemas["components"]["schemas"]
        for name, (here, fields) in READ.get(file, {}).items():
            found[here] = _object(name, schemas, fields.split())
        for name, here in WORDS.get(file, {}).items():
            found[here] = {"type": "string", "enum": schemas[name]["enum"], "description": f"``{name}``."}
    return {"title": "Published", "$defs": found}


def _object(name: str, schemas: Json, fields: list[str]) -> Json:
    described = schemas[name]["properties"]
    properties, required = dict[str, Json](), list[str]()
    for field in fields:
        key, mark = field.rstrip("?*"), field[-1]
        given = described[key]
        nullable = bool(given.get("nullable")) or mark == "*"
        plain = _type(given, schemas)
        if mark == "?" and plain.get("type") in ("string", "boolean") and "customTypePath" not in plain:
            properties[key] = {**plain, "default": "" if plain["type"] == "string" else False}
            continue
        properties[key] = {"anyOf": [plain, {"type": "null"}]} if nullable or mark == "?" else plain
        if mark == "*" or not (nullable or mark == "?"):
            required.append(key)
    return {"type": "object", "description": f"``{name}``.", "properties": properties, "required": required}


def _type(given: Json, schemas: Json) -> Json:
    reference = given.get("$ref") or given.get("allOf", [{}])[0].get("$ref", "")
    if reference:
        name = reference.rpartition("/")[2]
        if name in _BY_HAND:
            return {"type": "object", "customTypePath": _BY_HAND[name]}
        known = {schema: here for read in READ.values() for schema, (here, _) in read.items()}
        return {"$ref": f"#/$defs/{known[name]}"} if name in known else _type(schemas[name], schemas)
    if given.get("format") == "date-time":
        return {"type": "string", "format": "date-time", "customTypePath": f"{_BASE}.Instant"}
    return {"type": given["type"], **({"format": "date"} if given.get("format") == "date" else {})}
