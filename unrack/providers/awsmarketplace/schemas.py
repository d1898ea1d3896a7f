"""The fields read from answers of the agreement service (shapes: botocore, marketplace-agreement 2020-03-01)."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

ENDED = frozenset({"CANCELLED", "EXPIRED", "TERMINATED", "ARCHIVED", "ROLLED_BACK"})
"""Statuses of an agreement under which nothing goes on."""

CONTINUED = frozenset({"RENEWED", "REPLACED", "SUPERSEDED"})
"""Statuses of an agreement whose product goes on under another one."""


class AwsAnswer(BaseModel):
    """AWS may add fields at any time; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Party(AwsAnswer):
    """The buyer (acceptor) or the seller (proposer)."""

    account_id: str = ""


class Resource(AwsAnswer):
    """A product."""

    id: str
    type: str = ""


class ProposalSummary(AwsAnswer):
    """The offer behind the agreement: its id and its resources."""

    resources: tuple[Resource, ...] = ()
    offer_id: str = ""


class EstimatedCharges(AwsAnswer):
    """The known cost of the agreement."""

    currency_code: str = ""
    agreement_value: str = ""


class EndTimeBehavior(AwsAnswer):
    """The behaviour at the end date, RENEW, REPLACE or EXPIRE, and the reason for no renewal."""

    type: str
    reason_code: str | None = None


class Agreement(AwsAnswer):
    """``DescribeAgreement``."""

    agreement_id: str
    status: str
    agreement_type: str = ""
    acceptor: Party = Party()
    proposer: Party = Party()
    acceptance_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    """None: pay-as-you-go, without an end."""
    estimated_charges: EstimatedCharges | None = None
    proposal_summary: ProposalSummary = ProposalSummary()
    end_time_behavior: EndTimeBehavior | None = None

    @property
    def active(self) -> bool:
        """Whether its terms are in force."""
        return self.status == "ACTIVE"

    @property
    def pay_as_you_go(self) -> bool:
        """Agreements without an end date are paid by use (botocore's description of ``endTime``)."""
        return self.end_time is None


class AgreementSummary(AwsAnswer):
    """One line of ``SearchAgreements``."""

    agreement_id: str
    status: str = ""
    start_time: datetime | None = None
    """Later than the acceptance for a future dated agreement."""
    end_time: datetime | None = None
    end_time_behavior_type: str | None = None
    """RENEW, REPLACE or EXPIRE; None without an end date."""

    @property
    def over(self) -> bool:
        """Whether nothing is in force or to come under it, nor under its name."""
        return self.status in ENDED | CONTINUED


class AgreementPage(AwsAnswer):
    """``SearchAgreements``."""

    items: tuple[AgreementSummary, ...] = Field(default=(), alias="agreementViewSummaries")
    next_token: str | None = None


class RenewalConfiguration(AwsAnswer):
    """The buyer's choice."""

    enable_auto_renew: bool


class RenewalTerm(AwsAnswer):
    """The term that lets an agreement renew by itself."""

    id: str | None = None
    configuration: RenewalConfiguration | None = None
    lockout_period: Annotated[str | None, Field(pattern=r"^P\d{1,7}D$")] = None
    """ISO 8601, as P30D: so long before the end the choice can no longer be changed."""

    @property
    def renews(self) -> bool:
        """Whether the agreement renews by itself."""
        return self.configuration is not None and self.configuration.enable_auto_renew

    @property
    def lockout(self) -> timedelta:
        """How long before the end date the choice is fixed."""
        return timedelta(days=int(self.lockout_period[1:-1])) if self.lockout_period else timedelta(0)


class Term(AwsAnswer):
    """One accepted term; of the many kinds only the renewal is read."""

    renewal_term: RenewalTerm | None = None


class TermsPage(AwsAnswer):
    """``GetAgreementTerms``."""

    items: tuple[Term, ...] = Field(default=(), alias="acceptedTerms")
    next_token: str | None = None


class Entitlement(AwsAnswer):
    """A resource that the agreement lets the buyer use."""

    resource: Resource | None = None
    type: str = ""
    status: str = ""
    status_reason_code: str | None = None
    license_arn: str | None = None


class EntitlementPage(AwsAnswer):
    """``GetAgreementEntitlements``."""

    items: tuple[Entitlement, ...] = Field(default=(), alias="agreementEntitlements")
    next_token: str | None = None


class Charge(AwsAnswer):
    """One charge of an agreement."""

    id: str
    amount: str = ""
    currency_code: str = ""
    time: datetime | None = None


class ChargePage(AwsAnswer):
    """``ListAgreementCharges``."""

    items: tuple[Charge, ...] = ()
    next_token: str | None = None


class CancellationRequest(AwsAnswer):
    """A seller's request to cancel."""

    agreement_cancellation_request_id: str
    status: str
    reason_code: str | None = None
    created_at: datetime | None = None


class CancellationRequestPage(AwsAnswer):
    """``ListAgreementCancellationRequests``."""

    items: tuple[CancellationRequest, ...] = ()
    next_token: str | None = None


class ExpectedCharge(AwsAnswer):
    """A charge that an agreement request would bring."""

    amount: str = "0"
    timing: str = ""


class ChargeSummary(AwsAnswer):
    """The expected cost of an agreement request."""

    currency_code: str = ""
    expected_charges: tuple[ExpectedCharge, ...] = ()


class AgreementRequest(AwsAnswer):
    """``CreateAgreementRequest``: a quote that is accepted apart."""

    agreement_request_id: str
    status: str = ""
    approval_requirement: str = ""
    charge_summary: ChargeSummary = ChargeSummary()


class Nothing(AwsAnswer):
    """An answer of which nothing is read."""
