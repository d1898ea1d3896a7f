"""Decisions, results and failures in words."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import humanize
from temporalio.api.failure.v1 import Failure

from unrack.audit.decoding import decode_or_none
from unrack.contracts.calls import (
    CaptureResult,
    ChangeResult,
    CheckResult,
    CommitResult,
    CompareResult,
    PollResult,
    ProbeResult,
)
from unrack.contracts.installation_holds import HoldsResult
from unrack.contracts.verifying import AdmitResult, Checked, VerifyResult
from unrack.model.decision import (
    Amend,
    Approve,
    Decision,
    Extend,
    FreezeRun,
    Hold,
    HoldScope,
    Release,
    Remedy,
    Resolve,
    Shorten,
    Withdraw,
)
from unrack.model.errors import Problem
from unrack.model.message import msg
from unrack.model.state import RunReport
from unrack.model.statement import Refusal

_DIGEST_SHOWN = len("sha256:") + 12

RESULTS: dict[str, type[Any]] = {
    "check": CheckResult,
    "capture": CaptureResult,
    "change": ChangeResult,
    "undo": ChangeResult,
    "commit": CommitResult,
    "probe": ProbeResult,
    "poll": PollResult,
    "compare": CompareResult,
    "installation-holds": HoldsResult,
    "admit": AdmitResult,
    "verify": VerifyResult,
}
"""The result type of each kind of step activity."""


def decided(decision: Decision) -> str:
    """``completes handover.remove-cross-connect``."""
    why = getattr(decision, "reason", "") or getattr(decision, "text", "")
    what = _DECIDED[decision.kind](decision)
    return msg("{what}: {why}", what=what, why=why) if why else what


def _approves(decision: Approve) -> str:
    return msg(
        "approves the plan {plan}… at consent revision {revision}",
        plan=decision.plan[:_DIGEST_SHOWN],
        revision=decision.revision,
    )


def _withdraws(decision: Withdraw) -> str:
    if decision.extension:
        return msg("takes extension {extension} back", extension=decision.extension)
    return msg("takes the approval back")


def _amends(decision: Amend) -> str:
    names = ", ".join([*decision.fields, *(kept.type for kept in decision.evidence)])
    return msg("amends {step} ({names})", step=decision.step, names=names)


def _extends(decision: Extend) -> str:
    return msg("extends grace {far}", far=_far(decision))


def _shortens(decision: Shorten) -> str:
    return msg("shortens grace {far}", far=_far(decision))


def _far(decision: Extend | Shorten) -> str:
    if decision.by_span:
        return msg("by {span}", span=length(decision.by_span))
    return msg("to {at}", at=f"{decision.to:%Y-%m-%d %H:%M %Z}")


def _holds(decision: Hold) -> str:
    what = msg("the purge of the run") if decision.scope is HoldScope.PURGE else msg("the run")
    held = msg("holds {what}", what=what)
    if decision.until:
        held = msg("{held} until {until}", held=held, until=f"{decision.until:%Y-%m-%d %H:%M %Z}")
    if decision.from_all:
        return msg("{held} (hold {hold} of the whole installation)", held=held, hold=decision.from_all)
    return held


def _releases(decision: Release) -> str:
    if decision.from_all is not None:
        return msg("lifts hold {hold} of the whole installation", hold=decision.from_all)
    if decision.hold is not None:
        return msg("releases hold {hold}", hold=decision.hold)
    if decision.owner is not None:
        return msg("releases the holds of {owner}", owner=decision.owner)
    return msg("releases everybody's holds") if decision.everyone else msg("releases their own hold")


def _freezes(decision: FreezeRun) -> str:
    return msg(
        "freezes the run from {begins} to {ends} ({name})",
        begins=f"{decision.begins:%Y-%m-%d %H:%M %Z}",
        ends=f"{decision.ends:%Y-%m-%d %H:%M %Z}",
        name=decision.name,
    )


def _resolves(decision: Resolve) -> str:
    match decision.remedy:
        case Remedy.SKIP:
            return msg("skips {step}", step=decision.step)
        case Remedy.RETRY:
            return msg("retries {step}", step=decision.step)
        case Remedy.ENDED:
            return msg("says that the provider ended it: {step}", step=decision.step)


_DECIDED: Mapping[str, Callable[[Any], str]] = {
    "complete": lambda decision: msg("completes {step}", step=decision.step),
    "amend": _amends,
    "note": lambda _: msg("remarks"),
    "reject": lambda decision: msg("rejects {step}", step=decision.step),
    "approve": _approves,
    "withdraw": _withdraws,
    "reactivate": lambda _: msg("rolls the run back"),
    "abort": lambda _: msg("aborts the run"),
    "extend": _extends,
    "shorten": _shortens,
    "hold": _holds,
    "release": _releases,
    "freeze": _freezes,
    "unfreeze": lambda decision: msg("takes freeze {freeze} off", freeze=decision.freeze),
    "resolve": _resolves,
}
"""The words for each kind of decision, without its reason."""


def resulted(result: object) -> str:  # noqa: PLR0911 - one line for each kind
    """Describe the result of a step in one line."""
    match result:
        case CheckResult():
            blocking = any(finding.blocking for finding in result.findings)
            texts = "; ".join(f"{finding.subject}: {finding.text}" for finding in result.findings)
            return f"{'blocked' if blocking else 'passed'}{': ' + texts if texts else ''}"
        case ChangeResult() | CommitResult():
            return f"{'was so before' if result.already else 'done'}: {result.note}"
        case CaptureResult():
            until = f"; effective {result.effective_at:%Y-%m-%d %H:%M %Z}" if result.effective_at else ""
            return f"kept: {result.note}{until}"
        case PollResult():
            texts = "".join(f"; {finding.subject}: {finding.text}" for finding in result.findings)
            return f"{'reached' if result.reached else 'not yet'}: {result.note}{texts}"
        case ProbeResult():
            return f"the provider shows {result.standing.value}: {result.note}"
        case CompareResult():
            unexpected = sum(not difference.expected for difference in result.differences)
            assigned = len(result.differences) - unexpected
            return f"compared with the captured configuration: {unexpected} fields differ, {assigned} assigned anew"
        case HoldsResult():
            holds = "; ".join(f"{hold.id} by {hold.by.name}: {hold.reason}" for hold in result.standing)
            return holds or "none"
        case AdmitResult():
            return _admitted(result)
        case VerifyResult():
            return f"{'; '.join(_checked(each) for each in result.checked)} (policy version {result.policy.version})"
        case _:
            return "done"


def _admitted(result: AdmitResult) -> str:
    if result.access is None:
        return f"no: {_denied(result.why, result.words)}"
    if result.access.allowed_stated:
        return "yes; nobody verifies who decides: a worker was told to run without a policy"
    if result.access.policy is None:
        return "yes; no policy rules, names count as they are stated"
    by = f"{result.by.name}, {result.by.assurance.value}" if result.by is not None else "whoever said so, stated"
    return f"yes: {by} (policy version {result.access.policy.version})"


def _checked(each: Checked) -> str:
    if each.by is None or each.why is not None:
        return _denied(each.why, each.words)
    return f"{each.by.name}, {each.by.assurance.value}"


def _denied(why: Refusal | None, words: str) -> str:
    return (
        ": ".join(part for part in (why.value if why is not None else "", words) if part)
        or "nobody proved who they are"
    )


def ended(report: RunReport | None) -> str:
    """How a run ended. What the provider assigns anew, as a number of its own, is as before for everybody else."""
    outcome = report.outcome.value if report and report.outcome else "without an outcome"
    differing = [each for each in report.state.differences if not each.expected] if report else []
    if not differing:
        return f"ended: {outcome}"
    fields = (
        "1 field of the configuration is"
        if len(differing) == 1
        else f"{len(differing)} fields of the configuration are"
    )
    return f"ended: {outcome}; {fields} not as before"


def problem(failure: Failure) -> Problem | None:
    """The problem that an activity reported; None when it did not get as far."""
    current: Failure | None = failure
    while current is not None:
        found = decode_or_none(current.application_failure_info.details, Problem)
        if found is not None:
            return found
        current = current.cause if current.HasField("cause") else None
    return None


def failed(failure: Failure) -> str:
    """Describe a failure in one line."""
    told = problem(failure)
    if told is not None:
        return f"{told.category.value}: {told.message}" + (f" ({told.suggestion})" if told.suggestion else "")
    innermost = failure
    while innermost.HasField("cause"):
        innermost = innermost.cause
    return innermost.message or failure.message or "no reason recorded"


def length(span: timedelta) -> str:
    """``30 days``, ``2 hours and 5 minutes``."""
    return humanize.precisedelta(span, minimum_unit="seconds", suppress=["years", "months"], format="%0.0f")
