"""What is needed to call Cloudcraft for one account."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from unrack.providers.credentials import ClockScale, Credential, encrypted, require_own_machine

KEY_LENGTH = 44
"""Characters of an API key (cloudcraft-go, config.go)."""


class CloudcraftCredential(Credential):
    """An API key, made under User > API keys by a member of the account; the API needs a paid plan."""

    endpoint: str = "https://api.cloudcraft.co"
    api_key: Annotated[SecretStr, Field(min_length=KEY_LENGTH, max_length=KEY_LENGTH)]
    clock_scale: ClockScale = 1.0
    """How fast the endpoint's clock runs; anything but 1 is a simulator's."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_encrypted(cls, value: str) -> str:
        return encrypted(value)

    @model_validator(mode="after")
    def _own_clock_keeps_pace(self) -> Self:
        require_own_machine(self.endpoint, self.clock_scale)
        return self

    @property
    def url(self) -> str:
        """Where the API is called."""
        return self.endpoint


CREDENTIAL = CloudcraftCredential
"""The model that `unrack.providers.registry` reads."""
