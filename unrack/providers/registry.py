"""The adapters of a worker, found in the vendors' folders, and the connections that it has open.

Only a worker imports this: it loads every vendor's client. Each folder that `unrack.providers.catalogue` finds has a
``credential.py`` with `CREDENTIAL`, the model of its credential, and a ``provider.py`` with `ADAPTER`, which takes one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic

from unrack.contracts.calls import CredentialStatus, StepCall
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.model.stated import Stated
from unrack.providers.base import OpenProvider
from unrack.providers.catalogue import VENDORS
from unrack.providers.checked import CheckedProvider
from unrack.providers.credentials import Credential, Credentials, Model, needs_nothing
from unrack.providers.proxies import proxy_for, shown
from unrack.providers.simulation import Simulation
from unrack.providers.stated.provider import StatedServices


@dataclass(frozen=True, slots=True)
class VendorEntry(Generic[Model]):
    """How an adapter is opened for an account."""

    namespace: str
    """As in its key, in the names of its actions and of its credentials."""
    credential: type[Model]
    adapter: Callable[[Model], OpenProvider]

    def __call__(self, credentials: Credentials, account: str) -> "_Opened":
        """The adapter for `account`."""
        credential = credentials.read(self.namespace, account, self.credential)
        simulation = Simulation(credential.url, credentials.simulator_key, only=credential.only_simulated)
        adapter = CheckedProvider(self.adapter(credential), simulation)
        return _Opened(adapter, credential.address, shown(proxy_for(credential.url)))


@dataclass(frozen=True, slots=True)
class _Opened:
    """An adapter, and where it calls."""

    adapter: CheckedProvider
    address: str | None
    proxy: str
    """Through which proxy, by its host; empty for none."""


def _entry(namespace: str) -> VendorEntry[Any]:
    folder = f"unrack.providers.{namespace}"
    credential = import_module(f"{folder}.credential").CREDENTIAL
    return VendorEntry(namespace, credential, import_module(f"{folder}.provider").ADAPTER)


ADAPTERS: Mapping[str, VendorEntry[Any]] = {namespace: _entry(namespace) for namespace in VENDORS}
"""Every adapter by namespace."""


def credential_models() -> dict[str, type[Credential]]:
    """The credential of every provider."""
    return {name: entry.credential for name, entry in ADAPTERS.items()}


class Providers:
    """The providers of a worker, one per account, opened when first asked for."""

    def __init__(self, credentials: Credentials) -> None:
        """Resolve accounts with `credentials`."""
        self._credentials = credentials
        self._open: dict[tuple[str, str], _Opened] = {}

    def get(self, provider: str, account: str) -> CheckedProvider:
        """The adapter for `account`; `provider` is a key of `ADAPTERS`.

        Raises:
            UnrackError: nothing implements `provider`, or the account has no usable credential.
        """
        return self._opened(provider, account).adapter

    def at(self, service: ServiceRef) -> CheckedProvider:
        """The adapter for the account of `service`, as long as it leads to the address at which the service was read.

        Raises:
            UnrackError: as `get`; or the account leads to another address by now (``CONFLICT``).
        """
        opened = self._opened(service.provider, service.account)
        if opened.address != service.address:
            raise UnrackError(_elsewhere(service, opened.address))
        return opened.adapter

    def _opened(self, provider: str, account: str) -> "_Opened":
        key = (provider, account)
        if key not in self._open:
            self._open[key] = _entry_of(provider)(self._credentials, account)
        return self._open[key]

    def given(self, provider: str, account: str) -> CredentialStatus:
        """Whether anything is known of the credential; whether it is usable is not judged."""
        entry = ADAPTERS.get(provider)
        if entry is None:
            return CredentialStatus.ABSENT
        if needs_nothing(entry.credential):
            return CredentialStatus.NOT_NEEDED
        return (
            CredentialStatus.GIVEN
            if self._credentials.knows(provider, account, entry.credential)
            else CredentialStatus.ABSENT
        )

    def proxy(self, provider: str, account: str) -> str:
        """The host of the proxy through which an adapter that was opened calls; empty for none."""
        opened = self._open.get((provider, account))
        return opened.proxy if opened is not None else ""

    def acting(self, call: StepCall) -> CheckedProvider:
        """The adapter that does `call`: that of the action's namespace, or else that of the service's provider.

        Raises:
            UnrackError: as `get`.
        """
        namespace = call.action.partition(".")[0]
        elsewhere = namespace in ADAPTERS and namespace != call.service.provider
        return self.get(namespace, call.service.account) if elsewhere else self.at(call.service)

    async def stated(self, service: ServiceRef, stated: Stated) -> ServiceFacts:
        """The facts of a service whose provider is not asked, as a person stated them.

        Raises:
            UnrackError: the account ``stated`` is not usable, or the simulator's clock cannot be read.
        """
        opened = self._opened("stated", service.account).adapter
        if not isinstance(opened.adapter, StatedServices):
            raise TypeError(msg("'stated' is implemented by a {name}", name=type(opened.adapter).__name__))
        at = service.model_copy(update={"address": self._address(service)})
        return await opened.judged(await opened.adapter.stated_facts(at, stated))

    def _address(self, service: ServiceRef) -> str | None:
        """Where the account of `service` leads; None where nobody can call its provider."""
        known = self.given(service.provider, service.account) is CredentialStatus.GIVEN
        return self._opened(service.provider, service.account).address if known else None

    async def close(self) -> None:
        """Close every connection."""
        opened, self._open = list(self._open.values()), {}
        for each in opened:
            await each.adapter.close()


def _elsewhere(service: ServiceRef, address: str | None) -> Problem:
    then, now = (place or msg("the default address") for place in (service.address, address))
    return Problem(
        category=Category.CONFLICT,
        message=msg(
            "the {provider} account '{account}' leads to {now}, but the service "
            "{service} was read at {then}: it is another provider's",
            provider=service.provider,
            account=service.account,
            now=now,
            service=service.service,
            then=then,
        ),
        suggestion=msg(
            "correct the address in the worker's credentials, or give the other provider an account of its own"
        ),
    )


def _entry_of(provider: str) -> VendorEntry[Any]:
    try:
        return ADAPTERS[provider]
    except KeyError:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("no provider '{provider}' is implemented here", provider=provider),
                suggestion=f"known: {', '.join(sorted(ADAPTERS))}",
            )
        ) from None
