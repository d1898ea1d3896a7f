"""``/sms`` and ``/support/tickets``: an account that only a ticket ends (ovh-api ``sms``, OVH support description)."""

from datetime import timedelta
from typing import Literal

from unrack.model.base import Frozen
from unrack.simulator.ovhcloud import answers, lifecycle
from unrack.simulator.ovhcloud.endpoint import ApiCall, Endpoint, get, stamp
from unrack.simulator.ovhcloud.product_routes import ProductRoutes, iam
from unrack.simulator.ovhcloud.records import Service
from unrack.simulator.ovhcloud.records_products import Asset, Member, Work
from unrack.simulator.ovhcloud.refusal import not_found
from unrack.simulator.vendor import Reply

TICKETS = "support"
ANSWERED_AFTER = timedelta(days=2)
"""How long support takes (assumed)."""


class _Change(Frozen):
    automaticRecreditAmount: Literal[100, 200, 250, 500, 1000, 5000, 10000] | None = None  # noqa: N815  # OVHcloud's


class _Ticket(Frozen):
    subject: str
    body: str
    serviceName: str | None = None  # noqa: N815  # OVHcloud's names
    product: str | None = None
    category: Literal["assistance", "billing", "incident"] | None = None
    type: Literal["criticalIntervention", "genericRequest"] | None = None


_RESPONSE: answers.SmsResponse = {
    "responseType": "none",
    "cgiUrl": None,
    "text": None,
    "trackingDefaultSmsSender": None,
    "trackingOptions": None,
}
_TEMPLATES: answers.SmsTemplates = {
    "customizedEmailMode": False,
    "customizedSmsMode": False,
    "emailBody": None,
    "emailFrom": None,
    "emailSubject": None,
    "smsBody": None,
}


def _view(_: ApiCall, asset: Asset, __: Service) -> answers.SmsAccountWithIAM:
    return {
        "name": asset.name,
        "description": "Alerts",
        "status": "enable",
        "channel": "transactional",
        "creditsLeft": 412.0,
        "creditsHoldByQuota": 0.0,
        "creditThresholdForAutomaticRecredit": 50.0,
        "automaticRecreditAmount": asset.fields.get("automaticRecreditAmount"),
        "callBack": None,
        "stopCallBack": None,
        "smpp": False,
        "smsResponse": _RESPONSE,
        "templates": _TEMPLATES,
        "userQuantityWithQuota": 0,
        "iam": iam(asset, "sms"),
    }


def _update(call: ApiCall) -> Reply:
    asset, _ = PRODUCT.living(call)
    amount = call.read(_Change).automaticRecreditAmount
    if asset.fields.get("automaticRecreditAmount") == amount:
        return Reply()
    call.tables.assets.change(asset, fields=asset.fields | {"automaticRecreditAmount": amount})
    return Reply(effect=f"{asset.name} is recredited with {amount or 'nothing'}")


def _open(call: ApiCall) -> Reply:
    """Support deletes the account that the ticket names, some days later."""
    ticket, number = call.read(_Ticket), call.tables.next_id("ticket")
    fields = {**ticket.model_dump(), "state": "open", "opened": stamp(call.now), "account": call.caller}
    call.tables.members.put(Member(asset=TICKETS, kind="ticket", id=str(number), fields=fields))
    if ticket.product == "sms" and call.tables.assets.get(f"sms/{ticket.serviceName}"):
        call.tables.work.put(
            Work(
                id=call.tables.next_id(),
                asset=f"sms/{ticket.serviceName}",
                function=lifecycle.BY_SUPPORT,
                asked_at=call.now,
                due=call.now + ANSWERED_AFTER,
            )
        )
    answer: answers.SupportNewMessageInfo = {
        "ticketId": number,
        "ticketNumber": number + 10_000,
        "messageId": number + 20_000,
        "additionalNotice": None,
    }
    return Reply(answer, f"ticket {number} opened: {ticket.subject}")


def _tickets(call: ApiCall) -> list[int]:
    mine = [row for row in call.tables.members.where(asset=TICKETS) if row.fields["account"] == call.caller]
    wanted = call.query.get("serviceName")
    return [int(row.id) for row in mine if wanted is None or row.fields["serviceName"] == wanted]


def _ticket(call: ApiCall) -> answers.SupportTicket:
    number = call.path["ticketId"]
    if number not in _tickets(call):
        raise not_found("ticketId", number)
    fields = call.tables.members[f"{TICKETS}/ticket/{number}"].fields
    return {
        "ticketId": number,
        "ticketNumber": number + 10_000,
        "accountId": fields["account"],
        "subject": fields["subject"],
        "state": fields["state"],
        "serviceName": fields["serviceName"],
        "product": fields["product"],
        "category": fields["category"],
        "type": fields["type"] or "genericRequest",
        "creationDate": fields["opened"],
        "updateDate": fields["opened"],
        "lastMessageFrom": "customer",
        "canBeClosed": True,
        "score": "",
    }


PRODUCT = ProductRoutes("sms", "/sms/{serviceName}", _view, confirmation=None)
ENDPOINTS: tuple[Endpoint, ...] = (
    *PRODUCT.endpoints(),
    Endpoint("PUT", PRODUCT.path, _update),
    Endpoint("POST", "/support/tickets/create", _open),
    get("/support/tickets", _tickets),
    get("/support/tickets/{ticketId:int}", _ticket),
)
