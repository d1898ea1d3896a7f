"""Tasks of people: completed, rejected, amended, with their proofs in the evidence store and their secrets beside it.

A form is checked before anything is kept or asked for; the run judges it again.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from unrack.evidence.sniffing import media_type_of
from unrack.evidence.store import EvidenceStore
from unrack.model.decision import Actor, Amend, Complete, Reject
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.form import HANDOVER_PREFIX
from unrack.model.known_days import known_days
from unrack.model.message import msg
from unrack.model.plan import FieldType, Plan, TaskForm
from unrack.operations.amending import Amendment, amendment, check_amended
from unrack.operations.find_run import find_run
from unrack.operations.reporting import plan_of, report_unless_paused
from unrack.operations.sending import Send, Settled, settle
from unrack.operations.task_forms import check_form, find_step, form_of, new_decision_id

_TO_COME = f"{HANDOVER_PREFIX}to-come"
"""Stands for a secret while the form is checked, before anybody is asked for it."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A proof that is no file of this machine, as a web page gets it."""

    name: str
    content: bytes


Proof = Path | Upload

AskForSecret = Callable[[str], str]
"""Gives the secret of the field that it is called with. It is called once everything else is found right."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A person's input for a task."""

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    proofs: Mapping[str, Proof] = field(default_factory=dict[str, Proof])
    """By type."""
    secrets: tuple[str, ...] = ()
    """The fields whose secrets are asked for."""


@dataclass(frozen=True, slots=True)
class AmendmentShown:
    """An amendment that was found right, and what it would do; None while the run is paused, or the task not done."""

    run_id: str
    plan: Plan
    step_id: str
    given: Submission
    effect: Amendment | None


async def complete(  # noqa: PLR0913, PLR0917 - which task, what is given, by whom, and where it is kept
    client: Client,
    store: EvidenceStore,
    run: str,
    task: str,
    given: Submission,
    by: Actor,
    ask: AskForSecret,
    *,
    send: Send = settle,
) -> Settled:
    """Complete a task.

    Args:
        client: The server.
        store: Where proofs and secrets are kept.
        run: What a person means by a run (see `find_run`).
        task: Its step's id, or the name without the phase.
        given: Fields, proofs and secrets.
        by: Who completes it.
        ask: Asks for a secret.
        send: How the decision leaves.

    Raises:
        UnrackError: the form is not right (``INVALID``; nothing was kept), the store takes nothing, or as `settle`.
    """
    run_id = await find_run(client, run)
    plan = await plan_of(client, run_id)
    step_id = find_step(plan, task)
    await _refuse_wrong_form(client, run_id, plan, form_of(plan, step_id), given)
    kept = await _keep(store, given.proofs, by)
    async with _secrets(store, given.secrets, ask) as secrets:
        fields = {**given.fields, **secrets.references}
        decision = Complete(id=new_decision_id(), by=by, step=step_id, fields=fields, evidence=kept)
        return secrets.settled(await send(client, run_id, decision))


async def reject(  # noqa: PLR0913 - which task, and why
    client: Client, run: str, task: str, reason: str, by: Actor, *, send: Send = settle
) -> Settled:
    """Say that a task cannot be done as written.

    Raises:
        UnrackError: the plan has no such step (``INVALID``), or as `settle`.
    """
    run_id = await find_run(client, run)
    step_id = find_step(await plan_of(client, run_id), task)
    return await send(client, run_id, Reject(id=new_decision_id(), by=by, step=step_id, reason=reason))


async def look_at_amendment(client: Client, run: str, task: str, given: Submission) -> AmendmentShown:
    """Preview the effects of replacing fields and proofs of a task that is done. Nothing is kept or sent yet.

    Raises:
        UnrackError: the form would not be right (``INVALID``), or as `find_run`.
    """
    run_id = await find_run(client, run)
    plan, report = await asyncio.gather(plan_of(client, run_id), report_unless_paused(client, run_id))
    step_id = find_step(plan, task)
    form = form_of(plan, step_id)
    fields = {**given.fields, **_to_come(form, given)}
    names = {kind: proof.name for kind, proof in given.proofs.items()}
    effect = amendment(plan, report.state, step_id, fields, names) if report else None
    if report is not None and effect is not None:
        known = known_days(plan, report.state, report.state.now(datetime.now(UTC)))
        check_amended(form, report.state.steps[step_id], fields, given.proofs, known)
    return AmendmentShown(run_id, plan, step_id, given, effect)


async def amend(  # noqa: PLR0913, PLR0917 - as `complete`
    client: Client,
    store: EvidenceStore,
    shown: AmendmentShown,
    reason: str,
    by: Actor,
    ask: AskForSecret,
    *,
    send: Send = settle,
) -> Settled:
    """Amend what was looked at.

    Raises:
        UnrackError: the store takes nothing, or as `settle`.
    """
    kept = await _keep(store, shown.given.proofs, by)
    async with _secrets(store, shown.given.secrets, ask) as secrets:
        fields = {**shown.given.fields, **secrets.references}
        decision = Amend(id=new_decision_id(), by=by, step=shown.step_id, fields=fields, evidence=kept, reason=reason)
        return secrets.settled(await send(client, shown.run_id, decision))


async def _refuse_wrong_form(client: Client, run_id: str, plan: Plan, form: TaskForm, given: Submission) -> None:
    to_come = _to_come(form, given)
    report = await report_unless_paused(client, run_id)
    if report is not None:
        known = known_days(plan, report.state, report.state.now(datetime.now(UTC)))
        check_form(form, {**given.fields, **to_come}, given.proofs, known)


def _to_come(form: TaskForm, given: Submission) -> dict[str, str]:
    """Something in place of each secret, with which the form can be checked before anybody is asked.

    Raises:
        UnrackError: a name is no secret field of `form`, or is given as a field too (``INVALID``).
    """
    known = {each.name: each for each in form.fields if each.type is FieldType.HANDOVER}
    for name in given.secrets:
        if name not in known:
            raise _invalid(
                msg("'{name}' is no secret field of this task", name=name),
                msg("secret fields: {value}", value=", ".join(known) or "none"),
            )
        if name in given.fields:
            raise _invalid(msg("'{name}' is given both as a field and as a secret", name=name))
    return dict.fromkeys(given.secrets, _TO_COME)


async def _keep(store: EvidenceStore, proofs: Mapping[str, Proof], by: Actor) -> tuple[EvidenceRef, ...]:
    """Put the proofs into the evidence store."""
    now, source = datetime.now(UTC), f"person:{by.name}"
    return tuple([await _kept(store, kind, proof, source, now) for kind, proof in proofs.items()])


async def _kept(store: EvidenceStore, kind: str, proof: Proof, source: str, now: datetime) -> EvidenceRef:
    if isinstance(proof, Path):
        return await store.put_file(proof, type=kind, source=source, taken_at=now)
    media_type = media_type_of(proof.name, proof.content)
    return await store.put(
        proof.content, type=kind, name=proof.name, media_type=media_type, source=source, taken_at=now
    )


@dataclass(slots=True)
class _HandedOver:
    """Secrets in the store, by their fields, and whether the run refused them."""

    references: dict[str, str]
    refused: bool = False

    def settled(self, settled: Settled) -> Settled:
        self.refused = settled.refused
        return settled


@asynccontextmanager
async def _secrets(store: EvidenceStore, names: Iterable[str], ask: AskForSecret) -> AsyncGenerator[_HandedOver]:
    """Ask for each secret and put it into the store; the references that stand for them.

    What the run refuses is not kept. Where it is not known what became of the decision, the secrets stay for a while.

    Raises:
        UnrackError: one is no secret (``INVALID``).
    """
    handed = _HandedOver({})
    for name in names:
        handed.references[name] = await store.hand_over(ask(name))
    yield handed
    if handed.refused:
        for reference in handed.references.values():
            await store.discard(reference)


def _invalid(message: str, suggestion: str = "") -> UnrackError:
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
