"""The request for one run, as operations write it."""

from typing import Annotated

from pydantic import Field

from unrack.model.base import Frozen, JsonScalar, is_default
from unrack.model.lifecycle import Timing
from unrack.model.people import OneLine, Why
from unrack.model.stated import Stated


class RequestedService(Frozen):
    """The service a request names; provider and product come from the runbook."""

    id: Annotated[str, Field(min_length=1)]
    account: str = "default"


class Request(Frozen):
    """One cancellation, as asked for."""

    runbook: str
    service: RequestedService
    reason: Why
    """Why the service goes; shown to approvers and kept for auditors (S0.6)."""
    timing: Timing | None = None
    """None takes the runbook's default."""
    ticket: OneLine | None = None
    """The change ticket that allows this."""
    owner: OneLine | None = None
    """Who answers for the service inside the company."""
    parameters: dict[str, JsonScalar] = Field(default_factory=dict)
    """Values for the parameters that the runbook declares."""
    stated: Stated | None = Field(default=None, exclude_if=is_default)
    """The facts of the service, for a runbook whose provider cannot be asked (``facts: stated``)."""
    freezes: str | None = Field(default=None, exclude_if=is_default)
    """An iCalendar file with times in which nothing may be purged, beside the request's own file."""
