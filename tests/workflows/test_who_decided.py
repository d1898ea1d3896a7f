"""What a run's history tells of who decided: signed, vouched for and merely stated are three things."""

from typing import Any

from tests.workflows.conftest import Launch
from tests.workflows.harness import ON_CALL, Trial, approval, fresh
from tests.workflows.office import ANN, EVE, LEA, OMAR, Office, policy, public
from tests.workflows.plans import plan
from unrack.audit.decided import decisions_of
from unrack.audit.entries import EntryKind, TimelineEntry
from unrack.audit.timeline import timeline
from unrack.cli.render.formats import person
from unrack.model.assurance import Assurance
from unrack.model.decision import Hold, Note
from unrack.model.lifecycle import Phase
from unrack.model.statement import Refusal


async def _told(trial: Trial) -> list[TimelineEntry]:
    """The launch and every decision, as the history tells them."""
    chain = (await trial.handle.fetch_history(),)
    return [each for each in timeline(chain) if each.kind in (EntryKind.LAUNCH, EntryKind.DECISION)]


async def test_the_history_tells_signed_vouched_and_stated_apart(launch: Launch) -> None:
    """By what was proved, never by what the sender wrote beside the name; what is refused says why."""
    more: dict[str, Any] = {"console-keys": [{"key": public("console")}]}
    rules = policy(assurance={"hold": "stated"}, **more)
    office = Office(policy=rules)
    trial = await launch(plan(quorum=1), office=office)
    await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
    state = (await trial.report()).state
    note, hold = Note(id=fresh(), by=ON_CALL, text="seen"), Hold(id=fresh(), by=ON_CALL, reason="audit")

    await trial.decide(office.sign(trial.plan, state, note, ANN, with_key="console"))
    await trial.decide(hold.model_copy(update={"by": hold.by.model_copy(update={"name": OMAR})}))
    await trial.decide(office.sign(trial.plan, state, approval(trial.plan, EVE), EVE))
    await trial.decide(office.sign(trial.plan, state, approval(trial.plan, ANN), ANN))
    told = await _told(trial)

    assert [person(each.by) for each in told if each.by] == [
        f"{LEA} (signed)",
        f"{ANN} (vouched for by the console)",
        f"{OMAR} (stated, not verified)",
        f"{EVE} (signed)",
        f"{ANN} (signed)",
    ]
    assert [each.why for each in told] == [None, None, None, Refusal.RIGHT_MISSING, None]
    assert [each.assurance for each in decisions_of((await trial.handle.fetch_history(),))] == [
        each.by.assurance for each in told if each.by
    ]


async def test_a_name_that_nobody_proved_is_stated(launch: Launch) -> None:
    """Without a policy, and where the signature is missing."""
    rehearsal = await launch(plan(quorum=1))
    ruled = await launch(plan(quorum=1), office=Office())
    for trial in (rehearsal, ruled):
        await trial.until("it waits for approval", lambda report: report.state.phase is Phase.APPROVAL)
        await trial.decide(approval(trial.plan, ANN))

    assert {each.by.assurance for each in await _told(rehearsal) if each.by} == {Assurance.STATED}
    assert [(each.by.assurance, each.why) for each in await _told(ruled) if each.by] == [
        (Assurance.SIGNED, None),
        (Assurance.STATED, Refusal.UNSIGNED),
    ]
