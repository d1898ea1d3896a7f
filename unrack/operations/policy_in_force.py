"""Which policy rules the installation, and whether every worker has it."""

from collections.abc import Iterable

from temporalio.client import Client
from temporalio.service import RPCError

from unrack.documents.diagnostics import InputError
from unrack.model.errors import UnrackError
from unrack.model.installation_hold import HoldRegister
from unrack.model.message import joined, msg
from unrack.model.policy_ref import PolicyRef
from unrack.model.policy_register import by_rank
from unrack.operations import health
from unrack.operations.health import Checkup
from unrack.policy.load import load_policy
from unrack.process.settings import Settings
from unrack.temporal.installation_holds import register_of
from unrack.temporal.pollers import pollers

_SUBJECT = msg("policy")
_SAME_EVERYWHERE = msg("Give every worker the same file (UNRACK_POLICY), and raise its version with each change.")


async def check_policy(client: Client, queue: str, settings: Settings) -> Checkup:
    """Which version rules, whether a worker has another one, and whether the file of these settings is valid."""
    if (bad := _bad_file(settings)) is not None:
        return bad
    try:
        register = await register_of(client, queue)
        names = {each.identity for each in await pollers(client, queue)}
    except UnrackError as error:
        return health.from_error(_SUBJECT, error)
    except RPCError as error:
        return health.unknown(_SUBJECT, error.message)
    return told_of_policy(register, names, allow_stated=settings.allow_stated)


def told_of_policy(register: HoldRegister, workers: Iterable[str], *, allow_stated: bool) -> Checkup:
    """What the register says of policies, for `workers` that serve now."""
    ranked = by_rank(register.policies)
    if not ranked:
        return _none(allow_stated=allow_stated)
    rules = ranked[0].policy
    others = [each for each in sorted(workers) if register.workers.get(each) != rules]
    twins = [each.policy for each in ranked[1:] if each.policy.version == rules.version]
    faults = [*(_other(register, each) for each in others), *(_twin(each) for each in twins)]
    text = msg("version {version} rules, {digest}", version=rules.version, digest=rules.digest)
    silent = [each for each in sorted(workers) if each in register.silent]
    if silent:
        text = joined("; ", [text, _silent(silent)])
    if faults:
        return health.missing(_SUBJECT, joined("; ", [text, *faults]), _SAME_EVERYWHERE)
    return health.ok(_SUBJECT, text)


def _none(*, allow_stated: bool) -> Checkup:
    if allow_stated:
        text = msg("none, and workers are told to do without (UNRACK_ALLOW_STATED): nobody verifies who decides")
        return health.ok(_SUBJECT, text)
    return health.ok(_SUBJECT, msg("no worker has registered one: only rehearsals run"))


def _other(register: HoldRegister, worker: str) -> str:
    has = register.workers.get(worker)
    if has is None:
        return msg("the worker {worker} registered none and declines to verify", worker=worker)
    return msg("the worker {worker} has version {version} and declines to verify", worker=worker, version=has.version)


def _silent(workers: Iterable[str]) -> str:
    return msg(
        "mails nobody, though the policy has addresses (UNRACK_TELL_MAIL is not set): {workers}. What people must know "
        "themselves goes where UNRACK_NOTIFY_URLS says",
        workers=", ".join(workers),
    )


def _twin(ref: PolicyRef) -> str:
    return msg("another policy of the same version is registered, {digest}", digest=ref.digest)


def _bad_file(settings: Settings) -> Checkup | None:
    if settings.policy is None:
        return None
    try:
        load_policy(settings.policy)
    except InputError as error:
        wrong = "\n".join(str(each) for each in error.diagnostics)
        return health.missing(_SUBJECT, msg("not valid: {file}", file=settings.policy), wrong)
    except UnrackError as error:
        return health.from_error(_SUBJECT, error)
    return None
