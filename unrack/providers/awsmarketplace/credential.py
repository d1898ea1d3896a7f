"""The credential for AWS Marketplace calls of one account."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator, model_validator

from unrack.providers.addresses import short_name
from unrack.providers.credentials import Credential, encrypted, filled

_APART = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""The partitions of AWS that share nothing with AWS itself, by how their regions begin."""
_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


class AwsCredential(Credential):
    """An access key of an IAM identity in the buyer's account, with its session token where it is a temporary one.

    A session that was opened with a second factor is a temporary one; AWS may ask for it (``MISSING_MFA``).
    """

    endpoint: str = ""
    """Where to call; empty for AWS's own address of the region."""
    region: str = "us-east-1"
    access_key_id: SecretStr
    secret_access_key: SecretStr
    session_token: SecretStr | None = None

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_encrypted(cls, value: str) -> str:
        return encrypted(value) if value else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = {"access_key_id": self.access_key_id, "secret_access_key": self.secret_access_key}
        if missing := [name for name, value in named.items() if not filled(value)]:
            raise ValueError(f"missing: {', '.join(missing)}")
        return self

    @property
    def address(self) -> str | None:
        """Short name of the part of AWS that is called; None for AWS itself, in every region, and for a simulator."""
        if self.endpoint and not (urlsplit(self.endpoint).hostname or "").endswith(_AWS):
            return short_name(self.endpoint)
        return next((name for prefix, name in _APART.items() if self.region.startswith(prefix)), None)

    @property
    def url(self) -> str:
        """Where the API is called (botocore, endpoints of ``marketplace-agreement``)."""
        china = ".cn" if self.region.startswith("cn-") else ""
        return self.endpoint or f"https://agreement-marketplace.{self.region}.amazonaws.com{china}"

    def secrets(self) -> tuple[str, ...]:
        """Every value that no error may repeat."""
        given = (self.secret_access_key, self.session_token)
        return tuple(value.get_secret_value() for value in given if value is not None and filled(value))


CREDENTIAL = AwsCredential
"""The model that `unrack.providers.registry` reads."""
