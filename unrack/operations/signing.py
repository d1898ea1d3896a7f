"""Signing: what a signature binds beside the decision is read from the run, and the key is the person's own.

Nothing is judged here: the run takes or refuses what was signed, by the policy that rules it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict, TypeVar

from unrack.contracts.workflows import Resumption
from unrack.model.decision import Actor, Decision, Envelope
from unrack.model.installation_hold import LiftHolds, PlaceHold
from unrack.model.plan import Plan
from unrack.model.state import RunReport, RunState
from unrack.model.statement import (
    USUAL_LIFE,
    AnyStatement,
    HoldAllStatement,
    LaunchStatement,
    Manifest,
    Proof,
    Statement,
    act_of,
    row_of,
)
from unrack.signing.canonical import canonical

if TYPE_CHECKING:
    from unrack.signing.sign import SigningKey  # most commands sign nothing, and it is slow to import

Order = TypeVar("Order", PlaceHold, LiftHolds)
Thing = Decision | PlaceHold | LiftHolds | Plan | Resumption
"""Everything that somebody signs: a decision, an order to the installation, a plan to launch, a run to resume."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision on a run is bound to, as the run shows it."""

    installation: str
    run: str
    execution: str
    """Temporal's run id of the run's first execution."""
    plan: str
    revision: int
    policy: str | None = None
    """Digest of the policy that the run goes by."""


def facts_of(report: RunReport) -> Facts:
    """The facts of a run by its report."""
    access = report.state.access
    return Facts(
        installation=access.installation,
        run=report.run,
        execution=access.execution,
        plan=report.plan_digest,
        revision=report.state.revision,
        policy=access.policy.digest if access.policy is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Signing:
    """What is about to be signed, for the person who signs it."""

    principal: str
    fingerprint: str
    source: str
    """Where the key was named: ``--key``, ``UNRACK_SIGNING_KEY`` or ``git config user.signingkey``."""
    installation: str
    things: tuple[tuple[str, Thing], ...]
    """Each with its run's id; empty for an order to the installation."""
    digest: str
    """SHA-256 of the bytes that are signed, as ``sha256sum`` prints it."""
    expires: datetime


class _Times(TypedDict):
    signer: str
    at: datetime
    expires: datetime


Told = Callable[[Signing], None]


def _unheard(_: Signing) -> None:
    """Nobody is told."""


@dataclass(frozen=True)
class Signer:
    """A person with a key."""

    key: "SigningKey"
    principal: str
    life: timedelta = USUAL_LIFE
    """How long what is signed can be sent."""
    told: Told = field(default=_unheard)
    """Hears what is signed, before it is."""

    @property
    def actor(self) -> Actor:
        """Who acts, as decisions name them."""
        return Actor(name=self.principal)

    def sign(self, decision: Decision, facts: Facts) -> Decision:
        """`decision` with its proof.

        Raises:
            UnrackError: it is too large to be signed, or the key did not sign.
        """
        return self.sign_all([(decision, facts)])[0]

    def sign_all(self, decisions: Sequence[tuple[Decision, Facts]]) -> list[Decision]:
        """Each decision with its proof: of several, under one manifest, so that the key is asked once.

        Raises:
            UnrackError: see `sign`.
        """
        whole = [(self._whole(decision, facts), facts) for decision, facts in decisions]
        rows = [self._statement(decision, facts) for decision, facts in whole]
        things = [(facts.run, decision) for decision, facts in whole]
        proofs = self._prove(rows, things)
        return [
            decision.model_copy(update={"proof": proof}) for (decision, _), proof in zip(whole, proofs, strict=True)
        ]

    def sign_launches(self, plans: Sequence[Plan], installation: str) -> list[Proof]:
        """The proof of each launch: of several, under one manifest.

        Raises:
            UnrackError: see `sign`.
        """
        rows = [
            LaunchStatement(installation=installation, run=str(plan.run_id), plan=plan.digest, **self._times())
            for plan in plans
        ]
        return self._prove(rows, [(str(plan.run_id), plan) for plan in plans])

    def sign_order(self, order: Order, installation: str) -> Order:
        """An order to the whole installation, with its proof.

        Raises:
            UnrackError: see `sign`.
        """
        order = order.model_copy(update={"by": self.actor})
        order = type(order).model_validate_json(order.model_dump_json())
        row = HoldAllStatement(installation=installation, order=act_of(order), **self._times())
        return order.model_copy(update={"proof": self._prove([row], [("", order)])[0]})

    def sign_resumption(self, resumption: Resumption, facts: Facts) -> Proof:
        """The proof of a resumption; `facts` are those of the run that is gone.

        Raises:
            UnrackError: see `sign`.
        """
        row = Statement(
            installation=facts.installation,
            run=facts.run,
            execution=facts.execution,
            plan=facts.plan,
            revision=facts.revision,
            act={"kind": "resume", **act_of(resumption)},
            **self._times(),
        )
        return self._prove([row], [(facts.run, resumption)])[0]

    def _whole(self, decision: Decision, facts: Facts) -> Decision:
        """`decision` as it will be read: from who signs, and in the one form that JSON gives it."""
        named = decision.model_copy(update={"by": self.actor, "policy": facts.policy, "proof": None})
        return Envelope.model_validate_json(Envelope(decision=named).model_dump_json()).decision

    def _statement(self, decision: Decision, facts: Facts) -> Statement:
        return Statement(
            installation=facts.installation,
            run=facts.run,
            execution=facts.execution,
            plan=facts.plan,
            revision=getattr(decision, "revision", facts.revision),
            act=act_of(decision),
            **self._times(),
        )

    def _times(self) -> _Times:
        at = datetime.now(UTC).replace(microsecond=0)
        return _Times(signer=self.principal, at=at, expires=at + self.life)

    def _prove(self, rows: Sequence[AnyStatement], things: Sequence[tuple[str, Thing]]) -> list[Proof]:
        texts = [canonical(row) for row in rows]
        manifest = None
        if len(rows) > 1:
            manifest = canonical(Manifest(rows=tuple(row_of(text) for text in texts), **self._times()))
        message = texts[0] if manifest is None else manifest
        self.told(self._signing(rows[0], things, message))
        signature = self.key.sign(message)
        listed = manifest.decode() if manifest is not None else None
        return [Proof(signed=text.decode(), signature=signature, manifest=listed) for text in texts]

    def _signing(self, row: AnyStatement, things: Sequence[tuple[str, Thing]], message: bytes) -> Signing:
        return Signing(
            principal=self.principal,
            fingerprint=self.key.fingerprint,
            source=self.key.source,
            installation=row.installation,
            things=tuple(things),
            digest=hashlib.sha256(message).hexdigest(),
            expires=row.expires,
        )


def resuming(signer: Signer, installation: str) -> Callable[[Plan, RunState, Resumption], Proof]:
    """How `signer` proves a resumption (`unrack.operations.resuming.Prove`)."""

    def prove(plan: Plan, state: RunState, resumption: Resumption) -> Proof:
        execution = state.access.execution or resumption.run_id
        facts = Facts(installation, str(plan.run_id), execution, plan.digest, state.revision)
        return signer.sign_resumption(resumption, facts)

    return prove
