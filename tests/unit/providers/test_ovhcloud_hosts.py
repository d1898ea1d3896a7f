"""OVHcloud's API by URL: on its hosts of today and on those to which it moves, with keys and with an OAuth2 client."""

import pytest
from pydantic import SecretStr

from unrack.model.errors import UnrackError
from unrack.providers.credentials import Credentials
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.ovhcloud.sdk import OvhClient

_KEYS = {name: SecretStr("a") for name in ("application_key", "application_secret", "consumer_key")}
_OAUTH2 = {name: SecretStr("a") for name in ("client_id", "client_secret")}


@pytest.mark.parametrize(
    ("endpoint", "called"),
    [
        ("https://api.eu.ovhcloud.com/1.0", "https://api.eu.ovhcloud.com/1.0"),
        ("https://api.eu.ovhcloud.com", "https://api.eu.ovhcloud.com/1.0"),
        ("https://api.ca.ovhcloud.com/", "https://api.ca.ovhcloud.com/1.0"),
        ("https://eu.api.ovh.com", "https://eu.api.ovh.com/1.0"),
        ("https://api.eu.ovhcloud.com/v2", "https://api.eu.ovhcloud.com/v2"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
    ],
)
def test_the_api_is_called_at_the_url_that_is_given(endpoint: str, called: str) -> None:
    """An address of OVHcloud's without a version gets that of the API; any other is taken as it is."""
    client = OvhClient(OvhCredential.model_validate({"endpoint": endpoint, **_KEYS}), (1, 1))
    client.close()

    assert client._endpoint == called


@pytest.mark.parametrize(
    ("endpoint", "token"),
    [
        ("https://api.eu.ovhcloud.com/1.0", "https://auth.eu.ovhcloud.com/oauth2/token"),
        ("https://api.ca.ovhcloud.com/1.0", "https://auth.ca.ovhcloud.com/oauth2/token"),
        ("https://eu.api.ovh.com/1.0", "https://www.ovh.com/auth/oauth2/token"),
        ("https://api.us.ovhcloud.com/1.0", "https://us.ovhcloud.com/auth/oauth2/token"),
        ("ovh-ca", "https://ca.ovh.com/auth/oauth2/token"),
    ],
)
def test_an_oauth2_client_works_by_url_too(endpoint: str, token: str) -> None:
    """It gets its token where the host's region gives them."""
    client = OvhClient(OvhCredential.model_validate({"endpoint": endpoint, **_OAUTH2}), (1, 1))
    client.close()

    assert client._oauth2 is not None
    assert client._oauth2.token_url == token


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8787/1.0", "https://ovh.example.com/1.0", "soyoustart-eu"])
def test_an_oauth2_client_where_nobody_gives_tokens_is_refused(endpoint: str) -> None:
    """When the credential is read, and not at the first call."""
    prefix = "UNRACK_OVHCLOUD_DEFAULT"
    given = {f"{prefix}_ENDPOINT": endpoint, f"{prefix}_CLIENT_ID": "x", f"{prefix}_CLIENT_SECRET": "y"}
    with pytest.raises(UnrackError, match="an OAuth2 client works with ovh-eu, ovh-ca and ovh-us"):
        Credentials(given).read("ovhcloud", "default", OvhCredential)
