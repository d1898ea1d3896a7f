"""Judgements on an agreement: pure, shared by the plan and by the checks that a run makes again."""

from datetime import datetime

from unrack.model.lifecycle import Timing
from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.awsmarketplace.schemas import (
    Agreement,
    AgreementSummary,
    CancellationRequest,
    Entitlement,
    RenewalTerm,
)
from unrack.providers.awsmarketplace.service import BUYER, SELF_SERVICE, SELLER, who_cancels

Findings = tuple[Finding, ...]

_METERED = {
    "AmiProduct": msg("instances that run from its image go on and are charged: terminate them as well"),
    "ContainerProduct": msg("containers that run from its images go on: stop them as well"),
    "MachineLearningProduct": msg("endpoints and jobs that use its model go on: stop them as well"),
    "DataProduct": msg("jobs that import its data sets fail from then on"),
}
"""The things that a cancellation leaves running, by the kind of product (AWS Marketplace buyer guide)."""


def buyer(agreement: Agreement, *, ours: bool) -> Findings:
    """Only the buyer's account may cancel or answer."""
    if ours:
        return ()
    owner = agreement.acceptor.account_id or msg("another account")
    text = msg(
        "the agreement was accepted by {owner}, not by the credential's account. Use a credential of the buyer",
        owner=owner,
    )
    return (Finding(subject="buyer", text=text, blocking=True),)


def status(agreement: Agreement) -> Findings:
    """Block unless the agreement is active: no other can be cancelled."""
    if agreement.active:
        return ()
    return (
        Finding(
            subject="status", text=msg("the agreement is {status}, not ACTIVE", status=agreement.status), blocking=True
        ),
    )


def way(agreement: Agreement, now: datetime, wanted: str | None = None) -> Findings:
    """Who can begin a cancellation; blocks when the request says that it is somebody else.

    Args:
        agreement: The agreement.
        now: AWS's time.
        wanted: `BUYER` or `SELLER` as the request has it; None while nothing was asked for.
    """
    begins = who_cancels(agreement, now)
    if begins == BUYER and agreement.pay_as_you_go:
        text = msg("pay-as-you-go: the buyer may cancel alone")
    elif begins == BUYER and agreement.acceptance_time:
        text = msg(
            "bought less than 48 hours ago: the buyer may cancel alone until {shown}",
            shown=_shown(agreement.acceptance_time),
        )
    else:
        text = msg("a contract older than 48 hours: only the seller can begin a cancellation, and the buyer accepts it")
    blocked = wanted == BUYER and begins == SELLER
    more = msg(". Ask for it with 'cancelled-by: seller', or for the end of the term") if blocked else ""
    return (Finding(subject=msg("who cancels"), text=text + more, blocking=blocked),)


def pending(request: CancellationRequest | None) -> Findings:
    """A request that the seller sent before the run."""
    if request is None:
        return ()
    text = msg(
        "the seller asked to cancel already ({agreement_cancellation_request_id}); it waits for an answer",
        agreement_cancellation_request_id=request.agreement_cancellation_request_id,
    )
    return (Finding(subject=msg("cancellation request"), text=text),)


def end_date(agreement: Agreement, timing: Timing | None) -> Findings:
    """Without an end date nothing can run out."""
    if agreement.end_time is not None or timing is not Timing.END_OF_TERM:
        return ()
    text = msg("a pay-as-you-go agreement has no end date to run out at. Ask for 'immediate'")
    return (Finding(subject=msg("end date"), text=text, blocking=True),)


def lockout(agreement: Agreement, renewal: RenewalTerm | None, now: datetime, timing: Timing | None = None) -> Findings:
    """Until when the renewal can be turned off, and on again (botocore: ``lockoutPeriod``)."""
    if renewal is None or agreement.end_time is None or not renewal.lockout:
        return ()
    until = agreement.end_time - renewal.lockout
    if now < until:
        text = msg(
            "the renewal can be turned off, and on again, until {until}; then it is fixed",
            until=f"{until:%Y-%m-%d %H:%M %Z}",
        )
        return (Finding(subject="renewal", text=text),)
    blocked = renewal.renews and timing is not Timing.IMMEDIATE
    text = msg(
        "since {until} the renewal is fixed {value} for this term",
        until=f"{until:%Y-%m-%d %H:%M %Z}",
        value="on" if renewal.renews else "off",
    )
    return (Finding(subject="renewal", text=text, blocking=blocked),)


def leftovers(agreement: Agreement, entitlements: tuple[Entitlement, ...]) -> Findings:
    """Report usage that goes on and is charged after a cancellation, and licences that end with it."""
    kinds = {item.type for item in agreement.proposal_summary.resources}
    licences = [item.license_arn for item in entitlements if item.license_arn]
    found = [Finding(subject="product", text=text) for kind, text in _METERED.items() if kind in kinds]
    found += [
        Finding(subject="licence", text=msg("the licence {arn} ends with the agreement", arn=arn)) for arn in licences
    ]
    return tuple(found)


def others(found: tuple[AgreementSummary, ...], now: datetime, *, blocking: bool = False) -> Findings:
    """Other agreements on the same product: it goes on under them, whatever becomes of this one."""
    return tuple(
        Finding(
            subject=msg("other agreement"),
            text=msg(
                "{agreement_id} is for the same product and {lasts}: it does not end with this one. "
                "End it by a run of its own, if the product is to go",
                agreement_id=item.agreement_id,
                lasts=_lasts(item, now),
            ),
            blocking=blocking,
            item=item.agreement_id,
            now=item.status,
        )
        for item in found
    )


def _lasts(item: AgreementSummary, now: datetime) -> str:
    to_come = item.start_time is not None and item.start_time > now
    begins = msg("begins on {start_time}", start_time=f"{item.start_time:%Y-%m-%d}") if to_come else msg("is in force")
    then = {"RENEW": msg(", then renews"), "REPLACE": msg(", then is replaced")}.get(
        item.end_time_behavior_type or "", ""
    )
    return msg(
        "{begins}, {value}",
        begins=begins,
        value=msg("until {end_time}{then}", end_time=f"{item.end_time:%Y-%m-%d}", then=then)
        if item.end_time
        else msg("without an end date"),
    )


def _shown(accepted: datetime) -> str:
    return f"{accepted + SELF_SERVICE:%Y-%m-%d %H:%M %Z}"
