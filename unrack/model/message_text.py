"""The type of a field that holds a text of the program: it crosses Temporal with its template and values."""

from typing import Annotated, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from pydantic_core.core_schema import SerializationInfo

from unrack.model.message import Message, msg

_PARTS = 2
"""Of a message that travels: its template and its values."""

IN_PAYLOADS = "payload"
"""The serialization context in which a message keeps its template and values."""


class _Travels:
    """How a field that holds a message crosses a boundary."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler
        write = core_schema.plain_serializer_function_ser_schema(_write, info_arg=True, when_used="json")
        return core_schema.no_info_plain_validator_function(_read, serialization=write)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        del schema, handler
        return {"type": "string"}


MessageText = Annotated[str, _Travels]
"""The type of a field for a text that the program says: a message stays one, a plain text stays plain."""


def _read(value: object) -> str:
    """A text, or a message as it travels.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        parts = cast("list[object]", value)
        template, values = parts if len(parts) == _PARTS else (None, None)
        if isinstance(template, str) and isinstance(values, dict):
            known = cast("dict[str, object]", values)
            return Message(template, {name: _read(each) for name, each in known.items()})
    message = msg("a text is expected")
    raise ValueError(message)


def _write(value: str, info: SerializationInfo) -> object:
    return _travelling(value) if info.context == IN_PAYLOADS else value


def _travelling(value: str) -> object:
    if isinstance(value, Message) and value.values:
        return [value.template, {name: _travelling(each) for name, each in value.values.items()}]
    return value
