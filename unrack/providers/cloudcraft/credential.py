"""The credential for Cloudcraft calls of one account."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from unrack.providers.credentials import Credential, encrypted

KEY_LENGTH = 44
"""Characters of an API key (cloudcraft-go, config.go)."""


class CloudcraftCredential(Credential):
    """An API key, made under User > API keys by a member of the account; the API needs a paid plan."""

    endpoint: str = "https://api.cloudcraft.co"
    api_key: Annotated[SecretStr, Field(min_length=KEY_LENGTH, max_length=KEY_LENGTH)]

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_encrypted(cls, value: str) -> str:
        return encrypted(value)

    @property
    def url(self) -> str:
        """Where the API is called."""
        return self.endpoint


CREDENTIAL = CloudcraftCredential
"""The model that `unrack.providers.registry` reads."""
