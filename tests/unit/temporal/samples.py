"""A workflow that is given wrong things."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.common import RetryPolicy


class Parcel(BaseModel):
    """What the sample takes and gives."""

    weight: int
    token: str = ""


@activity.defn(name="weigh")
async def weigh(parcel: Parcel) -> Parcel:
    """Gives back what it got."""
    return parcel


@activity.defn(name="weigh-wrongly")
async def weigh_wrongly() -> dict[str, str]:
    """Gives what the workflow does not expect."""
    return {"weight": "heavy"}


@workflow.defn(name="Sample")
class Sample:
    """Waits until it is told to end; counts what reaches it."""

    @workflow.init
    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.signals = 0
        self.over = False

    @workflow.run
    async def run(self, parcel: Parcel) -> int:
        """Does what the parcel's token says."""
        if parcel.token == "wrong-result":
            await workflow.execute_activity(
                "weigh-wrongly", result_type=Parcel, start_to_close_timeout=timedelta(seconds=10)
            )
        if parcel.token == "wrong-input":
            await workflow.execute_activity(
                "weigh",
                {"weight": "heavy"},
                retry_policy=RetryPolicy(maximum_attempts=1),
                start_to_close_timeout=timedelta(seconds=10),
            )
        await workflow.wait_condition(lambda: self.over)
        return self.signals

    @workflow.signal
    def add(self, parcel: Parcel) -> None:
        """Counts a parcel."""
        self.signals += parcel.weight

    @workflow.signal
    def end(self) -> None:
        """Ends the run."""
        self.over = True

    @workflow.update
    async def swap(self, parcel: Parcel) -> Parcel:
        """Takes a parcel for the one it had."""
        self.parcel, before = parcel, self.parcel
        return before
