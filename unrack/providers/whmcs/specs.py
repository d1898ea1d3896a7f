"""The actions of WHMCS, for whoever runs one. Its API belongs to staff: a customer has only the Client Area.

A right is an API action; an API role for the worker allows exactly those of the runbook's actions (WHMCS, API roles).
"""

from unrack.contracts.action import ActionSpec, Right
from unrack.contracts.id_form import IdForm, IdKind
from unrack.contracts.vendor import Vendor
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg


def _api(*actions: str) -> tuple[Right, ...]:
    return tuple(Right(method="api", path=action) for action in actions)


_SERVICE = _api("GetClientsProducts")
_REQUESTS = _api("GetCancelledPackages")
_DOMAINS = _api("GetClientsDomains")
_ADDONS = _api("GetClientsAddons")
_INVOICES = (*_api("GetInvoices", "GetInvoice"), *_DOMAINS, *_ADDONS)
"""Rights to read invoices. Their lines name domains and add-ons by id, so those are read as well."""

_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="whmcs.service.check-status",
        kind=StepKind.CHECK,
        summary="The service is active or suspended, and its billing cycle allows the timing.",
        rights=_SERVICE,
        source="WHMCS developer docs, GetClientsProducts",
    ),
    ActionSpec(
        name="whmcs.service.check-cancellation",
        kind=StepKind.CHECK,
        summary="Whether a cancellation request stands already, and whether it would end the service before grace.",
        rights=(*_SERVICE, *_REQUESTS),
        source="S4.1; WHMCS developer docs, GetCancelledPackages",
    ),
    ActionSpec(
        name="whmcs.invoice.check-open",
        kind=StepKind.CHECK,
        summary="Open invoices that name the service, an add-on or its domain: unpaid, pending, collected, drafts.",
        rights=(*_SERVICE, *_INVOICES),
        source="S1.8, S4.9; WHMCS developer docs, GetInvoices",
    ),
    ActionSpec(
        name="whmcs.domain.check-renewal",
        kind=StepKind.CHECK,
        summary="The client's domain of the service's name, and whether it renews.",
        rights=(*_SERVICE, *_DOMAINS),
        source="S1.7; WHMCS developer docs, GetClientsDomains",
    ),
    ActionSpec(
        name="whmcs.service.check-unchanged",
        kind=StepKind.CHECK,
        summary="Just before the point of no return: the service is as the run left it.",
        rights=(*_SERVICE, *_REQUESTS, *_DOMAINS),
        needs_evidence=("configuration",),
        source="DESIGN, rule 3",
    ),
    ActionSpec(
        name="whmcs.service.capture-configuration",
        kind=StepKind.CAPTURE,
        summary="Keeps the service's state, its domain's renewal and its cancellation request.",
        rights=(*_SERVICE, *_REQUESTS, *_DOMAINS, *_ADDONS),
        evidence=(EvidenceWanted(type="configuration", title=msg("The service before the run")),),
    ),
    ActionSpec(
        name="whmcs.service.suspend",
        kind=StepKind.CHANGE,
        summary="Suspends the service: nobody can use it, nothing is lost.",
        rights=(*_SERVICE, *_api("ModuleSuspend")),
        undo_rights=_api("ModuleUnsuspend"),
        undoable=True,
        needs_evidence=("configuration",),
        source="S4.3; WHMCS developer docs, ModuleSuspend",
    ),
    ActionSpec(
        name="whmcs.service.unsuspend",
        kind=StepKind.CHANGE,
        summary="Takes the suspension back, if the service was not suspended before the run.",
        rights=(*_SERVICE, *_api("ModuleUnsuspend")),
        needs_evidence=("configuration",),
        source="WHMCS developer docs, ModuleUnsuspend",
    ),
    ActionSpec(
        name="whmcs.service.request-cancellation",
        kind=StepKind.CHANGE,
        summary="Records a cancellation request for the end of the billing period. Only staff can delete it again.",
        rights=(*_SERVICE, *_REQUESTS, *_api("AddCancelRequest")),
        source="S4.1, S4.2; WHMCS developer docs, AddCancelRequest: no action takes it back",
    ),
    ActionSpec(
        name="whmcs.service.capture-confirmation",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Reads the request and the date on which it takes effect, and keeps WHMCS's record of both.",
        rights=(*_SERVICE, *_REQUESTS),
        evidence=(
            EvidenceWanted(type="provider-confirmation", title=msg("WHMCS's record of the cancellation request")),
        ),
        source="S4.2",
    ),
    ActionSpec(
        name="whmcs.domain.stop-renewal",
        kind=StepKind.CHANGE,
        summary="Turns the renewal of the service's domain off; it expires at its due date.",
        rights=(*_DOMAINS, *_api("UpdateClientDomain")),
        undo_rights=_api("UpdateClientDomain"),
        undoable=True,
        needs_evidence=("configuration",),
        source="S1.3, S1.7; WHMCS developer docs, UpdateClientDomain donotrenew",
    ),
    ActionSpec(
        name="whmcs.ticket.tell-client",
        kind=StepKind.CHANGE,
        summary="Opens a ticket that tells the client what happens and when; undone, says that it does not.",
        rights=(*_SERVICE, *_api("GetTickets", "OpenTicket")),
        undo_rights=_api("GetTickets", "AddTicketReply"),
        undoable=True,
        parameters=frozenset({"department", "message"}),
        source="WHMCS developer docs, OpenTicket, AddTicketReply",
    ),
    ActionSpec(
        name="whmcs.service.request-immediate-end",
        kind=StepKind.COMMIT,
        summary="Records an immediate cancellation request: the next daily run ends the service for good.",
        rights=(*_SERVICE, *_REQUESTS, *_api("AddCancelRequest")),
        source="S4.5; docs.whmcs.com, Cancellation Requests",
    ),
    ActionSpec(
        name="whmcs.service.await-end",
        kind=StepKind.AWAIT,
        summary="Waits until WHMCS shows the service as cancelled or terminated.",
        rights=_SERVICE,
    ),
    ActionSpec(
        name="whmcs.service.await-due-date",
        kind=StepKind.AWAIT,
        summary="Waits until the paid period is over.",
        rights=_SERVICE,
        source="S4.3",
    ),
    ActionSpec(
        name="whmcs.service.terminate",
        kind=StepKind.COMMIT,
        summary="Terminates the service: its data is deleted for good. Nothing is called when it has ended already.",
        rights=(*_SERVICE, *_api("ModuleTerminate")),
        source="S4.4, S4.7; WHMCS developer docs, ModuleTerminate",
    ),
    ActionSpec(
        name="whmcs.invoice.cancel-open",
        kind=StepKind.CHANGE,
        summary="Cancels open invoices of the service; of others its lines go, with those of add-ons and discounts.",
        rights=(*_SERVICE, *_INVOICES, *_api("UpdateInvoice")),
        source="S1.8; WHMCS developer docs, UpdateInvoice",
    ),
    ActionSpec(
        name="whmcs.service.verify-gone",
        kind=StepKind.AWAIT,
        summary="The service is shown as cancelled or terminated.",
        rights=_SERVICE,
        evidence=(EvidenceWanted(type="gone", title=msg("WHMCS's record of the ended service")),),
        source="S4.4",
    ),
    ActionSpec(
        name="whmcs.invoice.verify-none-open",
        kind=StepKind.AWAIT,
        summary="Waits until the next invoice would have come, and shows that none names the service.",
        rights=(*_SERVICE, *_INVOICES),
        needs_evidence=("configuration",),
        evidence=(
            EvidenceWanted(type="invoices", title=msg("Invoices after the end, as far as they name the service")),
        ),
        source="S4.9; WHMCS developer docs, GetInvoices",
    ),
)

VENDOR = Vendor(
    actions=_ACTIONS,
    credential="identifier and secret of an API credential of an administrator; endpoint",
    service_ids={
        "whmcs/*": IdKind(
            (IdForm.NUMBER,), "WHMCS numbers its services: take the number after 'id=' in the service's address"
        )
    },
)
