"""Whether a credential works, and exactly which rights it lacks for which actions."""

import re
from collections.abc import Iterable
from datetime import timedelta

from unrack.contracts.action import Right
from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.credential_end import CredentialEnd
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.service import ProviderClock
from unrack.providers.credentials import is_loopback
from unrack.providers.ovhcloud.client import OvhApi
from unrack.providers.ovhcloud.schemas.published import Customer
from unrack.providers.ovhcloud.schemas.services import AccessRule, AuthDetails, CurrentCredential
from unrack.providers.ovhcloud.specs import VENDOR, WHO_AM_I

_ACTIONS = {spec.name: spec for spec in VENDOR.actions}

SKEW = timedelta(minutes=5)
"""How far our clock may be off. Signatures follow OVHcloud's clock anyway; deadlines shown to people would be wrong."""


async def check_access(api: OvhApi, call: AccessCall) -> AccessResult:
    """Look at the credential; a problem is part of the result."""
    result = AccessResult(provider=call.provider, account=call.account, endpoint=api.credential.endpoint)
    try:
        problem = _skewed(api, await api.clock())
        rules = await _rules(api)
        missing = tuple(missing_rights(wanted(call.actions, call.products), rules)) if rules is not None else ()
        caller = "" if missing and "GET /me" in missing else (await api.get("/me", Customer)).nichandle
    except UnrackError as error:
        return result.model_copy(update={"problem": error.problem, "missing": error.problem.missing_rights})
    return result.model_copy(update={"caller": caller, "missing": missing, "problem": problem})


def wanted(actions: Iterable[str], products: Iterable[str] = ()) -> tuple[Right, ...]:
    """Every right that `actions` and their undoing need for `products`, and planning them, each once, in order."""
    chosen = tuple(products)
    specs = [_ACTIONS[name] for name in actions if name in _ACTIONS]
    rights = [right for spec in specs for product in (chosen or (None,)) for right in spec.rights_for(product)]
    planning = [right for product in chosen for right in VENDOR.planning_rights(product)]
    plain = (right.model_copy(update={"product": None}) for right in (WHO_AM_I, *planning, *rights))
    return tuple(dict.fromkeys(plain))


def missing_rights(rights: Iterable[Right], rules: Iterable[AccessRule]) -> list[str]:
    """The rights that no rule covers, as ``DELETE /ovhCloudConnect/*/config/pop/*``.

    In OVHcloud's rules ``*`` stands for any characters, also across ``/``.
    """
    granted = [(rule.method, re.compile(re.escape(rule.path).replace(r"\*", ".*"))) for rule in rules]
    return [
        f"{right.method} {right.path}"
        for right in rights
        if not any(method == right.method and path.fullmatch(right.path) for method, path in granted)
    ]


async def credential_end(api: OvhApi) -> CredentialEnd | None:
    """When the consumer key ends: whoever validates it chooses that, as ``expiration`` (ovh-api).

    None for one that does not end, and for an OAuth2 client, which asks for its tokens anew.

    Raises:
        UnrackError: OVHcloud does not show the credential.
    """
    if api.credential.client_id:
        return None
    end = (await api.get("/auth/currentCredential", CurrentCredential)).expiration
    return CredentialEnd(at=end, why=msg("the consumer key, by its validity")) if end else None


async def _rules(api: OvhApi) -> tuple[AccessRule, ...] | None:
    """The credential's rules; None where OVHcloud does not show them (an OAuth2 client's rights are IAM policies)."""
    if api.credential.client_id:
        return (await api.get("/auth/details", AuthDetails)).allowed_routes
    credential = await api.get("/auth/currentCredential", CurrentCredential)
    if credential.status != "validated":
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=msg("the consumer key is {status}, not validated", status=credential.status),
                suggestion=msg("open its validation address, or ask for a new consumer key"),
            )
        )
    return credential.rules


def _skewed(api: OvhApi, clock: ProviderClock) -> Problem | None:
    skew = abs(clock.shown - clock.read_at)
    if skew <= SKEW or is_loopback(api.credential.endpoint):
        return None
    return Problem(
        category=Category.INVALID,
        message=msg("this machine's clock and OVHcloud's differ by {skew}", skew=skew),
        suggestion=msg("synchronise this machine's clock (NTP)"),
    )
