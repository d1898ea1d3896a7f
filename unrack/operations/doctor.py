"""Everything that is looked at before anything is started: server, worker, evidence store, runbooks, rights.

All at once: without a worker it takes no longer than the most patient look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from temporalio.client import Client

from unrack.model.errors import UnrackError
from unrack.model.message import joined, msg
from unrack.operations import health
from unrack.operations.health import Checkup
from unrack.operations.planning import access_calls
from unrack.process.settings import Settings
from unrack.runbook.load import check_runbooks


async def examine(
    settings: Settings, connect: Callable[[], Awaitable[Client]], accounts: Sequence[str]
) -> list[Checkup]:
    """Check every part of the installation, and tell what is well and what is missing.

    Args:
        settings: The settings in force.
        connect: Connects to the server.
        accounts: The credentials that are checked, by their names.
    """
    runbooks = asyncio.ensure_future(asyncio.to_thread(_runbooks, settings.runbooks))  # read while servers answer
    evidence = await health.check_evidence(settings.evidence)
    try:
        client = await connect()
    except UnrackError as error:
        return [health.from_error(msg("server"), error), *_unseen(accounts), await runbooks, evidence]
    where = client.service_client.config.target_host
    server = health.ok(
        msg("server"),
        msg("{where} answers; it has the namespace '{namespace}'", where=where, namespace=client.namespace),
    )
    queue = settings.task_queue
    engine, worker, times = await asyncio.gather(
        _engine(client, queue), health.check_worker(client, queue), health.check_zones(client, queue)
    )
    valid = await runbooks
    credentials = await _credentials(client, settings, accounts, worker)
    return [server, *engine, worker, times, *credentials, valid, evidence]


def _unseen(accounts: Sequence[str]) -> list[Checkup]:
    engine = (msg("search attributes"), msg("reconciliation"), msg("holds"), msg("worker"), msg("time zones"))
    credentials = (msg("credential {name}", name=name) for name in accounts)
    return [health.unknown(each, msg("no server")) for each in (*engine, *credentials)]


async def _engine(client: Client, queue: str) -> list[Checkup]:
    asked = await asyncio.gather(
        health.check_search_attributes(client),
        health.check_reconciliation(client, queue),
        health.check_holds(client, queue),
    )
    return list(asked)


async def _credentials(client: Client, settings: Settings, accounts: Sequence[str], worker: Checkup) -> list[Checkup]:
    """The credentials, asked through the worker."""
    calls = access_calls(settings.runbooks, accounts)
    if worker.good:
        return await health.check_credentials(client, calls, settings.task_queue)
    return [health.unknown(health.credential_subject(each), msg("no worker")) for each in calls]


def _runbooks(folders: Sequence[Path]) -> Checkup:
    mistakes = check_runbooks(folders)
    where = ", ".join(str(folder) for folder in folders)
    if mistakes:
        return health.missing(
            msg("runbooks"), msg("not valid in {where}", where=where), joined("\n", map(str, mistakes))
        )
    return health.ok(msg("runbooks"), msg("valid in {where}", where=where))
