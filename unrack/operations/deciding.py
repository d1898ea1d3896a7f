"""Who decides, and how the decision leaves: as it is stated, signed with the person's key, or signed into a file.

A command signs where the run says that it must be signed, and asks nothing where it need not be. It never judges: what
it finds out beforehand saves a person a refusal.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from temporalio.client import Client

from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.access import assurance_of
from unrack.model.assurance import Assurance
from unrack.model.decision import Actor, Decision
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.policy import Policy
from unrack.model.policy_register import by_rank
from unrack.model.rights import Action
from unrack.model.state import RunReport
from unrack.operations.decision_files import write_decision
from unrack.operations.reporting import plan_of, report_of
from unrack.operations.sending import Send, Settled, settle
from unrack.operations.signing import Facts, Signer, Told, facts_of
from unrack.operations.whose_key import Wishes, signer_of
from unrack.temporal.installation_holds import register_of

if TYPE_CHECKING:
    from unrack.evidence.store import EvidenceStore

_ADMITTED_WITHIN = 10.0
"""Seconds; a worker that lives admits a run in far less."""

_LOOK_AGAIN = 0.2


@dataclass(frozen=True, slots=True)
class Means:
    """What this machine has for somebody who decides."""

    client: Client
    wishes: Wishes
    store: "Callable[[], EvidenceStore]"
    """Where workers keep policies; opened only when one is wanted."""
    policy: Path | None = None
    """The file of the policy, where this machine has one."""
    queue: str = TASK_QUEUE
    """The workers' task queue, where they register the policy that rules."""
    told: Told = field(default=lambda _: None)
    """Hears what is signed, before it is."""
    file: Path | None = None
    """Where the signed decision is written, in place of being sent."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who decides on one run."""

    by: Actor
    signer: Signer | None = None
    facts: Facts | None = None
    file: Path | None = None

    async def send(self, client: Client, run_id: str, decision: Decision) -> Settled:
        """Have the run judge `decision`, signed where it must be; or write it to the file.

        Raises:
            UnrackError: the key did not sign, the file is there already, or as `settle`.
        """
        if self.signer is not None and self.facts is not None:
            decision = self.signer.sign(decision, self.facts)
        return await self.leave(client, run_id, decision)

    async def leave(self, client: Client, run_id: str, decision: Decision) -> Settled:
        """Like `send`, of a decision that is signed already where it must be."""
        if self.file is None:
            return await settle(client, run_id, decision)
        write_decision(self.file, decision)
        return Settled(run_id=run_id, decision=decision, file=str(self.file))


class Together:
    """Decisions of one person on several runs: made one after the other, signed at once, then sent."""

    def __init__(self) -> None:
        """None is made yet."""
        self._made: list[tuple[Decider, str, Decision]] = []

    def of(self, decider: Decider) -> Send:
        """How a decision of `decider` leaves: with the others."""

        async def keep(_: Client, run_id: str, decision: Decision) -> Settled:
            self._made.append((decider, run_id, decision))
            return Settled(run_id=run_id, decision=decision)

        return keep

    async def settle(self, client: Client) -> list[Settled]:
        """Sign them, with one touch of the key, and have each run judge its own, in their order.

        Raises:
            UnrackError: several were to be written to one file (``INVALID``), or as `Decider.send`.
        """
        if len(self._made) > 1 and any(decider.file is not None for decider, _, _ in self._made):
            raise _several_in_a_file()
        signed = self._signed()
        return [
            await decider.leave(client, run_id, made if (found := signed.get(made.id)) is None else found)
            for decider, run_id, made in self._made
        ]

    def _signed(self) -> dict[str, Decision]:
        """Those that must be signed, by their ids; a policy of its own may know the person by another principal."""
        by_principal: dict[str, tuple[Signer, list[tuple[Decision, Facts]]]] = {}
        for decider, _, decision in self._made:
            if decider.signer is not None and decider.facts is not None:
                _, rows = by_principal.setdefault(decider.signer.principal, (decider.signer, []))
                rows.append((decision, decider.facts))
        return {each.id: each for signer, rows in by_principal.values() for each in signer.sign_all(rows)}


async def decider(means: Means, run_id: str, *actions: Action) -> Decider:
    """Who decides on the run, by their wishes and by what this machine has.

    Args:
        means: What is known here.
        run_id: The run's full id.
        actions: What the decision may turn out to be: it is signed if one of them must be.

    Raises:
        UnrackError: it must be signed and there is no key (``INVALID``), or the key is not that of the person who was
            named (``DENIED``).
    """
    if means.wishes.unsigned:
        return Decider(means.wishes.by)
    report = await _report(means.client, run_id)
    if not _signs(means, report, actions):
        return Decider(means.wishes.by)
    facts = facts_of(report) if report is not None else await _facts_unseen(means, run_id)
    policy = await known_policy(means, facts.policy)
    facts = _in_installation(facts, policy, run_id)
    signer = signer_of(means.wishes, policy, means.told)
    return Decider(signer.actor, signer, facts, means.file)


async def launcher(means: Means, action: Action) -> tuple[Signer, Policy] | None:
    """Who signs what concerns no run that is open: a launch, a resumption, an order to the installation.

    Returns:
        The person with their key, and the policy by which workers judge; None: it is stated, not signed.

    Raises:
        UnrackError: see `decider`; or a key was named and no policy is known (``INVALID``).
    """
    if means.wishes.unsigned:
        return None
    policy = await ruling_policy(means)
    if policy is None:
        if means.wishes.key is not None:
            raise _no_installation()
        return None
    if assurance_of(policy, action) is Assurance.STATED and means.wishes.key is None:
        return None
    return signer_of(means.wishes, policy, means.told), policy


async def ruling_policy(means: Means) -> Policy | None:
    """The policy that workers registered and that rules, as far as it is found; else that of this machine's file.

    As workers see it: what is registered, and not kept under its digest, is nobody's.

    Raises:
        InputError: the file is wrong.
    """
    ranked = by_rank((await register_of(means.client, means.queue)).policies)
    return await _first_known(means, [each.policy.digest for each in ranked])


async def known_policy(means: Means, digest: str | None) -> Policy | None:
    """The policy with this digest, from this machine's file or the evidence store; else that of the file, if any.

    Raises:
        InputError: the file is wrong.
    """
    return await _first_known(means, [digest] if digest is not None else [])


async def _first_known(means: Means, digests: Sequence[str]) -> Policy | None:
    from unrack.evidence.policies import kept_policy  # noqa: PLC0415 - most commands sign nothing
    from unrack.policy.load import load_policy  # noqa: PLC0415 - as above

    local = load_policy(means.policy) if means.policy is not None else None
    for digest in digests:
        if local is not None and local.digest == digest:
            return local
        try:
            found = await kept_policy(means.store(), digest)
        except UnrackError:  # not every machine from which somebody decides reaches the store
            return local
        if found is not None:
            return found
    return local


def _signs(means: Means, report: RunReport | None, actions: tuple[Action, ...]) -> bool:
    if means.file is not None:
        return True
    if report is None:
        return means.policy is not None
    access = report.state.access
    if access.stated or report.outcome is not None:
        return False
    return means.wishes.key is not None or any(access.need(each) is not Assurance.STATED for each in actions)


async def _report(client: Client, run_id: str) -> RunReport | None:
    """The run's report; None where it shows nothing now: it is paused, not admitted yet, or no worker answers."""
    clock = asyncio.get_running_loop()
    ends = clock.time() + _ADMITTED_WITHIN
    while (report := await _shown(client, run_id)) is not None and not _is_admitted(report):
        if clock.time() > ends:
            return None
        await asyncio.sleep(_LOOK_AGAIN)
    return report


async def _shown(client: Client, run_id: str) -> RunReport | None:
    try:
        return await report_of(client, run_id)
    except UnrackError as error:
        if error.problem.category is Category.NOT_FOUND:
            raise
        return None


def _is_admitted(report: RunReport) -> bool:
    """Whether a worker has said by what the run judges who decides; one just started does not know it yet."""
    known = bool(report.state.access.execution) and not report.not_admitted
    return known or report.state.outcome is not None


async def _facts_unseen(means: Means, run_id: str) -> Facts:
    """The facts of a run that shows nothing now, from what the server has; the revision it cannot tell."""
    plan = await plan_of(means.client, run_id)
    described = await means.client.get_workflow_handle(run_id).describe()
    execution = described.raw_description.workflow_execution_info.first_run_id
    return Facts(installation="", run=run_id, execution=execution, plan=plan.digest, revision=1)


def _in_installation(facts: Facts, policy: Policy | None, run_id: str) -> Facts:
    if facts.installation:
        return facts
    if policy is None:
        raise _problem(
            Category.INVALID,
            msg("{run} shows no policy, and none is known here: nothing can be signed for it", run=run_id),
            msg("name the policy with UNRACK_POLICY, or decide as stated: --unsigned"),
        )
    return Facts(policy.installation, facts.run, facts.execution, facts.plan, facts.revision, policy.digest)


def _several_in_a_file() -> UnrackError:
    return _problem(
        Category.INVALID,
        msg("a file takes one decision, and these are several; nothing was signed"),
        msg("sign each into a file of its own"),
    )


def _no_installation() -> UnrackError:
    return _problem(
        Category.INVALID,
        msg("no policy is known here, so that nothing can be signed: signatures bind the installation it names"),
        msg("name the policy with UNRACK_POLICY, or leave --key out"),
    )


def _problem(category: Category, message: str, suggestion: str) -> UnrackError:
    return UnrackError(Problem(category=category, message=message, suggestion=suggestion))
