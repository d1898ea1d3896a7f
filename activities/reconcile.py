"""The activities of reconciliation: they read the engine and the providers, and touch neither."""

import structlog
from temporalio import activity

from activities._boundary import boundary, result_or_problem
from activities.ports import ProvidersPort, RunsPort
from unrack.contracts.reconciliation import (
    LookedOver,
    LookOverCall,
    ReconcileActivities,
    ServiceSeen,
    Survey,
    SurveyCall,
)
from unrack.model.errors import Category, Problem
from unrack.model.service import ServiceFacts, ServiceRef

_ENDED = (Category.GONE, Category.NOT_FOUND)
"""How a provider says that a service is no more."""


class Reconcile(ReconcileActivities):
    """Looks at runs and services."""

    def __init__(self, providers: ProvidersPort, runs: RunsPort) -> None:
        """Read services at `providers`, and `runs`."""
        self._providers = providers
        self._runs = runs

    @activity.defn(name="survey")
    async def survey(self, call: SurveyCall) -> Survey:
        """What Temporal shows of the runs."""
        async with boundary(queue=call.queue) as log:
            survey = await self._runs.survey(call)
            log.info("surveyed", runs=len(survey.runs), gone=sum(run.gone for run in survey.runs))
            return survey

    @activity.defn(name="look-over")
    async def look_over(self, call: LookOverCall) -> LookedOver:
        """What the providers show of some services; one that cannot be read is part of the answer."""
        async with boundary(services=str(len(call.services))) as log:
            seen = tuple([await self._seen(service) for service in call.services])
            log.info("looked-over", services=len(seen), unread=sum(not each.read for each in seen))
            return LookedOver(services=seen)

    async def _seen(self, service: ServiceRef) -> ServiceSeen:
        with structlog.contextvars.bound_contextvars(service=service.service):
            found = await result_or_problem(lambda: self._facts(service))
        return _ended(service, found) if isinstance(found, Problem) else _shown(service, found)

    async def _facts(self, service: ServiceRef) -> ServiceFacts:
        return await self._providers.at(service).facts(service)


def _ended(service: ServiceRef, problem: Problem) -> ServiceSeen:
    """A service of which its provider says that it is no more, or one that could not be read."""
    return ServiceSeen(service=service, read=problem.category in _ENDED, words=problem.message[:500])


def _shown(service: ServiceRef, facts: ServiceFacts) -> ServiceSeen:
    planned = ", an end is planned" if facts.cancellation_planned else ", no end is planned"
    hanging = f", {len(facts.dependants)} things hang on it"
    return ServiceSeen(
        service=service,
        read=True,
        there=facts.active,
        ending=facts.cancellation_planned,
        renews=facts.renews_automatically,
        words=f"{facts.state}{planned if facts.active else ''}{hanging if facts.active else ''}",
    )
