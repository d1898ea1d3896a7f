"""Where the time comes from, for services that nobody can read. No secret is needed."""

from typing import Self

from pydantic import field_validator, model_validator

from unrack.providers.credentials import ClockScale, Credential, is_loopback, require_own_machine


class StatedCredential(Credential):
    """Nothing, as a rule: the worker's own clock counts. In a rehearsal, the simulator whose clock counts instead."""

    endpoint: str = ""
    """The address of a simulator on this machine, without a path; empty for the worker's own clock."""
    clock_scale: ClockScale = 1.0
    """How fast that simulator's clock runs."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_on_this_machine(cls, value: str) -> str:
        if value and not is_loopback(value):
            raise ValueError("it is not on this machine; only a simulator's clock can be named here")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _own_clock_keeps_pace(self) -> Self:
        require_own_machine(self.endpoint, self.clock_scale)
        return self

    @property
    def url(self) -> str:
        """Where the simulator tells its time; empty for the worker's own clock."""
        return self.endpoint


CREDENTIAL = StatedCredential
"""The model that `unrack.providers.registry` reads."""
