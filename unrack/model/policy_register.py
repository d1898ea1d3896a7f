"""The policies that workers of one installation have registered: part of a pure fold, like its holds.

A worker registers the policy that it has. The highest version rules; of one version, the one that was registered first.
Anybody may send anything: a version counts for those who found its policy in the evidence store, under its digest.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from unrack.model.base import Frozen, Moment, is_default
from unrack.model.decision import DecisionId
from unrack.model.policy_ref import PolicyRef

MOST_POLICIES = 50
"""Versions that are known; a worker whose own was pushed out registers it again."""


class RegisterPolicy(Frozen):
    """The order to take note of a policy."""

    kind: Literal["policy"] = "policy"
    id: DecisionId
    policy: PolicyRef
    size: Annotated[int, Field(ge=1, le=64_000_000)]
    """Bytes of the policy in the evidence store, where it lies under its digest."""
    worker: Annotated[str, Field(max_length=200)] = ""
    """What the worker is called at the server."""
    silent: bool = Field(default=False, exclude_if=is_default)
    """Whether the policy has mail addresses of people and the worker has no mail server to tell them by."""


class RegisteredPolicy(Frozen):
    """A policy that a worker said it has."""

    policy: PolicyRef
    size: int
    at: Moment
    """The server's time."""


Policies = tuple[RegisteredPolicy, ...]
PoliciesOfWorkers = dict[str, PolicyRef]
"""The policy that each worker registered last, by what it is called."""


def registered(policies: Policies, order: RegisterPolicy, at: datetime) -> Policies:
    """The policies after `order`; the same one again changes nothing."""
    if any(each.policy == order.policy for each in policies):
        return policies
    return (*policies, RegisteredPolicy(policy=order.policy, size=order.size, at=at))[-MOST_POLICIES:]


def of_workers(known: PoliciesOfWorkers, order: RegisterPolicy) -> PoliciesOfWorkers:
    """Which worker has which policy after `order`, those that said so lately."""
    others = [(worker, policy) for worker, policy in known.items() if worker != order.worker]
    return dict([*others, (order.worker, order.policy)][-MOST_POLICIES:])


def silent_workers(known: tuple[str, ...], order: RegisterPolicy) -> tuple[str, ...]:
    """Which workers mail nobody after `order`, though the policy has addresses."""
    others = tuple(worker for worker in known if worker != order.worker)
    return (*others, order.worker)[-MOST_POLICIES:] if order.silent else others


def by_rank(policies: Policies) -> Policies:
    """The highest version first; of one version, the one that was registered first."""
    return tuple(sorted(policies, key=lambda each: -each.policy.version))


def order_for(policy: PolicyRef, size: int, worker: str, *, silent: bool = False) -> RegisterPolicy:
    """The order that registers the `policy` of `worker`."""
    key = f"policy-{policy.version}-{policy.digest[7:39]}"
    return RegisterPolicy(id=key, policy=policy, size=size, worker=worker[:200], silent=silent)
