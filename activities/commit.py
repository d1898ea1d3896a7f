"""The activity that makes irreversible calls. Temporal must not retry it: one attempt, then a probe.

"One attempt at most" is not kept by the engine where somebody pauses and unpauses the activity, or resets it: it begins
a further attempt then, and the workflow never hears of it. So a further attempt refuses to act, and what the first one
did is read at the provider.
"""

from temporalio import activity

from activities._boundary import Log, best_effort, boundary, remember
from activities._materials import forget_secrets, with_secrets
from activities._permission import to_its_end
from activities.ports import EvidencePort, ProvidersPort
from unrack.contracts.activities import CommitActivities
from unrack.contracts.calls import CommitResult, StepCall
from unrack.model.errors import REFUSALS, Category, Problem, UnrackError
from unrack.model.message import msg

_BEGUN = ("begun",)
"""The mark that an attempt leaves with the server before it sends. A reset counts attempts from 1 again."""


class Commit(CommitActivities):
    """Acts once."""

    def __init__(self, providers: ProvidersPort, evidence: EvidencePort) -> None:
        """Work with `providers` and `evidence`."""
        self._providers = providers
        self._evidence = evidence

    @activity.defn(name="commit")
    async def commit(self, call: StepCall) -> CommitResult:
        """Acts, unless the provider shows that it was done before.

        A secret is taken before and discarded once the outcome is certain: after a refusal the person is asked for a
        new one anyway. After an unknown outcome the next attempt may need it again.

        Raises:
            ApplicationError: as every activity; ``UNKNOWN_OUTCOME`` without having acted, where an attempt came before.
        """
        async with boundary(act_once=True, run=call.run, step=call.step, action=call.action) as log:
            if _began_before():
                raise UnrackError(_AGAIN)
            remember(_BEGUN)
            provider = self._providers.acting(call)
            try:
                result = await to_its_end(
                    provider.commit(call, await with_secrets(self._evidence, call)), act_once=True
                )
            except UnrackError as error:
                if error.problem.category in REFUSALS:
                    await self._forget(log, call)
                raise
            log.info("committed", already=result.already, note=result.note, references=result.references)
            await self._forget(log, call)
            return result

    async def _forget(self, log: Log, call: StepCall) -> None:
        with best_effort(log, "secret-not-discarded"):
            await forget_secrets(self._evidence, call)


_AGAIN = Problem(
    category=Category.UNKNOWN_OUTCOME,
    message=msg(
        "an attempt at this call came before this one, since somebody paused or reset the activity in Temporal; "
        "whether that one was sent is not known here, so it is not sent again"
    ),
    suggestion=msg("the provider's state is read; hold a run with `unrack hold`, not in Temporal"),
)


def _began_before() -> bool:
    """Whether an attempt came before; of a first one the server says that it was scheduled with the activity itself."""
    info = activity.info()
    first = info.attempt == 1 and info.current_attempt_scheduled_time == info.scheduled_time
    return not first or bool(info.heartbeat_details)
