"""People with keys and a policy, for runs that are led by signatures. The keys and the verification are real."""

import asyncio
import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import asyncssh
from temporalio.exceptions import ApplicationError

from unrack.contracts.installation_holds import HoldsResult, JudgeCall, KeyNews
from unrack.contracts.verifying import AdmitCall, AdmitResult, VerifyCall, VerifyResult
from unrack.model.decision import Actor
from unrack.model.installation_order import Judgement
from unrack.model.plan import Plan
from unrack.model.policy import Policy
from unrack.model.policy_ref import PolicyRef
from unrack.model.rights import Action
from unrack.model.sshsig import armored
from unrack.model.state import RunState
from unrack.model.statement import NAMESPACE, LaunchStatement, Proof, Signable, Statement, act_of
from unrack.policy.enforcement import Enforcement
from unrack.signing.canonical import canonical

D = TypeVar("D")
INSTALLATION = "lab"
LEA, ANN, OMAR, FAY, EVE = (f"{name}@example.org" for name in ("lea", "ann", "omar", "fay", "eve"))
"""Lea, Ann, Omar: of network, who may do everything. Fay: of finance, who may approve. Eve: nobody gave her a right."""

GROUPS = {"network": (LEA, ANN, OMAR), "finance": (FAY,), "visitors": (EVE,), "emergency": (EVE,)}
CONSOLE_ALONE = {Action.EXPORT}
EVERYTHING = [action.value for action in Action if action not in CONSOLE_ALONE]


@cache
def key(name: str) -> asyncssh.SSHKey:
    """The key called `name`, made when first asked for."""
    return asyncssh.generate_private_key("ssh-ed25519", comment=name)


def public(name: str) -> str:
    """Its public half, as a policy has it."""
    return key(name).export_public_key().decode().strip()


def policy(version: int = 1, *, keys: Mapping[str, Sequence[dict[str, Any]]] = {}, **more: Any) -> Policy:  # noqa: ANN401
    """The policy of the lab; Ann has two keys and two names.

    Args:
        version: Its version.
        keys: Of whom other keys than ``<principal>`` count.
        more: Fields that are otherwise.
    """
    usual = {principal: [{"key": public(principal)}] for principal in (LEA, ANN, OMAR, FAY, EVE)}
    usual[ANN].append({"key": public("ann's second")})
    people = [
        {"principal": each, "names": [each.partition("@")[0]], "keys": keys.get(each, usual[each])} for each in usual
    ]
    content: dict[str, Any] = {
        "version": version,
        "installation": INSTALLATION,
        "people": people,
        "groups": GROUPS,
        "grants": [
            {"actions": EVERYTHING, "groups": ["network"]},
            {"actions": ["approve"], "groups": ["finance"]},
        ],
    }
    return Policy.model_validate(content | more)


def forged(principal: str) -> str:
    """A signature that claims the key of `principal`, and that this key never made: anybody can write one."""
    real = asyncssh.create_sshsig(key(principal), b"something else", namespace=NAMESPACE).decode()
    blob = bytearray(base64.b64decode("".join(real.splitlines()[1:-1])))
    blob[-1] ^= 1
    return armored(bytes(blob))


@dataclass
class Office:
    """Whoever leads runs, and the worker that verifies what they sign."""

    policy: Policy = field(default_factory=policy)
    shut: asyncio.Event | None = None
    """What every answer waits for."""
    failing: list[ApplicationError] = field(default_factory=list[ApplicationError])
    """What happens at the next verifications instead."""
    batches: list[VerifyCall] = field(default_factory=list[VerifyCall])
    admitted: list[AdmitCall] = field(default_factory=list[AdmitCall])
    news: list[tuple[PolicyRef, ...]] = field(default_factory=list[tuple[PolicyRef, ...]])
    """The policies of which somebody asked whether they rule."""
    allow_stated: bool = False
    rules: bool = True
    """Whether there is a policy at all."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def _ruling(self) -> Policy | None:
        return self.policy if self.rules else None

    async def admit(self, call: AdmitCall) -> AdmitResult:
        """As a worker's activity."""
        self.admitted.append(call)
        await self._open()
        return await Enforcement(self._ruling, allow_stated=self.allow_stated).admit(call)

    async def verify(self, call: VerifyCall) -> VerifyResult:
        """As a worker's activity."""
        self.batches.append(call)
        await self._open()
        return await Enforcement(self._ruling, allow_stated=self.allow_stated).verify(call)

    async def key_news(self, registered: Iterable[PolicyRef]) -> KeyNews:
        """As a worker."""
        self.news.append(tuple(registered))
        return await Enforcement(self._ruling, allow_stated=self.allow_stated).key_news(self.news[-1])

    async def ordered(self, found: HoldsResult) -> HoldsResult:
        """As a worker."""
        return await Enforcement(self._ruling, allow_stated=self.allow_stated).ordered(found)

    async def judge(self, call: JudgeCall) -> Judgement:
        """As a worker."""
        await self._open()
        return await Enforcement(self._ruling, allow_stated=self.allow_stated).judge(call)

    async def _open(self) -> None:
        if self.shut is not None:
            await self.shut.wait()
        if self.failing:
            raise self.failing.pop(0)

    def launch(self, plan: Plan, by: str = LEA, with_key: str | None = None) -> Proof:
        """`by` signs the launch of `plan`."""
        now = self.clock()
        statement = LaunchStatement(
            installation=INSTALLATION,
            run=str(plan.run_id),
            plan=plan.digest,
            signer=by,
            at=now,
            expires=now + timedelta(days=1),
        )
        return signed(statement, with_key or by)

    def sign(  # noqa: PLR0913 - what a signature binds
        self,
        plan: Plan,
        state: RunState,
        decision: D,
        by: str,
        /,
        *,
        with_key: str | None = None,
        namespace: str = NAMESPACE,
        **other: Any,  # noqa: ANN401 - fields of the statement that are otherwise than they must be
    ) -> D:
        """`decision` as `by` sends it: signed for this run as it stands."""
        sent = decision.model_copy(update={"by": Actor(name=by)})  # type: ignore[attr-defined]
        now = self.clock()
        content = {
            "installation": INSTALLATION,
            "run": str(plan.run_id),
            "execution": state.access.execution,
            "plan": plan.digest,
            "revision": state.revision,
            "act": act_of(sent),
            "signer": by,
            "at": now,
            "expires": now + timedelta(days=1),
        }
        proof = signed(Statement.model_validate(content | other), with_key or by, namespace)
        return sent.model_copy(update={"proof": proof})


def signed(statement: Signable, with_key: str, namespace: str = NAMESPACE) -> Proof:
    """`statement` under a real signature."""
    text = canonical(statement)
    made = asyncssh.create_sshsig(key(with_key), text, namespace=namespace)
    return Proof(signed=text.decode(), signature=made.decode())
