"""The actions of AWS Marketplace, for buyers. Operations: botocore, ``marketplace-agreement`` 2020-03-01.

A right is an IAM action; an IAM policy for the worker lists exactly those of the runbook's actions.
"""

from typing import Any

from unrack.contracts.action import ActionSpec, Right
from unrack.contracts.id_form import IdForm, IdKind
from unrack.contracts.vendor import Vendor
from unrack.model.evidence import EvidenceWanted
from unrack.model.lifecycle import StepKind
from unrack.model.message import msg


def _iam(*operations: str) -> tuple[Right, ...]:
    return tuple(Right(method="iam", path=f"aws-marketplace:{operation}") for operation in operations)


_READ = _iam("DescribeAgreement", "GetAgreementTerms", "GetAgreementEntitlements", "ListAgreementCancellationRequests")
_SEARCH = _iam("DescribeAgreement", "SearchAgreements")
_AMEND = _iam("CreateAgreementRequest", "AcceptAgreementRequest")

_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        name="awsmarketplace.agreement.check-buyer",
        kind=StepKind.CHECK,
        summary="The credential's account accepted the agreement: only the buyer can cancel, or answer the seller.",
        rights=_iam("DescribeAgreement", "SearchAgreements"),
        source="S3.7; botocore: SearchAgreements with PartyType Acceptor",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.check-status",
        kind=StepKind.CHECK,
        summary="The agreement is active, has an end date where one is needed, and its renewal can still be changed.",
        rights=_iam("DescribeAgreement", "GetAgreementTerms", "ListAgreementCancellationRequests"),
    ),
    ActionSpec(
        name="awsmarketplace.agreement.check-way",
        kind=StepKind.CHECK,
        summary="Who can begin the cancellation: the buyer (pay-as-you-go, or within 48 hours) or only the seller.",
        rights=_iam("DescribeAgreement"),
        parameters=frozenset({"cancelled-by"}),
        source="S3.7; AWS Marketplace buyer guide, cancel-subscription",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.check-leftovers",
        kind=StepKind.CHECK,
        summary="What goes on and is charged after the end: instances, containers, licences.",
        rights=_iam("DescribeAgreement", "GetAgreementEntitlements"),
        source="AWS Marketplace buyer guide, cancel-subscription",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.check-others",
        kind=StepKind.CHECK,
        summary="Other agreements of the account on the same product, in force or to come.",
        rights=_SEARCH,
        source="AWS Marketplace API reference, work with renewals; botocore: startTime of future dated agreements",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.check-none-goes-on",
        kind=StepKind.CHECK,
        summary="After the end: stops while the product goes on under another agreement of the account.",
        rights=_SEARCH,
        source="AWS Marketplace API reference, work with renewals; botocore: startTime of future dated agreements",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.check-unchanged",
        kind=StepKind.CHECK,
        summary="Just before the point of no return: the agreement is as the run left it.",
        rights=(*_SEARCH, *_iam("GetAgreementTerms")),
        needs_evidence=("configuration",),
        source="DESIGN, rule 3",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.capture-configuration",
        kind=StepKind.CAPTURE,
        summary="Keeps the agreement, its renewal, its entitlements and its charges so far.",
        rights=(*_READ, *_iam("SearchAgreements", "ListAgreementCharges")),
        evidence=(
            EvidenceWanted(type="configuration", title=msg("The agreement before the run")),
            EvidenceWanted(type="charges-before", title=msg("Charges before the run")),
        ),
    ),
    ActionSpec(
        name="awsmarketplace.agreement.stop-renewal",
        kind=StepKind.CHANGE,
        summary="Turns the automatic renewal off, so that the agreement ends at its end date.",
        rights=(*_iam("GetAgreementTerms"), *_AMEND),
        undo_rights=_AMEND,
        undoable=True,
        needs_evidence=("configuration",),
        source="botocore: CreateAgreementRequest with intent AMEND, then AcceptAgreementRequest",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.capture-confirmation",
        kind=StepKind.CAPTURE,
        reads_date=True,
        summary="Reads the end date back and keeps AWS's own record that the agreement ends there.",
        rights=_iam("DescribeAgreement"),
        evidence=(EvidenceWanted(type="provider-confirmation", title=msg("AWS's record of the end")),),
        source="botocore: endTimeBehavior",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.receive-cancellation",
        kind=StepKind.CHANGE,
        summary="Waits for the seller's request to cancel; nothing ends until it is accepted. Its undo rejects it.",
        rights=_iam("ListAgreementCancellationRequests", "DescribeAgreement"),
        undo_rights=_iam("ListAgreementCancellationRequests", "RejectAgreementCancellationRequest"),
        undoable=True,
        source="S3.7; botocore: ListAgreementCancellationRequests, RejectAgreementCancellationRequest",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.cancel",
        kind=StepKind.COMMIT,
        summary="Cancels the agreement as its buyer. Cannot be taken back; issued invoices are not refunded.",
        rights=_iam("DescribeAgreement", "CancelAgreement"),
        source="S3.7; botocore: CancelAgreement has no client token",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.accept-cancellation",
        kind=StepKind.COMMIT,
        summary="Accepts the seller's request to cancel. Cannot be taken back.",
        rights=_iam("DescribeAgreement", "ListAgreementCancellationRequests", "AcceptAgreementCancellationRequest"),
        source="S3.7; botocore: only from PENDING_APPROVAL",
    ),
    ActionSpec(
        name="awsmarketplace.agreement.await-end",
        kind=StepKind.AWAIT,
        summary="Waits until AWS shows that the agreement has ended.",
        rights=_iam("DescribeAgreement"),
    ),
    ActionSpec(
        name="awsmarketplace.agreement.verify-gone",
        kind=StepKind.AWAIT,
        summary="The agreement has ended and nothing is provisioned under it any more.",
        rights=(*_SEARCH, *_iam("GetAgreementEntitlements")),
        evidence=(EvidenceWanted(type="gone", title=msg("AWS's answers for the ended agreement")),),
    ),
    ActionSpec(
        name="awsmarketplace.agreement.verify-billing-stopped",
        kind=StepKind.AWAIT,
        summary="Waits until the month of the end is settled, and a month more; shows that nothing else is charged.",
        rights=_iam("ListAgreementCharges"),
        evidence=(EvidenceWanted(type="charges", title=msg("Charges after the end")),),
        source="botocore: ListAgreementCharges",
    ),
)


def _iam_policy(_: str, __: int, rights: tuple[Right, ...]) -> dict[str, Any] | None:
    """A policy with `rights` and no others, as AWS's IAM takes it."""
    if not rights:
        return None
    statement = {"Effect": "Allow", "Action": sorted(right.path for right in rights), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


VENDOR = Vendor(
    actions=_ACTIONS,
    credential="access_key_id and secret_access_key of an IAM user or role of the buyer's account (region, "
    "session_token where they are needed)",
    # that AWS writes every agreement id in lower case is assumed: all published ones are
    service_ids={"awsmarketplace/agreement": IdKind((IdForm.NAME,), "those look like agmt-1a2b3c")},
    iam_policy=_iam_policy,
)
