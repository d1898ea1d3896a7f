"""The credential for OVHcloud calls of one account."""

from typing import Self
from urllib.parse import urlsplit

from ovh.client import ENDPOINTS, OAUTH2_TOKEN_URLS  # pyright: ignore[reportMissingTypeStubs]
from pydantic import SecretStr, field_validator, model_validator

from unrack.model.message import msg
from unrack.providers.addresses import short_name
from unrack.providers.credentials import Credential, encrypted, filled

_SECRET_FIELDS = ("application_key", "application_secret", "consumer_key", "client_id", "client_secret")

_DEFAULT = "ovh-eu"
_NAMES = {urlsplit(url).hostname: name for name, url in ENDPOINTS.items()} | {
    "api.ovh.com": _DEFAULT,
    "api.eu.ovhcloud.com": _DEFAULT,
    "api.ca.ovhcloud.com": "ovh-ca",
}
"""Endpoints by host, whatever version of the API is called there: ``api.ovh.com`` is an older name of OVHcloud EU, and
the hosts below ``ovhcloud.com`` are the new ones (python-ovh, pull request 148; go-ovh 1.10)."""

_TOKENS = {
    "api.eu.ovhcloud.com": "https://auth.eu.ovhcloud.com/oauth2/token",
    "api.ca.ovhcloud.com": "https://auth.ca.ovhcloud.com/oauth2/token",
}
"""Where an OAuth2 client gets its token for a new host (as above)."""

_VERSION = "/1.0"


class OvhCredential(Credential):
    """The credential of one OVHcloud account: an application with a consumer key, or an OAuth2 client."""

    endpoint: str = "ovh-eu"
    """An endpoint of the `ovh` client (``ovh-eu``, ``ovh-ca``, ``ovh-us``…) or the URL of one."""
    application_key: SecretStr | None = None
    application_secret: SecretStr | None = None
    consumer_key: SecretStr | None = None
    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_known_or_a_url(cls, value: str) -> str:
        known = ", ".join(name for name in ENDPOINTS if name.startswith("ovh-"))
        if "/" not in value and value not in ENDPOINTS:
            raise ValueError(
                msg("it is neither one of {known} nor a https URL (http only on this machine)", known=known)
            )
        return value if value in ENDPOINTS else _with_version(encrypted(value))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = self._missing()
        if missing:
            raise ValueError(f"missing: {', '.join(missing)}")
        if filled(self.client_id) and self.token_url is None:
            raise ValueError(
                msg("an OAuth2 client works with ovh-eu, ovh-ca and ovh-us, by name or URL; elsewhere give keys")
            )
        return self

    @property
    def address(self) -> str | None:
        """Short name of the endpoint; None for OVHcloud EU and for a simulator."""
        host = urlsplit(self.url).hostname
        name = _NAMES.get(host or "") or short_name(self.endpoint, frozenset(ENDPOINTS))
        return None if name == _DEFAULT else name

    @property
    def url(self) -> str:
        """Where the API is called."""
        return ENDPOINTS.get(self.endpoint, self.endpoint)

    @property
    def token_url(self) -> str | None:
        """Where an OAuth2 client gets its token; None where the API takes none."""
        host = urlsplit(self.url).hostname or ""
        return _TOKENS.get(host) or OAUTH2_TOKEN_URLS.get(_NAMES.get(host, ""))

    def _missing(self) -> list[str]:
        oauth2 = self.client_id or self.client_secret
        if oauth2 and (self.application_key or self.application_secret or self.consumer_key):
            raise ValueError(
                msg("give either application_key, application_secret and consumer_key, or client_id and client_secret")
            )
        wanted = _SECRET_FIELDS[3:] if oauth2 else _SECRET_FIELDS[:3]
        return [name for name in wanted if not filled(getattr(self, name))]

    def secrets(self) -> dict[str, SecretStr | None]:
        """The secret fields by name."""
        return {name: getattr(self, name) for name in _SECRET_FIELDS}


def _with_version(url: str) -> str:
    """Adds the version of the API where an address of OVHcloud's is given without any."""
    parts = urlsplit(url)
    return f"{url}{_VERSION}" if parts.hostname in _NAMES and not parts.path else url


CREDENTIAL = OvhCredential
"""The model that `unrack.providers.registry` reads."""
