"""An installation in containers, as deploy/compose.yaml makes one, with the simulator in the provider's place.

The worker shares the simulator's network namespace: the simulator answers on loopback only, and Unrack speaks plain
HTTP to nothing else.
"""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import docker
from docker.models.containers import Container
from docker.models.volumes import Volume
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from unrack.simulator import Seed
from unrack.simulator.ovhcloud import seeds
from unrack.simulator.ovhcloud.records import Settings

SIMULATOR_PORT = 8800
NAMESPACE = "unrack"
SCALE = 10.0
"""Provider seconds in one of ours: it is polled ten times as often, and an hour is still long enough for people."""
HARDENED: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "init": True,
}
"""As every container of ours runs in deploy/compose.yaml."""

_CREDENTIALS = f"""\
[ovhcloud.default]
endpoint = "http://127.0.0.1:{SIMULATOR_PORT}/1.0"
application_key = "{seeds.APPLICATION_KEY}"
application_secret = "{seeds.APPLICATION_SECRET}"
consumer_key = "{seeds.CONSUMER_KEY}"
"""
_WORLD = Seed(
    expires_in=timedelta(days=10),
    next_bill_in=timedelta(days=15),
    scale=SCALE,
    settings=Settings(retention=3600),
)

_ASK = """\
import sys, urllib.request
url, method, body = sys.argv[1:]
request = urllib.request.Request(url, method=method, data=body.encode() or None)
print(urllib.request.urlopen(request, timeout=30).read().decode())
"""


class CommandFailedError(Exception):
    """A command in a container ended with an error."""


@dataclass
class Installation:
    """Everything that runs, and how to work with it."""

    engine: docker.DockerClient
    image: str
    desk: Path
    cleaning: ExitStack
    network: Network = field(default_factory=Network)
    volumes: dict[str, Volume] = field(default_factory=dict[str, Volume])

    @classmethod
    def start(
        cls, engine: docker.DockerClient, image: str, temporal: str, desk: Path, cleaning: ExitStack
    ) -> "Installation":
        """Starts server and simulator, and prepares namespace and credentials. `cleaning` removes all of it."""
        self = cls(engine, image, desk, cleaning)
        self.desk.mkdir(mode=0o755)
        cleaning.enter_context(self.network)
        for name in ("data", "secrets"):
            self.volumes[name] = engine.volumes.create(f"unrack-test-{name}-{uuid4().hex[:8]}")
            cleaning.callback(self.volumes[name].remove, force=True)
        self._start_temporal(temporal)
        self._write_credentials()
        self.simulator = self._start_simulator()
        self.run("python", "-m", "unrack.temporal.prepare")
        return self

    def start_worker(self) -> Container:
        """Starts a worker, and waits until its own health check says that it polls."""
        volumes = [
            (self.volumes["data"].name, "/var/lib/unrack", "rw"),
            (self.volumes["secrets"].name, "/secrets", "ro"),
        ]
        worker = self._start(
            self._container(["worker"], volumes).with_kwargs(
                **HARDENED,
                network_mode=f"container:{self.simulator.id}",
                healthcheck={"interval": int(2e9)},
            ),
            UNRACK_CREDENTIALS="/secrets/credentials.toml",
            UNRACK_SIMULATOR_KEY="/secrets/simulator/key",
        )
        wait_until(lambda: health_of(worker) == "healthy", timedelta(seconds=90), lambda: logs_of(worker))
        return worker

    def starter(self, *command: str) -> Any:  # noqa: ANN401  # any JSON
        """What the operator's command prints as JSON, run in a container of its own."""
        return json.loads(self.run("starter", *command, "--json"))

    def run(self, *command: str) -> str:
        """What a command prints in a container of its own.

        Raises:
            CommandFailedError: it ended with another code than 0.
        """
        volumes = [(self.volumes["data"].name, "/var/lib/unrack", "rw"), (str(self.desk), "/desk", "ro")]
        with ExitStack() as cleaning:
            container = self._start(self._container(list(command), volumes).with_kwargs(**HARDENED), cleaning)
            code = container.wait(timeout=120)["StatusCode"]
            output = container.logs(stdout=True, stderr=False).decode()
            if code != 0:
                raise CommandFailedError(f"{command} ended with {code}: {logs_of(container)}")
            return output

    def ask_simulator(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # any JSON
        """One call of the simulator's own API, made beside it."""
        url = f"http://127.0.0.1:{SIMULATOR_PORT}/_simulator{path}"
        text = "" if body is None else json.dumps(body)
        answer = self.simulator.exec_run(["python", "-c", _ASK, url, method, text])
        output = cast("bytes", answer.output).decode()
        if answer.exit_code != 0:
            raise CommandFailedError(f"{method} {path}: {output}")
        return json.loads(output)

    def ledger(self) -> list[dict[str, Any]]:
        """The mutating calls that the simulator received."""
        return self.ask_simulator("GET", "/ledger")

    def _start_temporal(self, image: str) -> None:
        command = ["server", "start-dev", "--ip", "0.0.0.0", "--headless", "--db-filename", "/data/temporal.sqlite"]  # noqa: S104  # inside a network of its own
        container = DockerContainer(image).with_command(command)
        server = self._start(container.with_network_aliases("temporal"))
        self.temporal = server
        wait_until(
            lambda: server.exec_run(["/temporal", "operator", "cluster", "health"]).exit_code == 0,
            timedelta(seconds=60),
            lambda: logs_of(server),
        )

    def _start_simulator(self) -> Container:
        command = ["python", "-m", "unrack.simulator", "--data", "/secrets/simulator", "--port", str(SIMULATOR_PORT)]
        command += ["--seed", _WORLD.model_dump_json()]
        volumes = [(self.volumes["secrets"].name, "/secrets", "rw")]  # where the worker reads the simulator's key
        simulator = self._start(self._container(command, volumes).with_kwargs(**HARDENED))
        self.simulator = simulator
        wait_until(self._simulator_answers, timedelta(seconds=30), lambda: logs_of(simulator))
        return simulator

    def _simulator_answers(self) -> bool:
        try:
            return self.ask_simulator("GET", "/health")["status"] == "ok"
        except CommandFailedError:
            return False

    def _write_credentials(self) -> None:
        """As deploy/README.md says: readable for the worker's user and for nobody else."""
        script = 'umask 077; printf %s "$CREDENTIALS" >/secrets/credentials.toml; chown -R 10001:10001 /secrets'
        container = DockerContainer(self.image).with_command(["sh", "-c", script])
        container.with_volume_mapping(self.volumes["secrets"].name, "/secrets", "rw")
        container.with_kwargs(user="0:0", network_mode="none")
        with ExitStack() as cleaning:
            code = self._start(container, cleaning, CREDENTIALS=_CREDENTIALS).wait(timeout=60)["StatusCode"]
        if code != 0:
            raise CommandFailedError("the credentials were not written")

    def _container(self, command: list[str], volumes: list[tuple[str, str, str]]) -> DockerContainer:
        container = DockerContainer(self.image).with_command(command).with_tmpfs_mount("/tmp")  # noqa: S108
        for volume in volumes:
            container.with_volume_mapping(*volume)
        return container.with_envs(TEMPORAL_ADDRESS="temporal:7233", UNRACK_NAMESPACE=NAMESPACE)

    def _start(self, container: DockerContainer, cleaning: ExitStack | None = None, **environment: str) -> Container:
        """Starts a container that `cleaning` removes with its anonymous volumes, come what may."""
        (cleaning or self.cleaning).callback(container.stop)
        if "network_mode" not in container._kwargs:
            container.with_network(self.network)
        return container.with_envs(**environment).start().get_wrapped_container()


def wait_until(reached: Callable[[], bool], timeout: timedelta, tell: Callable[[], str]) -> None:
    """Polls until `reached`; gives up after `patience` with what `tell` says."""
    deadline = time.monotonic() + timeout.total_seconds()
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout}: {tell()}")
        time.sleep(0.5)


def health_of(container: Container) -> str:
    """``starting``, ``healthy``, ``unhealthy``; what the image's own health check found."""
    container.reload()
    return container.attrs["State"]["Health"]["Status"]


def logs_of(container: Container) -> str:
    """The last lines that a container wrote."""
    return container.logs(tail=60).decode(errors="replace")
