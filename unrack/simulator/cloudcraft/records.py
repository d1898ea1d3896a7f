"""Records of the simulated Cloudcraft."""

from typing import Literal

from unrack.model.base import Frozen, Moment


class Subscription(Frozen):
    """The account's plan, and its habits."""

    plan: Literal["pro", "free"] = "pro"
    cycle_ends_at: Moment
    cycle_months: int = 1
    cancelled: bool = False
    """Whether the owner cancelled: the account then drops to the free plan at the end of the cycle (S3.2)."""
    renews: bool = True
    """False when it was bought through Datadog's sales (S3.6)."""
    api_on_free_plan: bool = False
    """Whether the API goes on after the downgrade. Not published; assumed not: it is part of the paid plan."""
    rendering: float = 2
    """Provider seconds from the first request for a picture until it is ready; until then the answer is 202."""


class User(Frozen):
    """A member, and the API key that speaks for it."""

    id: str
    name: str
    email: str
    role: Literal["owner", "member"]
    api_key: str | None = None


class Blueprint(Frozen):
    """A diagram."""

    id: str
    name: str
    grid: Literal["standard", "infinite"] = "standard"
    creator: str
    nodes: int = 1
    changed_at: Moment


class Cloud(Frozen):
    """A linked AWS account or Azure subscription."""

    id: str
    source: Literal["aws", "azure"]
    name: str
    number: str
    """The AWS account, or the Azure subscription."""


class Rendering(Frozen):
    """A picture that was asked for."""

    key: str
    ready_at: Moment
