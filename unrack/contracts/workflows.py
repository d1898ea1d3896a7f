"""The names by which clients reach workflows, so that no client imports workflow code."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import Field
from temporalio.common import SearchAttributeKey, TypedSearchAttributes

from unrack.model.base import Frozen, Moment, Text, is_default
from unrack.model.decision import Sender
from unrack.model.lifecycle import Outcome, Phase
from unrack.model.message import msg
from unrack.model.people import OneLine
from unrack.model.plan import Plan
from unrack.model.state import RunState, RunView
from unrack.model.statement import Proof

TASK_QUEUE = "unrack"


def provider_queue(queue: str, provider: str) -> str:
    """The activity task queue of one provider, as ``unrack.ovhcloud``.

    The name is reserved: a limit on the calls of one provider will need a queue that only these calls use. Until there
    is such a limit, workers serve the installation's own queue alone, and nothing is sent to this one.
    """
    return f"{queue}.{provider}"


DECOMMISSION = "Decommission"
INQUIRY = "Inquiry"

DECIDE_UPDATE = "decide"
"""Update: takes an `Envelope`, answers with an `Answer`."""
DECISION_SIGNAL = "decision"
"""Signal with the same payload, for tools that can only signal."""
KEYS_SIGNAL = "keys"
"""Signal without an argument: look whether the keys that decided here still count."""

WAKE_SIGNAL = "wake"
"""Signal without content: check again now (after a deploy, or when the provider was helped by hand)."""
REPORT_QUERY = "report"
"""Query: the `RunReport` of now."""
PLAN_QUERY = "plan"
"""Query: the frozen `Plan`."""

CALL_WATCHED = msg("unless the call is paused, it has ended by then")
"""The label of the timer beside each call. A run does not wait for it. Histories show it, timelines omit it."""

MEMO_VIEW = "unrack"
"""Memo key of the `RunView`."""

PROVIDER = SearchAttributeKey.for_keyword("UnrackProvider")
PRODUCT = SearchAttributeKey.for_keyword("UnrackProduct")
SERVICE = SearchAttributeKey.for_keyword("UnrackService")
PHASE = SearchAttributeKey.for_keyword("UnrackPhase")
WAITING = SearchAttributeKey.for_keyword_list("UnrackWaiting")
"""Everything a run waits for: ``task:<step>``, and the kind alone, ``task``. Lists are queried by whole words."""
DUE = SearchAttributeKey.for_datetime("UnrackDue")
OUTCOME = SearchAttributeKey.for_keyword("UnrackOutcome")

SEARCH_ATTRIBUTES = (PROVIDER, PRODUCT, SERVICE, PHASE, WAITING, DUE, OUTCOME)
"""Every search attribute; set-up and doctor read this list."""


APPROVAL = "approval"
"""The entry in `WAITING` for a run that lacks approvals."""


def waiting_words(waiting_for: Iterable[str]) -> tuple[str, ...]:
    """Return the value of `WAITING` for `waiting_for`: every entry, then each kind that is not an entry yet."""
    told = tuple(waiting_for)
    return tuple(dict.fromkeys((*told, *(each.partition(":")[0] for each in told))))


def waited_for(words: Iterable[str]) -> tuple[str, ...]:
    """Return what a run waits for from the value of `WAITING`. The inverse of `waiting_words`."""
    told = tuple(words)
    kinds = {each.partition(":")[0] for each in told if ":" in each}
    return tuple(each for each in told if each not in kinds)


def shown_by(memo: RunView, attributes: TypedSearchAttributes) -> RunView:
    """A run as lists show it: the memo, brought up to date by the search attributes, which are written more often.

    The memo is not written when a task is answered or a parked step goes on; the run then waits for it no more.
    """
    if (phase := attributes.get(PHASE)) is None:
        return memo
    outcome = attributes.get(OUTCOME)
    return up_to_date(memo, Phase(phase), attributes.get(WAITING) or (), attributes.get(DUE), outcome)


def up_to_date(memo: RunView, phase: Phase, words: Iterable[str], due: datetime | None, outcome: str | None) -> RunView:
    """`memo` as the search attributes have it.

    Args:
        memo: What the run wrote last.
        phase: What `PHASE` holds.
        words: What `WAITING` holds.
        due: What `DUE` holds.
        outcome: What `OUTCOME` holds.
    """
    waiting = waited_for(words)
    return memo.model_copy(
        update={
            "phase": phase,
            "waiting_for": waiting,
            "due": due,
            "approvals_missing": memo.approvals_missing if APPROVAL in waiting else 0,
            "outcome": Outcome(outcome) if outcome else None,
            "tasks": tuple(task for task in memo.tasks if f"task:{task.step}" in waiting),
            "parked": tuple(parked for parked in memo.parked if f"parked:{parked.step}" in waiting),
        }
    )


RETENTION = timedelta(days=3650)
"""How long the embedded server keeps closed runs."""


class Resumption(Frozen):
    """Why a run goes on from the state of one that ended in Temporal, and not by itself."""

    run_id: str
    """Temporal's id of the execution whose state was taken over."""
    how: str
    """How it ended: ``terminated``, ``cancelled``."""
    died_at: Moment
    """The server's time."""
    by: Sender
    """Who resumes."""
    reason: Text


class RunStart(Frozen):
    """The input of ``Decommission``. `state` is set only by continue-as-new and by a resumption."""

    plan: Plan
    launched_by: Sender
    state: RunState | None = None
    resumed: Resumption | None = None
    """Set when the state is that of a run that is gone."""
    proof: Proof | None = Field(default=None, exclude_if=is_default)
    """The signature of who launches on the plan, or of who resumes on the resumption. It counts once verified."""
    campaign: OneLine | None = Field(default=None, exclude_if=is_default)
    """The campaign that the run was launched with, beside others."""
