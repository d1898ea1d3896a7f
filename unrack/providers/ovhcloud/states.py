"""OVHcloud's own words for states: which pass by themselves, which are known, and the findings on the others.

Sources: ovh-api, and OVHcloud's descriptions of 2026-08 where a word is newer. A word that is in neither is told, and
never taken for one that is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from unrack.model.message import msg
from unrack.model.service import Finding
from unrack.providers.ovhcloud.products import OvhProduct
from unrack.providers.ovhcloud.schemas.published import (
    Bandwidth,
    BillingState,
    Connect,
    ConnectProvider,
    RenewalType,
    ServiceInfos,
)
from unrack.providers.ovhcloud.schemas.services import BilledService

OK = "ok"
RENEWING = "autorenewInProgress"

_BILLING_PASSES = frozenset({RENEWING, "inCreation"})
_BILLING = frozenset({*BillingState, "error", "rupture", "terminated", "toRenew", "unpaid", "unrenewed"})
"""``service.StateEnum``, and ``services.expanded.Lifecycle.StateEnum`` where a product shows no other."""

_IAM_PASSES = frozenset({"IN_CREATION"})
_IAM_STOPS = frozenset({"EXPIRED", "SUSPENDED"})
_IAM = frozenset({"OK", *_IAM_PASSES, *_IAM_STOPS})
"""``iam.ResourceMetadata.StateEnum`` (2026-08)."""

_RENEWAL_TYPES = frozenset({*RenewalType, "automaticV2024"})
"""``service.RenewalTypeEnum`` (``automaticV2024``: 2026-08)."""

_PENDING_ACTIONS = frozenset(
    {RENEWING, "deleteAtExpiration", "earlyRenewal", "terminate"}
    | {"terminateAtEngagementDate", "terminateAtExpirationDate"}
)
"""``services.expanded.Lifecycle.ActionEnum``."""

_PROVIDERS = frozenset({*ConnectProvider, "dcexp", "edge"})
"""``ovhcloudconnect.service.ProviderEnum`` (``dcexp`` and ``edge``: 2026-08)."""

_BANDWIDTHS = frozenset({*Bandwidth, "50m"})
"""``ovhcloudconnect.service.BandwidthEnum`` (``50m``: 2026-08)."""


@dataclass(frozen=True, slots=True)
class States:
    """Every state that OVHcloud shows of one service."""

    product: OvhProduct
    state: str
    """The product's own word."""
    infos: ServiceInfos
    iam: str = ""
    """The state of the resource in OVHcloud's rights management; empty: not shown."""
    pending: tuple[str, ...] = ()
    """The actions that ``/services`` shows as pending."""

    @classmethod
    def of(cls, product: OvhProduct, shown: tuple[str, str], infos: ServiceInfos, billed: BilledService) -> "States":
        """The states as read; `shown` is the product's own word and that of the rights management."""
        state, iam = shown
        return cls(product=product, state=state, infos=infos, iam=iam, pending=billed.pending)

    def passing(self) -> str:
        """Which of them pass by themselves, as a sentence; empty when none does."""
        found = (
            (self.state in self.product.passing, msg("the service is {state}", state=self.state)),
            (self.infos.status in _BILLING_PASSES, msg("the billing state is {status}", status=self.infos.status)),
            (self.iam in _IAM_PASSES, msg("its rights management says {iam}", iam=self.iam)),
            (RENEWING in self.pending and self.infos.status != RENEWING, msg("a renewal is in progress")),
        )
        return ", ".join(words for so, words in found if so)

    def findings(self) -> Iterator[Finding]:
        """Yield the findings. Passing states are told, obstacles block, and unknown states are told as unknown."""
        if passing := self.passing():
            text = msg("{passing}: that passes by itself, and the run waits for it", passing=passing)
            yield Finding(subject="status", text=text, now="passing")
        if (text := self._standing_in_the_way()) is not None:
            yield Finding(subject="status", text=text, blocking=True, now=self.state)
        if (status := self.infos.status) not in (OK, *_BILLING_PASSES):
            strange = _strange(status, _BILLING)
            text = msg(
                "the billing state is {status}{strange}; a cancellation wants 'ok'. Settle it at OVHcloud first",
                status=status,
                strange=strange,
            )
            yield Finding(subject=msg("billing state"), text=text, blocking=True, now=status)
        if self.iam in _IAM_STOPS:
            text = msg(
                "OVHcloud's rights management says that the service is {iam}. Ask OVHcloud what that means",
                iam=self.iam,
            )
            yield Finding(subject=msg("rights management"), text=text, blocking=True, now=self.iam)
        yield from unknown(msg("rights management"), self.iam, _IAM)
        yield from unknown(msg("renewal type"), self.infos.renewal_type, _RENEWAL_TYPES)
        for action in self.pending:
            yield from unknown(msg("pending action"), action, _PENDING_ACTIONS)

    def _standing_in_the_way(self) -> str | None:
        product = self.product
        if not product.active or self.state in product.active or self.state in product.passing:
            return None
        known = product.known | product.ended
        return msg(
            "the service is {state}{strange}, not {join}",
            state=self.state,
            strange=_strange(self.state, known),
            join=" or ".join(sorted(product.active)),
        )


def of_connect(connect: Connect) -> tuple[Finding, ...]:
    """Words of an OVHcloud Connect that are not known."""
    return (
        *unknown("provider", connect.provider, _PROVIDERS),
        *unknown("bandwidth", connect.bandwidth, _BANDWIDTHS),
    )


def unknown(subject: str, value: str, known: frozenset[str]) -> Iterator[Finding]:
    """Report an unknown value. Its meaning is not guessed."""
    if value and value not in known:
        text = msg(
            "'{value}' is a word of OVHcloud that Unrack does not know: look in the Control Panel what it means",
            value=value,
        )
        yield Finding(subject=subject, text=text, now=value)


def _strange(value: str, known: frozenset[str]) -> str:
    return "" if value in known else msg(" (a state that Unrack does not know)")
