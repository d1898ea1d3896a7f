"""The search attributes that `list` and `tasks` query by: registered once, and missing ones listed for `doctor`."""

from collections.abc import Mapping, Sequence
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from unrack.contracts.workflows import SEARCH_ATTRIBUTES
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg

AnyKey = SearchAttributeKey[Any]


async def missing(client: Client) -> tuple[AnyKey, ...]:
    """The search attributes that the namespace does not have yet.

    Raises:
        UnrackError: one exists with another type (``CONFLICT``), or the server does not tell (``UNAVAILABLE``).
    """
    known = await _known(client)
    for key in SEARCH_ATTRIBUTES:
        found = known.get(key.name, key.indexed_value_type)
        if found != key.indexed_value_type:
            raise UnrackError(_other_type(client.namespace, key, found))
    return tuple(key for key in SEARCH_ATTRIBUTES if key.name not in known)


async def register(client: Client) -> tuple[AnyKey, ...]:
    """Add what is missing, and return it. Doing it again changes nothing.

    Raises:
        UnrackError: see `missing`; or the server does not let us add them (``DENIED``).
    """
    wanted = await missing(client)
    if not wanted:
        return ()
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for key in wanted:
        request.search_attributes[key.name] = IndexedValueType.ValueType(key.indexed_value_type)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        raise UnrackError(_not_added(client.namespace, wanted, error)) from error
    return wanted


async def _known(client: Client) -> Mapping[str, int]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        answer = await client.operator_service.list_search_attributes(request)
    except RPCError as error:
        raise UnrackError(
            Problem(
                category=Category.UNAVAILABLE,
                message=msg(
                    "the server does not list the search attributes of '{namespace}': {message}",
                    namespace=client.namespace,
                    message=error.message,
                ),
                suggestion=msg("see whether the server is up and whether we may use its operator service"),
            )
        ) from error
    return {**answer.system_attributes, **answer.custom_attributes}


def type_name(value_type: int) -> str:
    """The name of a search attribute's type as Temporal's command line writes it, like ``KeywordList``."""
    name = IndexedValueType.Name(IndexedValueType.ValueType(value_type)).removeprefix("INDEXED_VALUE_TYPE_")
    return name.title().replace("_", "")


def _other_type(namespace: str, key: AnyKey, found: int) -> Problem:
    return Problem(
        category=Category.CONFLICT,
        message=msg(
            "the search attribute '{name}' of the namespace '{namespace}' is {type_name}, not {type_name2}",
            name=key.name,
            namespace=namespace,
            type_name=type_name(found),
            type_name2=type_name(key.indexed_value_type),
        ),
        suggestion=msg("use another namespace, or remove the attribute: `temporal operator search-attribute remove`"),
    )


def _not_added(namespace: str, keys: Sequence[AnyKey], error: RPCError) -> Problem:
    names = joined(
        ", ", (msg("{name} ({type_name})", name=key.name, type_name=type_name(key.indexed_value_type)) for key in keys)
    )
    return Problem(
        category=Category.DENIED,
        message=msg(
            "the search attributes {names} cannot be added to '{namespace}': {message}",
            names=names,
            namespace=namespace,
            message=error.message,
        ),
        suggestion=msg("let an administrator add them: `temporal operator search-attribute create --name … --type …`"),
    )
