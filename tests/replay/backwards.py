"""A workflow with a bug that was never released: it takes the steps of each phase in the wrong order.

The history that it recorded is kept to fail: a replay that lets it pass sees nothing.
"""

from temporalio import workflow

from unrack.contracts.workflows import DECOMMISSION, RunStart
from unrack.model.lifecycle import LIFECYCLE
from unrack.model.plan import Plan
from unrack.model.state import RunReport
from workflows.decommission import DecommissionWorkflow


@workflow.defn(name=DECOMMISSION)
class BackwardWorkflow(DecommissionWorkflow):
    """The workflow with that bug."""

    @workflow.init
    def __init__(self, start: RunStart) -> None:
        super().__init__(start)
        self._context.plan = _backwards(start.plan)

    @workflow.run
    async def run(self, start: RunStart) -> RunReport:
        """As the right one."""
        return await super().run(start)


def _backwards(plan: Plan) -> Plan:
    steps = tuple(step for phase in LIFECYCLE for step in reversed(plan.in_phase(phase)))
    return plan.model_copy(update={"steps": steps})
