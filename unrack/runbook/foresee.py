"""Effects of a plan on its service: the dates, the blockers, and the warnings before it is launched.

No text here says how much time is left: it would change with every minute, and so would the plan's digest.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from unrack.documents.diagnostics import listed
from unrack.model.calendar import NEVER, Freeze, first_outside
from unrack.model.form import LATEST_ZONE
from unrack.model.grace import OF_THE_PROVIDER, Anchor, by_runbook
from unrack.model.lifecycle import LIFECYCLE, Phase, StepKind
from unrack.model.message import joined, msg
from unrack.model.plan import ForeseenDate, Plan
from unrack.model.service import Finding
from unrack.model.terms import effective_date, next_end, term_end
from unrack.runbook.calendars import horizon
from unrack.runbook.spans import in_words

_BEFORE_GRACE = LIFECYCLE[: LIFECYCLE.index(Phase.GRACE)]


def foreseen_dates(plan: Plan) -> tuple[ForeseenDate, ...]:
    """The dates that people plan by, in the order in which they matter."""
    return tuple(_dates(plan))


def _dates(plan: Plan) -> Iterator[ForeseenDate]:
    effective, grace = effective_date(plan), grace_end(plan)
    yield ForeseenDate(name="last-reactivation", at=grace, text=_window(plan))
    free = None if grace is None else first_outside(_freezes(plan), grace)
    yield _earliest_purge(grace, free)
    if plan.provider_end:
        span = plan.provider_end.last_call
        text = msg(
            "{in_words} before the effective date the provider stops accepting that the end is revoked.",
            in_words=in_words(span),
        )
        yield ForeseenDate(name="last-call", at=effective - span if effective else None, text=text)
    if plan.ends_after:
        kept = msg(
            "The term ends. For {in_words} more the provider keeps everything (S4.3).",
            in_words=in_words(plan.ends_after),
        )
        yield ForeseenDate(name="end-of-term", at=term_end(plan), text=kept)
    told = (
        msg("The provider ends the service.")
        if effective
        else msg("When the provider ends it after the point of no return.")
    )
    yield ForeseenDate(name="effective-date", at=effective, text=told)
    if plan.facts.engaged_until:
        yield ForeseenDate(
            name="end-of-commitment", at=plan.facts.engaged_until, text=msg("The minimum term ends (S2.2).")
        )
    yield _bill(plan, effective)


def _earliest_purge(grace: datetime | None, free: datetime | None) -> ForeseenDate:
    if free == NEVER:
        text = msg("Grace ends after the last day of a freeze calendar: the purge waits until a person has looked.")
        return ForeseenDate(name="earliest-purge", at=None, text=text)
    text = msg("Not before this is the point of no return passed") + (
        "." if free == grace else msg(": a change freeze ends.")
    )
    return ForeseenDate(name="earliest-purge", at=free, text=text)


def _bill(plan: Plan, effective: datetime | None) -> ForeseenDate:
    at = None if effective is None else next_end(plan, effective)
    text = msg("By then a bill that no longer names the service proves that billing stopped (S2.15).")
    return ForeseenDate(name="bill-proof", at=at, text=text)


_COUNTED_FROM = {
    Anchor.REQUEST: msg("the moment at which the provider was asked"),
    Anchor.NOTIFICATION: msg("the moment at which the people concerned were told"),
    Anchor.EFFECTIVE_DATE: msg("the effective date"),
    Anchor.EXPIRY: msg("the end of the term"),
    Anchor.END_OF_COMMITMENT: msg("the end of the minimum term"),
    Anchor.GRACE_BEGIN: msg("the end of the handover"),
}


def _window(plan: Plan) -> str:
    """How grace is counted, in words."""
    grace, source = plan.grace, plan.grace.calendar.source
    parts = [in_words(grace.offset)] if grace.offset else []
    parts += [msg("{abs} business days", abs=abs(grace.business_days))] if grace.business_days else []
    length, back = _both(parts) or msg("no time"), min(grace.offset.total_seconds(), grace.business_days) < 0
    anchor = _COUNTED_FROM[grace.anchor]
    told = msg("Until {length} before {anchor} everything can be taken back", length=length, anchor=anchor)
    if not back:
        told = msg("Grace lasts {length} from {anchor}; until then nothing is lost", length=length, anchor=anchor)
    least = msg(" It lasts at least {in_words}.", in_words=in_words(grace.minimum)) if grace.minimum else ""
    days = msg(" Business days by {source}.", source=source) if source and grace.calendar.holidays else ""
    return joined("", (told, ".", least, days))


def _both(parts: list[str]) -> str:
    return msg("{span} and {days}", span=parts[0], days=parts[1]) if len(parts) > 1 else joined("", parts[:1])


def _freezes(plan: Plan) -> tuple[Freeze, ...]:
    return tuple(freeze for calendar in plan.freezes for freeze in calendar.forbids)


def grace_end(plan: Plan) -> datetime | None:
    """The end of grace by the runbook, as far as the dates of the provider tell it now."""
    known = {
        Anchor.EFFECTIVE_DATE: effective_date(plan),
        Anchor.EXPIRY: plan.facts.expires_at,
        Anchor.END_OF_COMMITMENT: plan.facts.engaged_until,
    }
    return by_runbook(plan.grace, {anchor: at for anchor, at in known.items() if at is not None})


def blockers(plan: Plan) -> tuple[Finding, ...]:
    """Why the plan must not be launched now."""
    found = [finding for finding in plan.facts.findings if finding.blocking]
    if not plan.facts.active and not found:
        text = msg(
            "The service is not active: its state is '{state}'. There is nothing to cancel.", state=plan.facts.state
        )
        found.append(Finding(subject="state", text=text, blocking=True))
    return (*found, *(Finding(subject=subject, text=text, blocking=True) for subject, text in _obstacles(plan)))


def _obstacles(plan: Plan) -> Iterator[tuple[str, str]]:
    facts, effective, now = plan.facts, effective_date(plan), plan.facts.clock.shown
    yield from _implausible(plan)
    if plan.timing not in facts.timings:
        accepted = listed([timing.value for timing in facts.timings])
        yield (
            "timing",
            msg(
                "The provider does not accept '{timing}' for this service now; it accepts: {accepted}.",
                timing=plan.timing,
                accepted=accepted,
            ),
        )
    if plan.grace.anchor not in OF_THE_PROVIDER:
        return
    grace = grace_end(plan)
    if grace is None:
        date = _COUNTED_FROM[plan.grace.anchor]
        yield (
            msg("effective date"),
            msg(
                "The provider names no date for '{timing}' ({date}). Ask for another timing.",
                timing=plan.timing,
                date=date,
            ),
        )
        return
    last_call = effective - plan.provider_end.last_call if plan.provider_end and effective else None
    if last_call and effective and last_call < now:
        text = msg(
            "The last call was {shown}: from then on an end on {shown2} cannot be revoked.",
            shown=_shown(last_call),
            shown2=_shown(effective),
        )
        yield msg("last call"), msg("{text} Wait for the next term, or ask for another timing.", text=text)
    elif grace < now and plan.grace.offset < timedelta(0):
        yield (
            "grace",
            msg(
                "Grace would have ended {shown}. Wait for the next term, or ask for another timing.",
                shown=_shown(grace),
            ),
        )


_TOO_OLD = timedelta(days=731)
_TOO_FAR = timedelta(days=3660)


def _implausible(plan: Plan) -> Iterator[tuple[str, str]]:
    """Dates of the request that nobody can have seen: a day counts as begun once it has begun anywhere."""
    stated, now = plan.request.stated, plan.facts.clock.shown
    if stated is None:
        return
    seen = stated.seen_on
    if seen and seen > now + LATEST_ZONE:
        yield (
            msg("seen on"),
            msg(
                "The facts were seen on {shown}, which is still to come. Write the day of the look.", shown=_shown(seen)
            ),
        )
    elif seen and seen < now - _TOO_OLD:
        yield (
            msg("seen on"),
            msg(
                "The facts were seen on {shown}, more than two years ago. Have somebody look again.", shown=_shown(seen)
            ),
        )
    for name, at in (("expires-at", stated.expires_at), ("engaged-until", stated.engaged_until)):
        if at and abs(at - now) > _TOO_FAR:
            yield (
                name,
                msg(
                    "'{name}' is stated as {shown}, more than ten years from now. Compare it with the panel.",
                    name=name,
                    shown=_shown(at),
                ),
            )


def warnings(plan: Plan) -> tuple[Finding, ...]:
    """Return the warnings before the plan is launched; none forbids it. The provider's own findings win."""
    told = [finding for finding in plan.facts.findings if not finding.blocking]
    covered = {finding.subject for finding in plan.facts.findings}
    ours = [Finding(subject=subject, text=text) for subject, text in _cautions(plan) if subject not in covered]
    return (*told, *ours)


def _cautions(plan: Plan) -> Iterator[tuple[str, str]]:
    facts, end = plan.facts, effective_date(plan) or plan.facts.clock.shown
    fee = facts.early_exit_fee
    if facts.engaged_until and facts.engaged_until > end:
        yield (
            "commitment",
            msg("The minimum term runs until {shown}, past the end of the service.", shown=_shown(facts.engaged_until)),
        )
        if fee and Decimal(fee.value) > 0:
            yield (
                "fee",
                msg(
                    "Leaving early costs {value} {currency}, as priced by the provider.",
                    value=fee.value,
                    currency=fee.currency,
                ),
            )
    for option in facts.options:
        yield "option", msg("'{option}' is billed apart: check that it ends with the service.", option=option)
    if facts.cancellation_planned:
        yield (
            "cancellation",
            msg("An end is already planned at the provider; reactivating this run leaves that as it was."),
        )
    if facts.renews_automatically and not plan.provider_end:
        yield "renewal", msg("The service renews by itself until it is ended: a bill may come before that.")
    yield from _credential(plan)
    yield from _unknown_holidays(plan)
    yield from _short_time(plan)
    yield from _frozen_dates(plan)


def _credential(plan: Plan) -> Iterator[tuple[str, str]]:
    """A credential that does not last as long as the run: every call after its end is refused, the last call's too."""
    end, account = plan.facts.credential_end, f"{plan.provider}/{plan.service.account}"
    last = max((date.at for date in _dates(plan) if date.at), default=None)
    if end and (end.is_before(last) or end.is_near(plan.facts.clock.shown)):
        until = (
            msg("this run has dates until {shown}", shown=_shown(last))
            if last
            else msg("this run may need it for longer")
        )
        text = msg(
            "The credential {account} {words}, and {until}: make one that lasts, and give it to the workers.",
            account=account,
            words=end.words,
            until=until,
        )
        yield "credential", text


def _unknown_holidays(plan: Plan) -> Iterator[tuple[str, str]]:
    known, source = plan.grace.calendar.known_until, plan.grace.calendar.source
    if known is not None and known < horizon(plan.facts)[1].date():
        text = msg(
            "Holidays are known until {known} ({source}); business days after that day are counted without them.",
            known=known,
            source=source,
        )
        yield (
            "holidays",
            msg(
                "{text} Compare them with the provider's holidays, and extend grace where it ends too early.", text=text
            ),
        )


def _short_time(plan: Plan) -> Iterator[tuple[str, str]]:
    grace = grace_end(plan)
    tasks = [step for step in plan.steps if step.kind is StepKind.TASK and step.phase in _BEFORE_GRACE]
    needed = sum((step.timeout for step in tasks), plan.approval.timeout)
    if grace and plan.facts.clock.shown < grace < plan.facts.clock.shown + needed:
        text = msg(
            "Approval and the tasks before grace may take {in_words} by the runbook; grace ends earlier",
            in_words=in_words(needed),
        )
        yield (
            "time",
            msg(
                "{text}, {shown}. What is not done by then has the scheduled end revoked.",
                text=text,
                shown=_shown(grace),
            ),
        )


def _frozen_dates(plan: Plan) -> Iterator[tuple[str, str]]:
    """Freezes in which the foreseen dates fall."""
    grace, effective = grace_end(plan), effective_date(plan)
    for freeze in _freezes(plan):
        named = msg(
            "the freeze '{name}' ({source}), until {shown}",
            name=freeze.name,
            source=freeze.source,
            shown=_shown(freeze.ends),
        )
        if freeze.never_ends:
            named = msg(
                "the time after {shown}, of which {source} tells no freezes in this plan",
                shown=_shown(freeze.begins),
                source=freeze.source,
            )
        if plan.provider_end and effective and freeze.covers(effective):
            yield (
                "freeze",
                msg("The effective date falls into {named}: the end is then revoked for another term.", named=named),
            )
        elif grace and freeze.covers(grace):
            yield "freeze", msg("Grace ends in {named}: the purge waits for its end.", named=named)


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M %Z").strip()
