"""The worker: settings → logging → client → providers → activities → Worker. It composes; it decides nothing.

``python -m unrack.worker`` serves until it is asked to end; with ``--check`` it tells what it would work with.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities import Dependencies, build_activities
from unrack.evidence.store import EvidenceStore
from unrack.model.errors import UnrackError
from unrack.model.visible import visible
from unrack.policy.enforcement import Enforcement
from unrack.policy.in_force import PolicyInForce
from unrack.process import logging
from unrack.process.redaction import known_secrets
from unrack.process.settings import Settings, load_settings
from unrack.providers.credentials import Credentials
from unrack.providers.proxies import keep_this_machine_direct
from unrack.providers.registry import Providers, credential_models
from unrack.temporal import search_attributes
from unrack.temporal.arrivals import EngineArrivals
from unrack.temporal.client import connect
from unrack.temporal.engine_holds import EngineHolds
from unrack.temporal.paused_calls import waking_paused
from unrack.temporal.plugin import plugin
from unrack.temporal.pollers import identity
from unrack.temporal.telemetry import core_runtime
from unrack.temporal.upkeep import forgetting, keep_holds, reconcile_hourly
from unrack.temporal.visibility import EngineSurvey
from workflows import VERSIONING, WORKFLOWS

log = structlog.stdlib.get_logger("unrack.worker")


async def serve(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM; what is in flight then gets half a minute."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(settings, runtime=core_runtime(settings), plugins=[plugin()])
    providers = Providers(Credentials(os.environ))
    policy = PolicyInForce.of(client, settings)
    try:
        async with (
            build_worker(client, settings, providers, policy),
            policy.kept_up(),
            forgetting(EvidenceStore(settings.evidence).forget_old),
            waking_paused(client, settings.task_queue),
        ):
            log.info(
                "worker ready", task_queue=settings.task_queue, build=settings.build_id, namespace=client.namespace
            )
            await keep_holds(client, settings.task_queue)
            await reconcile_hourly(client, settings.task_queue)
            await stop.wait()
            log.info("worker stops")
    finally:
        await providers.close()


def build_worker(client: Client, settings: Settings, providers: Providers, policy: PolicyInForce) -> Worker:
    """The worker for `settings`; the client brings converter and sandbox."""
    dependencies = Dependencies(
        providers=providers,
        evidence=EvidenceStore(settings.evidence),
        holds=EngineHolds(client),
        arrivals=EngineArrivals(client),
        access=Enforcement(policy.ruling, allow_stated=settings.allow_stated),
        notify=tuple(url.get_secret_value() for url in settings.notify_urls),
        language=settings.lang,
        mail=settings.tell_mail.get_secret_value() if settings.tell_mail is not None else None,
        people=policy.person,
        runs=EngineSurvey(client),
    )
    return Worker(
        client,
        task_queue=settings.task_queue,
        identity=identity(),
        workflows=WORKFLOWS,
        activities=build_activities(dependencies),
        max_cached_workflows=settings.cached_runs,
        max_concurrent_workflow_tasks=50,
        max_concurrent_activities=50,
        max_concurrent_local_activities=50,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=3),  # how long a run waits for a killed worker
        graceful_shutdown_timeout=timedelta(seconds=15),
        deployment_config=deployment(settings),
    )


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """With a build id, runs stay on the build that started them; without, the worker is unversioned."""
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VERSIONING,
    )


async def check(settings: Settings) -> None:
    """Print what this worker would work with; raises `UnrackError` when something is missing."""
    print(settings.model_dump_json(indent=2))
    client = await connect(settings)
    print(f"server: {client.service_client.config.target_host}, namespace '{client.namespace}'")
    missing = [key.name for key in await search_attributes.missing(client)]
    print(f"search attributes: {'missing: ' + ', '.join(missing) if missing else 'all there'}")
    print(f"evidence: {EvidenceStore(settings.evidence).url}")
    print(f"policy: {PolicyInForce.of(client, settings).words}")
    print(f"accounts: {', '.join(Credentials(os.environ).accounts(credential_models())) or 'none'}")


def main() -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(description="Serves Unrack's workflows and activities.")
    parser.add_argument("--check", action="store_true", help="tell what it would work with, and end")
    arguments = parser.parse_args()
    keep_this_machine_direct(os.environ)
    try:
        settings = load_settings()
        logging.configure(settings.log_format, settings.log_level, secrets=known_secrets(settings))
        asyncio.run(check(settings) if arguments.check else serve(settings))
    except UnrackError as error:
        print(visible(f"{error}\n{error.problem.suggestion}"), file=sys.stderr)
        return 1
    time.sleep(0.3)  # Temporal's core threads outlive the worker a little; ending under them can crash the process
    return 0


if __name__ == "__main__":
    sys.exit(main())
