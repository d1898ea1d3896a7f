"""The two use cases at a run's beginning: planning a request, and launching requests whose plans were shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from unrack.model.decision import Actor, Verdict
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import InstallationHold
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.model.statement import Proof
from unrack.operations.admitting import Admission, Started, admissions
from unrack.operations.holding import holds_over, refuse_held
from unrack.operations.launching import naming_open_runs, open_run, refuse_blocked, refuse_running, start
from unrack.operations.planning import RequestToPlan, make_plan, names_service, read_request
from unrack.operations.shown_plans import ShownPlans
from unrack.process.settings import Settings


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what stands against its launch beside its own blockers."""

    plan: Plan
    open_run: str | None
    """The id of the service's open run, if it has one."""
    holds: tuple[InstallationHold, ...]
    """Holds of the whole installation over it."""


async def plan_request(client: Client, settings: Settings, shown: ShownPlans, request: RequestToPlan) -> Planned:
    """Plan a request, and remember the plan as shown. Nothing is changed at the provider.

    Raises:
        UnrackError: no worker polls, or the provider's problem.
    """
    made = await make_plan(client, request, settings.task_queue)
    running = await open_run(client, made.run_id)
    holds = await holds_over(client, settings.task_queue, made.service)
    shown.remember(made)
    return Planned(made, running, holds)


async def plans_to_launch(
    client: Client, settings: Settings, paths: Sequence[Path], confirmed: Sequence[str]
) -> list[Plan]:
    """The plans of now, all judged before any is launched.

    Args:
        client: The server.
        settings: The settings in force.
        paths: The requests.
        confirmed: Services that somebody named beforehand as those to cancel.

    Raises:
        InputError: a file is wrong.
        UnrackError: one must not be launched, two are for one service, or a name in `confirmed` is of none of them;
            nothing was started.
    """
    plans = [await _ready(client, settings, path) for path in paths]
    _refuse_twice(plans)
    _refuse_strange(plans, confirmed)
    return plans


def is_confirmed(plan: Plan, confirmed: Sequence[str]) -> bool:
    """Whether somebody named the service of `plan`, in whatever spelling."""
    return any(names_service(each, plan) for each in confirmed)


@dataclass(frozen=True, slots=True)
class Launched:
    """What came of the launch of one plan."""

    plan: Plan
    admission: Admission | None = None
    """What a worker said of it; None: the server did not take it."""
    problem: Problem | None = None
    """Why the server did not take it."""


async def launch_shown(  # noqa: PLR0913, PLR0917 - which plans, by whom, how that is proved, and who hears of it
    client: Client,
    settings: Settings,
    shown: ShownPlans,
    plans: Sequence[Plan],
    by: Actor,
    proofs: Sequence[Proof | None],
    *,
    waiting: Callable[[timedelta], None] = lambda _: None,
) -> list[Launched]:
    """Launch plans that were shown and confirmed; returns what came of each, once workers have said so or time is up.

    The next launch of a plan needs another look, unless this one was refused.

    Args:
        client: The server.
        settings: The settings in force.
        shown: What was shown on this machine.
        plans: What is launched.
        by: Who launches.
        proofs: Their signatures on the plans, one for each; None where nothing is signed.
        waiting: See `admissions`.
    """
    begun = [
        await _begun(client, settings.task_queue, made, by, proof) for made, proof in zip(plans, proofs, strict=True)
    ]
    told = iter(await admissions(client, [each for each in begun if isinstance(each, Started)], waiting=waiting))
    launched = [
        Launched(made, admission=next(told)) if isinstance(each, Started) else Launched(made, problem=each)
        for made, each in zip(plans, begun, strict=True)
    ]
    for each in launched:
        if each.admission is not None and each.admission.verdict is not Verdict.REFUSED:
            shown.forget(each.plan.run_id)
    return launched


async def _begun(client: Client, queue: str, plan: Plan, by: Actor, proof: Proof | None) -> Started | Problem:
    """The run that the server took, or why it did not: one that stumbles must not hide what came of the others."""
    try:
        return await start(client, plan, by, queue, proof)
    except UnrackError as error:
        return error.problem
    except RPCError as error:
        return _unanswered(str(plan.run_id), error)


def _unanswered(run: str, error: RPCError) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("the server gave no answer, and may have taken it: {message}", message=error.message),
        suggestion=msg("look whether it did, before you launch it again: unrack status {run}", run=run),
        reference=run,
    )


async def _ready(client: Client, settings: Settings, path: Path) -> Plan:
    """The plan of now, unless it must not be launched."""
    request = read_request(path, settings.runbooks, settings.freezes)
    await refuse_held(client, settings.task_queue, request.service)
    try:
        made = await make_plan(client, request, settings.task_queue)
    except UnrackError as error:
        raise UnrackError(await naming_open_runs(client, request.service, error.problem)) from error
    await refuse_running(client, made.run_id)
    refuse_blocked(made)
    return made


def _refuse_twice(plans: Sequence[Plan]) -> None:
    run_ids = [str(made.run_id) for made in plans]
    for run_id in run_ids:
        if run_ids.count(run_id) > 1:
            raise _invalid(
                msg("two requests are for {run_id}; nothing was started", run_id=run_id),
                msg("a service has one run at a time"),
            )


def _refuse_strange(plans: Sequence[Plan], confirmed: Sequence[str]) -> None:
    wanted = ", ".join(made.run_id.place for made in plans)
    for given in confirmed:
        meant = [made for made in plans if names_service(given, made)]
        if not meant:
            raise _invalid(
                msg("'{given}' is not the service id of this plan; nothing was started", given=given),
                msg("it is {wanted}", wanted=wanted),
            )
        if len(meant) > 1:
            text = msg("'{given}' is a service of two providers; nothing was started", given=given)
            raise _invalid(text, msg("write the address as well: {wanted}", wanted=wanted))


def _invalid(message: str, suggestion: str) -> UnrackError:
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
