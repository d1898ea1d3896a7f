"""A fresh history begins with everything that the launch said."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.workflows.plans import plan
from unrack.contracts.workflows import RunStart
from unrack.model.decision import Actor
from unrack.model.statement import Proof
from workflows import decommission
from workflows.context import RunContext
from workflows.decommission import DecommissionWorkflow

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
SIGNED = Proof(signed="{}", signature="signed")


class Carried(Exception):  # noqa: N818 - it ends the history, as the engine does
    """The history goes on in another."""


async def nothing() -> None:
    """Nothing goes on beside the run's course."""


def test_the_campaign_goes_on_in_a_fresh_history_and_the_proof_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was proved stands in the state, which goes along; the proof itself stays where it was judged."""
    monkeypatch.setattr(decommission.workflow, "now", lambda: BEGIN)
    monkeypatch.setattr(decommission.versioning, "where_to", lambda _: None)
    given = list[RunStart]()

    def goes_on(start: RunStart, **_: Any) -> None:  # noqa: ANN401 - as the SDK has it
        given.append(start)
        raise Carried

    monkeypatch.setattr(decommission.workflow, "continue_as_new", goes_on)
    start = RunStart(plan=plan(shown=BEGIN), launched_by=Actor(name="lea"), proof=SIGNED, campaign="spring")
    arrivals = SimpleNamespace(close=lambda: None)
    run = SimpleNamespace(_start=start, _context=RunContext(start), _settled=nothing, _arrivals=arrivals)

    with pytest.raises(Carried):
        asyncio.run(DecommissionWorkflow._go_on_in_fresh_history(run))  # pyright: ignore[reportPrivateUsage, reportArgumentType]

    (carried,) = given
    assert (carried.proof, carried.campaign) == (None, "spring")
    assert carried.state is run._context.state
