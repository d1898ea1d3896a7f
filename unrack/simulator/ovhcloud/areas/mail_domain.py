"""``/email/domain``: MX Plan with its accounts, redirections, mailing lists and responders (OVH email description)."""

from collections.abc import Mapping

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers
from unrack.simulator.ovhcloud.areas.connect import Reason
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam, lists
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member


class _Confirmation(Frozen):
    """Without ``futureUse``."""

    token: str
    reason: Reason | None = None
    commentary: str | None = None


def _view(_: ApiCall, asset: Asset, service: Service) -> answers.EmailDomainDomainServiceWithIAM:
    return {
        "domain": asset.name,
        "status": "ok",
        "offer": "MXPLAN 5",
        "creationDate": stamp(service.created_at),
        "allowedAccountSize": [5_000_000_000],
        "filerz": 42,
        "isMXValid": "valid",
        "isSPFValid": "valid",
        "linkTo": None,
        "migratedMXPlanServiceName": None,
        "iam": iam(asset, "emailDomain"),
    }


def _account(call: ApiCall, row: Member) -> Mapping[str, object]:
    shown: answers.EmailDomainAccount = {
        "accountName": row.id,
        "email": f"{row.id}@{call.path['domain']}",
        "domain": call.path["domain"],
        "description": "",
        "size": 5_000_000_000,
        "isBlocked": False,
    }
    return {**shown, **row.fields}


def _redirection(_: ApiCall, row: Member) -> Mapping[str, object]:
    shown: answers.EmailDomainRedirectionGlobal = {"id": row.id, "from": "", "to": ""}
    return {**shown, **row.fields}


def _mailing_list(_: ApiCall, row: Member) -> Mapping[str, object]:
    shown: answers.EmailDomainMailingList = {
        "id": 1,
        "name": row.id,
        "language": "en",
        "options": {"moderatorMessage": False, "subscribeByModerator": False, "usersPostOnly": True},
        "replyTo": "list",
        "ownerEmail": "",
        "nbSubscribers": 3,
        "nbSubscribersUpdateDate": None,
    }
    return {**shown, **row.fields}


def _responder(_: ApiCall, row: Member) -> Mapping[str, object]:
    shown: answers.EmailDomainResponder = {
        "account": row.id,
        "content": "",
        "copy": False,
        "copyTo": None,
        "from": None,
        "to": None,
    }
    return {**shown, **row.fields}


PRODUCT = ProductRoutes("mx-plan", "/email/domain/{domain}", _view, confirmation=_Confirmation)
ENDPOINTS: tuple[Endpoint, ...] = (
    *PRODUCT.endpoints(),
    *lists(PRODUCT, "account", _account),
    *lists(PRODUCT, "redirection", _redirection),
    *lists(PRODUCT, "mailingList", _mailing_list),
    *lists(PRODUCT, "responder", _responder),
)
