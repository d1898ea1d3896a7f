"""Maps the name of an action to its implementation: the part of an adapter that most providers share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from unrack.contracts.calls import ChangeResult, CheckResult, CommitResult, ProbeResult, StepCall
from unrack.model.credential_end import CredentialEnd
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import Finding, ProviderClock
from unrack.providers.base import Captured, Materials, Polled


class Clocked(Protocol):
    """The API of one account, which tells the provider's time."""

    async def clock(self) -> ProviderClock:
        """The provider's time."""
        ...


Api = TypeVar("Api", bound=Clocked)
Handler = TypeVar("Handler")


@dataclass(frozen=True, slots=True)
class Handlers(Generic[Api]):
    """The functions that implement one action. Exactly those that its kind needs are set."""

    check: Callable[[Api, StepCall, Materials], Awaitable[tuple[Finding, ...]]] | None = None
    capture: Callable[[Api, StepCall, Materials], Awaitable[Captured]] | None = None
    change: Callable[[Api, StepCall, Materials], Awaitable[ChangeResult]] | None = None
    undo: Callable[[Api, StepCall, Materials], Awaitable[ChangeResult]] | None = None
    commit: Callable[[Api, StepCall, Materials], Awaitable[CommitResult]] | None = None
    probe: Callable[[Api, StepCall, Materials], Awaitable[ProbeResult]] | None = None
    poll: Callable[[Api, StepCall, Materials], Awaitable[Polled]] | None = None


class Handled(Generic[Api]):
    """The steps of a `unrack.providers.base.Provider`, each done by the handler of its action."""

    def __init__(self, vendor: str, api: Api, handlers: Mapping[str, Handlers[Api]]) -> None:
        """Work on `api`; `vendor` is the provider's name for people."""
        self.api = api
        self._vendor = vendor
        self._handlers = handlers

    async def credential_end(self) -> CredentialEnd | None:
        """See `Provider.credential_end`: most providers' credentials last until somebody takes them back."""
        return None

    async def check(self, call: StepCall, materials: Materials) -> CheckResult:
        """See `Provider.check`."""
        found = await self._known(self._of(call).check, call)(self.api, call, materials)
        return CheckResult(findings=found, clock=await self.api.clock())

    async def capture(self, call: StepCall, materials: Materials) -> Captured:
        """See `Provider.capture`."""
        return await self._known(self._of(call).capture, call)(self.api, call, materials)

    async def change(self, call: StepCall, materials: Materials) -> ChangeResult:
        """See `Provider.change`."""
        return await _repeatable(self._known(self._of(call).change, call)(self.api, call, materials))

    async def undo(self, call: StepCall, materials: Materials) -> ChangeResult:
        """See `Provider.undo`."""
        return await _repeatable(self._known(self._of(call).undo, call)(self.api, call, materials))

    async def commit(self, call: StepCall, materials: Materials) -> CommitResult:
        """See `Provider.commit`."""
        return await self._known(self._of(call).commit, call)(self.api, call, materials)

    async def probe(self, call: StepCall, materials: Materials) -> ProbeResult:
        """See `Provider.probe`."""
        return await self._known(self._of(call).probe, call)(self.api, call, materials)

    async def poll(self, call: StepCall, materials: Materials) -> Polled:
        """See `Provider.look`."""
        return await self._known(self._of(call).poll, call)(self.api, call, materials)

    def _of(self, call: StepCall) -> Handlers[Api]:
        nothing: Handlers[Api] = Handlers()
        return self._handlers.get(call.action, nothing)

    def _known(self, handler: Handler | None, call: StepCall) -> Handler:
        if handler is not None:
            return handler
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg(
                    "{vendor} does not implement '{action}' in the way step {step} asks for",
                    vendor=self._vendor,
                    action=call.action,
                    step=call.step,
                ),
                suggestion=msg("run `unrack runbook check`, and deploy workers of the version that launched the run"),
            )
        )


async def _repeatable(changing: Awaitable[ChangeResult]) -> ChangeResult:
    """A change reads before it acts, so an unknown outcome is no danger to it: the next attempt reads the outcome."""
    try:
        return await changing
    except UnrackError as error:
        if error.problem.category is not Category.UNKNOWN_OUTCOME:
            raise
        problem = error.problem.model_copy(
            update={"category": Category.UNAVAILABLE, "suggestion": msg("it is read again, then repeated where needed")}
        )
        raise UnrackError(problem) from None


class Progress:
    """The progress of one change: the references of its calls, kept across attempts."""

    def __init__(self, vendor: str, call: StepCall, materials: Materials) -> None:
        """Continue from the references of earlier attempts; `vendor` is the provider's name for people."""
        self._vendor = vendor
        self._here = call.here
        self._remember = materials.remember
        self.attempt = materials.attempt
        self.references = materials.progress

    @property
    def begun(self) -> bool:
        """Whether this change has made a call before."""
        return bool(self.references)

    def note(self, reference: str) -> None:
        """Remember `reference` for the next attempt, whatever becomes of this one."""
        self.references = (*self.references, reference)
        self._remember(self.references)

    def not_yet(self, doing: str, seconds: float) -> UnrackError:
        """Return ``NOT_YET``: the provider has not finished. Poll again in `seconds` of its time."""
        problem = Problem(
            category=Category.NOT_YET,
            message=self.at_work(doing),
            reference=self.references[-1] if self.references else "",
        )
        return UnrackError(problem, max(SHORTEST, self._here(seconds)))

    def at_work(self, doing: str) -> str:
        """Return the message for a change that is still in progress."""
        return msg("{vendor}: {doing}", vendor=self._vendor, doing=doing)

    def done(self, note: str, nothing_to_do: str) -> ChangeResult:
        """The wanted state is reached."""
        return ChangeResult(
            already=not self.begun, note=note if self.begun else nothing_to_do, references=self.references
        )


SHORTEST = 0.05
"""Seconds of our own time; even a fast simulator is not asked more often."""


def captured(materials: Materials, kind: str) -> bytes:
    """The captured evidence of type `kind`.

    Raises:
        UnrackError: it was not given.
    """
    try:
        return materials.evidence[kind]
    except KeyError:
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("there is no captured '{kind}' to go by", kind=kind),
                suggestion=msg("retry the capture step; without it nothing could be restored"),
            )
        ) from None


def conflict(message: str, suggestion: str) -> UnrackError:
    """Return a conflict between the actual and the wanted state. A person decides."""
    return UnrackError(Problem(category=Category.CONFLICT, message=message, suggestion=suggestion))
