"""The official `ovh` client, unmodified, behind types. It has none of its own, so strict typing begins here."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportPrivateUsage=false, reportUnknownArgumentType=false

import os
from collections.abc import Mapping
from typing import Any

import ovh
import ovh.client
import requests
from ovh.client import ENDPOINTS, OAUTH2_TOKEN_URLS

from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.proxies import proxy_for


class _NothingElse:
    """An empty configuration, so that the vendor's client uses only the arguments it is given.

    It would take what a credential leaves out from ``OVH_*`` variables and ``ovh.conf`` files, which belong to other
    programs of the machine: an OAuth2 client found there makes an application key unusable.
    """

    def get(self, section: str, name: str) -> None:
        """Never finds anything."""


class _Configuration:
    ConfigurationManager = _NothingElse


ovh.client.config = _Configuration


class OvhClient(ovh.Client):
    """The official client that also remembers its last answer, since its results leave out the query id.

    Not for two threads at a time: `requests` does not promise that they may share a session.
    """

    last: requests.Response | None = None

    def __init__(self, credential: OvhCredential, timeout: tuple[float, float]) -> None:
        """Make a client for `credential`; `timeout` is in seconds, to connect and to wait for an answer."""
        if credential.endpoint not in ENDPOINTS:
            ENDPOINTS[credential.endpoint] = credential.endpoint  # a URL under itself: the client takes names only
            if credential.token_url is not None:
                OAUTH2_TOKEN_URLS[credential.endpoint] = credential.token_url
        secrets: dict[str, Any] = {
            name: value.get_secret_value() for name, value in credential.secrets().items() if value is not None
        }
        super().__init__(credential.endpoint, timeout=timeout, **secrets)  # pyright: ignore[reportArgumentType]
        _follow(self._session, proxy_for(credential.url))

    @property
    def certificates(self) -> bool | str:
        """Which certificates are trusted: a file, or those of the library."""
        return self._session.verify

    def raw_call(self, *arguments: Any, **named: Any) -> requests.Response:  # noqa: ANN401  the vendor's signature
        """Same as the vendor's."""
        self.last = None
        self.last = answer = super().raw_call(*arguments, **named)
        return answer

    def prepare(self, time_delta: int | None = None) -> int | None:
        """Prepare for signed calls: read the clock, or fetch the OAuth2 token.

        Args:
            time_delta: By how many seconds the provider's clock is ahead, where another client has read it.

        Returns:
            The same; None where no call is signed by the clock.
        """
        if self._oauth2 is not None:
            self.get("/auth/time")
            return None
        if time_delta is not None:
            self._time_delta = time_delta
        return int(self.time_delta)

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


def _follow(session: requests.Session, proxy: str | None) -> None:
    """Restrict `session` to the proxy and the certificates that the environment sets for it.

    Left to itself it adds a name and password of ``~/.netrc``, sends calls to this machine through a proxy, and sends
    the consumer key after a redirect to wherever that leads.
    """
    session.trust_env = False
    session.max_redirects = 0
    session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
