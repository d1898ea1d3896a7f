"""The credential for one WHMCS."""

from typing import Self
from zoneinfo import ZoneInfo

from pydantic import SecretStr, field_validator, model_validator

from unrack.model.message import msg
from unrack.providers.addresses import short_name
from unrack.providers.credentials import Credential, encrypted, filled
from unrack.zones import zone


class WhmcsCredential(Credential):
    """An API credential of an admin user (Setup > Manage API credentials), limited by its API role."""

    endpoint: str
    """The address of the WHMCS, as ``https://billing.example.com``; ``/includes/api.php`` is added."""
    identifier: SecretStr
    secret: SecretStr
    access_key: SecretStr | None = None
    """The API access key, where the worker's address is not on the list of allowed ones."""
    time_zone: str | None = None
    """The zone in which this WHMCS writes its dates: they have none of their own. None: nobody said, so UTC, told."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_encrypted(cls, value: str) -> str:
        return encrypted(value)

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str | None) -> str | None:
        try:
            zone("UTC" if value is None else value)
        except ValueError:
            raise ValueError(msg("it is no time zone, as Europe/Paris is")) from None
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = {"identifier": self.identifier, "secret": self.secret}
        if missing := [name for name, value in named.items() if not filled(value)]:
            raise ValueError(f"missing: {', '.join(missing)}")
        return self

    @property
    def address(self) -> str | None:
        """Short name of this WHMCS: every installation numbers its services for itself. None for a simulator."""
        return short_name(self.endpoint)

    @property
    def url(self) -> str:
        """Where the API is called."""
        return self.endpoint

    def authentication(self) -> dict[str, str]:
        """The fields that every call carries."""
        key = self.access_key
        given = {"identifier": self.identifier.get_secret_value(), "secret": self.secret.get_secret_value()}
        return given | ({"accesskey": key.get_secret_value()} if key is not None and filled(key) else {})

    def zone(self) -> ZoneInfo:
        """The zone of its dates."""
        return zone("UTC" if self.time_zone is None else self.time_zone)


CREDENTIAL = WhmcsCredential
"""The model that `unrack.providers.registry` reads."""
