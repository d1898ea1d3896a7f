"""Whatever a provider answers becomes a result or a problem in words, and nothing is changed by looking."""

import random
import traceback
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from tests.conformance.subject import Bench, Subject
from tests.conformance.subjects import SUBJECTS
from tests.hostile.corrupting import Corrupting
from tests.hostile.trying import SHARES, Tally
from unrack.model.errors import UnrackError
from unrack.model.lifecycle import StepKind
from unrack.simulator import app
from unrack.simulator.provider import Provider
from unrack.simulator.transport import Connections
from unrack.simulator.vendors import VENDORS as SIMULATED

COUNT = 300
"""For each provider that is spoken to over HTTP."""

SPOKEN_TO = tuple(sorted(vendor.name for vendor in SIMULATED))
HERE = ("ovhcloud.connect.", "ovhcloud.service.", "whmcs.", "awsmarketplace.", "cloudcraft.")
"""What looks at the product that stands there; the other actions of OVHcloud are for other products."""

LOOKING = (StepKind.CHECK, StepKind.CAPTURE, StepKind.AWAIT)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("namespace", SPOKEN_TO)
async def test_bad_answers_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: str, share: float
) -> None:
    """Never an error that nobody planned for: an operator could do nothing with it."""
    now: list[random.Random | None] = [None]
    build = app.build

    def corrupting(provider: Provider, connections: Connections) -> ASGIApp:
        return Corrupting(build(provider, connections), lambda: now[0])

    monkeypatch.setattr(app, "build", corrupting)
    subject, tally = SUBJECTS[namespace], Tally(f"answers of {namespace}")
    async with subject.open(tmp_path / "provider") as on:
        before = on.simulator.ledger()
        for chance in tally.chances(max(3, round(COUNT * share))):
            now[0] = chance
            await _look(tally, subject, on, chance)
            now[0] = None
        assert on.simulator.ledger() == before
    tally.judge()


async def _look(tally: Tally, subject: Subject, on: Bench, chance: random.Random) -> None:
    cases = [case for case in subject.cases if case.kind in LOOKING and case.action.startswith(HERE)]
    case = chance.choice(cases)
    reads_facts = chance.random() < 0.3
    what = "facts" if reads_facts else case.action
    try:
        if reads_facts:
            await (subject.facts(on) if subject.facts else on.provider.facts(on.service))
        else:
            await on.reading(case.action)(on.call(case.action, case), on.materials)
        tally.ends["result"] += 1
    except UnrackError as error:
        tally.ends[error.problem.category.value] += 1
        if not error.problem.message:
            tally.fault(what, "a problem without words")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        tally.fault(what, "".join(traceback.format_exception(error)[-4:]))
