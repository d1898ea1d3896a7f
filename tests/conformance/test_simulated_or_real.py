"""Whether a provider is simulated is told by its address, never by a plan; what is not as planned is not touched."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.conformance.adapter import SERVICE
from tests.conformance.subject import Bench, Case, Subject
from tests.conformance.subjects import SUBJECTS
from tests.workflows.rehearsal import environment_of
from unrack import simulator as sim
from unrack.contracts.calls import ChangeResult, StepCall
from unrack.contracts.simulator import CHALLENGE_PATH, Proof
from unrack.model.errors import Category, UnrackError
from unrack.model.lifecycle import StepKind, Timing
from unrack.model.service import ServiceRef
from unrack.providers.base import Materials
from unrack.providers.checked import CheckedProvider
from unrack.providers.credentials import Credentials
from unrack.providers.registry import Providers
from unrack.providers.simulation import Simulation

SIMULATED = SERVICE.model_copy(update={"simulated": True})
NONCE = "0" * 64
Open = Callable[[Subject], Awaitable[Bench]]


def _changing() -> list[pytest.ParameterSet]:
    return [
        pytest.param(subject, case, id=f"{case.action}#{number}")
        for subject in SUBJECTS.values()
        for number, case in enumerate(subject.cases)
        if case.kind in (StepKind.CHANGE, StepKind.COMMIT) and not case.changes_nothing
    ]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncGenerator[Open]:
    """Opens adapters on simulators of their own."""
    async with AsyncExitStack() as stack:

        async def begin(subject: Subject) -> Bench:
            return await stack.enter_async_context(subject.open(tmp_path / "provider"))

        yield begin


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncGenerator[Callable[..., Awaitable[tuple[sim.Simulator, str]]]]:
    """Serves simulators: a name, a port (0: a free one) and what wraps the application."""
    async with AsyncExitStack() as stack:

        async def begin(
            name: str, middleware: Callable[[ASGIApp], ASGIApp] | None = None, **seed: object
        ) -> tuple[sim.Simulator, str]:
            one = sim.Simulator.create(tmp_path / name, sim.Seed.model_validate(seed), middleware)
            stack.callback(one.close)
            return one, await stack.enter_async_context(one.serve())

        yield begin


Serve = Callable[..., Awaitable[tuple[sim.Simulator, str]]]


def _call(service: ServiceRef, simulator: sim.Simulator, action: str = "ovhcloud.connect.lock-interfaces") -> StepCall:
    now = simulator.clock.now()
    return StepCall(run="x", step="x.y", action=action, service=service, timing=Timing.END_OF_TERM, begun_at=now)


async def _changed(providers: Providers, service: ServiceRef, simulator: sim.Simulator) -> ChangeResult | UnrackError:
    """What the first changing call of a step comes to."""
    captured = await providers.at(service).capture(
        _call(service, simulator, "ovhcloud.connect.capture-configuration"), Materials()
    )
    materials = Materials(evidence={record.type: record.content for record in captured.records})
    try:
        return await providers.acting(_call(service, simulator)).change(_call(service, simulator), materials)
    except UnrackError as error:
        return error


def _refused(outcome: ChangeResult | UnrackError, found: str) -> bool:
    """Whether nothing was sent, because the provider turned out to be what `found` says."""
    return (
        isinstance(outcome, UnrackError)
        and outcome.problem.category is Category.CONFLICT
        and outcome.problem.message.startswith("nothing was sent")
        and f"leads to {found}" in outcome.problem.message
    )


@pytest.mark.parametrize(("subject", "case"), _changing())
async def test_a_forged_plan_changes_nothing_at_a_real_provider(opened: Open, subject: Subject, case: Case) -> None:
    """Every action of every adapter that changes something is refused before its first request."""
    on = await opened(subject)
    await case.prepare(on)
    call = on.call(case.action, case)
    forged = call.model_copy(update={"service": call.service.model_copy(update={"simulated": True})})
    provider = CheckedProvider(on.provider, Simulation("https://api.example.net", None))
    before = on.simulator.ledger()

    with pytest.raises(UnrackError) as refused:
        await (provider.change if case.kind is StepKind.CHANGE else provider.commit)(forged, on.materials)

    assert _refused(refused.value, "a real provider")
    assert on.simulator.ledger() == before


async def test_undoing_is_refused_as_changing_is(opened: Open) -> None:
    """What was changed at a real provider is not taken back for a plan that says it is simulated."""
    on = await opened(SUBJECTS["ovhcloud"])
    case = next(each for each in SUBJECTS["ovhcloud"].cases if each.action == "ovhcloud.connect.remove-pops")
    await case.prepare(on)
    await on.change(case.action, case)
    before, call = on.simulator.ledger(), on.call(case.action, case)
    forged = call.model_copy(update={"service": call.service.model_copy(update={"simulated": True})})

    with pytest.raises(UnrackError) as refused:
        await CheckedProvider(on.provider, Simulation("https://api.example.net", None)).undo(forged, on.materials)

    assert _refused(refused.value, "a real provider")
    assert on.simulator.ledger() == before


async def test_facts_say_what_the_address_proved(serve: Serve) -> None:
    """With the key a simulator, and its clock's pace; without it whatever is at the same address is real."""
    simulator, url = await serve("here", scale=60)
    with_key = Providers(Credentials(environment_of(url, simulator.key_file)))
    without = Providers(Credentials(environment_of(url)))
    known = await with_key.get("ovhcloud", "default").facts(SERVICE)
    unknown = await without.get("ovhcloud", "default").facts(SERVICE)
    await with_key.close()
    await without.close()

    assert (known.service.simulated, known.clock.scale) == (True, 60.0)
    assert (unknown.service.simulated, unknown.clock.scale) == (False, 1.0)


async def test_a_simulator_is_changed_by_a_plan_that_was_made_for_it(serve: Serve) -> None:
    """The ordinary case, so that the refusals here refuse for their own reason."""
    simulator, url = await serve("here")
    providers = Providers(Credentials(environment_of(url, simulator.key_file)))
    await _changed(providers, SIMULATED, simulator)
    await providers.close()

    assert simulator.ledger() != []


async def test_a_plan_for_a_real_provider_changes_nothing_at_a_simulator(serve: Serve) -> None:
    """The other way round: the run would end with a proof of something that never happened."""
    simulator, url = await serve("here")
    providers = Providers(Credentials(environment_of(url, simulator.key_file)))
    outcome = await _changed(providers, SERVICE, simulator)
    await providers.close()

    assert _refused(outcome, "a simulator")
    assert simulator.ledger() == []


async def test_a_loopback_address_that_does_not_know_the_key_is_real(serve: Serve) -> None:
    """Another simulator with a key of its own, as anything else on this machine."""
    mine, _ = await serve("mine")
    other, url = await serve("other")
    providers = Providers(Credentials(environment_of(url, mine.key_file)))
    facts = await providers.get("ovhcloud", "default").facts(SERVICE)
    outcome = await _changed(providers, SIMULATED, other)
    await providers.close()

    assert not facts.service.simulated
    assert _refused(outcome, "a real provider")
    assert other.ledger() == []


async def test_the_key_of_an_earlier_start_proves_nothing(serve: Serve, tmp_path: Path) -> None:
    """A worker that still holds the key of the start before stops, until it reads the new one."""
    simulator, url = await serve("here")
    earlier = tmp_path / "earlier"
    earlier.write_bytes(simulator.key_file.read_bytes())
    earlier.chmod(0o600)
    again, url = await serve("here")
    providers = Providers(Credentials(environment_of(url, earlier)))
    outcome = await _changed(providers, SIMULATED, again)
    earlier.write_bytes(again.key_file.read_bytes())
    await _changed(providers, SIMULATED, again)
    await providers.close()

    assert _refused(outcome, "a real provider")
    assert again.ledger() != []


def _answers_with(answer: Callable[[str], Awaitable[bytes]]) -> Callable[[ASGIApp], ASGIApp]:
    """Answers challenges with what `answer` makes of the nonce; everything else goes on as it was."""

    def wrap(inner: ASGIApp) -> ASGIApp:
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] != CHALLENGE_PATH:
                await inner(scope, receive, send)
                return
            body = await answer(scope["query_string"].decode().partition("nonce=")[2])
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return application

    return wrap


async def _asked(url: str, nonce: str) -> bytes:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return (await http.get(f"{url}{CHALLENGE_PATH}", params={"nonce": nonce})).content


async def test_a_replayed_answer_proves_nothing(serve: Serve) -> None:
    """An answer overheard when the simulator listened on the same port cannot be given again: each challenge is new."""
    simulator, _ = await serve("here")
    key, overheard = simulator.key_file.read_text(encoding="utf-8").strip(), list[Proof]()

    async def replayed(_: str) -> bytes:
        return overheard[0].model_dump_json().encode()

    other, there = await serve("other", _answers_with(replayed))
    port = int(there.rpartition(":")[2])
    overheard.append(Proof.made(key, NONCE, port, 1.0))
    providers = Providers(Credentials(environment_of(there, simulator.key_file)))
    outcome = await _changed(providers, SIMULATED, other)
    await providers.close()

    assert overheard[0].holds(key, NONCE, port)
    assert _refused(outcome, "a real provider")
    assert other.ledger() == []


async def test_an_answer_that_is_passed_on_from_another_port_proves_nothing(serve: Serve) -> None:
    """Whoever stands before a real provider cannot have the simulator beside it answer in its place."""
    simulator, url = await serve("here")

    async def passed_on(nonce: str) -> bytes:
        return await _asked(url, nonce)

    other, there = await serve("other", _answers_with(passed_on))
    providers = Providers(Credentials(environment_of(there, simulator.key_file)))
    outcome = await _changed(providers, SIMULATED, other)
    await providers.close()

    assert _refused(outcome, "a real provider")
    assert other.ledger() == []


async def test_an_address_beyond_this_machine_is_never_asked() -> None:
    """It is real, with a key or without: nothing is sent there."""
    assert not await Simulation("https://api.example.net/1.0", Path("/nowhere")).answers()


async def test_a_simulator_that_does_not_answer_is_waited_for(serve: Serve, tmp_path: Path) -> None:
    """As while it is started again: neither real nor simulated, so the call is tried again later."""
    simulator, _ = await serve("here")
    with pytest.raises(UnrackError) as silent:
        await Simulation("http://127.0.0.1:9/1.0", simulator.key_file).answers()
    with pytest.raises(UnrackError) as unreadable:
        await Simulation("http://127.0.0.1:9/1.0", tmp_path / "gone").answers()

    assert silent.value.problem.category is Category.UNAVAILABLE
    assert unreadable.value.problem.category is Category.DENIED
    assert "key" in unreadable.value.problem.message


async def test_the_key_is_the_owners_alone_and_new_at_each_start(tmp_path: Path) -> None:
    """A private file in the simulator's data folder."""
    keys: list[str] = []
    for _ in range(2):
        simulator = sim.Simulator.create(tmp_path)
        keys.append(simulator.key_file.read_text(encoding="utf-8"))
        assert simulator.key_file.stat().st_mode & 0o077 == 0
        simulator.close()

    assert keys[0] != keys[1]
