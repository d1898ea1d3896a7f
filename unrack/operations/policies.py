"""The policy of this machine's settings, what it may mean otherwise than it was meant, and the place of a run in it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from temporalio.client import Client

from unrack.documents.diagnostics import Diagnostic, did_you_mean
from unrack.documents.document import Document, read_document
from unrack.model.access import place_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.lifecycle import StepStatus
from unrack.model.message import msg
from unrack.model.policy import Policy, Scope
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import by_rank
from unrack.model.rights import ON_A_STEP, Action
from unrack.model.state import StepState
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of, report_of
from unrack.operations.who_may import Here
from unrack.policy.load import load_policy
from unrack.process.settings import Settings
from unrack.runbook.load import LoadedRunbook, valid_runbooks
from unrack.temporal.installation_holds import register_of

if TYPE_CHECKING:
    from unrack.evidence.store import EvidenceStore

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


@dataclass(frozen=True, slots=True)
class FoundPolicy:
    """A policy, and what a reader must know of where it is from."""

    policy: Policy
    note: str = ""
    """Empty: it is what was asked for, or what rules."""


async def find_policy(
    connect: Callable[[], Awaitable[Client]],
    settings: Settings,
    store: Callable[[], "EvidenceStore"],
    named: Path | None,
    *,
    of_run: bool,
) -> FoundPolicy:
    """The policy that is named, else the one that rules.

    What rules is found by what workers registered: in the file of these settings, or in the evidence store, where
    workers keep each version by its digest. Where nothing is asked of a run, the file of the settings will do.

    Args:
        connect: Reaches the server.
        settings: The settings in force.
        store: Opens the evidence store.
        named: The file that somebody named.
        of_run: Whether it is asked for a run, so that only what rules is an answer.

    Raises:
        InputError: a file is wrong.
        UnrackError: no policy rules and none is named (``INVALID``), what rules is not found (``NOT_FOUND``), or the
            server does not answer.
    """
    if named is not None:
        return FoundPolicy(load_policy(named))
    local = load_policy(settings.policy) if settings.policy is not None else None
    if local is not None and not of_run:
        return FoundPolicy(local)
    ranked = [each.policy for each in by_rank((await register_of(await connect(), settings.task_queue)).policies)]
    if not ranked:
        return FoundPolicy(policy_at(None) if local is None else local, _NONE_REGISTERED)
    return await _ruling(ranked, local, store)


async def _ruling(
    ranked: Sequence[PolicyRef], local: Policy | None, store: Callable[[], "EvidenceStore"]
) -> FoundPolicy:
    """As workers see it: the highest version whose policy is where it must be."""
    from unrack.evidence.policies import kept_policy  # noqa: PLC0415 - most commands need no store

    for ref in ranked:
        if local is not None and local.digest == ref.digest:
            return FoundPolicy(local)
        try:
            kept = await kept_policy(store(), ref.digest)
        except UnrackError as error:
            raise UnrackError(_not_found(ref, error.problem.message)) from error
        if kept is not None:
            return FoundPolicy(kept, _other_file(local, ref))
    raise UnrackError(_not_found(ranked[0], msg("the evidence store has none under its digest")))


_NONE_REGISTERED = msg("no worker has registered a policy: this is what the file in UNRACK_POLICY says")


def _other_file(local: Policy | None, rules: PolicyRef) -> str:
    if local is None:
        return ""
    return msg(
        "version {rules} rules, as the evidence store has it; the file in UNRACK_POLICY is version {mine}",
        rules=rules.version,
        mine=local.version,
    )


def _not_found(ref: PolicyRef, why: str) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=msg(
            "version {version} of the policy rules, {digest}, and it is not found here: {why}",
            version=ref.version,
            digest=ref.digest,
            why=why,
        ),
        suggestion=msg("name its file with --policy: each worker has it (UNRACK_POLICY), and so has who reviews it"),
        reference=ref.digest,
    )


async def here_in_run(client: Client, text: str, action: Action, step: str | None = None) -> Here:
    """The run that a person means by `text`, for an action on `step` or on its current one.

    The run's plan needs no worker; what was decided there, and its current step, is asked of one.

    Raises:
        UnrackError: no such run, the plan has no such step (``NOT_FOUND``), or no worker answers which step it is at.
    """
    run = await find_run(client, text)
    plan = await plan_of(client, run)
    on_current = step is None and action in ON_A_STEP
    try:
        report = await report_of(client, run)
    except UnrackError:
        if on_current:
            raise
        report = None
    if on_current and report is not None:
        step = _current(report.state.steps)
    place = place_of(plan, step)
    if place.step is not None and place.step not in (planned := [each.id for each in plan.steps]):
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("the run {run} has no step '{step}'", run=run, step=place.step),
                suggestion=did_you_mean(place.step, planned),
            )
        )
    return Here(run=run, place=place, plan=plan, report=report, step=step)


def _current(steps: Mapping[str, StepState]) -> str | None:
    """The step that somebody may have to act on."""
    current = [(state.status, each) for each, state in steps.items() if state.status in _CURRENT]
    return next((each for _, each in sorted(current, key=lambda one: _CURRENT.index(one[0]))), None)


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
