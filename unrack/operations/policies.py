"""The policy of this machine's settings, what it may mean otherwise than it was meant, and the place of a run in it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from temporalio.client import Client

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.documents.document import Document, read_document
from unrack.model.access import Place, place_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import StepStatus
from unrack.model.message import msg
from unrack.model.policy import Policy, Scope
from unrack.model.rights import ON_A_STEP, Action
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of, report_of
from unrack.policy.load import load_policy
from unrack.runbook.load import LoadedRunbook, valid_runbooks

_CURRENT = (StepStatus.WAITING, StepStatus.PARKED, StepStatus.IN_DOUBT, StepStatus.RUNNING, StepStatus.UNDOING)
"""What a step can be that somebody may have to act on, the likeliest first."""


def policy_at(path: Path | None) -> Policy:
    """The policy in a file.

    Raises:
        UnrackError: no file is named (``INVALID``).
        InputError: with everything that is wrong with it.
    """
    if path is None:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("no policy is named"),
                suggestion=msg("name its file with --policy, or in UNRACK_POLICY; begin one with `unrack policy new`"),
            )
        )
    return load_policy(path)


async def place_of_run(client: Client, text: str, action: Action, step: str | None = None) -> tuple[str, Place]:
    """The run that a person means by `text`, and its place, for an action on `step` or on its current one.

    The run's plan needs no worker; only the current step is asked of one.

    Raises:
        UnrackError: no such run, no worker answers, or the plan has no such step (``NOT_FOUND``).
    """
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    if step is None and action in ON_A_STEP:
        steps = (await report_of(client, run)).state.steps
        current = ((state.status, each) for each, state in steps.items() if state.status in _CURRENT)
        step = next((each for _, each in sorted(current, key=lambda one: _CURRENT.index(one[0]))), None)
    place = place_of(plan, step)
    if place.step is not None and place.step not in (planned := [each.id for each in plan.steps]):
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("the run {run} has no step '{step}'", run=run, step=place.step),
                suggestion=did_you_mean(place.step, planned),
            )
        )
    return run, place


def notes_on_policy(path: Path, folders: Sequence[Path]) -> list[Diagnostic]:
    """Places in a valid policy that no runbook of `folders` has: a right or a quorum there never applies."""
    policy, document = load_policy(path), read_document(path)
    known = _known(valid_runbooks(folders))
    scopes: list[tuple[tuple[str | int, ...], Scope]] = [
        *((("grants", number, "where"), grant.where) for number, grant in enumerate(policy.grants)),
        *((("quorums", number, "where"), quorum.where) for number, quorum in enumerate(policy.quorums)),
    ]
    if policy.break_glass is not None:
        scopes.append((("break-glass", "where"), policy.break_glass.where))
    return [note for at, where in scopes for note in _notes(document, at, where, known)]


def _known(runbooks: Sequence[LoadedRunbook]) -> dict[str, set[str]]:
    steps = [(phase.value, step.name) for each in runbooks for phase, _, step in each.model.in_order()]
    return {
        "provider": {each.model.provider for each in runbooks},
        "product": {each.model.product for each in runbooks},
        "runbook": {each.model.name for each in runbooks},
        "step": {f"{phase}.{name}" for phase, name in steps} | {f"{phase}.*" for phase, _ in steps},
    }


def _notes(
    document: Document, at: tuple[str | int, ...], where: Scope, known: dict[str, set[str]]
) -> Iterator[Diagnostic]:
    for name, value in where.written.items():
        if name in known and value not in known[name]:
            message = msg(
                "no runbook here has the {name} '{value}', so that this never applies", name=name, value=value
            )
            yield document.diagnostic((*at, name), message, did_you_mean(value, known[name]))
