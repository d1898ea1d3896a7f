"""Loading what a step needs and must not travel through a history: evidence and secrets."""

import asyncio
from contextlib import suppress
from datetime import datetime

from temporalio import activity

from activities._boundary import progress, remember, restated
from activities.ports import EvidencePort
from unrack.contracts.calls import EvidenceResult, StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.message import msg
from unrack.providers.base import Materials, Record
from unrack.providers.catalogue import ACTIONS

_BESIDE = 20.0
"""Seconds for what is looked for beside something else; one attempt of a call has 60."""


async def gathered(store: EvidencePort, call: StepCall) -> Materials:
    """The evidence of `call`, verified, and what earlier attempts remembered."""
    evidence = {ref.type: await store.get(ref) for ref in call.evidence}
    return Materials(evidence=evidence, progress=progress(), attempt=activity.info().attempt, remember=remember)


async def with_secrets(store: EvidencePort, call: StepCall) -> Materials:
    """As `gathered`, with the secrets that people handed over for `call`."""
    secrets = {field: await _taken(store, call, field) for field in handed_over(call)}
    return Materials(evidence=(await gathered(store, call)).evidence, secrets=secrets)


def handed_over(call: StepCall) -> tuple[str, ...]:
    """The fields that hold references to secrets: whatever an irreversible action needs from a person."""
    spec = ACTIONS.get(call.action)
    return spec.needs_fields if spec else ()


async def forget_secrets(store: EvidencePort, call: StepCall) -> None:
    """Discard what was handed over, once the outcome is certain."""
    for field in handed_over(call):
        if reference := call.fields.get(field):
            await store.discard(reference)


async def kept(
    store: EvidencePort, records: tuple[Record, ...], source: str, taken_at: datetime
) -> tuple[EvidenceRef, ...]:
    """Store what was read; `taken_at` is the provider's time."""
    return tuple([await _put(store, record, source, taken_at) for record in records])


async def located(store: EvidencePort, evidence: tuple[EvidenceRef, ...]) -> EvidenceResult:
    """Reads each piece in the store and holds it against its digest and size."""
    faults = {ref: fault for ref in evidence if (fault := await store.fault(ref))}
    missing = tuple(ref for ref, fault in faults.items() if fault.category is Category.NOT_FOUND)
    return EvidenceResult(missing=missing, altered=tuple(ref for ref in faults if ref not in missing))


async def proof_beside(store: EvidencePort, call: StepCall) -> EvidenceResult | None:
    """Check the evidence that `call` asks for; None if it asks for none, or nobody can tell now.

    A slow store takes no more of the call's time than this: it is asked by a call of its own then.
    """
    if not call.prove:
        return None
    with suppress(UnrackError, TimeoutError):
        async with asyncio.timeout(_BESIDE):
            return await located(store, call.prove)
    return None


async def _put(store: EvidencePort, record: Record, source: str, taken_at: datetime) -> EvidenceRef:
    return await store.put(
        record.content,
        type=record.type,
        name=record.name,
        media_type=record.media_type,
        source=source,
        taken_at=taken_at,
    )


async def _taken(store: EvidencePort, call: StepCall, field: str) -> str:
    reference = call.fields.get(field, "")
    missing = Problem(
        category=Category.INVALID,
        message=msg(
            "the '{field}' that step {step} needs was used up, or never handed over", field=field, step=call.step
        ),
        suggestion=msg("hand it over anew (`unrack secret`), complete the task with the new reference, then retry"),
        reference=reference,
    )
    if not reference:
        raise UnrackError(missing)
    with restated(missing, Category.NOT_FOUND, Category.INVALID):
        return await store.take(reference)
