"""The official `boto3` client, unmodified, behind types. It has none of its own, so strict typing begins here."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from unrack.providers.awsmarketplace.credential import AwsCredential
from unrack.providers.proxies import proxy_for

_NOT_OURS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "data_path": (None, None, None, None),
}
"""Where the library would look for a profile, other keys, other addresses and other services: a worker's credential
says all of that, and what a person set for the `aws` command on the same machine must not change it. What it says of
certificates (``AWS_CA_BUNDLE``) holds."""


class AwsClient:
    """One client; `boto3` promises that threads may share it."""

    def __init__(self, credential: AwsCredential, timeout: tuple[float, float]) -> None:
        """Make a client; `timeout` is in seconds, to connect and to wait for an answer.

        The library's own retries are off: an irreversible call must not be repeated by anybody who did not read first,
        and for the others the engine retries.
        """
        token = credential.session_token
        session = boto3.Session(
            botocore_session=botocore.session.Session(session_vars=_NOT_OURS),
            aws_access_key_id=credential.access_key_id.get_secret_value(),
            aws_secret_access_key=credential.secret_access_key.get_secret_value(),
            aws_session_token=token.get_secret_value() if token else None,
            region_name=credential.region,
        )
        self._keys: Any = session.get_credentials()
        self._client: Any = session.client(
            "marketplace-agreement",
            endpoint_url=credential.endpoint or None,
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=timeout[0],
                read_timeout=timeout[1],
                proxies={"http": proxy, "https": proxy} if (proxy := proxy_for(credential.url)) else {},
                ignore_configured_endpoint_urls=True,
                use_fips_endpoint=False,
                use_dualstack_endpoint=False,
            ),
        )

    @property
    def endpoint(self) -> str:
        """Where it calls."""
        return str(self._client.meta.endpoint_url)

    @property
    def identity(self) -> tuple[str, str | None]:
        """As whom it calls: the access key's id, and the session token."""
        return str(self._keys.access_key), self._keys.token

    def send(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """One call of `operation`, as ``cancel_agreement``; raises whatever the library raises."""
        return getattr(self._client, operation)(**parameters)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
