"""The policy of a worker: read from its file, read again when that changes, registered, and whether it still rules.

A worker judges by its own file and by nothing else. From what other workers registered it learns one thing: that a
newer version is there, so that it must not judge any more. A version that is in the register, and not in the evidence
store under its digest, is nobody's.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pydantic import ValidationError
from temporalio.client import Client
from temporalio.service import RPCError

from unrack.documents.diagnostics import InputError
from unrack.evidence.store import EvidenceStore
from unrack.model.access import person_of
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.evidence import EvidenceRef
from unrack.model.message import msg
from unrack.model.policy import Person, Policy
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import RegisteredPolicy, by_rank, order_for
from unrack.policy.load import load_policy
from unrack.policy.proving import ref_of
from unrack.process.settings import Settings
from unrack.temporal.installation_holds import register_of, register_policy
from unrack.temporal.pollers import identity

log = structlog.stdlib.get_logger("unrack.worker")

AGAIN = timedelta(minutes=1)
"""How often the file is looked at."""

_EVIDENCE = "policy"
_MEDIA_TYPE = "application/json"


def content_of(policy: Policy) -> bytes:
    """The policy as it is kept: the text of which its digest is the SHA-256."""
    content = policy.model_dump(mode="json")
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def kept_ref(ref: PolicyRef, size: int) -> EvidenceRef:
    """Where the evidence store has a policy."""
    return EvidenceRef(
        type=_EVIDENCE,
        sha256=ref.digest.removeprefix("sha256:"),
        size=size,
        media_type=_MEDIA_TYPE,
        name=f"policy-{ref.version}.json",
        taken_at=datetime.fromtimestamp(0, UTC),
        source="policy",
    )


class PolicyInForce:
    """The policy of one worker."""

    def __init__(  # noqa: PLR0913 - what the policy of a worker depends on
        self,
        client: Client,
        queue: str,
        evidence: EvidenceStore,
        path: Path | None,
        load: Callable[[Path], Policy],
        *,
        mails: bool = False,
    ) -> None:
        """Read the policy at `path`; None: this worker has none. `mails`: whether this worker mails people.

        Raises:
            InputError: there is no valid policy at `path`.
        """
        self._client = client
        self._queue = queue
        self._evidence = evidence
        self._path = path
        self._load = load
        self._mails = mails
        self._genuine: dict[str, bool] = {}
        self._newer: RegisteredPolicy | None = None
        self.policy = load(path) if path is not None else None

    @classmethod
    def of(cls, client: Client, settings: Settings) -> "PolicyInForce":
        """The policy of the file that the settings name.

        Raises:
            UnrackError: it is not valid (``INVALID``); the problem names each fault with line and column.
        """
        try:
            evidence, mails = EvidenceStore(settings.evidence), settings.tell_mail is not None
            return cls(client, settings.task_queue, evidence, settings.policy, load_policy, mails=mails)
        except InputError as error:
            raise UnrackError(_bad(settings.policy, error)) from error

    @property
    def words(self) -> str:
        """Version and digest, as logs and checks say them."""
        return "none" if self.policy is None else f"version {self.policy.version}, {self.policy.digest}"

    def person(self, name: str) -> Person | None:
        """Who is meant by a principal or another name, by this worker's policy; None: nobody."""
        return None if self.policy is None else person_of(self.policy, name)

    async def register(self) -> None:
        """Keep the policy as evidence, and have it registered.

        Raises:
            UnrackError: the evidence store or the register does not take it.
            RPCError: the server does not answer.
        """
        if self.policy is None:
            return
        content, ref = content_of(self.policy), ref_of(self.policy)
        place = kept_ref(ref, len(content))
        await self._evidence.put(
            content,
            type=_EVIDENCE,
            name=place.name,
            media_type=_MEDIA_TYPE,
            source="policy",
            taken_at=datetime.now(UTC),
        )
        silent = not self._mails and any(each.tell for each in self.policy.people)
        await register_policy(self._client, self._queue, order_for(ref, len(content), identity(), silent=silent))

    async def ruling(self) -> Policy | None:
        """The policy to judge by, now; None: none was ever registered here, and this worker has none.

        Raises:
            UnrackError: another policy rules than this worker's (``UNAVAILABLE``): another worker must judge.
            RPCError: the server does not answer.
        """
        policies = by_rank((await register_of(self._client, self._queue)).policies)
        if self._newer is not None and self._is_newer(self._newer):  # whatever has pushed it out of the register since
            raise UnrackError(_older(self.policy, self._newer))
        for each in policies:
            if self.policy is not None and each.policy == ref_of(self.policy):
                return self.policy
            if self._counts_before_mine(each) and await self._is_genuine(each):
                self._newer = each
                raise UnrackError(_older(self.policy, each))
        if self.policy is not None:
            await self.register()
        return self.policy

    def _is_newer(self, each: RegisteredPolicy) -> bool:
        return self.policy is None or each.policy.version > self.policy.version

    def _counts_before_mine(self, each: RegisteredPolicy) -> bool:
        return self.policy is None or each.policy.version >= self.policy.version

    async def _is_genuine(self, each: RegisteredPolicy) -> bool:
        """Whether the evidence store has this policy; once it has, it has for good."""
        key = f"{each.policy.version} {each.policy.digest}"
        if key not in self._genuine and not await self._found(each):
            return False
        self._genuine[key] = True
        return True

    async def _found(self, each: RegisteredPolicy) -> bool:
        try:
            content = await self._evidence.get(kept_ref(each.policy, each.size))
            return ref_of(Policy.model_validate_json(content)) == each.policy
        except (UnrackError, ValidationError) as error:
            if isinstance(error, UnrackError) and error.problem.category not in (Category.NOT_FOUND, Category.INVALID):
                raise
            log.warning("a policy is registered that nobody kept; it does not count", version=each.policy.version)
            return False

    @asynccontextmanager
    async def kept_up(self, every: timedelta = AGAIN) -> AsyncGenerator[None]:
        """Meanwhile, a changed file is read again; a bad one leaves the last good policy in force."""
        task = asyncio.create_task(self._again_and_again(every), name="policy")
        try:
            yield
        finally:
            task.cancel()

    async def _again_and_again(self, every: timedelta) -> None:
        while self._path is not None:
            await self.look_again()
            await asyncio.sleep(every.total_seconds())

    async def look_again(self) -> None:
        """Read the file again, and register what it says. Whatever is wrong is logged."""
        try:
            self._reread()
            await self.register()
        except InputError as error:
            log.error(  # noqa: TRY400 - what is wrong with the file, and no fault of this program
                "the policy's file is bad; the last good one stays in force",
                version=self.policy.version if self.policy else None,
                wrong=[str(each) for each in error.diagnostics],
            )
        except (UnrackError, RPCError, OSError) as error:
            log.warning("the policy could not be registered now", reason=str(error))

    def _reread(self) -> None:
        if self._path is None:
            return
        found = self._load(self._path)
        if self.policy is None or found.digest != self.policy.digest:
            log.info("policy", version=found.version, digest=found.digest)
        self.policy = found


def _bad(path: Path | None, error: InputError) -> Problem:
    wrong = "\n".join(str(each) for each in error.diagnostics)
    return Problem(
        category=Category.INVALID, message=msg("the policy {path} is not valid", path=path), suggestion=wrong
    )


def _older(mine: Policy | None, other: RegisteredPolicy) -> Problem:
    version = other.policy.version
    if mine is None:
        message = msg("this worker has no policy, and version {version} rules", version=version)
    elif mine.version == version:
        message = msg("this worker has another policy of version {version} than the one that rules", version=version)
    else:
        message = msg(
            "this worker has version {mine} of the policy, and version {version} rules",
            mine=mine.version,
            version=version,
        )
    return Problem(
        category=Category.UNAVAILABLE,
        message=message,
        suggestion=msg("Give every worker the same policy (UNRACK_POLICY), and raise its version with each change."),
    )
