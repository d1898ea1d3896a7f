"""Everything that is looked at before anything is started: server, worker, evidence store, runbooks, rights.

All at once: without a worker it takes no longer than the most patient look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from temporalio.client import Client

from unrack.contracts.calls import AccessCall
from unrack.model.errors import UnrackError
from unrack.operations import health
from unrack.operations.health import Checkup
from unrack.operations.planning import actions_by_provider, products_of
from unrack.process.settings import Settings
from unrack.runbook.load import check_runbooks


async def examine(
    settings: Settings, connect: Callable[[], Awaitable[Client]], accounts: Sequence[str]
) -> list[Checkup]:
    """What is well and what is missing.

    Args:
        settings: The settings in force.
        connect: Connects to the server.
        accounts: The credentials that are checked, by their names.
    """
    found = [_runbooks(settings.runbooks), await health.check_evidence(settings.evidence)]
    try:
        client = await connect()
    except UnrackError as error:
        return [health.from_error("server", error), *_unseen(accounts), *found]
    where = client.service_client.config.target_host
    server = health.ok("server", f"{where} answers; it has the namespace '{client.namespace}'")
    engine, beyond = await asyncio.gather(_engine(client, settings.task_queue), _beyond(client, settings, accounts))
    return [server, *engine, *beyond, *found]


def _unseen(accounts: Sequence[str]) -> list[Checkup]:
    engine = ("search attributes", "reconciliation", "holds", "worker", "time zones")
    return [health.unknown(each, "no server") for each in (*engine, *(f"credential {name}" for name in accounts))]


async def _engine(client: Client, queue: str) -> list[Checkup]:
    asked = await asyncio.gather(
        health.check_search_attributes(client),
        health.check_reconciliation(client, queue),
        health.check_holds(client, queue),
    )
    return list(asked)


async def _beyond(client: Client, settings: Settings, accounts: Sequence[str]) -> list[Checkup]:
    """The worker, and through it the credentials."""
    queue = settings.task_queue
    worker, times = await asyncio.gather(health.check_worker(client, queue), health.check_zones(client, queue))
    calls = _access_calls(settings.runbooks, accounts)
    if worker.good:
        return [worker, times, *await health.check_credentials(client, calls, queue)]
    unseen = (health.unknown(f"credential {each.provider}/{each.account}", "no worker") for each in calls)
    return [worker, times, *unseen]


def _access_calls(folders: Sequence[Path], accounts: Sequence[str]) -> list[AccessCall]:
    return [
        AccessCall(provider=provider, account=account, actions=actions, products=products_of(provider, folders))
        for provider, actions in actions_by_provider(folders).items()
        for account in accounts
    ]


def _runbooks(folders: Sequence[Path]) -> Checkup:
    mistakes = check_runbooks(folders)
    where = ", ".join(str(folder) for folder in folders)
    if mistakes:
        return health.missing("runbooks", f"not valid in {where}", "\n".join(str(each) for each in mistakes))
    return health.ok("runbooks", f"valid in {where}")
