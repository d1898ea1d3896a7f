"""Whether a run that says it goes on from another one does: asked of the engine, before the run believes its start."""

from abc import ABC, abstractmethod

from temporalio import activity

from unrack.model.base import Frozen
from unrack.model.message_text import MessageText


class PredecessorCall(Frozen):
    """The execution that a start claims to continue."""

    run: str
    """The run's id."""
    run_id: str
    """Temporal's id of the execution."""
    plan: str
    """Digest of the plan that the start carries."""
    state: str
    """Digest of the state that the start carries."""


class PredecessorResult(Frozen):
    """The engine's verdict on that claim."""

    misfit: MessageText = ""
    """Why the start does not go on from that execution; empty when it does."""


class StartActivities(ABC):
    """Asks the engine about starts. Touches no provider."""

    @activity.defn(name="predecessor")
    @abstractmethod
    async def predecessor(self, call: PredecessorCall) -> PredecessorResult:
        """Whether there is such an execution of this run, ended by somebody's hand with this plan and this state."""
