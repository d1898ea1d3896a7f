"""The play of a demo: operations, two approvers and an on-call engineer, each typing their own commands."""

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from unrack.cli.demo_installation import Stage
from unrack.cli.demo_person import command_for
from unrack.cli.demo_policy import APPROVERS, ON_CALL, OPERATOR, Cast
from unrack.cli.problems import ExitCode
from unrack.cli.render.formats import about, moment, span
from unrack.cli.screen import escape
from unrack.cli.watch import journal_line
from unrack.i18n import also_say
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.ids import RunId, undone_step
from unrack.model.lifecycle import Outcome, Phase, StepStatus
from unrack.model.message import joined, msg
from unrack.model.remembering import news
from unrack.model.state import OpenTask, RunReport
from unrack.operations.planning import read_request
from unrack.operations.reporting import plan_of, report_of

_GRACE_LEFT = {Outcome.CLOSED: timedelta(minutes=45), Outcome.REACTIVATED: timedelta(days=1)}
"""How much of the grace window is left when the clock was moved on: enough to be seen, or to roll the run back."""

_TIMEOUT = timedelta(minutes=5)
"""A demo in which nothing happens for so long is stuck."""

_POLL_EVERY = 0.3

_CABLE = "handover.remove-cross-connect"
"""The task in which people do something to the service itself, which the simulator must see."""


class Play:
    """Plays one run from plan to end."""

    def __init__(self, stage: Stage, people: Cast, request: Path, *, interactive: bool) -> None:
        """Play `request` on `stage` by `people`; `interactive` leaves each human step to the person at the keyboard."""
        wanted = read_request(request, stage.installation.settings.runbooks, stage.installation.settings.freezes)
        self.stage = stage
        self._people = people
        service = wanted.service
        self.run_id = str(RunId(provider=service.provider, product=service.product, service=service.service))
        self._service = service.service
        self._request = request
        self._interactive = interactive
        self._printed = 0
        self._moved_on: set[str] = set()
        self._turned = False
        self._tried_twice = False

    async def configuration(self) -> dict[str, Any]:
        """The service's configuration as the simulator itself has it."""
        found: dict[str, Any] = await self.stage.simulator("GET", f"/service/{self._service}/configuration")
        return found

    async def run(self, wanted: Outcome) -> RunReport:
        """Plan, launch, and play every human step until the run ends; returns its report.

        Raises:
            UnrackError: a step parked, the run ended otherwise than `wanted`, or nothing happens any more.
        """
        await self.stage.type("plan", str(self._request))
        words = ("launch", str(self._request), "--confirm", self._service)
        await self.stage.type(*words, *self._people.signing(OPERATOR))
        also_say((await plan_of(self.stage.client, self.run_id)).translations)
        idle = 0.0
        while (report := await report_of(self.stage.client, self.run_id)).outcome is None:
            happened = self._print_news(report) or await self._act(report, wanted)
            idle = 0.0 if happened else idle + _POLL_EVERY
            if idle > _TIMEOUT.total_seconds() and not self._interactive:
                raise UnrackError(self._stuck(report))
            await asyncio.sleep(_POLL_EVERY)
        self._print_news(report)
        if report.outcome is not wanted:
            raise UnrackError(self._otherwise(report, wanted))
        return report

    async def _act(self, report: RunReport, wanted: Outcome) -> bool:
        """The one thing that a person, or the clock, does now; whether there was one."""
        if report.state.parked:
            raise UnrackError(self._stuck(report))
        if report.state.tasks:
            await self._complete(report, next(iter(report.state.tasks.values())), wanted)
        elif self._waits_for_approval(report):
            await self._approve(report)
        elif wanted is Outcome.REACTIVATED and report.state.phase is Phase.GRACE and not self._turned:
            self._turned = True
            reason = "the customer still needs the connection"
            words = ("reactivate", self.run_id, "--reason", reason, "--yes", *self._people.signing(OPERATOR))
            await self._human(*words, done=lambda now: now.state.rollback is not None)
        else:
            return await self._move_on(report)
        return True

    def _waits_for_approval(self, report: RunReport) -> bool:
        return report.state.phase is Phase.APPROVAL and len(report.state.approvals) < len(APPROVERS)

    async def _approve(self, report: RunReport) -> None:
        given = {approval.by.name for approval in report.state.approvals}
        if given and not self._tried_twice:
            await self._try_twice(given.pop())
            return
        who = next(name for name in APPROVERS if name not in given)
        count = len(given)
        words = ("approve", self.run_id, "--yes", *self._people.signing(who))
        await self._human(*words, done=lambda now: len(now.state.approvals) > count, last_lines=2)

    async def _try_twice(self, who: str) -> None:
        """One person makes no quorum: the same approval again, which the run refuses and records."""
        self._tried_twice = True
        self.stage.say(msg("{who} tries to be the second person, too", who=who))
        words = ("approve", self.run_id, "--yes", *self._people.signing(who))
        await self.stage.type(*words, last_lines=0, code=ExitCode.REFUSED)

    async def _complete(self, report: RunReport, task: OpenTask, wanted: Outcome) -> None:
        if task.step.startswith(Phase.HANDOVER.value):
            await self._shorten_grace(report, _GRACE_LEFT[wanted])
        await self._cable(task)
        folder = self.stage.home / "example-evidence"
        now = report.state.now(datetime.now(UTC))  # as the run knows it: it reads no clock while it waits for people
        await self.stage.type("tasks", self.run_id)
        words = command_for(self.run_id, task, now, folder)
        await self._human(*words, *self._people.signing(ON_CALL), done=lambda later: task.step not in later.state.tasks)

    async def _cable(self, task: OpenTask) -> None:
        """Does at the simulator what the people at the point of presence do: pull the cable, or put it back."""
        back = undone_step(task.step)
        if (back or task.step) != _CABLE:
            return
        put_back = msg("at the point of presence the cable is put back")
        self.stage.say(put_back if back else msg("at the point of presence the cable is pulled"))
        await self.stage.simulator("POST", "/happenings", {"service": self._service, "light": bool(back)})

    async def _shorten_grace(self, report: RunReport, left: timedelta) -> None:
        """Move the clock to `left` before grace ends."""
        ends, now = report.purge_not_before, await self.stage.now()
        if ends is None or ends - now <= left:
            return
        text = msg(
            "grace would end on {ends}: the simulator's clock moves on to {left} before that",
            ends=moment(ends),
            left=span(left),
        )
        self.stage.say(text)
        await self.stage.advance_clock(ends - now - left)

    async def _move_on(self, report: RunReport) -> bool:
        """After the point of no return only the provider is waited for: move its clock on, and have the run look."""
        waiting = [
            step
            for step, state in report.state.steps.items()
            if state.status is StepStatus.WAITING and step not in report.state.tasks and step not in self._moved_on
        ]
        if report.state.passed_no_return_at is None or not waiting:
            return False
        step = waiting[0]
        self._moved_on.add(step)
        end, now = report.state.effective_at, await self.stage.now()
        ahead = end - now if end and end > now else timedelta(days=35)
        text = msg(
            "{step} waits for the provider: the simulator's clock moves on by {ahead}", step=step, ahead=about(ahead)
        )
        self.stage.say(text)
        await self.stage.advance_clock(ahead + timedelta(hours=1))
        await self.stage.type("wake", self.run_id)
        return True

    async def _human(self, *words: str, done: Callable[[RunReport], bool], last_lines: int | None = None) -> None:
        """A person's command: typed for them, or in an interactive demo by them; returns when it is `done`."""

        async def is_done() -> bool:
            return done(await report_of(self.stage.client, self.run_id))

        if not self._interactive or await _wait_for_enter(self.stage, words, is_done):
            await self.stage.type(*words, last_lines=last_lines)
        while not await is_done():  # noqa: ASYNC110 - the run is in another process and signals nothing here
            await asyncio.sleep(_POLL_EVERY)

    def _print_news(self, report: RunReport) -> bool:
        fresh = news(report.state, self._printed)
        self._printed = report.state.written
        for entry in fresh:
            self.stage.out.print("  " + journal_line(entry), soft_wrap=True)
        return bool(fresh)

    def _stuck(self, report: RunReport) -> Problem:
        why = (
            msg("{step}: {message}", step=each.step, message=each.problem.message)
            for each in report.state.parked.values()
        )
        parked = joined("; ", why) or msg("nothing happens")
        return Problem(
            category=Category.UNEXPECTED,
            message=msg(
                "the demo's run does not go on in phase {phase}: {parked}",
                phase=report.state.phase.value,
                parked=parked,
            ),
            suggestion=msg("look into the logs of server, simulator and worker"),
            reference=str(self.stage.home / "logs"),
        )

    def _otherwise(self, report: RunReport, wanted: Outcome) -> Problem:
        ended = report.outcome.value if report.outcome else msg("not at all")
        return Problem(
            category=Category.UNEXPECTED,
            message=msg("the demo's run ended {ended}, not {wanted}", ended=ended, wanted=wanted.value),
            suggestion=msg("read what happened: unrack history {run}", run=report.run),
            reference=str(self.stage.home / "logs"),
        )


async def _wait_for_enter(stage: Stage, words: tuple[str, ...], done: Callable[[], Awaitable[bool]]) -> bool:
    """Show a person the command that is theirs to type; whether they pressed Enter to have it typed for them.

    Args:
        stage: Where it is shown.
        words: The command.
        done: Whether they typed it elsewhere.
    """
    pressed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: (sys.stdin.readline(), pressed.set()))
    stage.out.print()
    stage.out.print(
        msg(
            "[bold yellow]Your turn.[/] Press Enter to have this typed, or type it yourself in another terminal:\n"
            "  UNRACK_HOME={home} {command}",
            home=escape(str(stage.home)),
            command=escape(shlex.join(["unrack", *words])),
        ),
        soft_wrap=True,
    )
    try:
        while not pressed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(pressed.wait(), 1)
            if not pressed.is_set() and await done():
                return False
    finally:
        loop.remove_reader(sys.stdin)
    return True
