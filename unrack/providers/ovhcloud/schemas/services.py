"""OVHcloud's answers written by hand: ``/services`` and what else its published descriptions lack or has drifted from.

Fields that the descriptions promise are required, so that an error in the dress of a success does not pass. ``None`` is
written where a description says nullable.
"""

from datetime import date, datetime

from pydantic import AliasChoices, Field

from unrack.providers.ovhcloud.schemas.base import Instant, OvhAnswer, midnight
from unrack.providers.ovhcloud.schemas.published import NonExpiringService, Price, ServiceInfos


class NonExpiringInfos(NonExpiringService):
    """``services.NonExpiringService``: a service without term and renewal."""

    def as_infos(self) -> ServiceInfos:
        """The same in the shape of a service that has a term."""
        return ServiceInfos(
            service_id=self.service_id,
            status=self.status,
            contact_admin=self.contact_admin,
            expiration=None,
            can_delete_at_expiration=False,
        )


class Current(OvhAnswer):
    """``services.expanded.Lifecycle.Current``."""

    state: str
    pending_actions: tuple[str, ...] = ()
    termination_date: Instant | None = None


class Capacities(OvhAnswer):
    """``services.expanded.Lifecycle.Capacities``."""

    actions: tuple[str, ...] = ()


class Lifecycle(OvhAnswer):
    """``services.expanded.Lifecycle``."""

    current: Current
    capacities: Capacities = Capacities()


class EndRule(OvhAnswer):
    """``services.billing.engagement.EndRule``."""

    strategy: str
    possible_strategies: tuple[str, ...] = ()


class EngagementSummary(OvhAnswer):
    """``services.expanded.EngagementSummary``."""

    end_date: date | None = None
    end_rule: EndRule | None = None

    @property
    def ends_service(self) -> bool:
        """Whether the rule for the end of the minimum term ends the service."""
        return self.end_rule is not None and self.end_rule.strategy == "CANCEL_SERVICE"


class RenewCurrent(OvhAnswer):
    """``services.expanded.Renew.Current``."""

    mode: str | None = None
    next_date: Instant | None = None
    period: str | None = None


class RenewSummary(OvhAnswer):
    """``services.expanded.Renew``."""

    current: RenewCurrent


class Pricing(OvhAnswer):
    """``services.billing.Pricing``."""

    price: Price


class Billing(OvhAnswer):
    """``services.expanded.Billing``."""

    expiration_date: Instant | None = None
    next_billing_date: Instant | None = None
    engagement: EngagementSummary | None = None
    lifecycle: Lifecycle | None = None
    pricing: Pricing | None = None
    renew: RenewSummary | None = None


class Resource(OvhAnswer):
    """``services.expanded.Resource``."""

    name: str
    display_name: str = ""
    state: str


class Contact(OvhAnswer):
    """``services.expanded.Customer.Contact``."""

    customer_code: str
    type: str


class ServiceCustomer(OvhAnswer):
    """``services.expanded.Customer``."""

    contacts: tuple[Contact, ...]


class Route(OvhAnswer):
    """``services.expanded.Route``: which API the service has."""

    path: str | None = None


AT_ENGAGEMENT = "terminateAtEngagementDate"
TERMINATING = frozenset({"terminate", AT_ENGAGEMENT, "terminateAtExpirationDate", "deleteAtExpiration"})
"""Pending actions that say: an end is planned (OVHcloud's Control Panel)."""


class BilledService(OvhAnswer):
    """``services.expanded.Service``: the generic view of ``/services/{id}``."""

    service_id: int
    billing: Billing
    resource: Resource
    parent_service_id: int | None = None
    route: Route | None = None
    customer: ServiceCustomer | None = None

    @property
    def state(self) -> str:
        """The life-cycle state; empty when OVHcloud shows none."""
        return self.billing.lifecycle.current.state if self.billing.lifecycle else ""

    @property
    def pending(self) -> tuple[str, ...]:
        """The actions that OVHcloud shows as pending."""
        return self.billing.lifecycle.current.pending_actions if self.billing.lifecycle else ()

    @property
    def planned(self) -> tuple[str, ...]:
        """The planned ends. That OVHcloud lists the one by a minimum term's rule is not published, so it is added."""
        found = tuple(action for action in self.pending if action in TERMINATING)
        ruled = self.billing.engagement is not None and self.billing.engagement.ends_service
        return found if not ruled or AT_ENGAGEMENT in found else (*found, AT_ENGAGEMENT)

    @property
    def possible(self) -> tuple[str, ...]:
        """The actions that OVHcloud allows now."""
        return self.billing.lifecycle.capacities.actions if self.billing.lifecycle else ()

    def as_infos(self) -> ServiceInfos:
        """The billing state in the shape in which products show it; ``ok`` stands for an active life cycle."""
        contacts = self.customer.contacts if self.customer else ()
        expires = self.billing.expiration_date
        engaged = self.billing.engagement.end_date if self.billing.engagement else None
        return ServiceInfos(
            service_id=self.service_id,
            status="ok" if self.state in ("active", "toRenew") else self.state,
            contact_admin=next((each.customer_code for each in contacts if each.type == "administrator"), ""),
            expiration=expires.date() if expires else None,
            can_delete_at_expiration="terminateAtExpirationDate" in self.possible,
            engaged_up_to=engaged,
        )

    @property
    def ends_at(self) -> datetime | None:
        """When OVHcloud ended the service or will end it: its own date first, else the end of commitment or term."""
        shown = self.billing.lifecycle.current.termination_date if self.billing.lifecycle else None
        engagement = self.billing.engagement.end_date if self.billing.engagement else None
        if shown is None and AT_ENGAGEMENT in self.planned and engagement:
            return midnight(engagement)
        return shown or self.billing.expiration_date


class OrderPrices(OvhAnswer):
    """``order.OrderPrices``."""

    with_tax: Price | None = None
    without_tax: Price | None = None


class Order(OvhAnswer):
    """``order.Order``."""

    prices: OrderPrices


class FlushOrder(OvhAnswer):
    """``services.billing.engagement.EngagementFlushOrder``."""

    order: Order


class Bill(OvhAnswer):
    """``billing.Bill`` and ``billing.CorrectiveInvoice`` (2026-08); their ``password`` and addresses are not read."""

    bill_id: str = Field(validation_alias=AliasChoices("billId", "correctiveInvoiceId"))
    corrected_invoice_id: str | None = None
    """Which bill it corrects; None: it is a bill."""
    date: Instant
    order_id: int | None = None
    price_with_tax: Price | None = None

    @property
    def words(self) -> str:
        """The kind, the id and the date of the bill, for people."""
        if self.corrected_invoice_id is None:
            return f"bill {self.bill_id} of {self.date.date()}"
        return f"corrective invoice {self.bill_id} of {self.date.date()} for {self.corrected_invoice_id}"


class BillLine(OvhAnswer):
    """``billing.BillDetail`` and ``billing.CorrectiveInvoiceDetail``."""

    bill_detail_id: str = Field(validation_alias=AliasChoices("billDetailId", "correctiveInvoiceDetailId"))
    description: str
    domain: str
    period_start: date | None = None
    period_end: date | None = None
    total_price: Price


class AccessRule(OvhAnswer):
    """``auth.AccessRule``."""

    method: str
    path: str


class CurrentCredential(OvhAnswer):
    """``api.Credential``."""

    status: str
    rules: tuple[AccessRule, ...]
    expiration: Instant | None = None


class AuthDetails(OvhAnswer):
    """``auth.Details``."""

    account: str
    user: str | None = None
    allowed_routes: tuple[AccessRule, ...] | None = None


class AllowedAnswer(OvhAnswer):
    """``services.form.AnswerAllowedValue``."""

    key: str


class Question(OvhAnswer):
    """``services.form.Question``."""

    question: str
    mandatory: bool
    type: str
    answers: tuple[AllowedAnswer, ...] | None = None


class Form(OvhAnswer):
    """``services.form.Description``."""

    name: str
    questions: tuple[Question, ...]


class Said(OvhAnswer):
    """``services.terminate.TerminationAnswer`` and ``services.form.Response``."""

    message: str


class Engagement(OvhAnswer):
    """``services.billing.engagement.Engagement``."""

    end_rule: EndRule | None = None


class TelephonyTask(OvhAnswer):
    """``telephony.OfferTask`` and ``telephony.Task``; only the first has a date."""

    task_id: int
    action: str
    status: str
    execution_date: Instant | None = None


class NewTicket(OvhAnswer):
    """``support.NewMessageInfo``."""

    ticket_id: int
    ticket_number: int


class Ticket(OvhAnswer):
    """``support.Ticket``."""

    ticket_id: int
    subject: str
    state: str


class SavingsPlan(OvhAnswer):
    """``services.savingsPlans.SavingsPlan`` (OVHcloud's description, 2026-08)."""

    id: str
    display_name: str = ""
    flavor: str = ""
    size: int = 1
    status: str
    end_date: date
