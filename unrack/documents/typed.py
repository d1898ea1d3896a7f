"""Turns plain data into a strict model, and pydantic's errors into diagnostics a person can act on."""

import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.documents.document import Data, Document, Location
from unrack.model.message import msg

M = TypeVar("M", bound=BaseModel)

RENAMED = {"patience": "timeout", "look-every": "poll-every"}
"""Keys of earlier runbooks, and what each is called now."""

_WANTED = {
    "string_type": "text",
    "int_type": msg("a whole number"),
    "bool_type": msg("true or false"),
    "tuple_type": msg("a list (lines that begin with '-')"),
    "dict_type": msg("fields, as 'name: value'"),
    "model_type": msg("fields, as 'name: value'"),
    "model_attributes_type": msg("fields, as 'name: value'"),
}
_FOUND: dict[type, str] = {
    dict: "fields",
    list: "a list",
    str: "text",
    int: "a number",
    float: "a number",
    bool: msg("true or false"),
}


def validated(model: type[M], data: Data) -> M:
    """`data` as a `model`, strictly: text stays text, a number is never text, and a field goes by the name of the file.

    Raises:
        ValidationError: it does not fit.
    """
    return model.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)


def type_errors(model: type[BaseModel], document: Document) -> list[Diagnostic]:
    """Everything in `document` that does not fit `model`, each with its place."""
    try:
        validated(model, document.data)
    except ValidationError as error:
        schema = model.model_json_schema(by_alias=True)
        wrong = error.errors(include_url=False)
        found = [_diagnostic(each, schema, document) for each in wrong if not _stands_under_its_old_name(each, wrong)]
        return _one_per_place(found)
    return []


def _stands_under_its_old_name(detail: ErrorDetails, wrong: Sequence[ErrorDetails]) -> bool:
    """Whether the missing field stands under its earlier name, which has a diagnostic of its own."""
    if detail["type"] != "missing":  # a document that is no fields at all has no place and no name
        return False
    *place, name = detail["loc"]
    old = {(*place, key) for key, new in RENAMED.items() if new == name}
    return any(other["loc"] in old for other in wrong)


def _one_per_place(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """A value that fits no member of a union is one mistake; missing fields stand at one place and are several."""
    seen: dict[tuple[int, int, str], Diagnostic] = {}
    for one in found:
        key = one.message if "is missing" in one.message else ""
        seen.setdefault((one.line, one.column, key), one)
    return list(seen.values())


def _diagnostic(detail: ErrorDetails, schema: dict[str, Any], document: Document) -> Diagnostic:
    location, kind = _real(detail["loc"], document), detail["type"]
    if kind == "missing":
        return document.diagnostic(
            location, msg("'{detail}' is missing", detail=detail["loc"][-1]), msg("Add it"), key=True
        )
    if kind == "extra_forbidden":
        return document.diagnostic(
            location, *_unknown(str(location[-1]), _known_fields(schema, location[:-1])), key=True
        )
    at_key = "[key]" in detail["loc"]
    return document.diagnostic(location, *_words(detail, location), key=at_key)


def _unknown(name: str, known: Sequence[str]) -> tuple[str, str]:
    """Return the message and the suggestion for the field `name`, which is not one of the `known` fields."""
    new = RENAMED.get(name)
    if new in known:
        return msg("`{name}` is called `{new}` now", name=name, new=new), msg("Write `{new}` in its place", new=new)
    return msg("unknown field '{name}'", name=name), did_you_mean(name, known)


def _words(detail: ErrorDetails, location: Location) -> tuple[str, str]:
    kind, given, context = detail["type"], cast("object", detail["input"]), detail.get("ctx", {})
    name = f"'{location[-1]}'" if location and isinstance(location[-1], str) else "this"
    if kind in ("enum", "literal_error"):
        return msg("'{given}' is not known here", given=given), did_you_mean(
            str(given), re.findall(r"'([^']+)'", context["expected"])
        )
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "string_pattern_mismatch":
        return msg("'{given}' does not look like a value of {name}", given=given, name=name), msg(
            "It must match {context}", context=context["pattern"]
        )
    if kind in _WANTED:
        wanted = msg("a single value") if detail["loc"][-1:] == ("str",) else _WANTED[kind]
        quotes = msg("Put it in quotes") if kind == "string_type" and isinstance(given, int | float) else ""
        return msg(
            "{name} must be {wanted}, not {get}", name=name, wanted=wanted, get=_FOUND.get(type(given), "nothing")
        ), quotes
    return msg("{name}: {lower}{detail}", name=name, lower=detail["msg"][:1].lower(), detail=detail["msg"][1:]), ""


def _real(loc: tuple[int | str, ...], document: Document) -> Location:
    """`loc` without pydantic's own words for keys and members of unions."""
    real: Location = ()
    for part in loc:
        if (*real, part) in document.values:
            real = (*real, part)
    return real


def _known_fields(schema: dict[str, Any], location: Location) -> list[str]:
    """The fields that the schema knows at `location`."""
    node = schema
    for part in location:
        for member in _members(node, schema):
            inner = member.get("properties", {}).get(part) if isinstance(part, str) else member.get("items")
            inner = inner or member.get("additionalProperties")
            if isinstance(inner, dict):
                node = cast("dict[str, Any]", inner)
                break
    return [name for member in _members(node, schema) for name in member.get("properties", {})]


def _members(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The object or array schemas that `node` stands for, references and unions resolved."""
    if "$ref" in node:
        return _members(schema["$defs"][node["$ref"].rsplit("/", 1)[1]], schema)
    union = [*node.get("anyOf", ()), *node.get("oneOf", ())]
    if union and "properties" not in node:
        return [member for inner in union for member in _members(inner, schema)]
    return [node]
