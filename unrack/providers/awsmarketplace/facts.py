"""Reads the facts of an agreement from AWS. Changes nothing."""

from datetime import datetime

from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import ServiceFacts, ServiceRef
from unrack.providers.awsmarketplace import findings
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.configuration import read_configuration
from unrack.providers.awsmarketplace.schemas import Agreement
from unrack.providers.awsmarketplace.service import BoughtAgreement


async def read_facts(api: AwsApi, ref: ServiceRef) -> ServiceFacts:
    """Everything a plan is made from.

    Raises:
        UnrackError: the account has no such agreement, or the credential lacks a right.
    """
    bought = BoughtAgreement(api, ref.service)
    agreement, configuration = await bought.describe(), await read_configuration(bought)
    ours, entitlements = await bought.is_ours(agreement), await bought.entitlements()
    renewal, others = await bought.renewal(), await bought.others(agreement)
    clock, buyer = await api.clock(), agreement.acceptor.account_id
    return ServiceFacts(
        service=ref.model_copy(update={"service": agreement.agreement_id, "address": api.credential.address}),
        title=_title(agreement),
        state=agreement.status,
        active=agreement.active,
        billing_state="pay-as-you-go" if agreement.pay_as_you_go else "contract",
        owner=buyer,
        caller=buyer if ours else msg("another account"),
        expires_at=agreement.end_time,
        renewal_period="P1M" if agreement.pay_as_you_go else None,
        renews_automatically=configuration.auto_renew,
        cancellation_planned=configuration.cancellation_request is not None,
        timings=timings(agreement, clock.shown),
        details=_details(agreement),
        findings=(
            *findings.buyer(agreement, ours=ours),
            *findings.status(agreement),
            *findings.way(agreement, clock.shown),
            *findings.lockout(agreement, renewal, clock.shown, Timing.IMMEDIATE),
            *findings.pending(await bought.pending()),
            *findings.leftovers(agreement, entitlements),
            *findings.others(others, clock.shown),
        ),
        configuration_digest=configuration.digest(),
        clock=clock,
    )


def timings(agreement: Agreement, now: datetime) -> tuple[Timing, ...]:
    """An active agreement may be cancelled, by the buyer or through the seller; one with an end date may run out."""
    if not agreement.active:
        return ()
    ends = agreement.end_time is not None and agreement.end_time > now
    return (Timing.END_OF_TERM, Timing.IMMEDIATE) if ends else (Timing.IMMEDIATE,)


def _title(agreement: Agreement) -> str:
    products = ", ".join(item.id for item in agreement.proposal_summary.resources)
    return msg(
        "{value} from {value2}",
        value=products or "agreement",
        value2=agreement.proposer.account_id or msg("an unknown seller"),
    )


def _details(agreement: Agreement) -> dict[str, str | int | float | bool | None]:
    charges, behaviour = agreement.estimated_charges, agreement.end_time_behavior
    return {
        "seller": agreement.proposer.account_id,
        "offer": agreement.proposal_summary.offer_id,
        msg("product types"): ", ".join(item.type for item in agreement.proposal_summary.resources),
        msg("accepted on"): agreement.acceptance_time.isoformat() if agreement.acceptance_time else None,
        "value": f"{charges.agreement_value} {charges.currency_code}" if charges else None,
        msg("at the end date"): behaviour.type if behaviour else None,
    }
