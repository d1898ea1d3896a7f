"""Making plans. Changes nothing at a provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from unrack.contracts.calls import AccessCall
from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.plan import Plan
from unrack.model.request import Request
from unrack.model.service import ServiceRef
from unrack.model.stated import Stated
from unrack.operations.inquiries import read_facts
from unrack.providers.catalogue import ACTIONS, canonical_id
from unrack.runbook.compile import check_request, compile_plan
from unrack.runbook.freezes import FreezeFile, read_freezes
from unrack.runbook.identity import canonical
from unrack.runbook.load import LoadedRunbook, find_runbook, load_request, load_runbook, valid_runbooks
from unrack.zones import zone


def actions_by_provider(runbooks: Sequence[LoadedRunbook]) -> dict[str, tuple[str, ...]]:
    """Every action that `runbooks` use, by the adapter that does it."""
    used: dict[str, set[str]] = {}
    for loaded in runbooks:
        for action in (step.action for _, _, step in loaded.model.in_order() if step.action):
            used.setdefault(ACTIONS[action].provider, set()).add(action)
    return {provider: tuple(sorted(actions)) for provider, actions in used.items()}


def access_calls(folders: Sequence[Path], accounts: Sequence[str]) -> list[AccessCall]:
    """Return the checks of the credentials `accounts`, for everything that the valid runbooks in `folders` do."""
    runbooks = valid_runbooks(folders)
    products: dict[str, set[str]] = {}
    for loaded in runbooks:
        products.setdefault(loaded.model.provider, set()).add(loaded.model.product)
    return [
        AccessCall(
            provider=provider, account=account, actions=actions, products=tuple(sorted(products.get(provider, ())))
        )
        for provider, actions in actions_by_provider(runbooks).items()
        for account in accounts
    ]


@dataclass(frozen=True, slots=True)
class RequestToPlan:
    """A request that fits its runbook, its service's id in the provider's form; what a plan still needs is the facts.

    Only the facts tell at which of the provider's addresses the service is, and so the id of its run.
    """

    request: Request
    runbook: LoadedRunbook
    freezes: tuple[FreezeFile, ...] = ()

    @property
    def service(self) -> ServiceRef:
        """The service that is asked for."""
        return ServiceRef(
            provider=self.runbook.model.provider,
            product=self.runbook.model.product,
            service=self.request.service.id,
            account=self.request.service.account,
        )

    @property
    def stated(self) -> Stated | None:
        """The facts that the request states, if it does; days begin in the runbook's zone, else in UTC."""
        given, calendar = self.request.stated, self.runbook.model.calendar
        return given if given is None or calendar is None else given.in_zone(zone(calendar.zone))


def read_request(path: Path, folders: Sequence[Path], calendars: Sequence[Path] = ()) -> RequestToPlan:
    """Read the request at `path`, its runbook from `folders`, and the change freezes that count for it.

    Args:
        path: The request.
        folders: Where runbooks are looked for.
        calendars: iCalendar files that count for every request of this installation, beside the request's own.

    Raises:
        InputError: with everything that is wrong in the files, each with its place.
    """
    loaded = load_request(path)
    runbook = load_runbook(find_runbook(loaded.request.runbook, folders, loaded.document))
    check_request(runbook, loaded)
    own = loaded.request.freezes
    named = [(calendar, calendar.name) for calendar in calendars]
    named += [(path.parent / own, own)] if own else []
    return RequestToPlan(
        canonical(runbook.model, loaded.request), runbook, tuple(read_freezes(file, name) for file, name in named)
    )


async def make_plan(client: Client, wanted: RequestToPlan, queue: str = TASK_QUEUE) -> Plan:
    """Read the facts through a worker that polls `queue`, or take those that the request states, and compile the plan.

    Raises:
        UnrackError: no worker polls, or the provider's problem.
    """
    facts = await read_facts(client, wanted.service, queue, stated=wanted.stated)
    return compile_plan(wanted.runbook, wanted.request, facts, wanted.freezes)


def names_service(typed: str, plan: Plan) -> bool:
    """Whether `typed` names the service of `plan`, in whatever spelling, with or without its address."""
    service = plan.service
    text = typed.strip().removesuffix(f"@{service.address}") if service.address else typed
    try:
        return canonical_id(service.provider, service.product, text) == canonical_id(
            service.provider, service.product, service.service
        )
    except ValueError:
        return text.strip() == service.service
