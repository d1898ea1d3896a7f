"""The evidence of a run: which there is, and its content, verified."""

from dataclasses import dataclass

from temporalio.client import Client

from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.message import msg
from unrack.model.state import RunReport
from unrack.operations.find_run import find_run
from unrack.operations.reporting import report_of

_SHORTEST_DIGEST = 6


@dataclass(frozen=True, slots=True)
class Fetched:
    """A piece of evidence whose content agrees with the digest in the run's history."""

    run_id: str
    step_id: str
    """The step that kept it."""
    kept: EvidenceRef
    content: bytes


async def fetch(client: Client, store: EvidenceStore, run: str, wanted: str) -> Fetched:
    """One piece of evidence of a run.

    Args:
        client: The server.
        store: Where it is kept.
        run: What a person means by a run (see `find_run`).
        wanted: Its type, for the newest of it, or the beginning of its digest.

    Raises:
        UnrackError: there is none, several fit, or the store holds something else.
    """
    run_id = await find_run(client, run)
    step_id, kept = find_evidence(await report_of(client, run_id), wanted)
    return Fetched(run_id, step_id, kept, await store.get(kept))


def evidence_of(report: RunReport) -> tuple[tuple[str, EvidenceRef], ...]:
    """Every piece of evidence of a run with the step that kept it."""
    return tuple((step, kept) for step, state in report.state.steps.items() for kept in state.evidence)


def find_evidence(report: RunReport, digest: str) -> tuple[str, EvidenceRef]:
    """The piece of evidence that is meant, with the step that kept it."""
    of_type = [(step, kept) for step, kept in evidence_of(report) if kept.type == digest.strip()]
    if of_type:
        return max(of_type, key=lambda each: each[1].taken_at)
    wanted = digest.strip().lower().removeprefix("sha256:").rstrip("…")
    if len(wanted) < _SHORTEST_DIGEST:
        raise _invalid(
            msg("'{digest}' is no type of evidence of this run, and too short for a digest", digest=digest),
            msg(
                "write a type that `unrack status` shows, or at least {shortest_digest} digits of the digest",
                shortest_digest=_SHORTEST_DIGEST,
            ),
        )
    found = [(step, kept) for step, kept in evidence_of(report) if kept.sha256.startswith(wanted)]
    if not found:
        raise UnrackError(
            Problem(
                category=Category.NOT_FOUND,
                message=msg("the run {run} has no evidence with the digest {digest}", run=report.run, digest=digest),
                suggestion=msg("see what it has: unrack status {run}", run=report.run),
                reference=report.run,
            )
        )
    if len({kept.sha256 for _, kept in found}) > 1:
        raise _invalid(
            msg("'{digest}' fits several pieces of evidence", digest=digest), msg("write more of the digest")
        )
    return found[0]


def _invalid(message: str, suggestion: str) -> UnrackError:
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
