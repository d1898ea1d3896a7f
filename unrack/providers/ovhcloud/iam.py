"""OVHcloud's names of rights in IAM policies, for the calls of the action catalogue.

The published API descriptions name them one by one (``x-iam-actions``); they follow a rule, and few leave it. A test
compares every right of the catalogue with the descriptions.
"""

from typing import Any

from unrack.contracts.action import Right
from unrack.model.message import msg

_TYPES = (
    ("/ovhCloudConnect", "ovhCloudConnect"),
    ("/vrack", "vrack"),
    ("/hosting/web", "webHosting"),
    ("/email/domain", "emailDomain"),
    ("/email/exchange", "emailExchange"),
    ("/email/mxplan", "emailMxplan"),
    ("/email/pro", "emailPro"),
    ("/cloud/project", "publicCloudProject"),
    ("/telephony", "voip"),
    ("/sms", "sms"),
    ("/domain/zone", "dnsZone"),
    ("/domain", "domain"),
)
"""The beginning of a path, and the type of resource that it means; everything else belongs to the account."""

_VERBS = {"GET": "get", "DELETE": "delete", "PUT": "edit"}
_ACTS = frozenset(
    {
        "answer",
        "cancelTermination",
        "confirm",
        "confirmTermination",
        "endRule",
        "flush",
        "lock",
        "reply",
        "skipRetentionPeriod",
        "terminate",
        "unlock",
    }
)
"""Last parts of a path that name an act: no verb is added."""

_EXCEPTIONS = {
    ("POST", "/vrack/*/ovhCloudConnect"): (
        "vrack:apiovh:ovhCloudConnect/attach",
        "ovhCloudConnect:apiovh:vrack/attach",
    ),
    ("DELETE", "/vrack/*/ovhCloudConnect/*"): ("vrack:apiovh:ovhCloudConnect/detach",),
    ("GET", "/vrack/*/dedicatedCloud"): ("vrack:apiovh:pccVMware/get",),
    ("GET", "/vrack/*/vmwareCloudDirectorVirtualDataCenter"): (
        "vrack:apiovh:vmwareCloudDirectoryVirtualDataCenter/get",  # the spelling is OVHcloud's
    ),
    ("GET", "/services/*/savingsPlans/subscribed"): (
        "account:apiovh:savingsPlans/get",
        "publicCloudProject:apiovh:savingsPlans/get",
    ),
    ("POST", "/support/tickets/create"): ("account:apiovh:support/tickets/create",),
}
_PUT_ITSELF = frozenset({"emailMxplan", "emailPro", "sms", "voip", "vrack"})
"""Types whose own change is called ``put``; of others it is ``edit``."""


def iam_actions(right: Right) -> tuple[str, ...]:
    """Return the IAM actions that `right` needs, as ``ovhCloudConnect:apiovh:terminate``; both where there are two."""
    known = _EXCEPTIONS.get((right.method, right.path))
    if known is not None:
        return known
    start, kind = next((each for each in _TYPES if _below(right.path, each[0])), ("", "account"))
    parts = [part for part in right.path.removeprefix(start).split("/") if part and part != "*"]
    if parts and parts[-1] in _ACTS:
        return (f"{kind}:apiovh:{'/'.join(parts)}",)
    verb = _VERBS.get(right.method, "create")
    if verb == "edit" and not parts and kind in _PUT_ITSELF:
        verb = "put"
    return (f"{kind}:apiovh:{'/'.join([*parts, verb])}",)


def access_rules(rights: tuple[Right, ...]) -> tuple[dict[str, str], ...]:
    """The rules of a minimal consumer key, as ``POST /auth/credential`` takes them."""
    return tuple({"method": right.method, "path": right.path} for right in rights)


def iam_policy(runbook: str, version: int, rights: tuple[Right, ...]) -> dict[str, Any] | None:
    """A policy with `rights` and no others, as ``POST /v2/iam/policy`` takes it.

    It names nobody and nothing yet: whom it is for and on which services, only its owner knows.
    """
    if not rights:
        return None
    names = sorted({name for right in rights for name in iam_actions(right)})
    return {
        "name": f"unrack-{runbook}",
        "description": msg("What Unrack's runbook {runbook} version {version} calls", runbook=runbook, version=version),
        "identities": [],
        "resources": [],
        "permissions": {"allow": [{"action": name} for name in names]},
    }


def _below(path: str, start: str) -> bool:
    return path == start or path.startswith(start + "/")
