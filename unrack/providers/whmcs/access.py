"""Whether a credential works, and which reading actions its API role lacks."""

from unrack.contracts.calls import AccessCall, AccessResult
from unrack.model.errors import UnrackError
from unrack.model.message import msg
from unrack.providers.whmcs.client import WhmcsApi
from unrack.providers.whmcs.findings import SET_ZONE
from unrack.providers.whmcs.schemas import Admin, Done, Product
from unrack.providers.whmcs.specs import VENDOR

_ADDONS = "GetClientsAddons"

_NO_ZONE = msg("it names no time_zone, so dates of this WHMCS are read as days in UTC. {set_zone}", set_zone=SET_ZONE)

_HARMLESS = ("GetClientsProducts", "GetCancelledPackages", "GetClientsDomains", _ADDONS, "GetInvoices")
"""Actions that can be tried without changing anything; a role's other actions show only when they are used."""


async def check_access(api: WhmcsApi, call: AccessCall) -> AccessResult:
    """Ask who the credential is, then try the calls that only read."""
    result = AccessResult(provider=call.provider, account=call.account, endpoint=api.credential.endpoint)
    try:
        admin = await api.read("GetAdminDetails", Admin)
    except UnrackError as error:
        return result.model_copy(update={"problem": error.problem, "missing": error.problem.missing_rights})
    missing = [right for action in _wanted(call) if (right := await _lacks(api, action))]
    known = {"caller": admin.name, "missing": tuple(missing)}
    return result.model_copy(update=known | ({"unsaid": _NO_ZONE} if api.credential.time_zone is None else {}))


def _wanted(call: AccessCall) -> tuple[str, ...]:
    specs = [spec for spec in VENDOR.actions if spec.name in call.actions]
    needed = {right.path for spec in specs for right in (*spec.rights, *spec.undo_rights)}
    return tuple(action for action in _HARMLESS if action in needed)


async def _lacks(api: WhmcsApi, action: str) -> str:
    """The right that is missing; empty when the action answers, or fails for another reason."""
    try:
        if action == _ADDONS:
            await _try_addons(api)
        else:
            await api.read(action, Done, limitnum=1)
    except UnrackError as error:
        return next((right for right in error.problem.missing_rights if right.endswith(action)), "")
    return ""


async def _try_addons(api: WhmcsApi) -> None:
    """Ask for those of one service. The action has no pages: without a service it answers all that were ever sold."""
    one = await api.listing("GetClientsProducts", "products", Product).some(1)
    if one.read:
        await api.read(_ADDONS, Done, serviceid=one.read[0].id)
