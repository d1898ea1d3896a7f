"""Names of task queues that are promised."""

from unrack.contracts.workflows import TASK_QUEUE, provider_queue


def test_each_provider_has_a_queue_name_of_its_own() -> None:
    """Reserved for limits on one provider's calls; it is no other installation's by accident of spelling."""
    assert provider_queue(TASK_QUEUE, "ovhcloud") == "unrack.ovhcloud"
    assert provider_queue("paris", "dns") != provider_queue("paris.dns", "dns")
