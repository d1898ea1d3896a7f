"""A provider in memory, behind the activity contracts, for tests of the workflow alone.

It answers like a provider (a schedule that ends the service by itself, changes that need several looks, irreversible
calls) and keeps a ledger of what took effect. Its clock is the virtual time at which the server scheduled the activity.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from unrack.contracts.activities import (
    CaptureActivities,
    ChangeActivities,
    CommitActivities,
    NotifyActivities,
    ReadActivities,
)
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
    EffectStatus,
    EvidenceCall,
    EvidenceResult,
    FactsCall,
    Notice,
    PollResult,
    ProbeResult,
    SeveralCall,
    StepCall,
)
from unrack.contracts.installation_holds import (
    HoldActivities,
    HoldsCall,
    HoldsResult,
    JudgeCall,
    KeysCall,
    KeysResult,
    SpreadCall,
    SpreadResult,
)
from unrack.contracts.starts import PredecessorCall, PredecessorResult, StartActivities
from unrack.contracts.verifying import AdmitCall, AdmitResult, VerifyActivities, VerifyCall, VerifyResult
from unrack.model.authority import Access
from unrack.model.errors import RETRYABLE, Category, Problem
from unrack.model.evidence import EvidenceRef
from unrack.model.installation_order import Judgement
from unrack.model.service import Finding, ProviderClock, ServiceFacts
from unrack.model.state import Difference
from unrack.policy.orders import as_stated


def failure(
    category: Category, message: str = "as the test wants it", *, again_in: timedelta | None = None
) -> ApplicationError:
    """What the activities' boundary raises for a problem of `category`."""
    return ApplicationError(
        message,
        Problem(category=category, message=message),
        type=category.value,
        non_retryable=category not in RETRYABLE,
        category=ApplicationErrorCategory.BENIGN,
        next_retry_delay=again_in,
    )


class Authority(Protocol):
    """What a worker with a policy says."""

    async def admit(self, call: AdmitCall) -> AdmitResult:
        """Whether a run may begin."""
        ...

    async def verify(self, call: VerifyCall) -> VerifyResult:
        """Who decisions are from."""
        ...


@dataclass
class StandIn(
    ReadActivities,
    CaptureActivities,
    ChangeActivities,
    CommitActivities,
    NotifyActivities,
    HoldActivities,
    StartActivities,
    VerifyActivities,
):
    """The world outside the workflow."""

    term_end: datetime
    """End of the service's current term."""
    term: timedelta = timedelta(days=30)
    ledger: list[str] = field(default_factory=list[str])
    """What took effect, in order: ``change detach.pops``, ``undo …``, ``commit …``."""
    calls: list[str] = field(default_factory=list[str])
    """Every activity that ran, in order."""
    told: list[Notice] = field(default_factory=list[Notice])
    faults: dict[str, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))
    """By step: what happens at its next calls instead of the ordinary thing; an empty list is no fault."""
    findings: dict[str, tuple[Finding, ...]] = field(default_factory=dict[str, tuple[Finding, ...]])
    undoing: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """By step: what its next undos wait for before they take effect."""
    lost: set[str] = field(default_factory=set[str])
    """Digests of evidence that is not in the store."""
    looking: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """By step: what its next looks wait for before they see anything."""
    checking: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """By step: what its next checks wait for before they see anything."""
    probing: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """By step: what its next probes wait for before they see anything."""
    standing: dict[str, EffectStatus] = field(default_factory=dict[str, EffectStatus])
    """By step: what a probe shows; else whether the ledger has the call."""
    differences: tuple[Difference, ...] = ()
    scale: float = 1.0
    """How fast the provider's clock runs, from `epoch` on."""
    epoch: datetime | None = None
    _asked_at: datetime | None = None
    ends_at: datetime | None = None
    """When the provider ends the service by itself."""
    misfit: str = ""
    """Why the engine does not bear out what a start goes on from."""
    deaf: bool = False
    """Whether nobody can be told anything."""
    whole: HoldsResult = field(default_factory=HoldsResult)
    """The holds of the whole installation."""
    asked_for_holds: list[HoldsCall] = field(default_factory=list[HoldsCall])
    reading_holds: asyncio.Event | None = None
    """What an answer about the holds of the whole installation waits for, once it was read."""
    spread: list[SpreadCall] = field(default_factory=list[SpreadCall])
    keys_spread: list[KeysCall] = field(default_factory=list[KeysCall])
    heard: asyncio.Event | None = None
    """What everything that people are told waits for."""
    authority: Authority | None = None
    """Who says who decisions are from; None: no policy rules."""

    def every(self) -> Sequence[Callable[..., Any]]:
        """The activities, to be registered."""
        return [
            self.read_facts,
            self.check_access,
            self.check,
            self.check_several,
            self.probe,
            self.poll,
            self.compare,
            self.capture,
            self.capture_several,
            self.locate,
            self.change,
            self.undo,
            self.commit,
            self.notify,
            self.installation_holds,
            self.judge_orders,
            self.spread_hold,
            self.spread_keys,
            self.predecessor,
            self.admit,
            self.verify,
        ]

    @activity.defn(name="admit")
    async def admit(self, call: AdmitCall) -> AdmitResult:
        """Names count as they are stated, unless a test has a policy."""
        if self.authority is not None:
            return await self.authority.admit(call)
        return AdmitResult(access=Access())

    @activity.defn(name="verify")
    async def verify(self, call: VerifyCall) -> VerifyResult:
        """Who decisions are from, by the policy of the test."""
        assert self.authority is not None, "nothing is verified without a policy"
        return await self.authority.verify(call)

    def fail(self, step: str, *failures: ApplicationError) -> None:
        """The next calls for `step` fail like this, one after the other."""
        for error in failures:
            self.faults[step].append(lambda e=error: _raise(e))

    def now(self) -> datetime:
        """The provider's time."""
        return self._shown_at(self._called_at())

    def _shown_at(self, moment: datetime) -> datetime:
        return moment if self.epoch is None else self.epoch + (moment - self.epoch) * self.scale

    def _called_at(self) -> datetime:
        """The virtual time of the call, of which only the server's own activities know."""
        info = activity.info()
        asked = self._asked_at or info.current_attempt_scheduled_time
        return asked if info.is_local else max(info.current_attempt_scheduled_time, asked)

    def clock(self) -> ProviderClock:
        """The clock as a provider shows it."""
        called = self._called_at()
        now = self._shown_at(called)
        while self.ends_at is None and now >= self.term_end:
            self.term_end += self.term
        return ProviderClock(read_at=called, shown=now, scale=self.scale)

    @activity.defn(name="read-facts")
    async def read_facts(self, call: FactsCall) -> ServiceFacts:
        """Is not asked in these tests."""
        raise NotImplementedError

    @activity.defn(name="check-access")
    async def check_access(self, call: AccessCall) -> AccessResult:
        """Works."""
        return AccessResult(provider=call.provider, account=call.account)

    @activity.defn(name="check")
    async def check(self, call: StepCall) -> CheckResult:
        """Shows the findings that the test set."""
        self._called("check", call)
        if call.step in self.checking:
            await self.checking[call.step].wait()
        return CheckResult(findings=self.findings.get(call.step, ()), clock=self.clock(), proof=self._proof(call))

    @activity.defn(name="check-several")
    async def check_several(self, call: SeveralCall) -> ChecksResult:
        """Each as it would be by itself; None for one that fails."""
        results = tuple([await self._checked(each) for each in call.calls])
        return ChecksResult(results=results, proof=self._proof(call))

    async def _checked(self, call: StepCall) -> CheckResult | None:
        try:
            return await self.check(call)
        except ApplicationError:
            return None

    @activity.defn(name="probe")
    async def probe(self, call: StepCall) -> ProbeResult:
        """Tells from the ledger, unless the test says otherwise."""
        self._asked_at = call.asked_at
        self.calls.append(f"probe {call.step}")
        if call.step in self.probing:
            await self.probing[call.step].wait()
        known = EffectStatus.DONE if f"commit {call.step}" in self.ledger else EffectStatus.NOT_DONE
        return ProbeResult(standing=self.standing.get(call.step, known), note="as it is", clock=self.clock())

    @activity.defn(name="poll")
    async def poll(self, call: StepCall) -> PollResult:
        """The end is reached when the provider's clock shows it; everything else at once."""
        self._called("poll", call)
        if call.step in self.looking:
            await self.looking[call.step].wait()
        clock = self.clock()
        if call.step == "purge.end":
            over = self.ends_at is not None and clock.shown >= self.ends_at
            return PollResult(reached=over, note="ended" if over else "active", look_again_at=self.ends_at, clock=clock)
        proof = self._proof(call)
        return PollResult(reached=True, note="so it is", evidence=(self.evidence("record"),), clock=clock, proof=proof)

    @activity.defn(name="compare")
    async def compare(self, call: CompareCall) -> CompareResult:  # noqa: ARG002 - the contract's signature
        """Shows the differences that the test set."""
        self.calls.append("compare")
        return CompareResult(differences=self.differences, evidence=())

    @activity.defn(name="capture")
    async def capture(self, call: StepCall) -> CaptureResult:
        """Keeps a record; the confirmation shows when the provider ends the service."""
        self._called("capture", call)
        kind = "configuration" if call.step == "capture.configuration" else "record"
        return CaptureResult(
            evidence=(self.evidence(kind),),
            note="kept",
            effective_at=self.ends_at if call.step == "confirm.read-date" else None,
            clock=self.clock(),
        )

    @activity.defn(name="capture-several")
    async def capture_several(self, call: SeveralCall) -> CapturesResult:
        """Each as it would be by itself; None for one that fails."""
        return CapturesResult(results=tuple([await self._captured(each) for each in call.calls]))

    async def _captured(self, call: StepCall) -> CaptureResult | None:
        try:
            return await self.capture(call)
        except ApplicationError:
            return None

    def _proof(self, call: StepCall) -> EvidenceResult | None:
        """Of the evidence that is to be looked for beside a call."""
        if not call.prove:
            return None
        self.calls.append(f"locate {call.step}")
        return EvidenceResult(missing=tuple(ref for ref in call.prove if ref.sha256 in self.lost))

    @activity.defn(name="locate")
    async def locate(self, call: EvidenceCall) -> EvidenceResult:
        """Everything is in the store but what the test took out."""
        self.calls.append(f"locate {call.step}")
        return EvidenceResult(missing=tuple(ref for ref in call.evidence if ref.sha256 in self.lost))

    @activity.defn(name="change")
    async def change(self, call: StepCall) -> ChangeResult:
        """Takes effect once; a second call finds it done."""
        self._called("change", call)
        done = self.ledger.count(f"change {call.step}") > self.ledger.count(f"undo {call.step}")
        if not done:
            self.ledger.append(f"change {call.step}")
        if call.step == "request.schedule":
            self.clock()
            self.ends_at = self.term_end
        return ChangeResult(already=done, note="done")

    @activity.defn(name="undo")
    async def undo(self, call: StepCall) -> ChangeResult:
        """Takes the change back."""
        self._called("undo", call)
        if call.step in self.undoing:
            await self.undoing[call.step].wait()
        self.ledger.append(f"undo {call.step}")
        if call.step == "request.schedule":
            self.ends_at = None
        return ChangeResult(already=False, note="undone")

    @activity.defn(name="commit")
    async def commit(self, call: StepCall) -> CommitResult:
        """Takes effect, for good."""
        self._called("commit", call)
        self.ledger.append(f"commit {call.step}")
        return CommitResult(already=False, note="done")

    @activity.defn(name="notify")
    async def notify(self, notice: Notice) -> None:
        """Remembers what people were told."""
        if self.deaf:
            raise failure(Category.UNAVAILABLE, "nobody there")
        if self.heard is not None:
            await self.heard.wait()
        self.told.append(notice)

    @activity.defn(name="installation-holds")
    async def installation_holds(self, call: HoldsCall) -> HoldsResult:
        """The holds that the test set."""
        self.asked_for_holds.append(call)
        found = self.whole
        if self.faults["holds.installation"]:
            self.faults["holds.installation"].pop(0)()
        if self.reading_holds is not None:
            await self.reading_holds.wait()
        return found

    @activity.defn(name="judge-orders")
    async def judge_orders(self, call: JudgeCall) -> Judgement:
        """Orders count as they are stated: a run meets none."""
        return as_stated(call)

    @activity.defn(name="spread-keys")
    async def spread_keys(self, call: KeysCall) -> KeysResult:
        """Reaches nobody."""
        self.keys_spread.append(call)
        return KeysResult()

    @activity.defn(name="spread-hold")
    async def spread_hold(self, call: SpreadCall) -> SpreadResult:
        """There are no other runs."""
        self.spread.append(call)
        return SpreadResult(reached=0, confirmed=0, not_reached=0)

    @activity.defn(name="predecessor")
    async def predecessor(self, call: PredecessorCall) -> PredecessorResult:
        """What the test says of a start that goes on from something."""
        self.calls.append(f"predecessor {call.run_id}")
        return PredecessorResult(misfit=self.misfit)

    def evidence(self, kind: str) -> EvidenceRef:
        """A reference as a capture returns it."""
        return EvidenceRef(
            type=kind,
            sha256="0" * 64,
            size=1,
            media_type="text/plain",
            name=kind,
            taken_at=self.now(),
            source="provider:test",
        )

    def _called(self, what: str, call: StepCall) -> None:
        self._asked_at = call.asked_at
        self.calls.append(f"{what} {call.step}")
        if self.faults[call.step]:
            self.faults[call.step].pop(0)()


def _raise(error: ApplicationError) -> None:
    raise error
