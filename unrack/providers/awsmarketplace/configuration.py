"""The fields of an agreement that a run may change and reactivation must restore, and their evidence."""

import json
from collections.abc import Iterator
from datetime import datetime

from unrack.model.message import msg
from unrack.model.service import ServiceRef
from unrack.model.state import Difference
from unrack.providers.awsmarketplace.client import AwsApi
from unrack.providers.awsmarketplace.service import BoughtAgreement
from unrack.providers.base import Compared
from unrack.providers.snapshot import Snapshot, compared

EVIDENCE = "configuration"
"""The type of evidence that holds a `Configuration`."""


class Configuration(Snapshot):
    """The agreement before the run."""

    schema_version: int = 1
    agreement: str
    status: str
    buyer: str
    seller: str
    products: tuple[str, ...]
    offer: str
    ends_at: datetime | None
    auto_renew: bool | None
    """None: the agreement has no renewal term."""
    entitlements: tuple[str, ...]
    """As ``prod-abc: PROVISIONED``."""
    others: tuple[str, ...] = ()
    """Other agreements on the same product that were in force or to come."""
    cancellation_request: str | None
    """The seller's request that waits for an answer."""

    @classmethod
    def unreadable(cls, faults: int) -> str:
        """See `Snapshot`."""
        return msg("the captured agreement cannot be read ({faults} faults)", faults=faults)


async def read_configuration(agreement: BoughtAgreement) -> Configuration:
    """Read the current configuration of the agreement."""
    described, renewal = await agreement.describe(), await agreement.renewal()
    entitlements, pending = await agreement.entitlements(), await agreement.pending()
    return Configuration(
        agreement=described.agreement_id,
        status=described.status,
        buyer=described.acceptor.account_id,
        seller=described.proposer.account_id,
        products=tuple(f"{item.type} {item.id}".strip() for item in described.proposal_summary.resources),
        offer=described.proposal_summary.offer_id,
        ends_at=described.end_time,
        auto_renew=renewal.configuration.enable_auto_renew if renewal and renewal.configuration else None,
        entitlements=tuple(
            sorted(
                msg("{value}: {status}", value=item.resource.id if item.resource else item.type, status=item.status)
                for item in entitlements
            )
        ),
        others=tuple(item.agreement_id for item in await agreement.others(described)),
        cancellation_request=pending.agreement_cancellation_request_id if pending else None,
    )


async def compare(api: AwsApi, ref: ServiceRef, before: bytes) -> Compared:
    """Compare with the capture, field by field. Both sides are kept."""
    captured = Configuration.from_bytes(before)
    now = await read_configuration(BoughtAgreement(api, ref.service))
    found = tuple(_differences(captured, now))
    return compared(ref, captured, now, found, await api.clock())


def _differences(before: Configuration, now: Configuration) -> Iterator[Difference]:
    """Other agreements are none of this run's: whether they came or went is nothing to set back."""
    old, new = before.model_dump(mode="json"), now.model_dump(mode="json")
    for name in old:
        if old[name] != new[name]:
            yield Difference(field=name, before=_text(old[name]), after=_text(new[name]), expected=name == "others")


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
