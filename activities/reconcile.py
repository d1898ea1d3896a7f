"""The activity of reconciliation: it reads the engine and the providers, and touches neither."""

import asyncio
import base64
from binascii import crc32
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime

import structlog
from temporalio import activity

from activities._boundary import boundary, progress, remember, result_or_problem
from activities._tally import Account, Tally
from activities.ports import ProvidersPort, RunsPort
from unrack.contracts.reconciliation import (
    CompareCall,
    Discrepancy,
    Mismatch,
    ReconcileActivities,
    ReconcileReport,
    ServiceSeen,
)
from unrack.model.credential_end import CredentialEnd
from unrack.model.errors import Category, Problem
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.temporal import discrepancies
from unrack.temporal.visibility import Page

MOST_SERVICES = 5000
"""Services that one reconciliation reads: about what a provider answers in the hour until the next one. Where there are
more runs, each reconciliation reads another share of them, and says so."""

AT_ONCE = 5
"""Services that are read at one time."""

_ENDED = (Category.GONE, Category.NOT_FOUND)
"""How a provider says that a service is no more."""


class Reconcile(ReconcileActivities):
    """Looks at runs and services."""

    def __init__(self, providers: ProvidersPort, runs: RunsPort) -> None:
        """Read services at `providers`, and `runs`."""
        self._providers = providers
        self._runs = runs

    @activity.defn(name="compare-runs")
    async def compare_runs(self, call: CompareCall) -> ReconcileReport:
        """Goes through the runs page by page, and keeps only what does not fit.

        An attempt that dies is taken up by the next one at the page where it was.
        """
        async with boundary(queue=call.queue) as log:
            before = await self._before(call)
            share = await self._share(call, before)
            tally = _so_far() or Tally()
            if not tally.over:
                async for page in self._pages(call, tally):
                    await self._judge(page, tally, share)
                    _remember(tally, page)
            report = await self._report(call, tally, before)
            log.info("compared", runs=report.runs, found=report.found_in_all, unread=report.unread_in_all)
            return report

    async def _before(self, call: CompareCall) -> tuple[Discrepancy, ...]:
        """Return the discrepancies that the last report found."""
        before = await self._runs.last_report(call.queue)
        return before.found if before else ()

    async def _pages(self, call: CompareCall, tally: Tally) -> AsyncIterator[Page]:
        if call.only:
            yield await self._runs.these(call.queue, call.only)
            return
        async for page in self._runs.pages(call.queue, base64.b64decode(tally.after)):
            yield page

    async def _share(self, call: CompareCall, before: Sequence[Discrepancy]) -> "_Share":
        if call.only:
            return _Share(1, 0, frozenset())
        parts = -(-await self._runs.count(call.queue) // MOST_SERVICES)
        hours = int(datetime.now(UTC).timestamp() // 3600)
        return _Share(max(1, parts), hours % max(1, parts), frozenset(each.run for each in before))

    async def _judge(self, page: Page, tally: Tally, share: "_Share") -> None:
        due = [run for run in page.runs if share.due(run.run)]
        seen = await self._read(run.service for run in due)
        for service in seen.values():
            tally.read(service)
        for found in discrepancies.judge(page.runs, seen):
            tally.find(found)
        first = [run for run in page.runs if not (run.open and run.interference)]  # else it is seen a second time
        for run in first:
            if run.open:
                tally.need(run.service.provider, run.service.account)
        tally.runs += len(first)
        tally.not_due += len(page.runs) - len(due)
        tally.unreadable += page.unreadable

    async def _report(self, call: CompareCall, tally: Tally, before: Sequence[Discrepancy]) -> ReconcileReport:
        for was in before:
            if was.kind in discrepancies.LASTING and (not call.only or was.run in call.only):
                await self._forgotten(was, tally)
        for account in () if call.only else tally.accounts:
            await self._credential(account, tally)
        known = {each.key for each in before}
        found = sorted(tally.found, key=lambda each: (not each.urgent, each.run, each.kind))
        return ReconcileReport(
            at=datetime.now(UTC),
            queue=call.queue,
            runs=tally.runs,
            services=tally.services,
            found=tuple(each.model_copy(update={"known": each.key in known}) for each in found),
            found_in_all=tally.found_in_all,
            unread=tuple(tally.unread),
            unread_in_all=tally.unread_in_all,
            not_due=tally.not_due,
            unreadable=tally.unreadable,
            hints=await self._runs.hints(call.queue),
        )

    async def _forgotten(self, was: Discrepancy, tally: Tally) -> None:
        """Tells what the last report said of a run of which the server keeps nothing any more, not even a later one."""
        if await self._runs.keeps(was.run):
            return
        seen = await self._read([was.service])
        if (found := discrepancies.history_gone(was, seen.get(was.service))) is not None:
            tally.find(found)

    async def _credential(self, account: Account, tally: Tally) -> None:
        end = await result_or_problem(lambda: self._providers.get(account.provider, account.account).credential_end())
        if isinstance(end, CredentialEnd) and end.is_near(datetime.now(UTC)):
            tally.find(_ends(account, end))

    async def _read(self, services: Iterable[ServiceRef]) -> dict[ServiceRef, ServiceSeen]:
        several = asyncio.Semaphore(AT_ONCE)

        async def read(service: ServiceRef) -> ServiceSeen:
            async with several:
                return await self._seen(service)

        wanted = list(dict.fromkeys(services))
        return dict(zip(wanted, await asyncio.gather(*map(read, wanted)), strict=True))

    async def _seen(self, service: ServiceRef) -> ServiceSeen:
        with structlog.contextvars.bound_contextvars(service=service.service):
            found = await result_or_problem(lambda: self._facts(service))
        return _ended(service, found) if isinstance(found, Problem) else _shown(service, found)

    async def _facts(self, service: ServiceRef) -> ServiceFacts:
        return await self._providers.at(service).facts(service)


class _Share:
    """Which runs' services are read this time: all of them, or a share that moves on with each hour."""

    def __init__(self, parts: int, turn: int, always: frozenset[str]) -> None:
        self._parts = parts
        self._turn = turn
        self._always = always

    def due(self, run: str) -> bool:
        """Whether the service of `run` is read; what did not fit last time always is, so that it stays told."""
        return run in self._always or crc32(run.encode()) % self._parts == self._turn


def _so_far() -> Tally | None:
    """Return the tally of an attempt that died; None if there was none."""
    remembered = progress()
    return Tally.model_validate_json(remembered[0]) if remembered else None


def _remember(tally: Tally, page: Page) -> None:
    tally.after, tally.over = base64.b64encode(page.after).decode(), not page.after
    remember((tally.model_dump_json(),))


def _ends(account: Account, end: CredentialEnd) -> Discrepancy:
    named = f"{account.provider}/{account.account}"
    return Discrepancy(
        kind=Mismatch.CREDENTIAL_ENDS,
        run=named,
        run_id=end.at.isoformat() if end.at else "",
        service=ServiceRef(provider=account.provider, product="", service="", account=account.account),
        runbook="",
        text=msg(
            "the credential {named} {words}; open runs that need it: {runs}",
            named=named,
            words=end.words,
            runs=account.runs,
        ),
        todo=msg(
            "make a new one and give it to the workers, then: unrack doctor --account {account}",
            account=account.account,
        ),
        since=datetime.now(UTC),
    )


def _ended(service: ServiceRef, problem: Problem) -> ServiceSeen:
    """A service of which its provider says that it is no more, or one that could not be read."""
    return ServiceSeen(service=service, read=problem.category in _ENDED, words=problem.message[:500])


def _shown(service: ServiceRef, facts: ServiceFacts) -> ServiceSeen:
    planned = msg(", an end is planned") if facts.cancellation_planned else msg(", no end is planned")
    hanging = msg(", {len} things hang on it", len=len(facts.dependants))
    return ServiceSeen(
        service=service,
        read=True,
        there=facts.active,
        ending=facts.cancellation_planned,
        renews=facts.renews_automatically,
        words=f"{facts.state}{planned if facts.active else ''}{hanging if facts.active else ''}",
    )
