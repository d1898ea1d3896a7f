"""The official `boto3` client, unmodified, behind types. It has none of its own, so strict typing begins here."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from typing import Any

import boto3
from botocore.config import Config

from unrack.providers.awsmarketplace.credential import AwsCredential


class AwsClient:
    """One client; `boto3` promises that threads may share it."""

    def __init__(self, credential: AwsCredential, timeout: tuple[float, float]) -> None:
        """Make a client; `timeout` is in seconds, to connect and to wait for an answer.

        The library's own retries are off: an irreversible call must not be repeated by anybody who did not read first,
        and for the others the engine retries.
        """
        token = credential.session_token
        session = boto3.Session(
            aws_access_key_id=credential.access_key_id.get_secret_value(),
            aws_secret_access_key=credential.secret_access_key.get_secret_value(),
            aws_session_token=token.get_secret_value() if token else None,
            region_name=credential.region,
        )
        self._client: Any = session.client(
            "marketplace-agreement",
            endpoint_url=credential.endpoint or None,
            config=Config(
                retries={"total_max_attempts": 1, "mode": "standard"},
                connect_timeout=timeout[0],
                read_timeout=timeout[1],
            ),
        )

    @property
    def endpoint(self) -> str:
        """Where it calls."""
        return str(self._client.meta.endpoint_url)

    def send(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """One call of `operation`, as ``cancel_agreement``; raises whatever the library raises."""
        return getattr(self._client, operation)(**parameters)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
