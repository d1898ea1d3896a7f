"""Every example request is led to its end, by the real adapters, on the world of `unrack up --simulator`.

People do their tasks as they open, and do outside the API what they would do there: cancel in an app, follow a mail.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from pydantic import JsonValue
from temporalio.testing import WorkflowEnvironment

from tests.workflows.by_people import request_file, term_end
from tests.workflows.driving import answered, driven
from tests.workflows.rehearsal import EXAMPLES, Rehearsed, rehearsal
from unrack.model.lifecycle import Outcome
from unrack.model.plan import FormField
from unrack.model.state import RunReport
from unrack.simulator import Seed, cloudcraft
from unrack.simulator.seeds import demo

pytestmark = pytest.mark.long

Fields = Mapping[str, str]
_STRIDE = timedelta(days=2)
_END_DATE = "effective-date"
_LAST_SECOND = timedelta(seconds=1)


async def _token(run: Rehearsed) -> Fields:
    return {"token": await run.evidence.hand_over(await run.token())}


async def _in_the_app(run: Rehearsed, happens: Callable[..., None], **written: str) -> Fields:
    run.simulator.happen(happens)
    return written


_OUTSIDE: Mapping[str, Callable[[Rehearsed], Awaitable[Fields]]] = {
    "purge.enter-token": _token,
    "request.cancel-subscription": partial(_in_the_app, happens=cloudcraft.cancel),
    "request.cancel-at-aws": partial(
        _in_the_app,
        happens=cloudcraft.cancel,
        **{"agreement-run": "awsmarketplace-agreement/agmt-1demometered"},  # pyright: ignore[reportArgumentType]
    ),
    "purge.ask-refund": partial(_in_the_app, happens=cloudcraft.refund),
    "purge.request-erasure": partial(_in_the_app, happens=cloudcraft.erase),
}
"""What people do outside the API before they complete a task, and what they write down."""


def _world(example: str) -> Seed:
    """The demo's world; what the examples say of people's dates is so in it, too."""
    end = datetime.combine(term_end(), time(), UTC)
    app: dict[str, JsonValue] = {
        "cycle_ends_in": (end - _LAST_SECOND - datetime.now(UTC)).total_seconds(),
        "renews": "datadog" not in example,
    }
    asks: dict[str, JsonValue] = {"seller_asks_in": timedelta(days=2).total_seconds()} if "seller" in example else {}
    vendors = {"cloudcraft": app, "awsmarketplace": asks}
    return demo().model_copy(update={"expires_in": timedelta(days=40), "vendors": vendors})


def _request(folder: Path, example: str) -> str:
    """The example; the dates that people state in it are moved, for they grow old."""
    text = (EXAMPLES / f"{example}.yaml").read_text(encoding="utf-8")
    return request_file(folder, example) if "\nstated:" in text else f"{example}.yaml"


async def _to_its_end(run: Rehearsed) -> RunReport:
    while True:
        report = await driven(run, lambda seen: bool(seen.state.tasks), stride=_STRIDE)
        if report.outcome is not None:
            return report
        for step, task in report.state.tasks.items():
            outside = _OUTSIDE.get(step)
            written = await outside(run) if outside else {}
            await run.complete(step, **_dated(run, task.form.fields), **written)
            await answered(run, step)


def _dated(run: Rehearsed, fields: tuple[FormField, ...]) -> Fields:
    """The date on which the service ends, where a person reads it in the provider's confirmation."""
    if all(field.name != _END_DATE for field in fields):
        return {}
    planned = {date.name: date.at for date in run.plan.dates}
    now = run.simulator.clock.now()
    ends = planned.get(_END_DATE) or run.plan.facts.expires_at or now
    return {_END_DATE: max(ends, now).date().isoformat()}


@pytest.mark.parametrize("example", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
async def test_an_example_comes_to_its_end(env: WorkflowEnvironment, tmp_path: Path, example: str) -> None:
    """A new user can try each of them as it stands: it is planned, launched, approved, done and proven."""
    async with rehearsal(env, tmp_path, _request(tmp_path / "desk", example), _world(example)) as run:
        report = await _to_its_end(run)

        assert run.plan.rehearsal
        assert report.outcome is Outcome.CLOSED
