"""A run begins only once a worker has said by what it judges who decides, and that who launched it may.

Without a policy only rehearsals run, unless the worker was told otherwise. With one the launch is signed over the plan,
and a resumption over the run it goes on with. What is refused ends before the first step: nothing was touched.
"""

from temporalio import workflow

from unrack.contracts.calls import NoticeKind
from unrack.contracts.verifying import AdmitCall, AdmitResult, VerifyActivities
from unrack.contracts.workflows import RunStart
from unrack.model.access import Right, place_of
from unrack.model.lifecycle import Outcome
from unrack.model.message import joined, msg
from unrack.model.not_begun import NotBegun
from unrack.model.rights import Action
from unrack.model.shortened import kept
from workflows.context import RunContext
from workflows.decisions import break_glass
from workflows.decisions.arrivals import people_of
from workflows.questions import a_worker


def is_due(start: RunStart) -> bool:
    """Whether this start must be admitted: a fresh history goes on with what the one before was told."""
    return start.state is None or start.resumed is not None


async def refused(context: RunContext, start: RunStart) -> NotBegun | None:
    """Asks a worker, and takes over what it says; why the run may not begin, None when it may."""
    found = await a_worker(
        context,
        VerifyActivities.admit,
        _call(context, start),
        key="begin.admit",
        title=msg("May it begin, and who decides?"),
        waits=msg("{id} waits to be admitted", id=context.id),
    )
    if found.access is None:
        words, resumed = kept(found.words), start.resumed is not None
        return NotBegun(why=found.why, words=words, policy=found.policy, resumed=resumed)
    _take(context, start, found)
    return None


def end(context: RunContext, why: NotBegun) -> None:
    """Says that the run does not begin, and why."""
    context.state.outcome = Outcome.ABORTED
    context.state.not_begun = why
    context.note(msg("not begun: {why}", why=why.told))
    text = joined("\n", [why.told, msg("Nothing was touched."), *filter(None, [why.next(context.id)])])
    context.notify_soon(NoticeKind.INTERFERENCE, msg("{id} does not begin", id=context.id), text)


def _call(context: RunContext, start: RunStart) -> AdmitCall:
    resumed = start.resumed
    return AdmitCall(
        run=context.id,
        execution=_execution(),
        plan=context.plan.digest,
        place=place_of(context.plan),
        rehearsal=context.plan.rehearsal,
        by=start.launched_by.name if resumed is None else resumed.by.name,
        at=workflow.info().workflow_start_time,  # the server had it then, however long no worker was there to begin it
        proof=start.proof,
        resumed=resumed,
        before=None if resumed is None else context.state.access,
        revision=context.state.revision,
        people=() if resumed is None else people_of(context),
    )


def _take(context: RunContext, start: RunStart, found: AdmitResult) -> None:
    state, access = context.state, found.access
    if access is None:
        return
    state.access = state.access.ruled_by(access).model_copy(update={"execution": _execution()})
    if found.by is not None and start.resumed is None:
        state.launched_by = found.by
    if access.policy is not None and found.by is not None:
        what = msg("resumed") if start.resumed is not None else msg("launched")
        said = msg(
            "{what} by {short}, {assurance}; policy version {version} rules ({digest})",
            what=what,
            short=found.by.short,
            assurance=found.by.assurance.value,
            version=access.policy.version,
            digest=access.policy.digest,
        )
        context.note(kept(said), by=found.by)
    if found.right is Right.BREAK_GLASS and found.by is not None:
        action = Action.LAUNCH if start.resumed is None else Action.RESUME
        break_glass.tell(context, found.by, action, "", found.passed_over)
    if access.allowed_stated:
        context.note(msg("nobody verifies who decides: a worker was told to run without a policy"))


def _execution() -> str:
    return workflow.info().first_execution_run_id
