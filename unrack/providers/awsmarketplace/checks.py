"""Preconditions, read again by a run."""

from datetime import datetime

from unrack.contracts.calls import StepCall
from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.awsmarketplace import findings
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.configuration import EVIDENCE, Configuration
from unrack.providers.awsmarketplace.findings import Findings
from unrack.providers.awsmarketplace.schemas import ENDED, Agreement, AgreementSummary
from unrack.providers.awsmarketplace.service import BoughtAgreement
from unrack.providers.base import Materials
from unrack.providers.handlers import captured


async def check_buyer(api: AwsApi, call: StepCall, _: Materials) -> Findings:
    """The credential speaks for the buyer."""
    bought = BoughtAgreement(api, call.service.service)
    agreement = await bought.describe()
    return findings.buyer(agreement, ours=await bought.is_ours(agreement))


async def check_status(api: AwsApi, call: StepCall, _: Materials) -> Findings:
    """Active, with an end date where one is needed, and whether the seller asked already."""
    bought = BoughtAgreement(api, call.service.service)
    agreement = await bought.describe()
    return (
        *findings.status(agreement),
        *findings.end_date(agreement, call.timing),
        *findings.lockout(agreement, await bought.renewal(), (await api.clock()).shown, call.timing),
        *findings.pending(await bought.pending()),
    )


async def check_way(api: AwsApi, call: StepCall, _: Materials) -> Findings:
    """Whether the one whom the request names can begin the cancellation (S3.7)."""
    agreement = await BoughtAgreement(api, call.service.service).describe()
    wanted = call.parameters.get("cancelled-by")
    return findings.way(agreement, (await api.clock()).shown, str(wanted) if wanted else None)


async def check_leftovers(api: AwsApi, call: StepCall, _: Materials) -> Findings:
    """Report usage that goes on after the end, and licences that end with the agreement."""
    bought = BoughtAgreement(api, call.service.service)
    return findings.leftovers(await bought.describe(), await bought.entitlements())


async def check_unchanged(api: AwsApi, call: StepCall, materials: Materials) -> Findings:
    """Just before the point of no return: the same agreement, and the renewal as this run left it."""
    bought = BoughtAgreement(api, call.service.service)
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    agreement, renewal = await bought.describe(), await bought.renewal()
    if agreement.status in ENDED:
        return (
            Finding(subject="status", text=msg("the agreement has ended already: {status}", status=agreement.status)),
        )
    renews = renewal is not None and renewal.renews
    others, clock = await bought.others(agreement), await api.clock()
    return (
        *findings.status(agreement),
        *_moved(agreement, before),
        *_renews(call, renews=renews),
        *(finding for other in others for finding in _since(before, other, clock.shown)),
    )


async def check_others(api: AwsApi, call: StepCall, _: Materials) -> Findings:
    """Report the account's other agreements for the same product. They may be meant to stay."""
    bought = BoughtAgreement(api, call.service.service)
    return findings.others(await bought.others(await bought.describe()), (await api.clock()).shown)


async def check_none_goes_on(api: AwsApi, call: StepCall, _: Materials) -> Findings:
    """The last look: the product goes on as long as another agreement gives it; a person accepts that, or not."""
    bought = BoughtAgreement(api, call.service.service)
    others, clock = await bought.others(await bought.describe()), await api.clock()
    none = Finding(subject=msg("other agreement"), text=msg("the account has no other agreement on the product"))
    return findings.others(others, clock.shown, blocking=True) or (none,)


def _since(before: Configuration, other: AgreementSummary, now: datetime) -> Findings:
    """An agreement that was accepted while the run went on: somebody wants the product."""
    return findings.others((other,), now, blocking=other.agreement_id not in before.others)


def _moved(agreement: Agreement, before: Configuration) -> Findings:
    if agreement.end_time == before.ends_at and agreement.proposal_summary.offer_id == before.offer:
        return ()
    text = msg("the agreement was amended since the run captured it. Look at it in the AWS console, then plan anew")
    return (Finding(subject="agreement", text=text, blocking=True),)


def _renews(call: StepCall, *, renews: bool) -> Findings:
    if not renews or call.timing is not Timing.END_OF_TERM:
        return ()
    text = msg("somebody turned the renewal on again: the agreement will not end. Ask them, then turn it off again")
    return (Finding(subject="renewal", text=text, blocking=True),)
