"""The memory of a run: decisions that reached it, and facts of its own. Bounded, whatever is sent. Pure.

An accepted decision is remembered for good, by digest: its answer in words while it is one of the last, from then on
that it was accepted. Of decisions that changed nothing the last ones are remembered, and how many there were; an older
one that comes again is judged anew, by the state of then.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime

from unrack.model.authority import MOST_DENIED, Denied
from unrack.model.base import digest_of
from unrack.model.decision import Decision, DecisionResult, Verdict
from unrack.model.message import msg
from unrack.model.state import JournalEntry, RunState
from unrack.model.statement import Refusal

LAST = 200
"""So many answers are remembered in words: of what was accepted, and of what changed nothing."""

MOST_ACCEPTED = 10_000
"""Accepted decisions of which a run knows that it accepted them. No run of people comes near."""

LAST_FACTS = 400
"""So many facts of its own does a run carry in its journal, beside the last decisions of either kind."""

REUSED = msg("this decision id was used for another decision; send it with an id of its own")
"""The answer to a decision whose id was another decision's."""

_LONG_AGO = msg("it was accepted before; what it was answered then stands in the run's history")


def digest_of_decision(decision: Decision) -> str:
    """Tells two decisions apart, whatever their ids. The same one signed anew is the same."""
    return digest_of(decision.model_dump(mode="json", exclude={"proof"}))


def is_known(state: RunState, decision_id: str) -> bool:
    """Whether a decision with this id was judged, as far as the run remembers."""
    return decision_id in state.answers or (bool(state.accepted) and _short(decision_id) in state.accepted)


def recall(state: RunState, decision: Decision, digest: str, now: datetime) -> DecisionResult | None:
    """The answer that `decision` got before; a conflict when its id was another decision's; None: it is new."""
    known = state.answers.get(decision.id)
    before = state.accepted.get(_short(decision.id))
    if known is None and before is None:
        return None
    same = state.decided.get(decision.id) == digest if known is not None else before == _short(digest)
    if not same:
        return DecisionResult(
            decision=decision.id, verdict=Verdict.CONFLICT, message=REUSED, at=now, why=Refusal.REPLAYED
        )
    return known or DecisionResult(decision=decision.id, verdict=Verdict.ACCEPTED, message=_LONG_AGO, at=now)


def remember(state: RunState, answer: DecisionResult, digest: str) -> None:
    """Takes note that a decision with this `digest` was judged for the first time."""
    state.judged += 1
    state.answers[answer.decision], state.decided[answer.decision] = answer, digest
    alike = [each for each in state.answers.values() if _accepted(each) == _accepted(answer)]
    if len(alike) <= LAST:
        return
    oldest = alike[0]
    del state.answers[oldest.decision]
    before = state.decided.pop(oldest.decision, "")
    if _accepted(oldest):
        state.accepted[_short(oldest.decision)] = _short(before)
        while len(state.accepted) > MOST_ACCEPTED:
            del state.accepted[next(iter(state.accepted))]


def deny(state: RunState, answer: DecisionResult, digest: str) -> None:
    """Keeps the answer to a decision that does not count, for who asks soon; its id stays free."""
    state.denied = [*state.denied, Denied(digest=digest, answer=answer)][-MOST_DENIED:]
    state.denials += 1


def enter(state: RunState, entry: JournalEntry) -> None:
    """Writes `entry` into the journal. Refusals never push out what happened, nor the other way round."""
    state.journal.append(entry)
    state.refused += entry.refused
    alike = _alike(state.journal, entry)
    if len(alike) > (LAST if entry.refused or entry.answer is not None else LAST_FACTS):
        del state.journal[alike[0]]
        state.left_out += 1


def news(state: RunState, seen: int) -> list[JournalEntry]:
    """The journal's entries since the first `seen` were written; of those that are left out already, none."""
    new = state.written - seen
    return state.journal[-new:] if new > 0 else []


def _alike(journal: list[JournalEntry], entry: JournalEntry) -> list[int]:
    """Where entries of one kind stand: refusals, decisions, or facts. Quick: it is done for each of a flood."""
    if entry.refused:
        return [index for index, each in enumerate(journal) if each.refused]
    fact = entry.answer is None
    return [index for index, each in enumerate(journal) if not each.refused and (each.answer is None) == fact]


def _accepted(answer: DecisionResult) -> bool:
    return answer.verdict is Verdict.ACCEPTED


def _short(text: str) -> str:
    """Sixteen characters that stand for `text`: what is kept of thousands must be small."""
    return urlsafe_b64encode(hashlib.sha256(text.encode(errors="replace")).digest()[:12]).decode()
