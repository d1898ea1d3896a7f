"""One agreement, read in parts."""

from datetime import datetime, timedelta

from unrack.model.errors import Category, UnrackError
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.schemas import (
    Agreement,
    AgreementPage,
    AgreementSummary,
    CancellationRequest,
    CancellationRequestPage,
    Charge,
    ChargePage,
    Entitlement,
    EntitlementPage,
    RenewalTerm,
    TermsPage,
)

SELF_SERVICE = timedelta(hours=48)
"""So long after the purchase a buyer may cancel a public contract alone (AWS Marketplace buyer guide)."""

BUYER, SELLER = "buyer", "seller"


class BoughtAgreement:
    """An agreement of the account, as the buyer sees it."""

    def __init__(self, api: AwsApi, agreement_id: str) -> None:
        """Look at `agreement_id`."""
        self.api = api
        self.id = agreement_id

    async def describe(self) -> Agreement:
        """Parties, dates, status.

        Raises:
            UnrackError: ``NOT_FOUND`` when the account has no such agreement.
        """
        return await self.api.read("DescribeAgreement", Agreement, agreementId=self.id)

    async def renewal(self) -> RenewalTerm | None:
        """The accepted term that lets it renew; None when it has none."""
        pages = await self.api.pages("GetAgreementTerms", TermsPage, agreementId=self.id)
        terms = (term.renewal_term for page in pages for term in page.items)
        return next((term for term in terms if term is not None), None)

    async def entitlements(self) -> tuple[Entitlement, ...]:
        """Read the buyer's entitlements; none when AWS knows none."""
        try:
            pages = await self.api.pages("GetAgreementEntitlements", EntitlementPage, agreementId=self.id)
        except UnrackError as error:
            if error.problem.category is not Category.NOT_FOUND:
                raise
            return ()
        return tuple(item for page in pages for item in page.items)

    async def charges(self) -> tuple[Charge, ...]:
        """Read past and future charges, oldest first."""
        pages = await self.api.pages("ListAgreementCharges", ChargePage, agreementId=self.id)
        found = [item for page in pages for item in page.items]
        return tuple(sorted(found, key=lambda item: (item.time is None, item.time, item.id)))

    async def cancellation_requests(self) -> tuple[CancellationRequest, ...]:
        """The seller's requests to cancel it, newest first."""
        pages = await self.api.pages(
            "ListAgreementCancellationRequests", CancellationRequestPage, partyType="Acceptor", agreementId=self.id
        )
        found = [item for page in pages for item in page.items]
        return tuple(sorted(found, key=_asked_at, reverse=True))

    async def pending(self) -> CancellationRequest | None:
        """The seller's request that waits for the buyer's answer."""
        return next((item for item in await self.cancellation_requests() if item.status == "PENDING_APPROVAL"), None)

    async def is_ours(self, agreement: Agreement) -> bool:
        """Whether the credential's account is the buyer: the agreement is among those that it accepted."""
        resources = agreement.proposal_summary.resources
        found = await self._bought(agreement, resources[0].id if resources else None)
        return any(item.agreement_id == self.id for item in found)

    async def others(self, agreement: Agreement) -> tuple[AgreementSummary, ...]:
        """The account's other agreements on the same products that are in force or to come, the earliest first.

        A renewal may have been accepted in advance: as a future dated agreement, which begins when this one ends
        (AWS Marketplace API reference, "work with renewals").
        """
        products = [resource.id for resource in agreement.proposal_summary.resources]
        listed = [item for product in products for item in await self._bought(agreement, product)]
        found = {item.agreement_id: item for item in listed if item.agreement_id != self.id and not item.over}
        return tuple(sorted(found.values(), key=lambda item: (str(item.start_time or ""), item.agreement_id)))

    async def _bought(self, agreement: Agreement, product: str | None) -> tuple[AgreementSummary, ...]:
        """Agreements that the credential's account accepted; of every product where none is given."""
        filters = [("PartyType", "Acceptor"), ("AgreementType", agreement.agreement_type or "PurchaseAgreement")]
        filters += [("ResourceIdentifier", product)] if product else []
        pages = await self.api.pages(
            "SearchAgreements",
            AgreementPage,
            catalog="AWSMarketplace",
            filters=[{"name": name, "values": [value]} for name, value in filters],
        )
        return tuple(item for page in pages for item in page.items)


def who_cancels(agreement: Agreement, now: datetime) -> str:
    """Who can begin the cancellation: `BUYER` or `SELLER`.

    Buyers cancel pay-as-you-go agreements, and public contracts within 48 hours of the purchase; everything else must
    be begun by the seller (AWS Marketplace buyer guide, cancel-subscription). AWS has the last word when it is asked.
    """
    fresh = agreement.acceptance_time is not None and now < agreement.acceptance_time + SELF_SERVICE
    return BUYER if agreement.pay_as_you_go or fresh else SELLER


def _asked_at(request: CancellationRequest) -> tuple[bool, datetime | None, str]:
    return request.created_at is not None, request.created_at, request.agreement_cancellation_request_id
