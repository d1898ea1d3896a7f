"""Which run a person means by what they typed."""

from dataclasses import dataclass

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.service_ids import spellings
from unrack.contracts.workflows import DECOMMISSION, SERVICE
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.ids import RunId, may_begin_an_id, split_address
from unrack.model.message import msg
from unrack.operations.visibility_query import quoted
from unrack.providers.catalogue import canonical_id
from unrack.temporal import executions
from unrack.temporal.executions import Server

_SEVERAL_SHOWN = 5


def not_found(run_id: str) -> UnrackError:
    """The problem that there is no such run."""
    return UnrackError(
        Problem(
            category=Category.NOT_FOUND,
            message=msg("there is no run '{run_id}'", run_id=run_id),
            suggestion=msg("see what there is with `unrack list --all`"),
        )
    )


async def find_run(client: Client, text: str) -> str:
    """The full id of the run that a person means by `text`: the id, a prefix of it, or the service id.

    A full id costs no visibility query, so that a run just launched is found at once; anything else costs one or two.

    Raises:
        UnrackError: nothing matches (``NOT_FOUND``), or several do (``INVALID``; the problem names some).
    """
    text = text.strip()
    for run in dict.fromkeys((text, _in_form(text))):
        if await _exists(client, run):
            return run
    matches = await _matching(client, text)
    if not matches:
        raise not_found(text)
    if len(matches) > 1:
        raise UnrackError(_ambiguous(text, matches))
    return matches[0]


def _in_form(run: str) -> str:
    """A full run id with its service's id in the form in which the provider knows it; anything else as it is."""
    kind, _, place = run.partition("/")
    provider, _, product = kind.partition("-")
    service, address = split_address(place)
    try:
        service = canonical_id(provider, product, service)
        return str(RunId(provider=provider, product=product, service=service, address=address))
    except ValueError:
        return run


async def _matching(client: Client, text: str) -> list[str]:
    """The runs of the service that `text` names, in any spelling; else those whose id or service's id begins with it.

    One more than is shown is enough to know that there are several.
    """
    service, address = split_address(text)
    others = [each for each in spellings(service) if may_begin_an_id(each)]
    places = {each if address is None else f"{each}@{address}" for each in others}
    exact = await _ids(client, [f"{SERVICE.name} = {quoted(each)}" for each in others])
    if named := [run for run in exact if places & set(_names(run))]:
        return named
    begun = [text] if may_begin_an_id(text) else []
    terms = [f"{name} STARTS_WITH {quoted(each)}" for each in begun for name in ("WorkflowId", SERVICE.name)]
    return await _ids(client, terms, most=_SEVERAL_SHOWN + 1)


async def _ids(client: Client, either: list[str], most: int | None = None) -> list[str]:
    """The runs for which one of the terms holds, at most so many."""
    found: set[str] = set()
    if not either:
        return []
    query = f"WorkflowType = {quoted(DECOMMISSION)} AND ({' OR '.join(either)})"
    async for execution in client.list_workflows(query):
        found.add(execution.id)
        if most is not None and len(found) == most:
            break
    return sorted(found)


def _names(run: str) -> tuple[str, ...]:
    """Return the names of a run beside its id: its service, with the address and without."""
    try:
        known = RunId.parse(run)
    except ValueError:
        return ()
    return known.place, known.service


async def _exists(client: Client, text: str) -> bool:
    try:
        RunId.parse(text)
        found = await client.get_workflow_handle(text).describe()
    except ValueError:
        return False
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return found.workflow_type == DECOMMISSION


def _ambiguous(text: str, matches: list[str]) -> Problem:
    shown = ", ".join(matches[:_SEVERAL_SHOWN])
    several = (
        msg("more than {several_shown}", several_shown=_SEVERAL_SHOWN)
        if len(matches) > _SEVERAL_SHOWN
        else f"{len(matches)}"
    )
    return Problem(
        category=Category.INVALID,
        message=msg("'{text}' fits {several} runs: {shown}", text=text, several=several, shown=shown),
        suggestion=msg("write more of the id"),
    )


@dataclass(frozen=True, slots=True)
class Beginning:
    """An open run that is meant by how its id begins."""

    word: str
    """Its id, or its service's id where that is what was begun."""
    title: str


async def open_runs_beginning(server: Server, begun: str, most: int) -> tuple[Beginning, ...]:
    """The open runs whose id begins so, else those whose service's id does; at most so many, in no order."""
    if begun and not may_begin_an_id(begun):
        return ()
    by_id = f" AND WorkflowId STARTS_WITH {quoted(begun)}" if begun else ""
    found = await _open(server, by_id, most)
    if found:
        return tuple(Beginning(each, each.partition("/")[0]) for each in found)
    by_service = await _open(server, f" AND {SERVICE.name} STARTS_WITH {quoted(begun)}", most)
    return tuple(Beginning(place, each) for each in by_service for place in _names(each)[:1])


async def _open(server: Server, term: str, most: int) -> list[str]:
    query = f"WorkflowType = {quoted(DECOMMISSION)} AND {executions.OPEN}{term}"
    page = await executions.page_of(server, query, most=most)
    return sorted(each.execution.workflow_id for each in page.executions)
