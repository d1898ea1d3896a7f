"""Who decided, as a chain of histories has it: what workers proved, and what the run answered.

A name that somebody merely sent is stated, whatever they wrote beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from unrack.audit.decoding import decode_or_none
from unrack.audit.histories import started
from unrack.audit.recorded_state import last_state
from unrack.audit.structure import attributes_of, kind_of
from unrack.contracts.verifying import AdmitResult, Checked, VerifyResult
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Actor, Decision, DecisionResult
from unrack.model.policy_ref import PolicyRef
from unrack.model.remembering import digest_of_decision
from unrack.model.state import RunState


@dataclass
class Deciders:
    """What the histories of one run, oldest first, tell of who decided."""

    chain: Sequence[WorkflowHistory]
    admitted: AdmitResult | None = None
    """What a worker said of the launch or the resumption."""
    checked: dict[str, tuple[Checked, PolicyRef]] = field(default_factory=dict[str, tuple[Checked, PolicyRef]])
    """What a worker said of decisions, by their ids."""
    shown: RunState | None = None
    """What the run shows now, where somebody asked it; of an open run the histories tell no answer to a signal."""
    state: RunState | None = field(init=False)
    """The last one that is known."""

    def __post_init__(self) -> None:
        """Read what the run was told by workers, and how it ended."""
        self.state = self.shown or last_state(self.chain)
        for history in self.chain:
            self._read(history)

    @property
    def allowed_stated(self) -> bool:
        """Whether the provider is real and a worker was told to do without a policy: nobody verified who decided."""
        admitted = self.admitted.access if self.admitted is not None else None
        begun = decode_or_none(started(self.chain[0]).input, RunStart)
        known = (each.access for each in (self.state, begun.state if begun is not None else None) if each is not None)
        return any(access.allowed_stated for access in (admitted, *known) if access is not None)

    def of_start(self, start: RunStart) -> Actor:
        """Who launched or resumed the run."""
        said = start.launched_by if start.resumed is None else start.resumed.by
        proven = self.admitted.by if self.admitted is not None else None
        return proven or Actor(name=said.name)

    def of(self, decision: Decision, answer: DecisionResult | None) -> Actor:
        """Who `decision` is from; what the run answered goes before what a worker said."""
        checked, _ = self.checked.get(decision.id, (None, None))
        proven = checked.by if checked is not None else None
        if answer is None:
            return proven or Actor(name=decision.by.name)
        if answer.assurance is None:
            return Actor(name=decision.by.name)
        if proven is not None and proven.assurance is answer.assurance:
            return proven
        return Actor(name=decision.by.name, assurance=answer.assurance, fingerprint=answer.fingerprint)

    def answer_to(self, decision: Decision) -> DecisionResult | None:
        """The answer to a decision that came as a signal, as the run remembered it in the end."""
        if self.state is None:
            return None
        digest = digest_of_decision(decision)
        for denied in reversed(self.state.denied):
            if denied.digest == digest:
                return denied.answer
        if self.state.decided.get(decision.id) == digest:
            return self.state.answers.get(decision.id)
        journal = (entry.answer for entry in reversed(self.state.journal) if entry.answer is not None)
        return next((answer for answer in journal if answer.decision == decision.id), None)

    def _read(self, history: WorkflowHistory) -> None:
        types: dict[int, str] = {}
        for event in history.events:
            attributes: Any = attributes_of(event)
            if kind_of(event) == "activity_task_scheduled":
                types[event.event_id] = attributes.activity_type.name
            elif kind_of(event) == "activity_task_completed":
                self._read_worker(types.get(attributes.scheduled_event_id, ""), event)

    def _read_worker(self, activity: str, event: HistoryEvent) -> None:
        result = event.activity_task_completed_event_attributes.result
        if activity == "admit":
            self.admitted = self.admitted or decode_or_none(result, AdmitResult)
        elif activity == "verify" and (found := decode_or_none(result, VerifyResult)) is not None:
            self.checked |= {each.id: (each, found.policy) for each in found.checked}
