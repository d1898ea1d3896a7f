"""``/email/pro`` and ``/email/exchange``: accounts that end by themselves, domains, tasks (OVH descriptions)."""

from collections.abc import Callable
from typing import Any, Literal

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import products
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam, lists, member_of
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member, Work
from unrack.simulator.ovhcloud.refusal import conflict, not_found
from unrack.simulator.vendor import Reply

_SPAM = dict.fromkeys(("checkDKIM", "checkSPF", "deleteSpam", "deleteVirus", "putInJunk", "tagSpam", "tagVirus"), True)
_LIMITS = {
    "lockoutDuration": 5,
    "lockoutObservationWindow": 5,
    "lockoutThreshold": 5,
    "maxPasswordAge": 0,
    "maxReceiveSize": 100,
    "maxSendSize": 100,
    "minPasswordAge": 0,
    "minPasswordLength": 8,
    "complexityEnabled": True,
    "lastUpdateDate": None,
    "taskPendingId": 0,
    "spamAndVirusConfiguration": _SPAM,
}
_PEOPLE = ("SAMAccountName", "firstName", "initial", "lastName", "lastLogoffDate", "lastLogonDate", "mailingFilter")
_DATES = ("creationDate", "expirationOutlookDate", "lastUpdateDate", "passwordLastUpdate", "spamTicketNumber")
_HOSTED = (
    "authenticationPolicyId",
    "city",
    "company",
    "countryCode",
    "customIsolationId",
    "deleteOutlookAtExpiration",
    "description",
    "exchangeGuid",
    "fax",
    "forwardingEmail",
    "guid",
    "jobDepartment",
    "jobTitle",
    "litigationPeriod",
    "mailSenderDisplay",
    "mobile",
    "office",
    "phone",
    "postalCode",
    "region",
    "renewOutlookPeriod",
    "sbrDestination",
    "sendConnectorId",
    "streetAddress",
)


class _Change(Frozen):
    deleteAtExpiration: bool | None = None  # noqa: N815  # OVHcloud's names
    renewPeriod: Literal["monthly", "yearly"] | None = None  # noqa: N815


def _pro(_: ApiCall, asset: Asset, __: Service) -> dict[str, Any]:
    known = {"domain": asset.name, "displayName": "Office mail", "offer": "emailpro", "state": "ok"}
    reached = {"hostname": "pro1.mail.example", "webUrl": "https://pro1.mail.example", "iam": iam(asset, "emailPro")}
    return {**_LIMITS, **known, **reached}


def _exchange(_: ApiCall, asset: Asset, __: Service) -> dict[str, Any]:
    known = {"domain": asset.name.partition(":")[2], "displayName": "Office mail", "offer": "hosted", "state": "ok"}
    reached = {"hostname": "ex1.mail.example", "webUrl": "https://ex1.mail.example", "iam": iam(asset, "exchange")}
    more = {"adfsChangePassword": False, "passwordHistoryCount": 0, "sslExpirationDate": None}
    more |= dict.fromkeys(("cnameDcvRecord", "defaultAuthenticationPolicyId", "defaultSmartHost"))
    return {**_LIMITS, **known, **reached, **more}


def _addressed(row: Member) -> dict[str, Any]:
    """Return the fields that every mailbox has for its address."""
    login, _, domain = row.id.partition("@")
    return {"primaryEmailAddress": row.id, "login": login, "domain": domain, "displayName": login.title()}


def _account(__: ApiCall, row: Member) -> dict[str, Any]:
    return {
        **dict.fromkeys((*_PEOPLE, *_DATES)),
        **_addressed(row),
        "id": row.fields["number"],
        "state": "ok",
        "configured": True,
        "currentUsage": 1024,
        "quota": 10,
        "hiddenFromGAL": False,
        "spamDetected": False,
        "spamAndVirusConfiguration": _SPAM,
        "taskPendingId": None,
        "renewPeriod": "monthly",
        "deleteAtExpiration": row.fields["deleteAtExpiration"],
        "expirationDate": row.fields["expirationDate"],
    }


def _hosted_account(call: ApiCall, row: Member) -> dict[str, Any]:
    plain = {"accountLicense": "standard", "litigation": False, "numberOfAliases": 0, "outlookLicense": False}
    return {**_account(call, row), **dict.fromkeys(_HOSTED), **plain, "owaLimited": False, "storeCopyOfEmail": False}


_ELSEWHERE = (
    "SAMAccountName",
    "city",
    "company",
    "countryCode",
    "creationDate",
    "description",
    "exchangeGuid",
    "fax",
    "firstName",
    "guid",
    "initial",
    "jobDepartment",
    "jobTitle",
    "lastName",
    "mobile",
    "office",
    "phone",
    "postalCode",
    "region",
    "streetAddress",
    "taskPendingId",
)


def _remote(__: ApiCall, row: Member) -> dict[str, Any]:
    """``email.exchange.exchangeRemoteMailbox`` (2026): the address is here, the mail is not."""
    return {
        **dict.fromkeys(_ELSEWHERE),
        **_addressed(row),
        "remoteRoutingAddress": row.fields["routed"],
        "id": 7,
        "type": "regular",
        "state": "ok",
        "hiddenFromGAL": False,
        "numberOfAliases": 0,
        "spamAndVirusConfiguration": _SPAM,
    }


_BLOCKED = ("ActiveSync", "Autodiscover", "Imap", "Mapi", "OfflineAddressBook", "Pop", "WebServices")


def _policy(_: ApiCall, row: Member) -> dict[str, Any]:
    """``email.exchange.exchangeServiceAuthenticationPolicy`` (2026)."""
    legacy = {f"blockLegacyAuth{place}": True for place in _BLOCKED}
    return {"id": int(row.id), **legacy, **{f"blockModernAuth{place}": False for place in _BLOCKED}}


def _domain(_: ApiCall, row: Member) -> dict[str, Any]:
    checks = ("domainValidated", "mxIsValid", "spfIsValid", "srvIsValid")
    records = ("cnameToCheck", "mxRecord", "mxRelay", "spfRecord", "srvRecord")
    return {
        **dict.fromkeys(checks, True),
        **dict.fromkeys(records),
        "dkimDiagnostics": {"errorCode": None, "message": None, "state": "disabled"},
        "name": row.id,
        "type": "authoritative",
        "state": "ok",
        "domainAliases": [],
        "expectedAutodiscoverSRV": f"0 0 443 pro1.{row.id}",
        "expectedMX": ["mx0.mail.example"],
        "expectedSPF": "v=spf1 include:mx.example ~all",
        "isAliasDomain": False,
        "taskPendingId": 0,
    }


def _hosted_domain(call: ApiCall, row: Member) -> dict[str, Any]:
    return {
        **_domain(call, row),
        **dict.fromkeys(("organization2010", "sbrDefault", "sendConnectorIdDefault")),
        "main": True,
    }


def _set_account(product: ProductRoutes) -> Endpoint:
    def handle(call: ApiCall) -> Reply:
        member, wanted = member_of(product, "account", call), call.read(_Change)
        if wanted.deleteAtExpiration in (None, member.fields["deleteAtExpiration"]):
            return Reply()
        fields = member.fields | {"deleteAtExpiration": wanted.deleteAtExpiration}
        call.tables.members.change(member, fields=fields)
        word = "ends at its expiry" if wanted.deleteAtExpiration else "goes on"
        return Reply(effect=f"{member.id} {word}")

    return Endpoint("PUT", f"{product.path}/account/{{item}}", handle)


def _detach(product: ProductRoutes) -> Endpoint:
    def handle(call: ApiCall) -> Reply:
        member, (asset, _) = member_of(product, "domain", call), product.living(call)
        accounts = [row.id for row in products.members(call.tables, asset, "account")]
        if any(address.endswith(f"@{member.id}") for address in accounts):
            raise conflict(f"{member.id} still has accounts")
        work = products.begin(call.tables, asset, "deleteDomain", call.now, call.faults, member=member.key)
        return Reply(_task_view(work), f"{member.id} being taken off {asset.name}")

    return Endpoint("DELETE", f"{product.path}/domain/{{item}}", handle)


def _tasks(product: ProductRoutes) -> tuple[Endpoint, ...]:
    def every(call: ApiCall) -> list[int]:
        asset, _ = product.living(call)
        return [work.id for work in call.tables.work.where(asset=asset.key)]

    def one(call: ApiCall) -> dict[str, Any]:
        asset, _ = product.living(call)
        work = call.tables.work.get(call.path["taskId"])
        if work is None or work.asset != asset.key:
            raise not_found("id", call.path["taskId"])
        return _task_view(work)

    return (get(f"{product.path}/task", every), get(f"{product.path}/task/{{taskId:int}}", one))


def _task_view(work: Work) -> dict[str, Any]:
    asked = stamp(work.asked_at)
    return {"id": work.id, "function": work.function, "status": work.status, "todoDate": asked, "finishDate": None}


Show = Callable[[ApiCall, Member], dict[str, Any]]


def _endpoints(product: ProductRoutes, account: Show, domain: Show) -> tuple[Endpoint, ...]:
    return (
        *product.endpoints(),
        *lists(product, "account", account),
        _set_account(product),
        *lists(product, "domain", domain),
        _detach(product),
        *_tasks(product),
    )


PRO = ProductRoutes("email-pro", "/email/pro/{service}", _pro, confirmation=None)
EXCHANGE = ProductRoutes(
    "exchange", "/email/exchange/{organizationName}/service/{exchangeService}", _exchange, confirmation=None
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *_endpoints(PRO, _account, _domain),
    *_endpoints(EXCHANGE, _hosted_account, _hosted_domain),
    *lists(EXCHANGE, "remoteMailbox", _remote),
    *lists(EXCHANGE, "authenticationPolicy", _policy),
)
