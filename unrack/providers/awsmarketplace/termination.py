"""Cancelling: by the buyer, or by accepting the seller's request. Neither can be taken back.

``CancelAgreement`` has no client token (botocore), so it is read first, sent once, and read again.
"""

from unrack.contracts.calls import ChangeResult, CommitResult, EffectStatus, ProbeResult, StepCall
from unrack.model.message import msg
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.schemas import CONTINUED, ENDED, Agreement, Nothing
from unrack.providers.awsmarketplace.service import BoughtAgreement
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress, conflict

_ASK_AGAIN = 3600.0
"""Seconds of provider time between two looks for the seller's request: a person writes it."""

_REASON = 2000
"""How much of a reason AWS takes."""


async def receive(api: AwsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Wait for the seller's request to cancel. It ends nothing until it is accepted."""
    bought, progress = BoughtAgreement(api, call.service.service), Progress("AWS Marketplace", call, materials)
    pending = await bought.pending()
    if pending is None:
        await _must_live(bought)
        raise progress.not_yet(msg("the seller has not asked to cancel yet"), _ASK_AGAIN)
    progress.references = (pending.agreement_cancellation_request_id,)
    return ChangeResult(
        already=True,
        note=msg(
            "the seller asked to cancel ({agreement_cancellation_request_id}, {reason_code})",
            agreement_cancellation_request_id=pending.agreement_cancellation_request_id,
            reason_code=pending.reason_code,
        ),
        references=progress.references,
    )


async def reject(api: AwsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Answer no to the seller's request, so that the agreement goes on."""
    bought, progress = BoughtAgreement(api, call.service.service), Progress("AWS Marketplace", call, materials)
    pending = await bought.pending()
    if pending is None:
        return progress.done(
            msg("the seller's request was rejected"), msg("no request of the seller waits for an answer")
        )
    progress.note(pending.agreement_cancellation_request_id)
    await api.change(
        "RejectAgreementCancellationRequest",
        Nothing,
        agreementId=bought.id,
        agreementCancellationRequestId=pending.agreement_cancellation_request_id,
        rejectionReason=msg("The agreement is kept: the cancellation was withdrawn by the buyer.")[:_REASON],
    )
    return progress.done(msg("the seller's request was rejected"), "")


async def cancel(api: AwsApi, call: StepCall, _: Materials) -> CommitResult:
    """Cancel as the buyer. AWS refuses a cancellation that only the seller can begin, and says why."""
    bought = BoughtAgreement(api, call.service.service)
    agreement = await bought.describe()
    if agreement.status in ENDED:
        return CommitResult(already=True, note=msg("the agreement had ended: {status}", status=agreement.status))
    _must_not_go_on(agreement)
    await api.change("CancelAgreement", Nothing, agreementId=bought.id)
    return CommitResult(
        already=False, note=msg("the agreement was cancelled; invoices already issued are not refunded")
    )


async def accept(api: AwsApi, call: StepCall, _: Materials) -> CommitResult:
    """Accept the seller's request to cancel."""
    bought = BoughtAgreement(api, call.service.service)
    agreement, requests = await bought.describe(), await bought.cancellation_requests()
    if agreement.status in ENDED:
        return CommitResult(already=True, note=msg("the agreement had ended: {status}", status=agreement.status))
    _must_not_go_on(agreement)
    if requests and requests[0].status == "APPROVED":
        return CommitResult(already=True, note=msg("a request to cancel was accepted before; AWS is at work on it"))
    pending = next((item for item in requests if item.status == "PENDING_APPROVAL"), None)
    if pending is None:
        raise conflict(
            msg("no request of the seller waits for an answer: it was withdrawn, rejected, or never came"),
            msg("ask the seller to send it again (AWS Marketplace Management Portal), then retry"),
        )
    number = pending.agreement_cancellation_request_id
    await api.change(
        "AcceptAgreementCancellationRequest", Nothing, agreementId=bought.id, agreementCancellationRequestId=number
    )
    return CommitResult(
        already=False, note=msg("the seller's request {value} was accepted", value=number), references=(number,)
    )


async def probe_cancel(api: AwsApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the cancellation took effect, by the agreement's status."""
    agreement = await BoughtAgreement(api, call.service.service).describe()
    return await _probed(api, agreement, EffectStatus.NOT_DONE)


async def probe_accept(api: AwsApi, call: StepCall, _: Materials) -> ProbeResult:
    """Whether the request was accepted, by its own status or the agreement's."""
    bought = BoughtAgreement(api, call.service.service)
    agreement, requests = await bought.describe(), await bought.cancellation_requests()
    accepted = bool(requests) and requests[0].status == "APPROVED"
    otherwise = EffectStatus.DONE if accepted else EffectStatus.NOT_DONE
    return await _probed(api, agreement, otherwise)


async def _probed(api: AwsApi, agreement: Agreement, otherwise: EffectStatus) -> ProbeResult:
    standing = EffectStatus.DONE if agreement.status in ENDED else EffectStatus.UNKNOWN
    if agreement.active:
        standing = otherwise
    return ProbeResult(
        standing=standing, note=msg("the agreement is {status}", status=agreement.status), clock=await api.clock()
    )


async def _must_live(bought: BoughtAgreement) -> None:
    agreement = await bought.describe()
    if not agreement.active:
        raise conflict(
            msg("the agreement is {status}: no request of the seller will come", status=agreement.status),
            msg("look at it in the AWS console; when it has ended, skip this step with that as the reason"),
        )


def _must_not_go_on(agreement: Agreement) -> None:
    if agreement.status in CONTINUED:
        raise conflict(
            msg("the agreement is {status}: its product goes on under another agreement", status=agreement.status),
            msg("find the new agreement in the AWS console and plan a run for that one"),
        )
