"""The register of the installation's holds, as the recorded events of its workflow have it. No worker is asked.

It takes signals, the moments at which a worker is asked about orders, and what workers answered; the workflow does the
same with the same functions, and comes to the same holds.
"""

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from unrack.contracts.installation_holds import JUDGE_ORDERS, SIGNALS, HoldsStart, NoOrderError, order_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.installation_hold import HoldRegister, Order, Recorded, fold, refuse
from unrack.model.installation_order import Judgement, digest_of_order
from unrack.model.judged_orders import settled, taken
from unrack.model.message import msg

_STOPPED = (
    "workflow_execution_terminated_event_attributes",
    "workflow_execution_failed_event_attributes",
    "workflow_execution_timed_out_event_attributes",
    "workflow_execution_canceled_event_attributes",
    "workflow_execution_completed_event_attributes",
)
_GOES_ON = "workflow_execution_continued_as_new_event_attributes"


class RegisterHistory:
    """The register after every event of its latest history."""

    def __init__(self, client: Client, order: Order | None = None) -> None:
        """Read with the converter of `client`.

        Args:
            client: A client of the server.
            order: Whose answer is wanted. What does not count is soon forgotten, so it is noticed where it is given.
        """
        self._decode = client.data_converter.decode
        self._order = order
        self._digest = digest_of_order(order) if order is not None else ""
        self._judging: set[int] = set()
        self._last = ""
        self.register = HoldRegister()
        self.answer: Recorded | None = None
        """The answer to the order; of one that was refused several times, the last."""
        self.answered_at: datetime | None = None
        """The server's time of that answer."""

    @property
    def goes_on(self) -> bool:
        """Whether another history has begun since."""
        return self._last == _GOES_ON

    @property
    def is_open(self) -> bool:
        """Whether its workflow runs."""
        return bool(self._last) and self._last not in _STOPPED

    async def read(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Reads the latest history of the register's workflow; there may be none.

        Raises:
            UnrackError: another version recorded it (``UNAVAILABLE``).
            RPCError: the server does not answer.
        """
        try:
            async for event in handle.fetch_history_events():
                before = self.register
                self._last = event.WhichOneof("attributes") or "unknown"
                await self._take(event)
                if self.register is not before:
                    self._look(before, event)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    def _look(self, before: HoldRegister, event: HistoryEvent) -> None:
        if self._order is None:
            return
        if (answer := self.register.answers.get(self._order.id)) is not None:
            self.answer, self.answered_at = answer, _time(event)
            return
        for each in self.register.denied:
            if each.digest == self._digest and each not in before.denied:
                self.answer, self.answered_at = Recorded(refused=each.words, why=each.why), _time(event)

    async def _take(self, event: HistoryEvent) -> None:
        match self._last:
            case "workflow_execution_started_event_attributes":
                self.register = await self._carried(event)
            case "workflow_execution_signaled_event_attributes":
                await self._signalled(event)
            case "activity_task_scheduled_event_attributes":
                self._asked(event)
            case "activity_task_completed_event_attributes":
                await self._judged(event)
            case _:
                pass

    def _asked(self, event: HistoryEvent) -> None:
        if event.activity_task_scheduled_event_attributes.activity_type.name == JUDGE_ORDERS:
            self._judging.add(event.event_id)
            self.register = taken(self.register)

    async def _judged(self, event: HistoryEvent) -> None:
        done = event.activity_task_completed_event_attributes
        if done.scheduled_event_id not in self._judging:
            return
        try:
            (found,) = await self._decode(done.result.payloads, [Judgement])
        except (ValidationError, ApplicationError, ValueError, RuntimeError, KeyError) as error:
            raise UnrackError(_unreadable(str(event.event_id))) from error
        self.register = settled(self.register, found)

    async def _signalled(self, event: HistoryEvent) -> None:
        signalled = event.workflow_execution_signaled_event_attributes
        if signalled.signal_name not in SIGNALS:
            return
        try:
            given: list[object] = await self._decode(signalled.input.payloads)
        except Exception:  # noqa: BLE001 - whatever a stranger's payload makes the converter raise; a worker drops it, too
            return
        try:
            order = order_of(signalled.signal_name, given)
        except NoOrderError as error:
            self.register = refuse(self.register, str(error))
            return
        self.register = fold(self.register, order, _time(event))

    async def _carried(self, event: HistoryEvent) -> HoldRegister:
        """Decode the register that the history begins with. A stranger's first history gives an empty one."""
        started = event.workflow_execution_started_event_attributes
        try:
            (start,) = await self._decode(started.input.payloads, [HoldsStart])
        except (ValidationError, ApplicationError, ValueError, RuntimeError, KeyError) as error:
            if started.continued_execution_run_id:
                raise UnrackError(_unreadable(started.continued_execution_run_id)) from error
            return HoldRegister()
        return start.holds


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


def _unreadable(reference: str) -> Problem:
    return Problem(
        category=Category.UNAVAILABLE,
        message=msg("the holds of the whole installation were recorded by another version, and cannot be read"),
        suggestion=msg("use the version that the workers run"),
        reference=reference,
    )
