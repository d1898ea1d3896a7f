"""``/email/pro`` and ``/email/exchange``: accounts that end by themselves, domains, tasks (OVH descriptions)."""

from collections.abc import Callable, Mapping
from typing import Literal

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, products
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam, lists, member_of
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member, Work
from unrack.simulator.ovhcloud.refusal import conflict, not_found
from unrack.simulator.vendor import Reply

_SPAM: answers.EmailProSpamAndVirusConfiguration = {
    "checkDKIM": True,
    "checkSPF": True,
    "deleteSpam": True,
    "deleteVirus": True,
    "putInJunk": True,
    "tagSpam": True,
    "tagVirus": True,
}


class _Change(Frozen):
    deleteAtExpiration: bool | None = None  # noqa: N815  # OVHcloud's names
    renewPeriod: Literal["monthly", "yearly"] | None = None  # noqa: N815


def _pro(_: ApiCall, asset: Asset, __: Service) -> answers.EmailProServiceNativeWithIAM:
    return {
        "domain": asset.name,
        "displayName": "Office mail",
        "offer": "emailpro",
        "state": "ok",
        "hostname": "pro1.mail.example",
        "webUrl": "https://pro1.mail.example",
        "iam": iam(asset, "emailPro"),
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


def _exchange(call: ApiCall, asset: Asset, service: Service) -> answers.EmailExchangeExchangeServiceWithIAM:
    return {
        **_pro(call, asset, service),
        "domain": asset.name.partition(":")[2],
        "offer": "hosted",
        "hostname": "ex1.mail.example",
        "webUrl": "https://ex1.mail.example",
        "iam": iam(asset, "exchange"),
        "adfsChangePassword": False,
        "passwordHistoryCount": 0,
        "sslExpirationDate": None,
        "cnameDcvRecord": None,
        "defaultAuthenticationPolicyId": None,
        "defaultSmartHost": None,
    }


def _account(__: ApiCall, row: Member) -> answers.EmailProAccountNative:
    login, _, domain = row.id.partition("@")
    return {
        "id": row.fields["number"],
        "primaryEmailAddress": row.id,
        "login": login,
        "domain": domain,
        "displayName": login.title(),
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
        "SAMAccountName": None,
        "creationDate": None,
        "expirationOutlookDate": None,
        "firstName": None,
        "initial": None,
        "lastLogoffDate": None,
        "lastLogonDate": None,
        "lastName": None,
        "lastUpdateDate": None,
        "mailingFilter": None,
        "passwordLastUpdate": None,
        "spamTicketNumber": None,
    }


def _hosted_account(call: ApiCall, row: Member) -> answers.EmailExchangeAccount:
    return {
        **_account(call, row),
        "accountLicense": "standard",
        "litigation": False,
        "numberOfAliases": 0,
        "outlookLicense": False,
        "owaLimited": False,
        "storeCopyOfEmail": False,
        "authenticationPolicyId": None,
        "city": None,
        "company": None,
        "countryCode": None,
        "customIsolationId": None,
        "deleteOutlookAtExpiration": None,
        "description": None,
        "exchangeGuid": None,
        "fax": None,
        "forwardingEmail": None,
        "guid": None,
        "jobDepartment": None,
        "jobTitle": None,
        "litigationPeriod": None,
        "mailSenderDisplay": None,
        "mobile": None,
        "office": None,
        "phone": None,
        "postalCode": None,
        "region": None,
        "renewOutlookPeriod": None,
        "sbrDestination": None,
        "sendConnectorId": None,
        "streetAddress": None,
    }


def _remote(__: ApiCall, row: Member) -> answers.EmailExchangeExchangeRemoteMailbox:
    """The address is here, the mail is not."""
    login, _, domain = row.id.partition("@")
    return {
        "id": 7,
        "primaryEmailAddress": row.id,
        "login": login,
        "domain": domain,
        "displayName": login.title(),
        "remoteRoutingAddress": row.fields["routed"],
        "type": "regular",
        "state": "ok",
        "hiddenFromGAL": False,
        "numberOfAliases": 0,
        "spamAndVirusConfiguration": {**_SPAM},
        "SAMAccountName": None,
        "city": None,
        "company": None,
        "countryCode": None,
        "creationDate": None,
        "description": None,
        "exchangeGuid": None,
        "fax": None,
        "firstName": None,
        "guid": None,
        "initial": None,
        "jobDepartment": None,
        "jobTitle": None,
        "lastName": None,
        "mobile": None,
        "office": None,
        "phone": None,
        "postalCode": None,
        "region": None,
        "streetAddress": None,
        "taskPendingId": None,
    }


def _policy(_: ApiCall, row: Member) -> answers.EmailExchangeExchangeServiceAuthenticationPolicy:
    return {
        "id": int(row.id),
        "blockLegacyAuthActiveSync": True,
        "blockLegacyAuthAutodiscover": True,
        "blockLegacyAuthImap": True,
        "blockLegacyAuthMapi": True,
        "blockLegacyAuthOfflineAddressBook": True,
        "blockLegacyAuthPop": True,
        "blockLegacyAuthWebServices": True,
        "blockModernAuthActiveSync": False,
        "blockModernAuthAutodiscover": False,
        "blockModernAuthImap": False,
        "blockModernAuthMapi": False,
        "blockModernAuthOfflineAddressBook": False,
        "blockModernAuthPop": False,
        "blockModernAuthWebServices": False,
    }


def _domain(_: ApiCall, row: Member) -> answers.EmailProDomainNative:
    return {
        "name": row.id,
        "type": "authoritative",
        "state": "ok",
        "domainAliases": [],
        "isAliasDomain": False,
        "taskPendingId": 0,
        "domainValidated": True,
        "mxIsValid": True,
        "spfIsValid": True,
        "srvIsValid": True,
        "expectedAutodiscoverSRV": f"0 0 443 pro1.{row.id}",
        "expectedMX": ["mx0.mail.example"],
        "expectedSPF": "v=spf1 include:mx.example ~all",
        "dkimDiagnostics": {"errorCode": None, "message": None, "state": "disabled"},
        "cnameToCheck": None,
        "mxRecord": None,
        "mxRelay": None,
        "spfRecord": None,
        "srvRecord": None,
    }


def _hosted_domain(call: ApiCall, row: Member) -> answers.EmailExchangeDomain:
    return {
        **_domain(call, row),
        "dkimDiagnostics": {"errorCode": None, "message": None, "state": "disabled"},
        "main": True,
        "organization2010": None,
        "sbrDefault": None,
        "sendConnectorIdDefault": None,
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

    def one(call: ApiCall) -> answers.EmailProTask:
        asset, _ = product.living(call)
        work = call.tables.work.get(call.path["taskId"])
        if work is None or work.asset != asset.key:
            raise not_found("id", call.path["taskId"])
        return _task_view(work)

    return (get(f"{product.path}/task", every), get(f"{product.path}/task/{{taskId:int}}", one))


def _task_view(work: Work) -> answers.EmailProTask:
    """Of both products: Exchange has the same."""
    asked = stamp(work.asked_at)
    return {"id": work.id, "function": work.function, "status": work.status, "todoDate": asked, "finishDate": None}


Show = Callable[[ApiCall, Member], Mapping[str, object]]


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
