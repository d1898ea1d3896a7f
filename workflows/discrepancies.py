"""Judges whether runs and services fit together. Pure: what was seen goes in, what does not fit comes out."""

from collections.abc import Iterator, Mapping

from unrack.contracts.reconciliation import (
    Discrepancy,
    Interference,
    Mismatch,
    ReconcileReport,
    RunSeen,
    ServiceSeen,
)
from unrack.model.lifecycle import Outcome
from unrack.model.service import ServiceRef

_LASTING = (Mismatch.HALF_REMOVED, Mismatch.HISTORY_GONE)
"""What stays true when the server forgets the run."""

Services = Mapping[ServiceRef, ServiceSeen]


def to_read(runs: tuple[RunSeen, ...], before: ReconcileReport | None) -> tuple[ServiceRef, ...]:
    """The services that must be read to judge, each once."""
    wanted = {run.service: None for run in runs}
    return tuple(wanted | {each.service: None for each in _forgotten(runs, before)})


def judge(runs: tuple[RunSeen, ...], services: Services, before: ReconcileReport | None) -> tuple[Discrepancy, ...]:
    """Everything that does not fit, by run; services that could not be read prove nothing."""
    found = [each for run in runs for each in _of_run(run, services.get(run.service))]
    found += [_history_gone(each, services.get(each.service)) for each in _forgotten(runs, before)]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: (each.run, each.kind)))


def _of_run(run: RunSeen, service: ServiceSeen | None) -> Iterator[Discrepancy]:
    if run.gone:
        yield _gone(run, service)
        return
    if run.open and run.interference is not None:
        yield _reset(run, run.interference)
    if run.stuck:
        todo = "look into the workers' logs, and start a worker that can go on with it (unrack doctor)"
        yield Discrepancy.of(run, Mismatch.STUCK, f"the run cannot go on: {run.stuck}", todo)
    if service is None or not service.read:
        return
    if run.open:
        yield from _open(run, service)
    else:
        yield from _ended(run, service)


def _gone(run: RunSeen, service: ServiceSeen | None) -> Discrepancy:
    end = run.interference
    if end is None or not end.touched:
        return Discrepancy.of(
            run,
            Mismatch.GONE_UNTOUCHED,
            f"run gone ({_what(end)}) in phase {run.phase.value}, before it touched anything",
            f"unrack resume {run.run} --reason …",
        )
    return Discrepancy.of(
        run,
        Mismatch.HALF_REMOVED,
        f"run gone ({_what(end)}) in phase {run.phase.value}, service half removed: {_how_far(end)}{_words(service)}",
        f"unrack resume {run.run} --reason …",
    )


def _reset(run: RunSeen, found: Interference) -> Discrepancy:
    return Discrepancy.of(
        run,
        Mismatch.RESET,
        f"the run was reset in Temporal at {_at(found)}{_why(found)}: it does not know any more that it did "
        f"{', '.join(found.changed)}, and will do it again; what is done already is found done",
        f"unrack status {run.run}",
    )


def _open(run: RunSeen, service: ServiceSeen) -> Iterator[Discrepancy]:
    if not service.there and not run.no_return:
        yield Discrepancy.of(
            run,
            Mismatch.SERVICE_LOST,
            f"the service has ended at the provider ({service.words}), and the run is only in phase {run.phase.value}",
            f"unrack status {run.run}",
        )
    elif run.scheduled and service.there and not service.ending and service.renews is not False:
        yield Discrepancy.of(
            run,
            Mismatch.END_LOST,
            f"the run counts on the end that it had scheduled, and the provider has none planned ({service.words})",
            f"unrack status {run.run}",
        )


def _ended(run: RunSeen, service: ServiceSeen) -> Iterator[Discrepancy]:
    if run.outcome is Outcome.CLOSED and service.there:
        yield Discrepancy.of(
            run,
            Mismatch.STILL_THERE,
            f"the run ended closed, and the service lives at the provider ({service.words})",
            f"unrack history {run.run}",
        )
    if run.outcome is Outcome.REACTIVATED and service.there and service.ending:
        yield Discrepancy.of(
            run,
            Mismatch.STILL_ENDING,
            f"the run ended reactivated, and the provider has an end planned for the service ({service.words})",
            f"unrack history {run.run}",
        )


def _forgotten(runs: tuple[RunSeen, ...], before: ReconcileReport | None) -> tuple[Discrepancy, ...]:
    """What the last report said of runs of which the server keeps nothing any more, not even a later one."""
    known = {run.run for run in runs}
    return tuple(each for each in (before.found if before else ()) if each.kind in _LASTING and each.run not in known)


def _history_gone(was: Discrepancy, service: ServiceSeen | None) -> Discrepancy | None:
    if service is not None and service.read and not service.there:
        return None
    text = (
        f"run gone, and its history too (retention); when it was last seen, service half removed: "
        f"{', '.join(was.changed) or 'how far is not known'}{_words(service)}"
    )
    todo = f"unrack plan REQUEST.yaml, with runbook {was.runbook or '…'} and service {was.service.service}: a new plan"
    return was.model_copy(update={"kind": Mismatch.HISTORY_GONE, "text": text, "todo": todo})


def _what(end: Interference | None) -> str:
    if end is None:
        return "how is not known"
    by = f" by {end.by}" if end.by else ""
    return f"{end.how.value} in Temporal at {_at(end)}{by}{_why(end)}"


def _how_far(end: Interference) -> str:
    if end.unreadable:
        return f"how far is not known, since {end.unreadable}"
    parts = [f"done {', '.join(end.changed)}"] if end.changed else []
    parts += [f"begun {', '.join(end.in_flight)}"] if end.in_flight else []
    return "; ".join(parts)


def _words(service: ServiceSeen | None) -> str:
    return f". The provider says: {service.words}" if service is not None and service.words else ""


def _at(found: Interference) -> str:
    return f"{found.at:%Y-%m-%d %H:%M %Z}"


def _why(found: Interference) -> str:
    return f' ("{found.reason}")' if found.reason else ""
