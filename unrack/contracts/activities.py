"""The signatures of the activities. Workflows call these; classes in ``activities`` implement them.

Each is short: one attempt makes few calls and ends. A change that takes the provider minutes ends its attempt with
`Category.NOT_YET` and is started again by Temporal, which costs no history.
"""

from abc import ABC, abstractmethod

from temporalio import activity

from unrack.contracts.calls import (
    AccessCall,
    AccessResult,
    CaptureResult,
    CapturesResult,
    ChangeResult,
    CheckResult,
    ChecksResult,
    CommitResult,
    CompareCall,
    CompareResult,
    EvidenceCall,
    EvidenceResult,
    FactsCall,
    Notice,
    PollResult,
    ProbeResult,
    SeveralCall,
    StepCall,
)
from unrack.model.service import ServiceFacts


class ReadActivities(ABC):
    """Everything that only looks. None of these changes anything at a provider."""

    @activity.defn(name="read-facts")
    @abstractmethod
    async def read_facts(self, call: FactsCall) -> ServiceFacts:
        """Read the current facts of the service from its provider."""

    @activity.defn(name="check-access")
    @abstractmethod
    async def check_access(self, call: AccessCall) -> AccessResult:
        """Whether the credential works and what it lacks."""

    @activity.defn(name="check")
    @abstractmethod
    async def check(self, call: StepCall) -> CheckResult:
        """Judges one precondition."""

    @activity.defn(name="check-several")
    @abstractmethod
    async def check_several(self, call: SeveralCall) -> ChecksResult:
        """Judges preconditions that stand next to each other, at once. One that cannot be read fails no other."""

    @activity.defn(name="probe")
    @abstractmethod
    async def probe(self, call: StepCall) -> ProbeResult:
        """Whether the irreversible call of this step took effect."""

    @activity.defn(name="poll")
    @abstractmethod
    async def poll(self, call: StepCall) -> PollResult:
        """Looks once at something the provider does in its own time."""

    @activity.defn(name="compare")
    @abstractmethod
    async def compare(self, call: CompareCall) -> CompareResult:
        """Compares the configuration with the captured one."""


class CaptureActivities(ABC):
    """Reads and keeps evidence."""

    @activity.defn(name="capture")
    @abstractmethod
    async def capture(self, call: StepCall) -> CaptureResult:
        """Reads from the provider and stores the result."""

    @activity.defn(name="capture-several")
    @abstractmethod
    async def capture_several(self, call: SeveralCall) -> CapturesResult:
        """Captures that stand next to each other. One that cannot be made fails no other."""

    @activity.defn(name="locate")
    @abstractmethod
    async def locate(self, call: EvidenceCall) -> EvidenceResult:
        """Check that the evidence named by people and captures is in the store and unaltered."""


class ChangeActivities(ABC):
    """Changes the provider; each may run twice with one effect."""

    @activity.defn(name="change")
    @abstractmethod
    async def change(self, call: StepCall) -> ChangeResult:
        """Brings the provider into the step's wanted state."""

    @activity.defn(name="undo")
    @abstractmethod
    async def undo(self, call: StepCall) -> ChangeResult:
        """Brings back the state that was captured before the step."""


class CommitActivities(ABC):
    """Irreversible calls: read first, act once, never retried by Temporal."""

    @activity.defn(name="commit")
    @abstractmethod
    async def commit(self, call: StepCall) -> CommitResult:
        """Acts, unless the provider shows that it was done before."""


class NotifyActivities(ABC):
    """Tells people."""

    @activity.defn(name="notify")
    @abstractmethod
    async def notify(self, notice: Notice) -> None:
        """Sends a notice to the configured places; at worst it is only logged."""
