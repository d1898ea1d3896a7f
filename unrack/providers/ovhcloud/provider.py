"""OVHcloud as a provider: the handlers for the actions of the catalogue."""

from collections.abc import Mapping

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.credential_end import CredentialEnd
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.base import Compared
from unrack.providers.handlers import Handled, Handlers
from unrack.providers.ovhcloud import (
    billing,
    capture,
    changes,
    checks,
    configuration,
    mail,
    network,
    optical_link,
    renewal,
    restore,
    telecom,
    termination,
    verification,
)
from unrack.providers.ovhcloud.access import check_access, credential_end
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.ovhcloud.facts import read_facts

HANDLERS: Mapping[str, Handlers[OvhApi]] = {
    "ovhcloud.service.check-admin-contact": Handlers(check=checks.check_admin_contact),
    "ovhcloud.service.check-status": Handlers(check=checks.check_status),
    "ovhcloud.service.check-debt": Handlers(check=checks.check_debt),
    "ovhcloud.service.check-commitment": Handlers(check=checks.check_commitment),
    "ovhcloud.service.check-billing-period": Handlers(check=checks.check_billing_period),
    "ovhcloud.service.check-can-delete-at-expiration": Handlers(check=checks.check_can_delete_at_expiration),
    "ovhcloud.service.check-options": Handlers(check=checks.check_options),
    "ovhcloud.connect.check-unchanged": Handlers(check=checks.check_unchanged),
    "ovhcloud.connect.await-port-dark": Handlers(poll=optical_link.await_dark),
    "ovhcloud.connect.capture-loa": Handlers(capture=capture.capture_loa),
    "ovhcloud.connect.capture-configuration": Handlers(capture=capture.capture_configuration),
    "ovhcloud.service.capture-confirmation": Handlers(capture=capture.capture_confirmation),
    "ovhcloud.connect.lock-interfaces": Handlers(change=changes.lock_ports, undo=changes.unlock_ports),
    "ovhcloud.connect.unlock-interfaces": Handlers(change=changes.unlock_ports),
    "ovhcloud.connect.remove-extras": Handlers(change=changes.remove_extras, undo=restore.restore_extras),
    "ovhcloud.connect.remove-datacenters": Handlers(
        change=changes.remove_datacenters, undo=restore.restore_datacenters
    ),
    "ovhcloud.connect.remove-pops": Handlers(change=changes.remove_pops, undo=restore.restore_pops),
    "ovhcloud.connect.dissociate-vrack": Handlers(change=changes.dissociate_vrack, undo=restore.restore_vrack),
    "ovhcloud.service.check-unchanged": Handlers(check=checks.check_snapshot_unchanged),
    "ovhcloud.service.capture-configuration": Handlers(capture=capture.capture_snapshot),
    "ovhcloud.service.stop-renewal": Handlers(change=renewal.stop, undo=renewal.restore),
    "ovhcloud.service.end-with-commitment": Handlers(change=renewal.end_with_commitment, undo=renewal.restore_rule),
    "ovhcloud.service.answer-survey": Handlers(commit=renewal.answer_survey, probe=renewal.probe_survey),
    "ovhcloud.service.ask-termination": Handlers(commit=termination.ask, probe=termination.probe_ask),
    "ovhcloud.service.confirm-termination": Handlers(commit=termination.confirm, probe=termination.probe_confirm),
    "ovhcloud.service.verify-gone": Handlers(poll=verification.verify_gone),
    "ovhcloud.service.schedule-termination": Handlers(change=termination.schedule, undo=termination.unschedule),
    "ovhcloud.connect.ask-termination": Handlers(commit=termination.ask, probe=termination.probe_ask),
    "ovhcloud.connect.confirm-termination": Handlers(commit=termination.confirm, probe=termination.probe_confirm),
    "ovhcloud.service.skip-retention": Handlers(
        commit=termination.skip_retention, probe=termination.probe_skip_retention
    ),
    "ovhcloud.service.await-end": Handlers(poll=verification.await_end),
    "ovhcloud.connect.verify-gone": Handlers(poll=verification.verify_gone),
    "ovhcloud.mail.capture-accounts": Handlers(capture=mail.capture_accounts),
    "ovhcloud.mail.ask-option-termination": Handlers(commit=mail.ask_options, probe=mail.probe_ask_options),
    "ovhcloud.mail.await-options-gone": Handlers(poll=mail.await_options_gone),
    "ovhcloud.cloud.confirm-termination": Handlers(
        commit=termination.confirm, probe=termination.probe_confirm, undo=termination.retain
    ),
    "ovhcloud.domain.capture-zone": Handlers(capture=network.capture_zone),
    "ovhcloud.vrack.check-empty": Handlers(check=network.check_vrack_empty),
    "ovhcloud.connect.capture-service-keys": Handlers(capture=network.capture_service_keys),
    "ovhcloud.connect.check-service-keys": Handlers(check=network.check_service_keys),
    "ovhcloud.telephony.terminate": Handlers(change=telecom.terminate_telephony, undo=telecom.cancel_telephony),
    "ovhcloud.telephony.check-still-planned": Handlers(check=telecom.check_telephony_planned),
    "ovhcloud.telephony.capture-confirmation": Handlers(capture=telecom.capture_telephony_end),
    "ovhcloud.mail.schedule-termination": Handlers(change=mail.end_accounts, undo=mail.keep_accounts),
    "ovhcloud.mail.capture-confirmation": Handlers(capture=mail.capture_accounts_end),
    "ovhcloud.mail.check-still-planned": Handlers(check=mail.check_accounts_ending),
    "ovhcloud.mail.await-accounts-gone": Handlers(poll=mail.await_accounts_gone),
    "ovhcloud.mail.detach-domains": Handlers(change=mail.detach_domains),
    "ovhcloud.sms.stop-recredit": Handlers(change=telecom.stop_recredit, undo=telecom.restore_recredit),
    "ovhcloud.sms.ask-deletion": Handlers(commit=telecom.ask_deletion, probe=telecom.probe_deletion),
    "ovhcloud.service.verify-billing-stopped": Handlers(poll=billing.verify_billing_stopped),
}
"""Every action of the catalogue that OVHcloud implements."""


class OvhCloud(Handled[OvhApi]):
    """The `unrack.providers.base.Provider` for one OVHcloud account."""

    def __init__(self, credential: OvhCredential) -> None:
        """Speak for `credential`; nothing is sent before the first call."""
        super().__init__("OVHcloud", OvhApi(credential), HANDLERS)

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
        """See `Provider.credential_end`."""
        return await credential_end(self.api)

    async def compare(self, service: ServiceRef, before: bytes) -> Compared:
        """See `Provider.compare`."""
        return await configuration.compare(self.api, service, before)


ADAPTER = OvhCloud
"""The adapter that `unrack.providers.registry` opens."""
