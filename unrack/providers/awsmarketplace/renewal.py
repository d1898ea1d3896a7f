"""Turning the automatic renewal off, and on again: an agreement request that amends one term, created and accepted.

``CreateAgreementRequest`` is a quote and changes nothing by itself; ``AcceptAgreementRequest`` makes it so. Both are
bound to one client token or one request id, so that a retry finds the earlier one.
"""

from decimal import Decimal, InvalidOperation
from uuid import uuid4

from unrack.contracts.calls import ChangeResult, StepCall
from unrack.model.errors import Category, UnrackError
from unrack.model.message import msg
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.configuration import EVIDENCE, Configuration
from unrack.providers.awsmarketplace.schemas import AgreementRequest, ChargeSummary, Nothing, RenewalTerm
from unrack.providers.awsmarketplace.service import BoughtAgreement
from unrack.providers.base import Materials
from unrack.providers.handlers import Progress, captured, conflict

_READ_BACK = 5.0
"""Seconds of provider time before an accepted amendment is read again."""

_TOKEN, _REQUEST = "token/", "request/"
"""The prefixes of a reference: for the client token of a quote, and for the quote's id."""


async def stop_renewal(api: AwsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Turn the automatic renewal off, so that the agreement ends at its end date. Can be turned on again."""
    return await _set(api, call, materials, renew=False)


async def restore_renewal(api: AwsApi, call: StepCall, materials: Materials) -> ChangeResult:
    """Turn the automatic renewal on again, where it was on when the agreement was captured."""
    before = Configuration.from_bytes(captured(materials, EVIDENCE))
    if not before.auto_renew:
        return ChangeResult(already=True, note=msg("the agreement did not renew by itself before"))
    return await _set(api, call, materials, renew=True)


async def _set(api: AwsApi, call: StepCall, materials: Materials, *, renew: bool) -> ChangeResult:
    bought = BoughtAgreement(api, call.service.service)
    progress, term = Progress("AWS Marketplace", call, materials), await bought.renewal()
    words = "on" if renew else "off"
    if term is None or term.id is None or term.configuration is None:
        return ChangeResult(already=True, note=msg("the agreement has no term of renewal: it ends at its end date"))
    if term.configuration.enable_auto_renew is renew:
        return progress.done(
            msg("the renewal was turned {words}", words=words), msg("the renewal was {words} before", words=words)
        )
    if progress.begun and progress.references[-1].startswith(_REQUEST):
        await _accept(api, progress)
        raise progress.not_yet(msg("the amendment was accepted and does not show yet"), _READ_BACK)
    await _quote(api, bought, term, progress, renew=renew)
    raise progress.not_yet(msg("the amendment is quoted and is accepted next"), 0)


async def _quote(api: AwsApi, bought: BoughtAgreement, term: RenewalTerm, progress: Progress, *, renew: bool) -> None:
    """Have AWS quote the amendment; refused when it would cost anything or wait for somebody's approval."""
    if not progress.begun:
        progress.note(f"{_TOKEN}{uuid4()}")
    request = await api.change(
        "CreateAgreementRequest",
        AgreementRequest,
        clientToken=progress.references[-1].removeprefix(_TOKEN),
        intent="AMEND",
        sourceAgreementIdentifier=bought.id,
        requestedTerms=[
            {"id": term.id, "configuration": {"renewalTermConfiguration": {"enableAutoRenew": renew}}},
        ],
    )
    if _costs(request.charge_summary):
        raise conflict(
            msg("AWS would charge something for changing the renewal; nothing was accepted"),
            msg("look at the quote in the AWS console, and change the renewal there by hand"),
        )
    if request.approval_requirement == "REQUIRED":
        raise conflict(
            msg(
                "the change of the renewal ({agreement_request_id}) needs an approval inside AWS Marketplace",
                agreement_request_id=request.agreement_request_id,
            ),
            msg("have it approved and accepted in the AWS console, then retry: the renewal is read first"),
        )
    progress.note(f"{_REQUEST}{request.agreement_request_id}")


async def _accept(api: AwsApi, progress: Progress) -> None:
    """Accept the quote; one that is too old is forgotten, and the next attempt asks for another.

    Raises:
        UnrackError: ``CONFLICT`` where AWS does not let the renewal be changed now, as in the lockout before the end.
    """
    request = progress.references[-1].removeprefix(_REQUEST)
    try:
        await api.change("AcceptAgreementRequest", Nothing, agreementRequestId=request)
    except UnrackError as error:
        if error.problem.category is not Category.NOT_FOUND:
            raise
        progress.note(f"{_TOKEN}{uuid4()}")


def _costs(summary: ChargeSummary) -> bool:
    """Whether anything is charged on acceptance; an amount that cannot be read counts."""
    for charge in summary.expected_charges:
        try:
            due = charge.timing == "ON_ACCEPTANCE" and Decimal(charge.amount) > 0
        except InvalidOperation:
            return True
        if due:
            return True
    return False
