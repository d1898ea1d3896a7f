import os

import pytest
from hypothesis import settings

from tests.unit.workflows.any_order.machine import AnyOrder

EXAMPLES = int(os.environ.get("UNRACK_EXAMPLES", "60"))
pytestmark = pytest.mark.timeout(120 + 2 * EXAMPLES)
TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize="UNRACK_EXAMPLES" not in os.environ,
)
