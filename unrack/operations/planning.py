"""Making plans and remembering the one that was shown. Changes nothing at a provider."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from pydantic import ValidationError
from temporalio.client import Client

from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.base import Frozen, Moment
from unrack.model.errors import UnrackError, unwritten
from unrack.model.ids import RunId
from unrack.model.plan import Plan
from unrack.model.request import Request
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.model.state import Difference
from unrack.model.stated import Stated
from unrack.operations.inquire import read_facts
from unrack.private_folder import closed
from unrack.providers.catalogue import ACTIONS, canonical_id
from unrack.runbook.compile import check_request, compile_plan
from unrack.runbook.freezes import FreezeFile, read_freezes
from unrack.runbook.identity import canonical
from unrack.runbook.load import LoadedRunbook, find_runbook, load_request, load_runbook, valid_runbooks
from unrack.zones import zone

_ABSENT = "(none)"


class ShownPlan(Frozen):
    """A plan as a person saw it."""

    at: Moment
    plan: Plan


def actions_by_provider(folders: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    """Every action that the valid runbooks in `folders` use, by the adapter that does it; other files are left out."""
    used: dict[str, set[str]] = {}
    for loaded in valid_runbooks(folders):
        for action in (step.action for _, _, step in loaded.model.in_order() if step.action):
            used.setdefault(ACTIONS[action].provider, set()).add(action)
    return {provider: tuple(sorted(actions)) for provider, actions in used.items()}


def products_of(provider: str, folders: Sequence[Path]) -> tuple[str, ...]:
    """The products of `provider` that the valid runbooks in `folders` cancel."""
    models = [loaded.model for loaded in valid_runbooks(folders)]
    return tuple(sorted({model.product for model in models if model.provider == provider}))


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


async def make_plan(client: Client, wish: RequestToPlan, queue: str = TASK_QUEUE) -> Plan:
    """Read the facts through a worker that polls `queue`, or take those that the request states, and compile the plan.

    Raises:
        UnrackError: no worker polls, or the provider's problem.
    """
    facts = await read_facts(client, wish.service, queue, stated=wish.stated)
    return compile_plan(wish.runbook, wish.request, facts, wish.freezes)


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


class ShownPlans:
    """The last plan shown for each run id, one file each, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the plans in `folder`, which is made when needed."""
        self._folder = folder

    def remember(self, plan: Plan) -> None:
        """Keep `plan` as the one shown last for its service.

        Raises:
            UnrackError: the folder cannot be written.
        """
        shown = ShownPlan(at=datetime.now(UTC), plan=plan)
        path = self._path(plan.run_id)
        try:
            closed(self._folder)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _put(path, shown.model_dump_json(indent=2))
        except OSError as error:
            todo = "make the folder writable, or name another home folder"
            raise UnrackError(unwritten(f"the shown plan in {path.parent}", error, todo)) from error

    def recall(self, run: RunId) -> ShownPlan | None:
        """The plan shown last for the service of `run`; None when none was, or when it can no longer be read."""
        try:
            return ShownPlan.model_validate_json(self._path(run).read_bytes())
        except (OSError, ValidationError):
            return None

    def forget(self, run: RunId) -> None:
        """Forget the plan, so that the next launch needs another look."""
        self._path(run).unlink(missing_ok=True)

    def _path(self, run: RunId) -> Path:
        return self._folder / f"{run.provider}-{run.product}" / f"{run.place}.json"


def _put(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as half:
        try:
            half.write(text)
            half.flush()
            Path(half.name).replace(path)
        except OSError:
            Path(half.name).unlink(missing_ok=True)
            raise


def moved(shown: Plan, now: Plan) -> tuple[Difference, ...]:
    """Field by field, what differs between the plan shown and the plan of now; empty when nothing moved."""
    return _differences(_content(shown), _content(now))


def facts_moved(planned: ServiceFacts, now: ServiceFacts) -> tuple[Difference, ...]:
    """Field by field, what differs between the facts of a plan and those of now; the times of reading do not count."""
    return _differences(planned.fingerprint(), now.fingerprint())


def _differences(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Difference, ...]:
    before, after = dict(fields_of(old)), dict(fields_of(new))
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        Difference(field=name, before=before.get(name, _ABSENT), after=after.get(name, _ABSENT))
        for name in names
        if before.get(name) != after.get(name)
    )


def _content(plan: Plan) -> dict[str, object]:
    """What the plan's digest covers."""
    return {**plan.model_dump(mode="json", exclude={"facts"}), "facts": plan.facts.fingerprint()}


def fields_of(content: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Every field of JSON `content` with its path, as ``steps[purge.await-end].title``; absent values are left out."""
    return _fields("", content)


def _fields(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in cast("Mapping[str, object]", value).items():
            yield from _fields(f"{path}.{name}" if path else name, part)
    elif isinstance(value, list):
        for index, part in enumerate(cast("list[object]", value)):
            yield from _fields(f"{path}[{_name_of(part, index)}]", part)
    elif value is not None:
        yield path, str(value)


def _name_of(part: object, index: int) -> str:
    """What an entry of a list is called: by its own id or name where it has one, so that an insertion shows as one."""
    if isinstance(part, Mapping):
        entry = cast("Mapping[str, object]", part)
        for key in ("id", "name", "subject"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return str(index)
