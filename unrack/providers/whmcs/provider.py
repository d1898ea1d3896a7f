"""WHMCS as a provider: which handler does what for which action of the catalogue."""

from collections.abc import Mapping

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.base import Compared
from unrack.providers.handlers import Handled, Handlers
from unrack.providers.whmcs import (
    cancellation,
    capture,
    checks,
    configuration,
    domains,
    invoices,
    suspension,
    tickets,
    verification,
)
from unrack.providers.whmcs.access import check_access
from unrack.providers.whmcs.credential import WhmcsCredential
from unrack.providers.whmcs.facts import read_facts
from unrack.providers.whmcs.transport import WhmcsApi

HANDLERS: Mapping[str, Handlers[WhmcsApi]] = {
    "whmcs.service.check-status": Handlers(check=checks.check_status),
    "whmcs.service.check-cancellation": Handlers(check=checks.check_cancellation),
    "whmcs.invoice.check-open": Handlers(check=checks.check_invoices),
    "whmcs.domain.check-renewal": Handlers(check=checks.check_domains),
    "whmcs.service.check-unchanged": Handlers(check=checks.check_unchanged),
    "whmcs.service.capture-configuration": Handlers(capture=capture.capture_configuration),
    "whmcs.service.capture-confirmation": Handlers(capture=cancellation.capture_confirmation),
    "whmcs.service.suspend": Handlers(change=suspension.suspend, undo=suspension.unsuspend),
    "whmcs.service.unsuspend": Handlers(change=suspension.unsuspend),
    "whmcs.service.request-cancellation": Handlers(
        change=cancellation.request_at_end, undo=cancellation.request_is_gone
    ),
    "whmcs.domain.stop-renewal": Handlers(change=domains.stop_renewal, undo=domains.restore_renewal),
    "whmcs.ticket.tell-client": Handlers(change=tickets.tell, undo=tickets.untell),
    "whmcs.service.request-immediate-end": Handlers(
        commit=cancellation.request_at_once, probe=cancellation.probe_request
    ),
    "whmcs.service.terminate": Handlers(commit=cancellation.terminate, probe=cancellation.probe_terminate),
    "whmcs.service.await-end": Handlers(look=verification.await_end),
    "whmcs.service.await-due-date": Handlers(look=verification.await_due_date),
    "whmcs.invoice.cancel-open": Handlers(change=invoices.cancel_open),
    "whmcs.service.verify-gone": Handlers(look=verification.verify_gone),
    "whmcs.invoice.verify-none-open": Handlers(look=invoices.verify_none_open),
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
