"""AWS Marketplace as a provider: the handlers for the actions of the catalogue."""

from collections.abc import Mapping

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.credential_end import CredentialEnd
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.awsmarketplace import capture, checks, configuration, renewal, termination, verification
from unrack.providers.awsmarketplace.access import check_access
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.credential import AwsCredential
from unrack.providers.awsmarketplace.facts import read_facts
from unrack.providers.base import Compared
from unrack.providers.handlers import Handled, Handlers

HANDLERS: Mapping[str, Handlers[AwsApi]] = {
    "awsmarketplace.agreement.check-buyer": Handlers(check=checks.check_buyer),
    "awsmarketplace.agreement.check-status": Handlers(check=checks.check_status),
    "awsmarketplace.agreement.check-way": Handlers(check=checks.check_way),
    "awsmarketplace.agreement.check-leftovers": Handlers(check=checks.check_leftovers),
    "awsmarketplace.agreement.check-others": Handlers(check=checks.check_others),
    "awsmarketplace.agreement.check-none-goes-on": Handlers(check=checks.check_none_goes_on),
    "awsmarketplace.agreement.check-unchanged": Handlers(check=checks.check_unchanged),
    "awsmarketplace.agreement.capture-configuration": Handlers(capture=capture.capture_configuration),
    "awsmarketplace.agreement.capture-confirmation": Handlers(capture=capture.capture_confirmation),
    "awsmarketplace.agreement.stop-renewal": Handlers(change=renewal.stop_renewal, undo=renewal.restore_renewal),
    "awsmarketplace.agreement.receive-cancellation": Handlers(change=termination.receive, undo=termination.reject),
    "awsmarketplace.agreement.cancel": Handlers(commit=termination.cancel, probe=termination.probe_cancel),
    "awsmarketplace.agreement.accept-cancellation": Handlers(commit=termination.accept, probe=termination.probe_accept),
    "awsmarketplace.agreement.await-end": Handlers(poll=verification.await_end),
    "awsmarketplace.agreement.verify-gone": Handlers(poll=verification.verify_entitlements),
    "awsmarketplace.agreement.verify-billing-stopped": Handlers(poll=verification.verify_billing_stopped),
}
"""Every action of the catalogue that AWS Marketplace implements."""


class AwsMarketplace(Handled[AwsApi]):
    """The `unrack.providers.base.Provider` for the agreements that one AWS account bought."""

    def __init__(self, credential: AwsCredential) -> None:
        """Speak for `credential`; nothing is sent before the first call."""
        super().__init__("AWS Marketplace", AwsApi(credential), HANDLERS)

    async def close(self) -> None:
        """Close the connections."""
        await self.api.close()

    async def facts(self, service: ServiceRef) -> ServiceFacts:
        """See `Provider.facts`."""
        return await read_facts(self.api, service)

    async def access(self, call: AccessCall) -> AccessResult:
        """See `Provider.access`."""
        return await check_access(self.api, call)

    async def credential_end(self) -> CredentialEnd | None:
        """See `Provider.credential_end`. AWS does not show when a session ends; none lasts over 36 hours (sts)."""
        token = self.api.credential.session_token
        return CredentialEnd(why=msg("a temporary AWS session")) if token and token.get_secret_value() else None

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:
        """See `Provider.compare`."""
        return await configuration.compare(self.api, service, before)


ADAPTER = AwsMarketplace
"""The adapter that `unrack.providers.registry` opens."""
