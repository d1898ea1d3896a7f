"""A run on the simulator: real adapter, HTTP and runbook, with the provider's clock following the virtual one."""

import re
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor, Worker

from activities import Dependencies, build_activities
from tests.conformance.adapter import without_ids
from tests.workflows.harness import LAUNCHER, ON_CALL, Steered, approval, fresh, serving_runner
from tests.workflows.office import ANN, FAY, LEA, OMAR, Office
from unrack import simulator as sim
from unrack.contracts.simulator import KEY_VARIABLE
from unrack.evidence.store import EvidenceStore
from unrack.model.decision import Actor, Complete, Decision, DecisionResult, Reactivate
from unrack.model.errors import Category
from unrack.model.evidence import EvidenceRef
from unrack.model.form import KnownDay
from unrack.model.ids import undone_step
from unrack.model.known_days import known_days
from unrack.model.lifecycle import Phase
from unrack.model.plan import FieldType, FormField, Plan
from unrack.model.state import OpenTask, RunReport
from unrack.operations.launching import launch
from unrack.operations.planning import make_plan, read_request
from unrack.policy.enforcement import Enforcement, nothing_rules
from unrack.providers.credentials import Credentials
from unrack.providers.registry import Providers
from unrack.simulator.ledger import LedgerEntry
from unrack.simulator.ovhcloud.scenario_events import ScenarioEvent, happen
from unrack.simulator.vendors import VENDORS
from unrack.temporal.arrivals import EngineArrivals
from unrack.temporal.engine_holds import EngineHolds
from unrack.temporal.visibility import EngineSurvey
from workflows import WORKFLOWS

_ROOT = Path(__file__).parents[2]
RUNBOOKS, EXAMPLES = _ROOT / "runbooks", _ROOT / "examples"
CABLE = "handover.remove-cross-connect"
"""The task after which no light arrives at the port."""
_APPROVERS = ("ann", "bob", "cy")
_PRINCIPALS = {"ann": ANN, "bob": FAY, "omar": OMAR}
_TOKEN = re.compile(r"confirmTerminate\?id=\w+&token=(\w+)")
_AT_ONCE = timedelta(milliseconds=10)


@dataclass
class ProviderTime(Interceptor):
    """Sets the simulator's clock, before every activity, to the virtual time at which the workflow asked for it.

    Waits between attempts at an activity are real, since the server skips none: here they pass at the provider alone.
    """

    simulator: sim.Simulator
    ahead: timedelta = timedelta(0)
    """What passed at the provider while activities waited for their next attempt."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Stands before every activity."""
        return _AtVirtualTime(next, self)

    def follow(self, virtual: datetime) -> None:
        """Shows `virtual` and whatever is ahead of it; never goes back."""
        wanted = virtual + self.ahead
        if wanted > self.simulator.clock.now():
            with suppress(ValueError):  # its clock went on meanwhile, past the wanted time
                self.simulator.set_clock(wanted)


class _AtVirtualTime(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, time: ProviderTime) -> None:
        super().__init__(inner)
        self._time = time

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 - the SDK's signature
        info, asked = activity.info(), getattr(input.args[0], "asked_at", None)
        known = [asked] if info.is_local else [asked, info.current_attempt_scheduled_time]
        for moment in filter(None, known):
            self._time.follow(moment)
        try:
            return await super().execute_activity(input)
        except ApplicationError as error:
            if error.type != Category.NOT_YET.value or error.next_retry_delay is None:
                raise
            self._time.ahead += error.next_retry_delay
            raise ApplicationError(
                error.message, *error.details, type=error.type, next_retry_delay=_AT_ONCE, category=error.category
            ) from None


@dataclass
class Rehearsed(Steered):
    """A run on the simulator."""

    simulator: sim.Simulator
    evidence: EvidenceStore
    queue: str
    began: datetime
    """The provider's time at the launch."""
    office: Office | None = None
    """Whoever signs the decisions; None: they are stated."""

    async def decide(self, decision: Decision) -> DecisionResult:
        """The run's answer, to a signed decision where it is led by signatures."""
        if self.office is not None:
            by, now = _PRINCIPALS[decision.by.name], await self.env.get_current_time(self.handle)
            state = (await self.report()).state
            decision = self.office.sign(self.plan, state, decision, by, at=now, expires=now + timedelta(days=1))
        return await super().decide(decision)

    @property
    def ledger(self) -> list[LedgerEntry]:
        """What took effect at the provider."""
        return [entry for entry in self.simulator.ledger() if entry.took_effect]

    @property
    def calls(self) -> list[str]:
        """What took effect, with every id as ``*``: ``DELETE /vrack/*/ovhCloudConnect/*``."""
        return [nameless(entry) for entry in self.ledger]

    def configuration(self) -> Any:  # noqa: ANN401 - any JSON
        """The service's configuration by the simulator's own account, without ids that it assigns."""
        return without_ids(self.simulator.configuration(sim.DEMO_SERVICE))

    async def until_task(self, step: str) -> OpenTask:
        """Waits until the task opens; nothing may park on the way."""
        seen = await self.until(step, lambda report: step in report.state.tasks or bool(report.state.parked))
        assert seen.state.parked == {}
        return seen.state.tasks[step]

    async def until_phase(self, phase: Phase) -> RunReport:
        """Waits until the run is in `phase`."""
        return await self.until(phase, lambda report: report.state.phase is phase)

    async def approve(self) -> None:
        """As many people as the plan wants, none of whom launched it, look at the run as it is now, and approve."""
        revision = (await self.report()).state.revision
        for name in _APPROVERS[: self.plan.approval.quorum]:
            assert (await self.decide(approval(self.plan, name, revision))).good

    async def complete(self, step: str, **given: str) -> DecisionResult:
        """Completes the task as a person would: every wanted field, every wanted proof in the real store."""
        task = await self.until_task(step)
        await self.prepared(task)
        answer = await self.decide(await completion(self.evidence, task, self.simulator.clock.now(), **given))
        assert answer.good, answer.message
        return answer

    async def prepared(self, task: OpenTask) -> None:
        """What must be so before a person can complete `task` honestly.

        The cable is pulled or put back, and the day has come on which the next invoice would have been due.
        """
        back = undone_step(task.step)
        if (back or task.step) == CABLE:
            self.light(on=back is not None)
        if any(field.not_before == KnownDay.NEXT_INVOICE for field in task.form.fields):
            now = self.simulator.clock.now()
            state = (await self.report()).state
            due = known_days(self.plan, state, now).days[KnownDay.NEXT_INVOICE]
            ahead = datetime.combine(due, time(1), UTC) - now
            if ahead > timedelta(0):
                await self.forward(ahead)
                self.simulator.set_clock(now + ahead)

    def light(self, *, on: bool) -> None:
        """Somebody plugs the cable in, or pulls it."""
        name = self.plan.service.service
        self.simulator.happen(lambda world, now: happen(world, ScenarioEvent(service=name, light=on), now))

    async def token(self) -> str:
        """The token in the newest mail that has one, as a person copies it."""
        self.simulator.set_clock(advance=timedelta(minutes=30))
        links = [match for mail in self.simulator.mail() if (match := _TOKEN.search(mail.body))]
        return links[-1][1]

    async def reactivate(self) -> DecisionResult:
        """Somebody still needs the service."""
        return await self.decide(Reactivate(id=fresh(), by=ON_CALL, reason="still needed"))

    async def to_grace(self) -> None:
        """Everything up to grace, people included."""
        await self.to_handover()
        await self.complete("handover.remove-cross-connect")
        await self.until_phase(Phase.GRACE)

    async def to_handover(self) -> None:
        """Everything until the cable's task opens."""
        await self.to_approval()
        await self.approve()
        await self.until_task("handover.remove-cross-connect")

    async def to_approval(self) -> None:
        """Preflight, with the attestations of people."""
        while (report := await self._pausing()).state.phase is Phase.PREFLIGHT:
            for step in report.state.tasks:
                await self.complete(step)

    async def _pausing(self) -> RunReport:
        return await self.until(
            "a task or the approval", lambda report: bool(report.state.tasks) or report.state.phase is Phase.APPROVAL
        )


async def completion(store: EvidenceStore, task: OpenTask, now: datetime, **given: str) -> Complete:
    """What a person answers: every wanted field, as `given` or invented, and every wanted proof, kept in `store`."""
    fields = {wanted.name: given.get(wanted.name) or _value(wanted, now) for wanted in task.form.fields}
    wanted = [proof.type for proof in task.form.evidence if proof.required]
    proofs = tuple([await _proof(store, kind, now) for kind in wanted])
    return Complete(id=fresh(), by=ON_CALL, step=task.step, fields=fields, evidence=proofs)


async def _proof(store: EvidenceStore, kind: str, now: datetime) -> EvidenceRef:
    content = f"{kind} on {now}".encode()
    return await store.put(
        content, type=kind, name=f"{kind}.txt", media_type="text/plain", source="person:omar", taken_at=now
    )


def nameless(entry: LedgerEntry) -> str:
    """The call with every id as ``*``."""
    path = re.sub(r"/(\d+|pn-\d+|[0-9a-f-]{36})(?=/|$)", "/*", entry.path)
    return f"{entry.method} {path}"


@asynccontextmanager
async def rehearsal(  # noqa: PLR0913 - what differs from one rehearsal to the next
    env: WorkflowEnvironment,
    folder: Path,
    request: str,
    seed: sim.Seed,
    *,
    cached: int = 1000,
    environment: Mapping[str, str] = MappingProxyType({}),
    before: Callable[[sim.Simulator], None] = lambda _: None,
    notify: tuple[str, ...] = (),
    office: Office | None = None,
    **changed: object,
) -> AsyncGenerator[Rehearsed]:
    """Plans and launches the example `request`, with some fields `changed`, on a simulator seeded with `seed`.

    A worker that keeps no run in its cache (`cached` 0) replays the history at every task, as after a restart.
    `environment` are credentials beside those that open the simulator; `before` happens before the plan is made;
    `notify` are the places where people are told; `office` has the policy and the keys of a run led by signatures.
    """
    simulator = sim.Simulator.create(folder / "provider", seed)
    before(simulator)
    evidence = EvidenceStore((folder / "evidence").as_uri())
    queue = f"test-{uuid.uuid4().hex}"
    async with simulator.serve() as url:
        providers = Providers(Credentials({**environment_of(url, simulator.key_file), **environment}))
        async with (
            _closing(providers),
            Worker(
                env.client,
                task_queue=queue,
                workflows=WORKFLOWS,
                activities=build_activities(
                    Dependencies(
                        providers,
                        evidence,
                        EngineHolds(env.client),
                        notify,
                        runs=EngineSurvey(env.client),
                        access=office or Enforcement(nothing_rules, allow_stated=False),
                        arrivals=EngineArrivals(env.client),
                    )
                ),
                interceptors=[ProviderTime(simulator)],
                workflow_runner=serving_runner(),  # as a worker that serves
                max_cached_workflows=cached,
            ),
        ):
            wish = read_request(EXAMPLES / request, [RUNBOOKS])
            wish = replace(wish, request=wish.request.model_copy(update=changed))
            plan = await make_plan(env.client, wish, queue)
            await _end_left_over(env, plan)
            by, proof = (LAUNCHER, None) if office is None else (Actor(name=LEA), office.launch(plan))
            run = await launch(env.client, plan, by, queue, proof=proof)
            handle = env.client.get_workflow_handle(run, result_type=RunReport)
            one = Rehearsed(env, handle, plan, simulator, evidence, queue, simulator.clock.now(), office)
            try:
                yield one
            finally:
                with suppress(RPCError):  # it has ended by itself
                    await handle.terminate("the test is over")
    simulator.close()


@asynccontextmanager
async def _closing(providers: Providers) -> AsyncGenerator[None]:
    """Closes them whatever happens: what a failed test leaves open would fail the next one."""
    try:
        yield
    finally:
        await providers.close()


async def _end_left_over(env: WorkflowEnvironment, plan: Plan) -> None:
    """Ends the run of the same service that a test left open: one that ran out of time cannot clean up after itself."""
    with suppress(RPCError):  # there is none
        await env.client.get_workflow_handle(str(plan.run_id)).terminate("left over by another test")


def environment_of(url: str, key_file: Path | None = None) -> dict[str, str]:
    """Credentials that open every vendor of the simulator at `url`, which is known by the key in `key_file`."""
    prefix = "UNRACK_OVHCLOUD_DEFAULT_"
    return (
        {
            f"{prefix}ENDPOINT": f"{url}/1.0",
            f"{prefix}APPLICATION_KEY": sim.APPLICATION_KEY,
            f"{prefix}APPLICATION_SECRET": sim.APPLICATION_SECRET,
            f"{prefix}CONSUMER_KEY": sim.CONSUMER_KEY,
            "UNRACK_STATED_DEFAULT_ENDPOINT": url,
        }
        | {
            f"UNRACK_{vendor.name}_DEFAULT_{field}".upper(): str(value)
            for vendor in VENDORS
            for field, value in vendor.credentials(url).items()
        }
        | ({KEY_VARIABLE: str(key_file)} if key_file else {})
    )


def _value(wanted: FormField, now: datetime) -> str:
    values = {
        FieldType.TEXT: "as ordered",
        FieldType.DATE: now.date().isoformat(),
        FieldType.YES: "yes",
        FieldType.CHOICE: next(iter(wanted.choices), ""),
    }
    return values[wanted.type]
