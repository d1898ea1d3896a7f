"""Every decision of a run in its order, from the recorded events alone: who, how sure that is, and what became of it.

What is told here was judged by the run. Whoever doubts that takes the export (`unrack.audit.decision_export`) and asks
OpenSSH.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from unrack.audit.deciders import Deciders
from unrack.audit.decoding import decode_or_none
from unrack.audit.histories import started
from unrack.audit.recorded_state import update_answers
from unrack.audit.structure import attributes_of, kind_of
from unrack.contracts.workflows import DECISION_SIGNAL, DECOMMISSION, RunStart
from unrack.model.assurance import Assurance
from unrack.model.base import Frozen, Moment
from unrack.model.decision import Actor, Decision, DecisionResult, Envelope, Verdict
from unrack.model.message_text import MessageText
from unrack.model.policy_ref import PolicyRef
from unrack.model.remembering import digest_of_decision
from unrack.model.state import RunState
from unrack.model.statement import Proof, Refusal

LAUNCH, RESUME = "launch", "resume"


class Decided(Frozen):
    """One decision, as the history has it."""

    n: int
    """Its place in the order of arrival, from 1."""
    kind: str
    """``launch``, ``resume``, or the decision's own kind."""
    by: str
    """Who it is from: proven where the assurance says so, else as they stated."""
    assurance: Assurance
    fingerprint: str | None = None
    """The key that proved it."""
    policy: PolicyRef | None = None
    """The policy by which it was judged."""
    verdict: Verdict | None = None
    """None: the answer is not in this history. It came as a signal and the run goes on, or nobody has judged it yet."""
    why: Refusal | None = None
    """Why it does not count, where that has to do with who sent it and how it was signed."""
    answer: MessageText = ""
    id: str | None = None
    """The decision's own id; None of a launch."""
    at: Moment
    """The server's time at which it arrived."""
    proof: Proof | None = None

    @property
    def counts(self) -> bool:
        """Whether it was accepted, or was so already."""
        return self.verdict in (Verdict.ACCEPTED, Verdict.ALREADY)

    @property
    def proven(self) -> bool:
        """Whether it counts because of a signature."""
        return self.counts and self.proof is not None and self.assurance is not Assurance.STATED


def decisions_of(chain: Sequence[WorkflowHistory], shown: RunState | None = None) -> tuple[Decided, ...]:
    """The decisions of one run, in the order in which they arrived. One that came again is one.

    Args:
        chain: The histories of the run, oldest first (`unrack.audit.histories`).
        shown: What the run shows now, if it is open and was asked.
    """
    return tuple(_Reader(chain, shown).decisions())


@dataclass
class _Reader:
    chain: Sequence[WorkflowHistory]
    shown: RunState | None
    deciders: Deciders = field(init=False)
    _seen: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])
    _count: int = 0

    def __post_init__(self) -> None:
        """Read what the run was told by workers, and how it ended."""
        self.deciders = Deciders(self.chain, shown=self.shown)

    def decisions(self) -> Iterator[Decided]:
        """Every decision."""
        if begun := self._begun():
            yield begun
        for history in self.chain:
            answers = dict(update_answers(history))
            for event in history.events:
                if (decision := _decision(event)) is not None:
                    yield from self._decided(event, decision, answers.get(event.event_id))

    def _begun(self) -> Decided | None:
        """The launch or the resumption with which the chain begins; None where its beginning is not recorded."""
        attributes = started(self.chain[0])
        if attributes.continued_execution_run_id or attributes.workflow_type.name != DECOMMISSION:
            return None
        start = decode_or_none(attributes.input, RunStart)
        if start is None:
            return None
        told = self.deciders.admitted
        access = told.access if told is not None else None
        return Decided(
            n=self._next(),
            kind=LAUNCH if start.resumed is None else RESUME,
            at=_time(self.chain[0].events[0]),
            verdict=None if told is None else Verdict.ACCEPTED if access is not None else Verdict.REFUSED,
            why=told.why if told is not None else None,
            answer=told.words if told is not None else "",
            policy=access.policy if access is not None else told.policy if told is not None else None,
            proof=start.proof,
            **_person(self.deciders.of_start(start)),
        )

    def _decided(self, event: HistoryEvent, decision: Decision, answer: DecisionResult | None) -> Iterator[Decided]:
        answer = answer or self.deciders.answer_to(decision)
        digest = digest_of_decision(decision)
        same = (decision.id, digest, answer.at.isoformat() if answer is not None else "")
        if same in self._seen:
            return
        self._seen.add(same)
        _, policy = self.deciders.checked.get(decision.id, (None, None))
        yield Decided(
            n=self._next(),
            kind=decision.kind,
            at=_time(event),
            id=decision.id,
            verdict=answer.verdict if answer is not None else None,
            why=answer.why if answer is not None else None,
            answer=answer.message if answer is not None else "",
            policy=answer.policy if answer is not None else policy,
            proof=decision.proof,
            **_person(self.deciders.of(decision, answer)),
        )

    def _next(self) -> int:
        self._count += 1
        return self._count


def _decision(event: HistoryEvent) -> Decision | None:
    attributes: Any = attributes_of(event)
    match kind_of(event):
        case "workflow_execution_update_accepted":
            envelope = decode_or_none(attributes.accepted_request.input.args, Envelope)
        case "workflow_execution_signaled" if attributes.signal_name == DECISION_SIGNAL:
            envelope = decode_or_none(attributes.input, Envelope)
        case _:
            envelope = None
    return envelope.decision if envelope is not None else None


def _person(by: Actor) -> dict[str, Any]:
    return {"by": by.name, "assurance": by.assurance, "fingerprint": by.fingerprint}


def _time(event: HistoryEvent) -> datetime:
    try:
        return event.event_time.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)  # no server writes such a time
