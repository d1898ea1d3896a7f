"""Activities on a simulator, with a real evidence store, in Temporal's own activity environment."""

import socketserver
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import Dependencies, build_activities
from tests.conformance.adapter import SERVICE, credential_for
from tests.conformance.simulated import Running, running
from unrack.contracts.calls import StepCall
from unrack.contracts.simulator import KEY_VARIABLE
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import Problem
from unrack.model.lifecycle import Timing
from unrack.policy.enforcement import Enforcement, nothing_rules
from unrack.providers.credentials import Credentials
from unrack.providers.registry import Providers
from unrack.simulator import Seed

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass
class Bench:
    """Everything an activity works with."""

    run: Running
    store: EvidenceStore
    providers: Providers
    notify: tuple[str, ...] = ()
    holds: Any = None
    """Stands for the holds of the whole installation, in tests that ask for them."""
    heartbeats: list[Any] = field(default_factory=list[Any])

    def activities(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        access = Enforcement(nothing_rules, allow_stated=False)
        nobody: Any = None
        return build_activities(
            Dependencies(self.providers, self.store, self.holds, self.notify, access=access, arrivals=nobody)
        )

    async def do(
        self,
        name: str,
        argument: object,
        *,
        remembered: tuple[str, ...] = (),
        attempt: int = 1,
        scheduled_later: timedelta = timedelta(0),
    ) -> Any:  # noqa: ANN401  results differ
        """Run the activity `name` once, as a worker would."""
        by_name = {name_of(one): one for one in self.activities()}
        environment = ActivityEnvironment()
        details = [remembered] if remembered else []
        environment.info = replace(
            environment.info,
            attempt=attempt,
            heartbeat_details=details,
            start_to_close_timeout=timedelta(seconds=60),
            current_attempt_scheduled_time=environment.info.scheduled_time + scheduled_later,
        )
        environment.on_heartbeat = lambda *given: self.heartbeats.append(given)
        return await environment.run(by_name[name], argument)

    async def fails(self, name: str, argument: object, **how: Any) -> ApplicationError:  # noqa: ANN401
        """The failure of the activity `name`."""
        with pytest.raises(ApplicationError) as failed:
            await self.do(name, argument, **how)
        assert isinstance(failed.value.details[0], Problem)
        assert failed.value.__cause__ is None
        assert failed.value.type == failed.value.details[0].category.value
        return failed.value

    def call(self, action: str, **fields: object) -> StepCall:
        """A call of `action`; ``connect.remove-pops`` for short."""
        given: dict[str, object] = {
            "run": "ovhcloud-connect-direct/x",
            "step": "detach.step",
            "action": f"ovhcloud.{action}",
            "service": SERVICE.model_copy(update={"simulated": True}),
            "timing": Timing.END_OF_TERM,
            "begun_at": self.run.simulator.clock.now(),
        }
        return StepCall.model_validate(given | fields)

    def pass_time(self, **span: float) -> None:
        """Provider time passes."""
        self.run.simulator.set_clock(advance=timedelta(**span))


Set = Callable[..., Awaitable[Bench]]


def name_of(activity: Callable[..., Any]) -> str:
    """The name under which an activity is registered."""
    return getattr(activity, "__temporal_activity_definition").name


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Set]:
    """Sets up a bench on a simulator with the given fields of `Seed`."""
    async with AsyncExitStack() as stack:

        async def begin(**fields: object) -> Bench:
            run = await stack.enter_async_context(running(tmp_path / "provider", Seed.model_validate(fields)))
            secrets = credential_for(run).secrets().items()
            values = {name: value.get_secret_value() for name, value in secrets if value is not None}
            prefix = "UNRACK_OVHCLOUD_DEFAULT_"
            environment = {f"{prefix}{name.upper()}": value for name, value in values.items()}
            where = {f"{prefix}ENDPOINT": f"{run.url}/1.0", KEY_VARIABLE: str(run.simulator.key_file)}
            providers = Providers(Credentials(environment | where))
            stack.push_async_callback(providers.close)
            return Bench(run, EvidenceStore((tmp_path / "evidence").as_uri()), providers)

        yield begin


class _Taking(socketserver.StreamRequestHandler):
    """A mail server that keeps what it gets."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(b"".join(lines))  # pyright: ignore[reportAttributeAccessIssue]
            self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def mails() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a mailbox as apprise writes it, and the mails in it."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Taking) as server:
        server.daemon_threads = True
        server.mails = []  # pyright: ignore[reportAttributeAccessIssue]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        yield f"mailto://{address}?from=unrack@example.org&to=ops@example.org&mode=insecure", server.mails  # pyright: ignore[reportAttributeAccessIssue]
        server.shutdown()
