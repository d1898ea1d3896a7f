"""Judges whether runs and services fit together. Pure: what was seen goes in, what does not fit comes out."""

from collections.abc import Iterable, Iterator, Mapping

from unrack.contracts.reconciliation import Discrepancy, Interference, Mismatch, Pause, RunSeen, ServiceSeen
from unrack.model.lifecycle import Outcome
from unrack.model.message import joined, msg
from unrack.model.service import ServiceRef

LASTING = (Mismatch.HALF_REMOVED, Mismatch.HISTORY_GONE)
"""Mismatches that stay true when the server forgets the run."""

Services = Mapping[ServiceRef, ServiceSeen]


def judge(runs: Iterable[RunSeen], services: Services) -> tuple[Discrepancy, ...]:
    """Everything that does not fit, by run; services that could not be read prove nothing."""
    found = (each for run in runs for each in _of_run(run, services.get(run.service)))
    return tuple(sorted(found, key=lambda each: (each.run, each.kind)))


def _of_run(run: RunSeen, service: ServiceSeen | None) -> Iterator[Discrepancy]:
    if run.gone:
        yield _gone(run, service)
        return
    if run.open and run.interference is not None:
        yield _reset(run, run.interference)
    if run.stuck:
        todo = msg("look into the workers' logs, and start a worker that can go on with it (unrack doctor)")
        text = msg("the run cannot go on: {stuck}{unwatched}", stuck=run.stuck, unwatched=_unwatched(run))
        yield Discrepancy.of(run, Mismatch.STUCK, text, todo)
    if run.pauses:
        yield _paused(run, run.pauses)
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
            msg(
                "run gone ({what}) in phase {value}, before it touched anything", what=_what(end), value=run.phase.value
            ),
            f"unrack resume {run.run} --reason …",
        )
    return Discrepancy.of(
        run,
        Mismatch.HALF_REMOVED,
        msg(
            "run gone ({what}) in phase {value}, service half removed: {how_far}{words}{unwatched}",
            what=_what(end),
            value=run.phase.value,
            how_far=_how_far(end),
            words=_words(service),
            unwatched=_unwatched(run),
        ),
        f"unrack resume {run.run} --reason …",
    )


def _paused(run: RunSeen, pauses: tuple[Pause, ...]) -> Discrepancy:
    """One finding for all that is paused of a run: the whole run first, since nothing goes on before that does."""
    whole = any(not pause.call for pause in pauses)
    means = (
        msg("it judges no decision and watches no date until it is unpaused")
        if whole
        else msg("no deadline of that call counts until it is unpaused")
    )
    text = msg(
        "{join}: {means}{unwatched}",
        join=joined("; ", (pause.words for pause in pauses)),
        means=means,
        unwatched=_unwatched(run),
    )
    return Discrepancy.of(run, Mismatch.PAUSED, text, joined("; ", (pause.unpause(run.run) for pause in pauses)))


def _unwatched(run: RunSeen) -> str:
    if not run.unwatched:
        return ""
    return msg(". Urgent: the provider will end the service by itself, and nobody takes that back at the last call")


def _reset(run: RunSeen, found: Interference) -> Discrepancy:
    if found.unreadable:
        text = msg(
            "the run was reset in Temporal at {at}, and how much it forgot is not known: {unreadable}",
            at=_at(found),
            unreadable=found.unreadable,
        )
        return Discrepancy.of(run, Mismatch.RESET, text, f"unrack status {run.run}")
    return Discrepancy.of(
        run,
        Mismatch.RESET,
        msg(
            "the run was reset in Temporal at {at}{why}: it does not know any more that it did "
            "{join}, and will do it again; what is done already is found done",
            at=_at(found),
            why=_why(found),
            join=", ".join(found.changed),
        ),
        f"unrack status {run.run}",
    )


def _open(run: RunSeen, service: ServiceSeen) -> Iterator[Discrepancy]:
    if not service.there and not run.no_return:
        yield Discrepancy.of(
            run,
            Mismatch.SERVICE_LOST,
            msg(
                "the service has ended at the provider ({words}), and the run is only in phase {value}",
                words=service.words,
                value=run.phase.value,
            ),
            f"unrack status {run.run}",
        )
    elif run.scheduled and service.there and not service.ending and service.renews is not False:
        yield Discrepancy.of(
            run,
            Mismatch.END_LOST,
            msg(
                "the run counts on the end that it had scheduled, and the provider has none planned ({words})",
                words=service.words,
            ),
            f"unrack status {run.run}",
        )


def _ended(run: RunSeen, service: ServiceSeen) -> Iterator[Discrepancy]:
    if run.outcome is Outcome.CLOSED and service.there:
        yield Discrepancy.of(
            run,
            Mismatch.STILL_THERE,
            msg("the run ended closed, and the service lives at the provider ({words})", words=service.words),
            f"unrack history {run.run}",
        )
    if run.outcome is Outcome.REACTIVATED and service.there and service.ending:
        yield Discrepancy.of(
            run,
            Mismatch.STILL_ENDING,
            msg(
                "the run ended reactivated, and the provider has an end planned for the service ({words})",
                words=service.words,
            ),
            f"unrack history {run.run}",
        )


def history_gone(was: Discrepancy, service: ServiceSeen | None) -> Discrepancy | None:
    """Restate the last report's finding on a run that the server no longer keeps; None when its service is gone."""
    if service is not None and service.read and not service.there:
        return None
    text = msg(
        "run gone, and its history too (retention); when it was last seen, service half removed: {value}{words}",
        value=", ".join(was.changed) or msg("how far is not known"),
        words=_words(service),
    )
    todo = msg(
        "unrack plan REQUEST.yaml, with runbook {value} and service {service}: a new plan",
        value=was.runbook or "…",
        service=was.service.service,
    )
    return was.model_copy(update={"kind": Mismatch.HISTORY_GONE, "text": text, "todo": todo})


def _what(end: Interference | None) -> str:
    if end is None:
        return msg("how is not known")
    by = msg(" by {by}", by=end.by) if end.by else ""
    return msg("{value} in Temporal at {at}{by}{why}", value=end.how.value, at=_at(end), by=by, why=_why(end))


def _how_far(end: Interference) -> str:
    if end.unreadable:
        return msg("how far is not known, since {unreadable}", unreadable=end.unreadable)
    parts = [msg("done {join}", join=", ".join(end.changed))] if end.changed else []
    parts += [msg("begun {join}", join=", ".join(end.in_flight))] if end.in_flight else []
    return joined("; ", parts)


def _words(service: ServiceSeen | None) -> str:
    return msg(". The provider says: {words}", words=service.words) if service is not None and service.words else ""


def _at(found: Interference) -> str:
    return f"{found.at:%Y-%m-%d %H:%M %Z}"


def _why(found: Interference) -> str:
    return msg(' ("{reason}")', reason=found.reason) if found.reason else ""
