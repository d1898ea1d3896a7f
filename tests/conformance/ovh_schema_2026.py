"""What OVHcloud's own descriptions of 2026-08 add to the copy at hand, and take away.

Source: the descriptions as kept by github ziouf/n8n-nodes-ovhcloud, ``docs/api-specs/v1`` (``me.json``,
``services.json``, ``emailExchange.json``, ``ovhCloudConnect.json``, ``domain.json``, ``hosting.json``, ``sms.json``);
the facts about providers list the same drift.
"""

from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
_BOOLEAN: Json = {"type": "boolean"}
_NUMBER: Json = {"type": "integer"}
_DAY: Json = {"type": "string", "format": "date"}
_MOMENT: Json = {"type": "string", "format": "date-time"}
TEXTS_LISTED: Json = {"type": "array", "items": TEXT}
IDS_LISTED: Json = {"type": "array", "items": _NUMBER}


def _or_null(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(title: str, needed: Json, nullable: Json | None = None) -> Json:
    may_be_null = {name: _or_null(schema) for name, schema in (nullable or {}).items()}
    return {
        "title": title,
        "type": "object",
        "properties": {**needed, **may_be_null},
        "required": list(needed),
        "additionalProperties": False,
    }


_EINVOICING = ["accepted", "error", "ignored", "invalid", "new", "ok", "processing"]
_EINVOICING += ["readyToSubmit", "rejected", "submitted"]
_INVOICED: Json = {"eInvoicingId": _or_null(TEXT), "eInvoicingStatus": _or_null({"enum": _EINVOICING})}

ENUMS = {
    "service.RenewalTypeEnum": ("automaticV2024",),
    "service.StateEnum": ("autorenewInProgress",),
    "hosting.web.StateEnum": ("blocked", "hardBlocked", "hardBloqued"),
    "ovhcloudconnect.service.ProviderEnum": ("dcexp", "edge"),
    "ovhcloudconnect.service.BandwidthEnum": ("50m",),
    "ovhcloudconnect.task.FunctionEnum": ("diagMacs", "diagPeering", "diagPeeringExtra", "diagRoutes"),
}
"""Values that are new."""

FIELDS: dict[str, Json] = {
    "billing.Bill": _INVOICED,
    "email.exchange.Account": {"authenticationPolicyId": _or_null(_NUMBER)},
    "email.exchange.ExchangeServiceWithIAM": {
        "cnameDcvRecord": _or_null(TEXT),
        "defaultAuthenticationPolicyId": _or_null(_NUMBER),
        "defaultSmartHost": _or_null(TEXT),
    },
    "iam.ResourceMetadata": {"state": _or_null({"enum": ["EXPIRED", "IN_CREATION", "OK", "SUSPENDED"]})},
    "services.confirmTermination": {"commentaryFutureUse": TEXT, "commentaryReason": TEXT},
}
"""Fields that are new and may be missing."""

NEEDED: dict[str, Json] = {"ovhcloudconnect.ServiceWithIAM": {"sector": TEXT}}
"""Fields that are new and always answered."""

GONE = {"sms.Templates": ("time2chatAutomaticResponse",)}
"""Fields that are answered no more."""


def drifted(name: str, schema: Json) -> Json:
    """The schema of the type `name` as it is by 2026-08; an object has this name as its title."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], *ENUMS.get(name, ())]}
    if "properties" not in schema:
        return schema
    kept = {field: about for field, about in schema["properties"].items() if field not in GONE.get(name, ())}
    needed = NEEDED.get(name, {})
    properties = {**kept, **FIELDS.get(name, {}), **needed}
    required = [*schema.get("required", ()), *needed]
    return {**schema, "title": name, "properties": properties, "required": required}


_NAMED = _object("iam.ResourceMetadata", {"id": TEXT, "urn": TEXT}, {"displayName": TEXT, "tags": {"type": "object"}})
ZONE = _object(
    "domain.ZoneWithIAM",
    {
        "name": TEXT,
        "nameServers": TEXTS_LISTED,
        **dict.fromkeys(("hasDnsAnycast", "dnssecActivated", "dnssecSupported"), _BOOLEAN),
        "lastUpdate": _MOMENT,
    },
    {"iam": drifted("iam.ResourceMetadata", _NAMED)},
)
"""Left out of the copy, as are the operations that answer it."""

_PRICE = _object(
    "order.Price", {"currencyCode": TEXT, "text": TEXT, "value": {"type": "number"}}, {"priceInUcents": _NUMBER}
)
_HEAD: Json = dict.fromkeys(("priceWithTax", "priceWithoutTax", "tax"), _PRICE)
_HEAD |= dict.fromkeys(("correctiveInvoiceId", "correctedInvoiceId", "category", "password", "pdfUrl", "url"), TEXT)
CORRECTIVE = _object("billing.CorrectiveInvoice", {**_HEAD, "date": _MOMENT, "orderId": _NUMBER})
CORRECTIVE["properties"] |= _INVOICED
CORRECTIVE_LINE = _object(
    "billing.CorrectiveInvoiceDetail",
    {
        "correctiveInvoiceDetailId": TEXT,
        "description": TEXT,
        "domain": TEXT,
        "quantity": _NUMBER,
        "totalPrice": _PRICE,
        "unitPrice": _PRICE,
    },
    {"periodStart": _DAY, "periodEnd": _DAY},
)
_PLAN_WORDS = ("displayName", "flavor", "id", "offerId", "period")
_PLAN_DAYS = ("startDate", "endDate", "periodStartDate", "periodEndDate")
SAVINGS_PLAN = _object(
    "services.savingsPlans.SavingsPlan",
    {
        **dict.fromkeys(_PLAN_WORDS, TEXT),
        **dict.fromkeys(_PLAN_DAYS, _DAY),
        "periodEndAction": {"enum": ["REACTIVATE", "TERMINATE"]},
        "plannedChanges": {"type": "array"},
        "size": _NUMBER,
        "status": {"enum": ["ACTIVE", "PENDING", "TERMINATED"]},
    },
    {"terminationDate": _DAY},
)
_LEGACY = ("ActiveSync", "Autodiscover", "Imap", "Mapi", "OfflineAddressBook", "Pop", "WebServices")
POLICY = _object(
    "email.exchange.exchangeServiceAuthenticationPolicy",
    {"id": _NUMBER, **{f"block{kind}Auth{place}": _BOOLEAN for kind in ("Legacy", "Modern") for place in _LEGACY}},
)
_PEOPLE = ("SAMAccountName", "city", "company", "countryCode", "description", "displayName", "exchangeGuid", "fax")
_PEOPLE += ("firstName", "guid", "initial", "jobDepartment", "jobTitle", "lastName", "mobile", "office", "phone")
_PEOPLE += ("postalCode", "region", "streetAddress")
REMOTE_MAILBOX = _object(
    "email.exchange.exchangeRemoteMailbox",
    {
        **dict.fromkeys(("domain", "login", "primaryEmailAddress", "remoteRoutingAddress", "state"), TEXT),
        "hiddenFromGAL": _BOOLEAN,
        "id": _NUMBER,
        "numberOfAliases": _NUMBER,
        "spamAndVirusConfiguration": {"type": "object"},
        "type": {"enum": ["equipment", "regular", "room"]},
    },
    {**dict.fromkeys(_PEOPLE, TEXT), "creationDate": _MOMENT, "taskPendingId": _NUMBER},
)
EXTRA_SQL = _object(
    "hosting.web.extrasqlperso",
    {
        **dict.fromkeys(("name", "serviceName", "status"), TEXT),
        "database": _NUMBER,
        "id": _NUMBER,
        "size": {"type": "object"},
        "usage": TEXTS_LISTED,
    },
    {"taskId": _NUMBER},
)
_SERVICE = "/email/exchange/{organizationName}/service/{exchangeService}"
_SQL = "/hosting/web/{serviceName}/extraSqlPerso"

READS: dict[str, Json] = {
    "/me/correctiveInvoice": TEXTS_LISTED,
    "/me/correctiveInvoice/{correctiveInvoiceId}": CORRECTIVE,
    "/me/correctiveInvoice/{correctiveInvoiceId}/details": TEXTS_LISTED,
    "/me/correctiveInvoice/{correctiveInvoiceId}/details/{correctiveInvoiceDetailId}": CORRECTIVE_LINE,
    "/services/{serviceId}/savingsPlans/subscribed": {"type": "array", "items": SAVINGS_PLAN},
    f"{_SERVICE}/remoteMailbox": TEXTS_LISTED,
    f"{_SERVICE}/remoteMailbox/{{primaryEmailAddress}}": REMOTE_MAILBOX,
    f"{_SERVICE}/authenticationPolicy": IDS_LISTED,
    f"{_SERVICE}/authenticationPolicy/{{id}}": POLICY,
    _SQL: IDS_LISTED,
    f"{_SQL}/{{id}}": EXTRA_SQL,
}
"""Reads that are new, with what they answer. ``extraSqlPerso`` goes by numbers now, not by names."""
ASKS: dict[str, Json] = {f"{_SQL}/{{id}}/terminate": TEXT}
"""POSTs that are new and take no body."""
FILTERED = {"/me/correctiveInvoice": frozenset({"category", "date.from", "date.to", "orderId"})}
"""Query parameters of those reads."""
