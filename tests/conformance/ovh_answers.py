"""The types of the simulated OVHcloud's answers, from its published descriptions: `make_schemas` writes them.

Written is each type that the simulator names as ``answers.<Type>``, and what such a type consists of, with all of its
fields: pyright refuses an answer that leaves out a promised field or misnames one. Dates and the words of closed lists
are plain texts here; what may stand in them, the judge of the tests knows (`ovh_judge`). Both read the same
descriptions (`ovh_schema`), with the same additions of 2026, which stand by hand in `ovh_schema_2026`.
"""

import re
from pathlib import Path
from typing import Any

from tests.conformance import ovh_schema
from tests.conformance.ovh_types import SOURCE

Json = dict[str, Any]

SIMULATOR = Path(__file__).resolve().parents[2] / "unrack" / "simulator" / "ovhcloud"
ANSWERS = SIMULATOR / "answers.py"
LICENCES = ("LICENSE.ovhcloud-cli", "legacy-v1/LICENSE.api-ovh-node")

HEADER = f"""\
# Written by `make schemas`; do not edit. Sources:
# of 2025-10-02, (c) OVHcloud, Apache License 2.0 (LICENSE.ovhcloud-cli beside this file):
# {SOURCE}
# of 2024-06-07, for /services, /auth, /support, /cloud, /email/domain and /email/exchange, MIT License
# (LICENSE.api-ovh-node beside this file):
# github.com/UrielCh/api-ovh-node, code/gen/models/ovh-api, commit edbd42e89ca711f64ad85063086f5d77625598d3
# What these lack, or what has drifted from them by 2026-08, is added from tests/conformance/ovh_schema_2026.py.
# Digest of what was read: {{digest}}
\"\"\"What the simulator answers. A class is named as OVHcloud's type is: ``vrack.Task`` is ``VrackTask``.\"\"\"
"""

OPTIONS = (
    *("--input-file-type", "jsonschema", "--output-model-type", "typing.TypedDict"),
    *("--target-python-version", "3.11", "--use-union-operator", "--use-standard-collections", "--no-alias"),
    *("--use-schema-description", "--use-single-line-docstring", "--skip-root-model"),
    *("--disable-timestamp", "--disable-future-imports", "--formatters", "builtin"),
)

_USED = re.compile(r"\banswers\.([A-Z]\w*)")


def definitions(folder: Path) -> Json:
    """What the simulator uses of the descriptions in `folder`, as one JSON Schema.

    Raises:
        LookupError: The simulator names a type that no published answer has.
    """
    known: dict[str, Json] = {}
    for operation in ovh_schema.operations(folder):
        _plain(operation.answer, known)
    wanted, found = _used(), dict[str, Json]()
    if unknown := sorted(wanted - known.keys()):
        raise LookupError(f"no published answer has the type {', '.join(unknown)}")
    while wanted:
        found |= {name: known[name] for name in wanted}
        wanted = {name for each in found.values() for name in re.findall(r"#/\$defs/(\w+)", str(each))} - found.keys()
    return {"title": "Answers", "$defs": dict(sorted(found.items()))}


def _used() -> set[str]:
    return {name for file in SIMULATOR.rglob("*.py") for name in _USED.findall(file.read_text(encoding="utf-8"))}


def _plain(schema: Json, known: dict[str, Json]) -> Json:
    """`schema` without formats and closed lists; an object becomes a reference to what is then `known`."""
    if "anyOf" in schema:
        return {"anyOf": [_plain(each, known) for each in schema["anyOf"]]}
    if "title" in schema:
        name = _class(schema["title"])
        known[name] = _merged(known.get(name), _object(schema, known))
        return {"$ref": f"#/$defs/{name}"}
    if "items" in schema:
        return {"type": "array", "items": _plain(schema["items"], known)}
    kind = schema.get("type", "string" if "enum" in schema else None)
    return {"type": kind} if kind else {}


def _object(schema: Json, known: dict[str, Json]) -> Json:
    properties = {field: _plain(about, known) for field, about in schema["properties"].items()}
    required = [field for field in properties if field in schema["required"]]
    described = f"``{schema['title']}``."
    return {"type": "object", "description": described, "properties": properties, "required": required}


def _merged(one: Json | None, other: Json) -> Json:
    """A type that two descriptions have: what only one of them promises may be missing."""
    if one is None or one == other:
        return other
    properties = one["properties"] | other["properties"]
    required = [field for field in one["required"] if field in other["required"]]
    return {**other, "properties": properties, "required": required}


def _class(title: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^0-9A-Za-z]+", title))
