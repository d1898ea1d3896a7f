"""When the server had a signalled decision: its own time of the signal, as the run's history has it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from unrack.contracts.workflows import DECISION_SIGNAL
from unrack.model.decision import Envelope
from unrack.model.statement import Proof

_SIGNALLED = "workflow_execution_signaled_event_attributes"


class EngineArrivals:
    """Reads histories by a client."""

    def __init__(self, client: Client) -> None:
        """Ask by `client`."""
        self._client = client

    async def since_when(self, run: str, execution: str, proofs: Sequence[Proof]) -> Sequence[datetime | None]:
        """The time of the first signal of a decision with each of these proofs.

        The whole proof is compared, so nothing else that somebody sent in time makes a late decision an early one.

        Args:
            run: The workflow's id.
            execution: The run id of the history to read: the one that took the signals in has them.
            proofs: What to look for.

        Returns:
            Of each its time; None of what came as an update, or not at all.

        Raises:
            RPCError: the server does not answer.
        """
        found: list[datetime | None] = [None] * len(proofs)
        async for event in self._client.get_workflow_handle(run, run_id=execution).fetch_history_events():
            proof = await self._proof(event)
            for place, each in enumerate(proofs):
                if found[place] is None and each == proof:
                    found[place] = event.event_time.ToDatetime(tzinfo=UTC)
            if None not in found:
                break
        return found

    async def _proof(self, event: HistoryEvent) -> Proof | None:
        signalled = event.workflow_execution_signaled_event_attributes
        if event.WhichOneof("attributes") != _SIGNALLED or signalled.signal_name != DECISION_SIGNAL:
            return None
        try:
            (envelope,) = await self._client.data_converter.decode(signalled.input.payloads, [Envelope])
        except Exception:  # noqa: BLE001 - whatever a stranger's payload makes the converter raise; it is no decision
            return None
        return envelope.decision.proof
