"""Approving the plan of a run: what an approver is shown, and the approval that is bound to it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client

from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.decision import Actor, Approve
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.plan import Plan
from unrack.operations.consent import Agreement, agreement, facts_now
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of, report_of, report_unless_paused
from unrack.operations.sending import Send, Settled, settle
from unrack.operations.task_forms import new_decision_id


@dataclass(frozen=True, slots=True)
class Demanded:
    """The digest and revision that the run must have for the approval to be sent; None demands nothing."""

    digest: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Approvable:
    """A run that may be approved."""

    run_id: str
    plan: Plan
    revision: int
    """The consent revision that an approval names."""
    paused: bool
    """Whether somebody paused it in Temporal, so that it shows nothing of what became of it."""


async def find_approvable(client: Client, run: str, demanded: Demanded) -> Approvable:
    """The run that a person means, if it is what they say they looked at.

    Raises:
        UnrackError: its plan or revision is another one (``CONFLICT``), no worker answers, or as `find_run`.
    """
    run_id = await find_run(client, run)
    plan = await plan_of(client, run_id)
    report = await report_unless_paused(client, run_id) if demanded.revision else await report_of(client, run_id)
    revision = report.state.revision if report else demanded.revision or 1
    _refuse_other(run_id, plan, revision, demanded)
    return Approvable(run_id, plan, revision, paused=report is None)


async def look_before_approving(client: Client, found: Approvable, queue: str = TASK_QUEUE) -> Agreement:
    """Read everything that an approval agrees to beside the plan: changes since the launch, and current facts.

    Raises:
        UnrackError: no worker answers.
    """
    report = await report_of(client, found.run_id)
    facts = await facts_now(client, found.plan, queue)
    return agreement(found.plan, report.state, facts, report.state.now(datetime.now(UTC)))


async def approve(
    client: Client, found: Approvable, by: Actor, shown: Agreement | None, *, send: Send = settle
) -> Settled:
    """Approve the plan at the revision that was `shown`; of a paused run, at the one that was demanded.

    Raises:
        UnrackError: as `settle`.
    """
    revision = shown.revision if shown is not None else found.revision
    decision = Approve(id=new_decision_id(), by=by, plan=found.plan.digest, revision=revision)
    return await send(client, found.run_id, decision)


def _refuse_other(run_id: str, plan: Plan, revision: int, demanded: Demanded) -> None:
    if demanded.digest is not None and demanded.digest != plan.digest:
        raise _other(
            run_id,
            msg(
                "the plan of {run_id} has the digest {digest}, not {digest2}",
                run_id=run_id,
                digest=plan.digest,
                digest2=demanded.digest,
            ),
        )
    if demanded.revision is not None and demanded.revision != revision:
        raise _other(
            run_id,
            msg(
                "{run_id} is at consent revision {revision}, not {revision2}",
                run_id=run_id,
                revision=revision,
                revision2=demanded.revision,
            ),
        )


def _other(run_id: str, what: str) -> UnrackError:
    return UnrackError(
        Problem(
            category=Category.CONFLICT,
            message=msg("{what}; nothing was approved", what=what),
            suggestion=msg("look at the run's plan: unrack approve {run_id} shows it before it asks", run_id=run_id),
            reference=run_id,
        )
    )
