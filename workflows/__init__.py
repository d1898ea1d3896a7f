"""WHEN it happens: deterministic code only. It knows the model, the contracts and Temporal, and nothing else."""

from temporalio.common import VersioningBehavior

from workflows.decommission import DecommissionWorkflow
from workflows.inquiry import InquiryWorkflow
from workflows.installation import InstallationHoldsWorkflow
from workflows.reconcile import ReconcileWorkflow

WORKFLOWS = (DecommissionWorkflow, InquiryWorkflow, ReconcileWorkflow, InstallationHoldsWorkflow)
"""A worker registers these, and a replayer needs them."""

VERSIONING = VersioningBehavior.PINNED
"""How every workflow behaves on a versioned worker: it stays on the build that started it and moves at a quiet point.

It is given to the worker's deployment configuration and not to each class, because a real server rejects a class that
states a behaviour on a worker without a deployment version."""
