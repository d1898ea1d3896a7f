"""WHMCS as a provider: the handlers for the actions of the catalogue."""

from collections.abc import Mapping

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.base import Compared
from unrack.providers.handlers import Handled, Handlers
from unrack.providers.whmcs import billing, capture, changes, checks, configuration, termination, verification
from unrack.providers.whmcs.access import check_access
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.facts import read_facts

HANDLERS: Mapping[str, Handlers[WhmcsApi]] = {
    "whmcs.service.check-status": Handlers(check=checks.check_status),
    "whmcs.service.check-cancellation": Handlers(check=checks.check_cancellation),
    "whmcs.invoice.check-open": Handlers(check=checks.check_invoices),
    "whmcs.domain.check-renewal": Handlers(check=checks.check_domains),
    "whmcs.service.check-unchanged": Handlers(check=checks.check_unchanged),
    "whmcs.service.capture-configuration": Handlers(capture=capture.capture_configuration),
    "whmcs.service.capture-confirmation": Handlers(capture=termination.capture_confirmation),
    "whmcs.service.suspend": Handlers(change=changes.suspend, undo=changes.unsuspend),
    "whmcs.service.unsuspend": Handlers(change=changes.unsuspend),
    "whmcs.service.request-cancellation": Handlers(change=termination.request_at_end, undo=termination.request_is_gone),
    "whmcs.domain.stop-renewal": Handlers(change=changes.stop_renewal, undo=changes.restore_renewal),
    "whmcs.ticket.tell-client": Handlers(change=changes.notify_client, undo=changes.withdraw_notice),
    "whmcs.service.request-immediate-end": Handlers(
        commit=termination.request_at_once, probe=termination.probe_request
    ),
    "whmcs.service.terminate": Handlers(commit=termination.terminate, probe=termination.probe_terminate),
    "whmcs.service.await-end": Handlers(poll=verification.await_end),
    "whmcs.service.await-due-date": Handlers(poll=verification.await_due_date),
    "whmcs.invoice.cancel-open": Handlers(change=billing.cancel_open),
    "whmcs.service.verify-gone": Handlers(poll=verification.verify_gone),
    "whmcs.invoice.verify-none-open": Handlers(poll=billing.verify_none_open),
}
"""Every action of the catalogue that WHMCS implements."""


class Whmcs(Handled[WhmcsApi]):
    """The `unrack.providers.base.Provider` for one WHMCS, on its staff's side."""

    def __init__(self, credential: WhmcsCredential) -> None:
        """Speak for `credential`; nothing is sent before the first call."""
        super().__init__("WHMCS", WhmcsApi(credential), HANDLERS)

    async def close(self) -> None:
        """Close the connections."""
        await self.api.close()

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """See `Provider.facts`."""
        return await read_facts(self.api, service)

    async def access(self, call: AccessCall) -> AccessResult:
        """See `Provider.access`."""
        return await check_access(self.api, call)

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:
        """See `Provider.compare`."""
        return await configuration.compare(self.api, service, before)


ADAPTER = Whmcs
"""The adapter that `unrack.providers.registry` opens."""
