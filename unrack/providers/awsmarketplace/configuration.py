"""What a run may change of an agreement and reactivation must restore, and the evidence that shows it."""

import json
from collections.abc import Iterator
from datetime import datetime

from pydantic import ValidationError

from unrack.model.base import Frozen, digest_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.service import ServiceRef
from unrack.model.state import Difference
from unrack.providers.awsmarketplace.agreement import BoughtAgreement
from unrack.providers.awsmarketplace.transport import AwsApi
from unrack.providers.base import Compared, Record

EVIDENCE = "configuration"
"""The type of evidence that holds a `Configuration`."""


class Configuration(Frozen):
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
    cancellation_request: str | None
    """The seller's request that waits for an answer."""

    def digest(self) -> str:
        """Equal when the agreement stands as it stood."""
        return digest_of(self.model_dump(mode="json"))

    def to_bytes(self) -> bytes:
        """As kept in evidence: JSON, for people too."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Configuration":
        """Read it back from evidence.

        Raises:
            UnrackError: `content` is not one.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=f"the captured agreement cannot be read ({error.error_count()} faults)",
                    suggestion="look at the evidence of the step that captured it",
                )
            ) from None


async def read_configuration(agreement: BoughtAgreement) -> Configuration:
    """What the agreement is now."""
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
            sorted(f"{item.resource.id if item.resource else item.type}: {item.status}" for item in entitlements)
        ),
        cancellation_request=pending.agreement_cancellation_request_id if pending else None,
    )


async def compare(api: AwsApi, ref: ServiceRef, before: bytes) -> Compared:
    """Field by field against what was captured; both sides are kept."""
    captured = Configuration.from_bytes(before)
    now = await read_configuration(BoughtAgreement(api, ref.service))
    found = tuple(_differences(captured, now))
    content = {
        "before": captured.model_dump(mode="json"),
        "after": now.model_dump(mode="json"),
        "differences": [difference.model_dump(mode="json") for difference in found],
    }
    record = Record(
        type="comparison",
        name=f"comparison-{ref.service}.json",
        media_type="application/json",
        content=json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode(),
    )
    return Compared(differences=found, records=(record,), clock=await api.clock())


def _differences(before: Configuration, now: Configuration) -> Iterator[Difference]:
    old, new = before.model_dump(mode="json"), now.model_dump(mode="json")
    for name in old:
        if old[name] != new[name]:
            yield Difference(field=name, before=_text(old[name]), after=_text(new[name]))


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
