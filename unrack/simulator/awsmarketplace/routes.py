"""The operations: parameters in, an answer in the published shape out. Views show what a buyer may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unrack.simulator.awsmarketplace import agreements
from unrack.simulator.awsmarketplace.records import Agreement, CancellationRequest, Identity, Quote
from unrack.simulator.awsmarketplace.refusal import conflict, invalid, not_found
from unrack.simulator.awsmarketplace.tables import Tables
from unrack.simulator.world import World

_MOST = 50
"""The largest page."""

_FILTERS: Mapping[str, Callable[[Agreement], str]] = {
    "PartyType": lambda _: "Acceptor",
    "AgreementType": lambda _: "PurchaseAgreement",
    "ResourceIdentifier": lambda agreement: agreement.product,
    "ResourceType": lambda agreement: agreement.product_type,
    "Status": lambda agreement: agreement.status,
    "OfferId": lambda agreement: agreement.offer,
}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One verified call."""

    world: World
    tables: Tables
    now: datetime
    who: Identity
    given: Mapping[str, Any]

    def agreement(self, name: str = "agreementId") -> Agreement:
        """The agreement that the call names; 404 when the caller did not accept it."""
        wanted = self.given[name]
        found = self.tables.agreements.get(wanted)
        if found is None or found.buyer != self.who.account:
            raise not_found("Agreement", wanted)
        return found

    def request(self) -> CancellationRequest:
        """The cancellation request that the call names."""
        wanted, agreement = self.given["agreementCancellationRequestId"], self.agreement()
        found = self.tables.requests.get(wanted)
        if found is None or found.agreement != agreement.id:
            raise not_found("AgreementCancellationRequest", wanted)
        return found

    def page(self, items: Sequence[Any], view: Callable[[Any], dict[str, Any]], name: str) -> dict[str, Any]:
        """One page of `items` under `name`."""
        start, size = self._start(), min(int(self.given.get("maxResults", _MOST)), _MOST)
        answer: dict[str, Any] = {name: [view(item) for item in items[start : start + size]]}
        return answer | ({"nextToken": str(start + size)} if start + size < len(items) else {})

    def _start(self) -> int:
        token = self.given.get("nextToken", "0")
        if not token.isdecimal():
            raise invalid("INVALID_NEXT_TOKEN", "The next token is not one that this service gave", "nextToken")
        return int(token)


@dataclass(frozen=True, slots=True)
class Done:
    """An answer, and what was done in words; an empty `effect` means that nothing changed."""

    body: Any
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """An operation that the simulator offers."""

    run: Callable[[ApiCall], Done]
    mutates: bool = False


def _search(call: ApiCall) -> Done:
    names = [one.get("name") for one in call.given.get("filters", ())]
    if "PartyType" not in names or not set(names) <= set(_FILTERS):
        raise invalid("UNSUPPORTED_FILTERS", "The combination of filters is not supported", "filters")
    wanted = [(_FILTERS[one["name"]], one["values"][0]) for one in call.given["filters"]]
    mine = call.tables.agreements.where(buyer=call.who.account)
    found = [agreement for agreement in mine if all(shown(agreement) == value for shown, value in wanted)]
    return Done(call.page(found, _summary, "agreementViewSummaries"))


def _describe(call: ApiCall) -> Done:
    agreement = call.agreement()
    currency = {"currencyCode": "USD", "agreementValue": agreement.price}
    behaviour = _end_time_behaviour(agreement)
    return Done({**_common(agreement), "estimatedCharges": currency, "endTimeBehavior": behaviour})


def _terms(call: ApiCall) -> Done:
    agreement = call.agreement()
    terms: list[dict[str, Any]] = [{"legalTerm": {"type": "LegalTerm", "id": f"{agreement.id}-legal"}}]
    if agreement.renewal_term:
        locked = {"lockoutPeriod": f"P{agreement.lockout_days}D"} if agreement.lockout_days else {}
        renewal = {"type": "RenewalTerm", "id": _renewal_id(agreement), **locked}
        terms.append({"renewalTerm": renewal | {"configuration": {"enableAutoRenew": agreement.auto_renew}}})
    return Done(call.page(terms, lambda term: term, "acceptedTerms"))


def _entitlements(call: ApiCall) -> Done:
    agreement = call.agreement()
    waits = agreement.starts_at is not None and call.now < agreement.starts_at
    item = {
        "resource": {"id": agreement.product, "type": agreement.product_type},
        "status": "DEPROVISIONED" if not agreement.entitled else "SCHEDULED" if waits else "PROVISIONED",
        "statusReasonCode": "AGREEMENT_ACTIVE" if agreement.entitled else "AGREEMENT_INACTIVE",
        "licenseArn": agreement.licence,
    }
    return Done(call.page([item], lambda entry: entry, "agreementEntitlements"))


def _charges(call: ApiCall) -> Done:
    agreement = call.agreement()
    found = [one for one in call.tables.charges.where(agreement=agreement.id) if one.time <= call.now]
    shared = {"agreementId": agreement.id, "agreementType": "PurchaseAgreement", "currencyCode": "USD", "revision": 1}
    return Done(call.page(found, lambda one: {**shared, "id": one.id, "amount": one.amount, "time": one.time}, "items"))


def _requests(call: ApiCall) -> Done:
    if call.given["partyType"] != "Acceptor":
        raise invalid("INVALID_PARTY_TYPE", "This account accepted agreements; it proposed none", "partyType")
    mine = {agreement.id for agreement in call.tables.agreements.where(buyer=call.who.account)}
    wanted = {call.given["agreementId"]} if "agreementId" in call.given else mine
    status = call.given.get("status")
    found = [one for one in call.tables.requests if one.agreement in wanted & mine and status in (None, one.status)]
    return Done(call.page(found, _request_summary, "items"))


def _request(call: ApiCall) -> Done:
    request = call.request()
    extra = {"description": request.description, "statusMessage": request.message}
    return Done({**_request_summary(request, within=()), **extra})


def _cancel(call: ApiCall) -> Done:
    return Done({}, agreements.cancel(call.tables, call.agreement(), call.now))


def _accept_request(call: ApiCall) -> Done:
    request = call.request()
    effect = agreements.answer(call.tables, request, call.now, accept=True)
    now = call.tables.requests[request.id]
    return Done({**_request_summary(now, within=()), "description": now.description}, effect)


def _reject_request(call: ApiCall) -> Done:
    request, words = call.request(), call.given["rejectionReason"]
    effect = agreements.answer(call.tables, request, call.now, accept=False, words=words)
    now = call.tables.requests[request.id]
    return Done({**_request_summary(now, within=()), "statusMessage": now.message}, effect)


def _quote(call: ApiCall) -> Done:
    """A quote changes nothing by itself; the same client token gives the same quote."""
    if call.given["intent"] != "AMEND":
        raise invalid("INVALID_INTENT", "Only amendments are simulated", "intent")
    agreement, renew = call.agreement("sourceAgreementIdentifier"), _wanted_renewal(call)
    token = call.given.get("clientToken", "")
    before = [one for one in call.tables.quotes.where(token=token) if token]
    if before and (before[0].agreement, before[0].renew) != (agreement.id, renew):
        raise conflict("AgreementRequest", before[0].id, "The client token was used for another request")
    if before:
        return Done(_quoted(call.tables, before[0]))
    quote = Quote(
        id=f"ar-{call.world.next_id('aws-quote')}",
        token=token,
        agreement=agreement.id,
        renew=renew,
        created_at=call.now,
    )
    return Done(_quoted(call.tables, call.tables.quotes.put(quote)), f"quote {quote.id} given")


def _accept_quote(call: ApiCall) -> Done:
    wanted = call.given["agreementRequestId"]
    quote = call.tables.quotes.get(wanted)
    if quote is None or call.tables.agreements[quote.agreement].buyer != call.who.account:
        raise not_found("AgreementRequest", wanted)
    if quote.accepted:
        raise conflict("AgreementRequest", wanted, "The agreement request was accepted before")
    agreement = call.tables.agreements[quote.agreement]
    effect = agreements.set_renewal(call.tables, agreement, call.now, renew=quote.renew)
    call.tables.quotes.change(quote, accepted=True)
    return Done({"agreementId": agreement.id}, effect)


def _wanted_renewal(call: ApiCall) -> bool:
    agreement = call.agreement("sourceAgreementIdentifier")
    terms = call.given["requestedTerms"]
    if [term["id"] for term in terms] != [_renewal_id(agreement)] or not agreement.renewal_term:
        raise invalid("INVALID_REQUESTED_TERM_ID", "The requested terms are not terms of the agreement")
    configuration = terms[0].get("configuration", {}).get("renewalTermConfiguration")
    if configuration is None:
        raise invalid("MISSING_REQUESTED_TERM_CONFIGURATION", "The renewal term needs a configuration")
    return bool(configuration["enableAutoRenew"])


def _quoted(tables: Tables, quote: Quote) -> dict[str, Any]:
    cost, approval = tables.settings.amendment_cost, tables.settings.approval_required
    return {
        "agreementRequestId": quote.id,
        "agreementType": "PurchaseAgreement",
        "status": "PENDING_APPROVAL" if approval else "ACCEPTED" if quote.accepted else "DRAFT",
        "approvalRequirement": "REQUIRED" if approval else "NOT_REQUIRED",
        "createdAt": quote.created_at,
        "chargeSummary": {
            "currencyCode": "USD",
            "newAgreementValue": cost,
            "expectedCharges": [{"amount": cost, "timing": "ON_ACCEPTANCE", "time": quote.created_at}],
        },
    }


def _common(agreement: Agreement) -> dict[str, Any]:
    return {
        "agreementId": agreement.id,
        "acceptor": {"accountId": agreement.buyer},
        "proposer": {"accountId": agreement.seller},
        "startTime": agreement.starts_at or agreement.accepted_at,
        "endTime": agreement.ends_at,
        "acceptanceTime": agreement.accepted_at,
        "agreementType": "PurchaseAgreement",
        "proposalSummary": {
            "resources": [{"id": agreement.product, "type": agreement.product_type}],
            "offerId": agreement.offer,
        },
        "status": agreement.status,
        "initialAgreementId": agreement.id,
    }


def _summary(agreement: Agreement) -> dict[str, Any]:
    return _common(agreement)


def _end_time_behaviour(agreement: Agreement) -> dict[str, Any] | None:
    """Present for active agreements with an end date (botocore's description)."""
    if agreement.status != "ACTIVE" or agreement.ends_at is None:
        return None
    if agreement.renewal_term and agreement.auto_renew:
        return {"type": "RENEW"}
    reason = "ACCEPTOR_RENEW_OPTED_OUT" if agreement.renewal_term else "NO_RENEWAL_TERM"
    return {"type": "EXPIRE", "reasonCode": reason}


def _renewal_id(agreement: Agreement) -> str:
    return f"{agreement.id}-renewal"


def _request_summary(
    request: CancellationRequest, within: tuple[str, ...] = ("agreementType", "catalog")
) -> dict[str, Any]:
    more = {"agreementType": "PurchaseAgreement", "catalog": "AWSMarketplace"}
    return {
        "agreementCancellationRequestId": request.id,
        "agreementId": request.agreement,
        "status": request.status,
        "reasonCode": request.reason_code,
        "createdAt": request.created_at,
        "updatedAt": request.updated_at,
        **{name: more[name] for name in within},
    }


OPERATIONS: Mapping[str, Offered] = {
    "SearchAgreements": Offered(_search),
    "DescribeAgreement": Offered(_describe),
    "GetAgreementTerms": Offered(_terms),
    "GetAgreementEntitlements": Offered(_entitlements),
    "ListAgreementCharges": Offered(_charges),
    "ListAgreementCancellationRequests": Offered(_requests),
    "GetAgreementCancellationRequest": Offered(_request),
    "CancelAgreement": Offered(_cancel, mutates=True),
    "AcceptAgreementCancellationRequest": Offered(_accept_request, mutates=True),
    "RejectAgreementCancellationRequest": Offered(_reject_request, mutates=True),
    "CreateAgreementRequest": Offered(_quote, mutates=True),
    "AcceptAgreementRequest": Offered(_accept_quote, mutates=True),
}
"""Every operation that the simulator offers; the service has more."""
