"""What came of a start: whether a worker found that the run may begin. The server takes every start.

Nothing here decides. Where no worker answers, the start stays with the server, and the next worker judges it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field
from temporalio.client import Client
from temporalio.service import RPCError

from unrack.model.base import Frozen, is_default
from unrack.model.decision import Actor, Verdict
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.model.message_text import MessageText
from unrack.model.policy_ref import PolicyRef
from unrack.model.state import RunReport
from unrack.model.statement import Refusal
from unrack.operations.reporting import report_of

ADMITTED_WITHIN = timedelta(seconds=30)
"""How long a command waits; a worker that lives admits a run in far less."""

WORTH_A_WORD = timedelta(seconds=2)
"""After so long without an answer a person is told what is waited for."""

_FIRST_LOOK, _SLOWEST_LOOK = 0.1, 1.0
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that the server took."""

    run: str
    execution: str
    """Temporal's run id of its first execution."""


class Admission(Frozen):
    """What came of a start."""

    verdict: Verdict | None = None
    """Accepted or refused; None: nobody has judged it yet."""
    why: Refusal | None = None
    """Why it was refused, in one word."""
    words: MessageText = ""
    """Why it was refused, or why nobody has judged it yet."""
    next: MessageText = ""
    """What to do now."""
    by: Actor | None = None
    """Who started it, as far as that is proven; None: nobody was admitted."""
    policy: PolicyRef | None = Field(default=None, exclude_if=is_default)
    """The policy by which it was judged; None: there is none."""


_UNJUDGED = Admission(words=msg("no worker has said yet whether it may begin"))


async def admissions(
    client: Client,
    started: Sequence[Started],
    *,
    within: timedelta = ADMITTED_WITHIN,
    waiting: Callable[[timedelta], None] = lambda _: None,
) -> tuple[Admission, ...]:
    """What came of each start, in their order; all of them together take at most `within`.

    Args:
        client: The server.
        started: The runs.
        within: How long a worker has.
        waiting: Told once, with `within`, when there is no answer for a while.
    """
    asked = [asyncio.ensure_future(_admission(client, each)) for each in started]
    if not asked:
        return ()
    word = min(WORTH_A_WORD, within)
    _, open_ = await asyncio.wait(asked, timeout=word.total_seconds())
    if open_:
        waiting(within)
        _, open_ = await asyncio.wait(open_, timeout=(within - word).total_seconds())
    for each in open_:
        each.cancel()
    return tuple(_UNJUDGED if each in open_ else each.result() for each in asked)


async def _admission(client: Client, started: Started) -> Admission:
    pause = _FIRST_LOOK
    while True:
        try:
            report = await report_of(client, started.run)
        except UnrackError as error:
            return Admission(words=error.problem.message)
        except RPCError as error:
            return Admission(words=msg("the server does not answer: {message}", message=error.message))
        if (found := told_by(report, started.execution)) is not None:
            return found
        await asyncio.sleep(pause)
        pause = min(2 * pause, _SLOWEST_LOOK)


def told_by(report: RunReport, execution: str) -> Admission | None:
    """What a run tells of its start as `execution`; None while it waits for a worker's word."""
    state = report.state
    if (refused := state.not_begun) is not None:
        return Admission(
            verdict=Verdict.REFUSED,
            why=refused.why,
            words=refused.words,
            next=refused.next(report.run),
            policy=refused.policy,
        )
    if report.not_admitted or (state.access.execution != execution and report.outcome is None):
        return None
    return Admission(verdict=Verdict.ACCEPTED, by=state.launched_by, policy=state.access.policy)
