"""Where the time comes from, for services that nobody can read. No secret is needed."""

from pydantic import field_validator

from unrack.model.message import msg
from unrack.providers.credentials import Credential, is_loopback


class StatedCredential(Credential):
    """Nothing, as a rule: the worker's own clock counts. In a rehearsal, the simulator whose clock counts instead."""

    endpoint: str = ""
    """The address of a simulator on this machine, without a path; empty for the worker's own clock."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_on_this_machine(cls, value: str) -> str:
        if value and not is_loopback(value):
            raise ValueError(msg("it is not on this machine; only a simulator's clock can be named here"))
        return value.rstrip("/")

    @property
    def only_simulated(self) -> bool:
        """See `Credential.only_simulated`."""
        return True

    @property
    def url(self) -> str:
        """Where the simulator tells its time; empty for the worker's own clock."""
        return self.endpoint


CREDENTIAL = StatedCredential
"""The model that `unrack.providers.registry` reads."""
