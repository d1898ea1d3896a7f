"""The interfaces through which activities reach the world. The worker injects them."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from unrack.contracts.calls import CredentialStatus, StepCall
from unrack.contracts.installation_holds import HoldsCall, HoldsResult, JudgeCall, KeyNews, SpreadCall, SpreadResult
from unrack.contracts.reconciliation import ReconcileReport
from unrack.contracts.starts import PredecessorCall
from unrack.contracts.verifying import AdmitCall, AdmitResult, VerifyCall, VerifyResult
from unrack.model.errors import Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.installation_order import Judgement, WaitingOrder
from unrack.model.policy import Person
from unrack.model.policy_ref import PolicyRef
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.model.stated import Stated
from unrack.model.statement import Proof
from unrack.providers.base import Provider
from unrack.temporal.visibility import Page


class ProvidersPort(Protocol):
    """Providers by name and account."""

    def get(self, provider: str, account: str) -> Provider:
        """The provider for `account`; raises `UnrackError` when there is none."""
        ...

    def at(self, service: ServiceRef) -> Provider:
        """The provider for the account of `service`; raises `UnrackError` when it leads to another address by now."""
        ...

    def given(self, provider: str, account: str) -> CredentialStatus:
        """Whether there is a credential of `provider` for `account`."""
        ...

    def proxy(self, provider: str, account: str) -> str:
        """The host of the proxy through which `provider` is called for `account`; empty for none."""
        ...

    def acting(self, call: StepCall) -> Provider:
        """The provider that does `call`; raises `UnrackError` when there is none."""
        ...

    async def stated(self, service: ServiceRef, stated: Stated) -> ServiceFacts:
        """The facts of a service as a person stated them."""
        ...


class EvidencePort(Protocol):
    """The evidence store."""

    async def put(  # noqa: PLR0913  one argument per field of the reference
        self,
        content: bytes,
        *,
        type: str,  # noqa: A002  the word of the evidence model
        name: str,
        media_type: str,
        source: str,
        taken_at: datetime,
    ) -> EvidenceRef:
        """Keep `content`."""
        ...

    async def get(self, ref: EvidenceRef) -> bytes:
        """The content of `ref`, verified."""
        ...

    async def fault(self, ref: EvidenceRef) -> Problem | None:
        """Return the problem with the stored content of `ref`; None if it is intact."""
        ...

    async def take(self, reference: str) -> str:
        """The secret behind `reference`; it stays."""
        ...

    async def discard(self, reference: str) -> None:
        """Forget the secret behind `reference`."""
        ...


class RunsPort(Protocol):
    """The runs, as the engine shows them."""

    def pages(self, queue: str, after: bytes) -> AsyncIterator[Page]:
        """Every run of `queue`, page by page, from the place `after` on."""
        ...

    async def these(self, queue: str, runs: Iterable[str]) -> Page:
        """Just these runs."""
        ...

    async def count(self, queue: str) -> int:
        """How many executions there are to go through."""
        ...

    async def keeps(self, run: str) -> bool:
        """Whether the engine keeps anything of `run`."""
        ...

    async def last_report(self, queue: str) -> ReconcileReport | None:
        """The newest report that the engine keeps."""
        ...

    async def misfit(self, call: PredecessorCall) -> str:
        """Why a start does not go on from the execution that it names; empty when it does."""
        ...

    async def hints(self, queue: str) -> tuple[str, ...]:
        """Return the obstacles that keep the hourly reconciliation from working."""
        ...


class AccessPort(Protocol):
    """Who may what, by the policy that rules."""

    async def admit(self, call: AdmitCall) -> AdmitResult:
        """Whether a run may begin; raises `UnrackError` where another worker must say."""
        ...

    async def verify(self, call: VerifyCall) -> VerifyResult:
        """Who decisions are from; raises as `admit` does."""
        ...

    async def ordered(self, found: HoldsResult) -> HoldsResult:
        """The holds of the installation that somebody with the right ordered; raises as `admit` does."""
        ...

    async def judge(self, call: JudgeCall) -> Judgement:
        """Which orders to the whole installation count; raises as `admit` does."""
        ...

    async def key_news(self, registered: Iterable[PolicyRef]) -> KeyNews:
        """Whether one of the policies that were `registered` rules, and when its next key ends; raises as `admit`."""
        ...


class ArrivalsPort(Protocol):
    """When the server had what a run took in later."""

    async def since_when(self, run: str, execution: str, proofs: Sequence[Proof]) -> Sequence[datetime | None]:
        """The time of the first signal of a decision with each of these proofs; None where it came otherwise."""
        ...


class PeoplePort(Protocol):
    """The people of the policy."""

    def __call__(self, name: str, /) -> Person | None:
        """Who is meant by a principal or another name; None: nobody."""
        ...


class HoldsPort(Protocol):
    """The holds of the whole installation."""

    async def over(self, queue: str, call: HoldsCall) -> HoldsResult:
        """Those that concern a run of `queue`."""
        ...

    async def dated(self, queue: str, orders: tuple[WaitingOrder, ...]) -> tuple[WaitingOrder, ...]:
        """Orders to the installation with the server's time at which each arrived."""
        ...

    async def spread(self, queue: str, call: SpreadCall, told: Callable[[int], None]) -> SpreadResult:
        """Tells every open run of `queue` that is meant; `told` hears how many were reached."""
        ...

    async def spread_keys(self, queue: str, told: Callable[[int], None]) -> tuple[int, int]:
        """Has every open run of `queue` look at its keys; how many were reached, and how many were not."""
        ...
