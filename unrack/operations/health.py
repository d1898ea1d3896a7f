"""Finds missing parts before anything is started. Looks, and touches nothing but a probe in the evidence store."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from temporalio.client import Client
from temporalio.service import RPCError

from unrack import zones
from unrack.contracts.calls import AccessCall, AccessResult, CredentialStatus
from unrack.contracts.reconciliation import ReconcileReport
from unrack.contracts.workflows import SEARCH_ATTRIBUTES, TASK_QUEUE
from unrack.evidence.store import EvidenceStore
from unrack.model.base import Frozen
from unrack.model.errors import Category, UnrackError
from unrack.model.message import joined, msg
from unrack.model.message_text import MessageText
from unrack.operations.holding import standing_holds
from unrack.operations.inquiries import POLLS_WITHIN, check_access, last_poll
from unrack.temporal import schedule, search_attributes
from unrack.temporal.pollers import pollers, zones_of
from unrack.temporal.visibility import last_report, paused_reconciliations

_TAKEN_WITHIN = timedelta(seconds=2)
"""A worker that lives takes a question at once: who asks what is missing does not wait longer for one that has gone."""
_ANSWERED_WITHIN = timedelta(seconds=10)
"""It answers at once, too. One that hangs keeps its poll open, takes the question, and never answers."""


class Health(StrEnum):
    """The result of a look at one thing."""

    OK = "ok"
    MISSING = "missing"
    UNUSED = "unused"
    """It is not set up, and others of its kind are: nothing has to be done unless it is wanted."""
    UNKNOWN = "unknown"
    """It could not be looked at, because something before it is missing."""


class Checkup(Frozen):
    """One thing looked at."""

    subject: MessageText
    health: Health
    text: MessageText
    todo: MessageText = ""

    @property
    def good(self) -> bool:
        """Whether nothing has to be done."""
        return self.health in (Health.OK, Health.UNUSED)


def ok(subject: str, text: str) -> Checkup:
    """It is as it should be."""
    return Checkup(subject=subject, health=Health.OK, text=text)


def missing(subject: str, text: str, todo: str) -> Checkup:
    """It is not there, or not right."""
    return Checkup(subject=subject, health=Health.MISSING, text=text, todo=todo)


def unknown(subject: str, because: str) -> Checkup:
    """It cannot be looked at."""
    return Checkup(subject=subject, health=Health.UNKNOWN, text=msg("not looked at: {because}", because=because))


def from_error(subject: str, error: UnrackError) -> Checkup:
    """The problem of a look that failed."""
    return missing(subject, error.problem.message, error.problem.suggestion)


async def check_search_attributes(client: Client) -> Checkup:
    """Whether the namespace has every search attribute that runs set."""
    subject = msg("search attributes")
    try:
        lacking = await search_attributes.missing(client)
    except UnrackError as error:
        return from_error(subject, error)
    if lacking:
        wanted = joined(
            " ",
            (
                msg(
                    "--name {name} --type {type_name}",
                    name=key.name,
                    type_name=search_attributes.type_name(key.indexed_value_type),
                )
                for key in lacking
            ),
        )
        command = msg(
            "python -m unrack.temporal.prepare\n  or, by an administrator: "
            "temporal operator search-attribute create --namespace {namespace} {wanted}",
            namespace=client.namespace,
            wanted=wanted,
        )
        return missing(
            subject, msg("{len} of {len2} are missing", len=len(lacking), len2=len(SEARCH_ATTRIBUTES)), command
        )
    return ok(subject, msg("all {len} are there", len=len(SEARCH_ATTRIBUTES)))


async def check_worker(client: Client, queue: str = TASK_QUEUE) -> Checkup:
    """Whether a worker polls the task queue and takes a question: a dead one is known by its polls for minutes."""
    subject = msg("worker")
    last = await last_poll(client, queue)
    fresh = last is not None and datetime.now(UTC) - last < POLLS_WITHIN
    answers = last is not None and fresh and await _takes_questions(client, queue)
    if last is not None and answers:
        ago = (datetime.now(UTC) - last).total_seconds()
        return ok(subject, msg("task queue '{queue}' was polled {ago} seconds ago", queue=queue, ago=f"{ago:.0f}"))
    if answers is None:
        return missing(
            subject,
            msg("a worker polls the task queue '{queue}', takes a question and does not answer", queue=queue),
            msg("look into the workers' logs, and restart the one that hangs"),
        )
    seen = msg("; last poll {last} UTC", last=f"{last:%Y-%m-%d %H:%M}") if last else ""
    return missing(
        subject,
        msg("nobody polls the task queue '{queue}'{seen}", queue=queue, seen=seen),
        msg("start a worker: `unrack up`, or `python -m unrack.worker` where the credentials are"),
    )


async def _takes_questions(client: Client, queue: str) -> bool | None:
    """Whether a worker takes a question that needs no provider; None when one takes it and does not answer."""
    nothing = AccessCall(provider="stated", account="default", actions=())
    try:
        async with asyncio.timeout(_ANSWERED_WITHIN.total_seconds()):
            await check_access(client, nothing, queue, _TAKEN_WITHIN)
    except TimeoutError:
        return None
    except UnrackError as error:
        return error.problem.category is not Category.UNAVAILABLE
    return True


async def check_zones(client: Client, queue: str = TASK_QUEUE) -> Checkup:
    """Whether every worker counts local times by the same version of the time zone database as this machine."""
    subject, own = msg("time zones"), zones.version()
    try:
        found = await pollers(client, queue, within=timedelta(seconds=10))
    except RPCError as error:
        return unknown(subject, str(error))
    return judged_zones(subject, own, [each.identity for each in found])


def judged_zones(subject: str, own: str, workers: Iterable[str]) -> Checkup:
    """Judge the time zone versions that `workers` name against our `own`."""
    told = sorted({known for known in map(zones_of, workers) if known is not None})
    others = [msg("{host} uses {version}", host=host, version=version) for host, version in told if version != own]
    if not others:
        return ok(subject, msg("local times go by the time zone database {own}, here and at every worker", own=own))
    return missing(
        subject,
        msg("here local times are counted by the time zone database {own}; {join}", own=own, join=joined(", ", others)),
        msg(
            "install the same version of Unrack there, or update the machine's time zones (tzdata); "
            "runs keep the zones that their plans carry"
        ),
    )


async def check_reconciliation(client: Client, queue: str = TASK_QUEUE) -> Checkup:
    """Whether runs and services are compared every hour, and what the last comparison found."""
    subject, todo = msg("reconciliation"), "unrack reconcile --install"
    found = await schedule.describe(client, queue)
    if found is None:
        return missing(subject, msg("it is not scheduled; a worker does that when it starts, if it may"), todo)
    if found.schedule.state.paused:
        return missing(
            subject,
            msg("its schedule is paused: {value}", value=found.schedule.state.note or msg("no reason given")),
            todo,
        )
    if paused := await paused_reconciliations(client, queue):
        return missing(subject, joined("; ", paused), msg("{todo}, once no paused one is open", todo=todo))
    return told_of_last(await last_report(client, queue), found.info.created_at)


def told_of_last(last: ReconcileReport | None, scheduled: datetime) -> Checkup:
    """Whether the `last` reconciliation is recent enough, of a schedule made at `scheduled`, and what it found."""
    subject, every = msg("reconciliation"), msg("scheduled every {value} minutes", value=schedule.EVERY.seconds // 60)
    late = datetime.now(UTC) - (last.at if last else scheduled) > schedule.OVERDUE
    if late:
        seen = msg("the last one ended at {at}", at=f"{last.at:%Y-%m-%d %H:%M %Z}") if last else msg("none ever ended")
        return missing(
            subject,
            msg("{every}, and {seen}", every=every, seen=seen),
            msg("look into the workers' logs, and try it: unrack reconcile"),
        )
    if last is None:
        return ok(subject, msg("{every}; none yet", every=every))
    told = msg(
        "last {at}, {runs} runs, {verdict}", at=f"{last.at:%Y-%m-%d %H:%M %Z}", runs=last.runs, verdict=last.verdict
    )
    amiss = last.found_in_all or last.unread_in_all or last.unreadable
    return ok(subject, msg("{told}; see them with: unrack reconcile", told=told) if amiss else told)


async def check_holds(client: Client, queue: str = TASK_QUEUE) -> Checkup:
    """Which holds of the whole installation stand: nothing is wrong, but nothing moves that they hold."""
    subject = msg("holds")
    try:
        holds = await standing_holds(client, queue)
    except UnrackError as error:
        return from_error(subject, error)
    if not holds:
        return ok(subject, msg("no hold of the whole installation stands"))
    each = (
        msg(
            "{id} holds {words}, by {name}: {reason}",
            id=hold.id,
            words=hold.which.words,
            name=hold.known.name,
            reason=hold.reason,
        )
        for hold in holds
    )
    return Checkup(subject=subject, health=Health.OK, text=joined("; ", each), todo="unrack hold --list")


async def check_evidence(url: str) -> Checkup:
    """Whether evidence can be written and read back at `url`."""
    subject = msg("evidence store")
    try:
        store = EvidenceStore(url)
        probe = await store.hand_over(msg("doctor's probe"))
        await store.take(probe)
        await store.discard(probe)
    except UnrackError as error:
        return from_error(subject, error)
    return ok(subject, msg("can be written and read: {url}", url=url))


async def check_credentials(client: Client, calls: Sequence[AccessCall], queue: str = TASK_QUEUE) -> list[Checkup]:
    """Whether a worker's credentials work, and exactly which rights each lacks for the actions of its call.

    Nobody has accounts everywhere: where an account is set up at one provider, it need not be at the others.
    """
    answers = await asyncio.gather(*(_answer(client, call, queue) for call in calls))
    set_up = {
        call.account
        for call, access in zip(calls, answers, strict=True)
        if isinstance(access, AccessResult) and access.given is CredentialStatus.GIVEN
    }
    return [_checkup(call, access, set_up) for call, access in zip(calls, answers, strict=True)]


async def _answer(client: Client, call: AccessCall, queue: str) -> AccessResult | UnrackError:
    try:
        return await check_access(client, call, queue, _TAKEN_WITHIN)
    except UnrackError as error:
        return error


def _checkup(call: AccessCall, access: AccessResult | UnrackError, set_up: Collection[str]) -> Checkup:
    subject = credential_subject(call)
    if isinstance(access, UnrackError):
        waits = access.problem.category is Category.UNAVAILABLE
        return unknown(subject, access.problem.message) if waits else from_error(subject, access)
    if access.given is CredentialStatus.ABSENT and call.account in set_up:
        return Checkup(
            subject=subject,
            health=Health.UNUSED,
            text=msg("not set up; nothing of {provider} can run", provider=call.provider),
        )
    return told_of_access(call, access)


def credential_subject(call: AccessCall) -> str:
    """The credential that `call` is about."""
    return msg("credential {name}", name=f"{call.provider}/{call.account}")


def told_of_access(call: AccessCall, access: AccessResult) -> Checkup:
    """Whether the credential that was looked at works, has every right, and lasts."""
    subject = credential_subject(call)
    if access.problem is not None:
        rights = "".join(f"\n{right}" for right in access.problem.missing_rights)
        through = msg(" (through the proxy {proxy})", proxy=access.proxy) if access.proxy else ""
        return missing(subject, access.problem.message + through, access.problem.suggestion + rights)
    if access.missing:
        return missing(subject, msg("lacks {len} rights", len=len(access.missing)), _grant(access.missing))
    if access.end is not None and access.end.is_near(datetime.now(UTC)):
        todo = msg(
            "make a new one and give it to the workers; runs that need it after that stand still: {subject}",
            subject=subject,
        )
        return missing(
            subject, msg("works as {caller}, and {words}", caller=access.caller, words=access.end.words), todo
        )
    at = (msg(" at {endpoint}", endpoint=access.endpoint) if access.endpoint else "") + _through(access)
    ends = msg("; it {words}", words=access.end.words) if access.end else ""
    works = msg(
        "works as {caller}{at}, with every right for {len} actions{ends}",
        caller=access.caller,
        at=at,
        len=len(call.actions),
        ends=ends,
    )
    return Checkup(subject=subject, health=Health.OK, text=works, todo=access.unsaid)


def _through(access: AccessResult) -> str:
    return msg(" through the proxy {proxy}", proxy=access.proxy) if access.proxy else ""


def _grant(rights: Iterable[str]) -> str:
    return joined("\n", [msg("grant these to the credential:"), *rights])
