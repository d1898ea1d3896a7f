"""What a resumed run says of decisions that had arrived and that nobody judged."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tests.workflows.plans import plan
from unrack.model.authority import Unjudged
from unrack.model.decision import Actor, Note
from unrack.model.service import ProviderClock
from unrack.model.state import RunState
from workflows.decisions.line import Arrival, Line
from workflows.resumption import say_what_nobody_judged

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLAN = plan(shown=NOW)
WHO = Actor(name="omar")


def _unjudged(key: str) -> Unjudged:
    return Unjudged(id=key, kind="note", by="omar", since=NOW, blocks=False)


def test_what_arrived_since_is_not_told_to_be_gone() -> None:
    """What the run that is gone did not judge is named; what waits in this one is judged in its turn."""
    clock = ProviderClock(read_at=NOW, shown=NOW)
    state = RunState(plan_digest=PLAN.digest, launched_by=WHO, launched_at=NOW, clock=clock)
    state.unjudged = [_unjudged("gone-1234"), _unjudged("here-1234")]
    line, said = Line(), list[str]()
    line.join(Arrival(Note(id="here-1234", by=WHO, text="x"), NOW))
    context: Any = SimpleNamespace(state=state, line=line, note=said.append)

    say_what_nobody_judged(context)

    assert said == ["not judged before the run was gone, send it again: note by omar"]
    assert [each.id for each in state.unjudged] == ["here-1234"]
