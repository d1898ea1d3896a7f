"""What replay must notice: doctored histories, and workflow code that does something else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

from tests.replay.kept import ROOT, changed, events, kept, replay_with, verdicts
from tests.replay.scenarios import BACKWARDS, HISTORIES
from tests.workflows.plans import CABLE
from unrack.audit.replay import Verdict
from unrack.temporal.converter import unpacked


def doctor(payload: Payload, old: bytes, new: bytes) -> None:
    """Has a recorded payload say `new` where it said `old`, once; what was compressed is written out."""
    plain = unpacked(payload)
    assert old in plain.data
    plain.data = plain.data.replace(old, new, 1)
    payload.CopyFrom(plain)


def test_a_doctored_argument_is_named() -> None:
    """A history in which another service was detached than the plan says does not replay: event, step, both values."""
    chain = kept("end-of-term-closed")
    event = next(
        each
        for each in events(chain, "activity_task_scheduled")
        if each.activity_task_scheduled_event_attributes.activity_id == "detach.vrack"
    )
    payload = event.activity_task_scheduled_event_attributes.input.payloads[0]
    doctor(payload, b'"svc-1"', b'"svc-2"')

    (verdict,) = verdicts(chain)

    (found,) = verdict.divergences
    assert not verdict.agrees
    assert (found.event, found.step) == (event.event_id, "detach.vrack")
    assert (found.recorded, found.today) == ("svc-2", "svc-1")
    assert found.what.endswith("service.service")


def test_a_doctored_result_is_named() -> None:
    """Temporal's own replayer never looks at the result; this one does."""
    chain = kept("reactivated-in-grace")
    event = chain[0].events[-1]
    payload = event.workflow_execution_completed_event_attributes.result.payloads[0]
    doctor(payload, b'"outcome":"reactivated"', b'"outcome":"closed"')

    (verdict,) = verdicts(chain)

    assert (verdict.divergences[0].event, verdict.divergences[0].step) == (event.event_id, "result")
    assert verdict.divergences[0].recorded == "closed"


def test_a_doctored_answer_is_named() -> None:
    """An approval that was refused cannot be made an accepted one afterwards."""
    chain = kept("end-of-term-closed")
    event = next(
        each
        for each in events(chain, "workflow_execution_update_completed")
        if b'"refused"'
        in unpacked(each.workflow_execution_update_completed_event_attributes.outcome.success.payloads[0]).data
    )
    payload = event.workflow_execution_update_completed_event_attributes.outcome.success.payloads[0]
    doctor(payload, b'"refused"', b'"accepted"')

    (verdict,) = verdicts(chain)

    assert [(each.event, each.recorded, each.today) for each in verdict.divergences] == [
        (event.event_id, "accepted", "refused")
    ]


def test_a_shortened_wait_is_named() -> None:
    """A history in which grace was waited for shorter than the plan asks does not replay."""
    chain = kept("immediate-closed")
    event = max(
        events(chain, "timer_started"),
        key=lambda each: each.timer_started_event_attributes.start_to_fire_timeout.seconds,
    )
    event.timer_started_event_attributes.start_to_fire_timeout.seconds -= 3600

    (verdict,) = verdicts(chain)

    assert [each.event for each in verdict.divergences] == [event.event_id]
    assert verdict.divergences[0].step.startswith("wait")


def test_a_step_left_out_of_the_history_is_named() -> None:
    """Events cannot be taken away unnoticed."""
    (history,) = kept("end-of-term-closed")
    gone = next(
        event.event_id
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_id == "detach.vrack"
    )
    without = WorkflowHistory(history.workflow_id, [e for e in history.events if not gone <= e.event_id <= gone + 2])

    (verdict,) = verdicts([without])

    assert not verdict.agrees


def test_a_field_that_a_model_gained_since_is_no_divergence() -> None:
    """Models only grow: what the recording did not know is not compared."""
    chain = kept("end-of-term-closed")
    inputs = [
        event.activity_task_scheduled_event_attributes.input.payloads[0]
        for event in events(chain, "activity_task_scheduled")
    ]
    fuller = [payload for payload in inputs if b',"done":[]' in unpacked(payload).data]
    for payload in fuller:
        doctor(payload, b',"done":[]', b"")

    assert fuller
    (verdict,) = verdicts(chain)

    assert verdict.agrees


def test_a_history_of_a_strange_workflow_is_told() -> None:
    """A history of something else is named as such, and does not pass."""
    (history,) = kept("parked-and-skipped-open")
    history.events[0].workflow_execution_started_event_attributes.workflow_type.name = "Other"

    (verdict,) = verdicts([history])

    assert (verdict.verdict, verdict.event) == (Verdict.FOREIGN, 1)
    assert "'Other'" in verdict.text


@pytest.mark.parametrize("seed", [0, pytest.param(12345, marks=pytest.mark.long)])
def test_the_history_that_is_meant_to_fail_fails(seed: int) -> None:
    """Recorded by code that took the steps of a phase in the wrong order: refused, naming the first wrong step."""
    done = replay_with(ROOT, BACKWARDS.path, seed)

    (verdict,) = json.loads(done.stdout)["histories"]
    assert done.returncode == 1
    assert verdict["verdict"] == "differs"
    assert (verdict["divergences"][0]["recorded"], verdict["divergences"][0]["today"]) == (
        "detach.vrack",
        "detach.pops",
    )


def _swapped(text: str) -> str:
    return text.replace(
        "check.side_by_side(self.context.plan.in_phase(phase))",
        "check.side_by_side(sorted(self.context.plan.in_phase(phase), key=lambda each: each.id, reverse=True))",
    )


def _argument(text: str) -> str:
    return text.replace("reason=context.plan.request.reason", 'reason="another reason"')


def _undo_order(text: str) -> str:
    first_first = "sorted(context.plan.steps, key=lambda each: each.id != 'request.schedule')"
    return text.replace("progress.last_first(context.plan)", first_first)


def _result(text: str) -> str:
    return text.replace("plan_digest=context.plan.digest,", 'plan_digest="sha256:none",')


def _shorter_wait(text: str) -> str:
    return text.replace("at=at, summary", "at=context.now() + (at - context.now()) / 2, summary")


def _judgement(text: str) -> str:
    return text.replace('accepted(msg("{step} is done{held}", step=decision.step, held=held))', 'accepted("fine")')


def _extra_step(text: str) -> str:
    return text.replace(
        "    context.state.step(step_id).status = StepStatus.WAITING\n",
        '    await context.notify(NoticeKind.TASK, "one more", "", step="more")\n'
        "    context.state.step(step_id).status = StepStatus.WAITING\n",
    )


def _step_at_the_wait(text: str) -> str:
    more = (
        "from unrack.contracts.activities import NotifyActivities\nfrom unrack.contracts.calls import Notice\n"
        "from workflows import activity_options\n"
    )
    call = (
        "    await activity_options.activity(NotifyActivities.notify,"
        " Notice(run=context.id, kind=NoticeKind.TASK, title='x', text=''),"
        " key='handover.more', title='more', how=activity_options.tell())\n"
    )
    return (more + text).replace("    await _answered(", call + "    await _answered(")


def _crash(text: str) -> str:
    return text.replace(
        "            self.context.state.scheduled = True\n", '            raise RuntimeError("a bug of today")\n'
    )


@pytest.mark.long  # each replays in a process of its own
@pytest.mark.parametrize(
    ("module", "change", "history", "step"),
    [
        ("steps/runner.py", _swapped, "end-of-term-closed", "detach.pops"),
        ("steps/step_input.py", _argument, "end-of-term-closed", "preflight.status"),
        ("rollback.py", _undo_order, "reactivated-in-grace", f"tell.task.undo.{CABLE}"),
        ("decommission.py", _result, "outcome-unknown", "result"),
        ("gates/scheduled_end.py", _shorter_wait, "end-of-term-closed", "wait: until the last call"),
        ("decisions/task.py", _judgement, "reactivated-in-grace", "decision"),
        ("steps/actions.py", _crash, "immediate-closed", None),
        ("steps/actions.py", _crash, "held-over-the-last-call", "code"),
        ("steps/task.py", _extra_step, "parked-and-skipped-open", f"tell.task.{CABLE}"),
        ("steps/task.py", _step_at_the_wait, "parked-and-skipped-open", "handover.more"),
    ],
    ids=[
        "swapped-steps",
        "argument",
        "undo-order",
        "result",
        "shorter-wait",
        "answer",
        "unreached",
        "crash",
        "new-step",
        "new-step-at-the-wait",
    ],
)
def test_changed_code_is_caught(
    tmp_path: Path, module: str, change: Callable[[str], str], history: str, step: str | None
) -> None:
    """Swapped steps, a changed argument, wait, answer or result, a new step, a bug: each is named by its step.

    A change on a path that a history does not take is no divergence of that history.
    """
    changed(tmp_path, module, change)

    done = replay_with(tmp_path, HISTORIES / f"{history}.json", 0, "--open-ok")

    document = json.loads(done.stdout)
    named = [each["step"] for verdict in document["histories"] for each in verdict["divergences"]]
    assert done.returncode == (1 if step else 0), done.stderr
    assert named[:1] == ([step] if step else [])
