"""The official `ovh` client, unmodified, behind types. It has none of its own, so strict typing begins here."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportPrivateUsage=false, reportUnknownArgumentType=false

from collections.abc import Mapping
from typing import Any

import ovh
import requests
from ovh.client import ENDPOINTS

from unrack.providers.ovhcloud.credential import OvhCredential


class OvhClient(ovh.Client):
    """The official client that also remembers its last answer, since what it returns leaves out the query id.

    Not for two threads at a time: `requests` does not promise that they may share a session.
    """

    last: requests.Response | None = None

    def __init__(self, credential: OvhCredential, timeout: tuple[float, float]) -> None:
        """Make a client for `credential`; `timeout` is in seconds, to connect and to wait for an answer."""
        if credential.endpoint not in ENDPOINTS:
            ENDPOINTS[credential.endpoint] = credential.endpoint  # a URL under itself: the client takes names only
        secrets: dict[str, Any] = {
            name: value.get_secret_value() for name, value in credential.secrets().items() if value is not None
        }
        super().__init__(credential.endpoint, timeout=timeout, **secrets)  # pyright: ignore[reportArgumentType]

    def raw_call(self, *arguments: Any, **named: Any) -> requests.Response:  # noqa: ANN401  the vendor's signature
        """Same as the vendor's."""
        self.last = None
        self.last = answer = super().raw_call(*arguments, **named)
        return answer

    def prepare(self) -> None:
        """Do what the first signed call would do before itself: read the clock, or fetch the OAuth2 token."""
        if self._oauth2 is None:
            int(self.time_delta)
        else:
            self.get("/auth/time")

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, *, signed: bool
    ) -> object:
        """One call; raises whatever the vendor's client raises."""
        if method == "GET":
            return self.get(path, _need_auth=signed, **query)
        return self.call(method, path, None if body is None else dict(body), signed)

    def close(self) -> None:
        """Close the connections; the vendor's client leaves them to the garbage collector."""
        self._session.close()
        if self._oauth2 is not None and self._oauth2._session is not None:  # noqa: SLF001  nothing public closes it
            self._oauth2._session.close()  # noqa: SLF001
