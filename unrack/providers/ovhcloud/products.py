"""The differences between OVHcloud products, as data: paths, states, confirmation, fields and lists to keep.

The exact rights of an action follow from these paths, so the specs read it, and nothing here imports a client.
Sources: OVHcloud's published descriptions (ovh-api); where they are silent the field says *assumed*.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from unrack.contracts.action import Right
from unrack.contracts.id_form import IdForm
from unrack.model.lifecycle import Timing
from unrack.model.message import msg


class Infos(StrEnum):
    """The form of a product's ``serviceInfos``."""

    FULL = "services.Service"
    NON_EXPIRING = "services.NonExpiringService"
    """No term and no renewal (vRack)."""
    NONE = "none"
    """The product has no such route: ``/services`` is the only view."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list that belongs to a service and is kept before anything is lost (S0.4)."""

    name: str
    """The path below the service, and the name in what is kept."""
    fields: tuple[str, ...] = ()
    """The fields of each item that are kept; none: the list holds names only, there is no item to read."""
    ignored_fields: frozenset[str] = frozenset()
    """Fields that a run changes itself, or that change by themselves: kept, but not a sign that someone else acted."""
    billed_at: str = ""
    """Where ``/services`` has it instead, ``{}`` for the number of the service; such a list holds whole items."""

    def paths(self) -> tuple[str, ...]:
        """Return the paths read below the service, as access rules write them."""
        return (f"/{self.name}", f"/{self.name}/*") if self.fields else (f"/{self.name}",)


@dataclass(frozen=True, slots=True)
class OvhProduct:
    """One product: everything the common parts of the adapter need to know of it."""

    name: str
    """As runbooks and run ids call it."""
    words: str
    """For people."""
    path: str
    """Of one service, ``{}`` for each part of its id."""
    collection: str = ""
    """Lists the ids, ``{}`` for every part of the id but the last; empty: nothing lists them."""
    route: str = ""
    """``route.path`` of ``/services``, to tell services of one name apart; empty: the name alone does."""
    id_form: str = r"[A-Za-z0-9][A-Za-z0-9._-]*"
    """Pattern of each part of an id; parts are joined by ``:``."""
    id_words: str = ""
    """The form of an id, in words for people."""
    id_parts: tuple[IdForm, ...] = (IdForm.NAME,)
    """How each part of an id is written."""
    id_field: str = ""
    """The field of the answer in which OVHcloud spells the last part of the id; empty: none does."""
    infos: Infos = Infos.FULL
    state: str = ""
    """The field that holds the state; empty: the product shows none, and what answers is alive."""
    active: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    """States of a service that is gone for good and still shown."""
    passing: frozenset[str] = frozenset()
    """States that pass by themselves into an active one: they are waited for."""
    known: frozenset[str] = frozenset()
    """The other states that OVHcloud's descriptions name; any further one is told as unknown."""
    survey: frozenset[str] | None = None
    """The fields that the confirmation takes beside the token; None: the product has no confirmation."""
    confirm: str = "/confirmTermination"
    own_end: bool = False
    """Whether its end is planned by calls of its own, which ``/services`` need not show."""
    own_timings: frozenset[Timing] = frozenset()
    """Timings that the product's own calls give, whatever ``/services`` offers."""
    fields: tuple[str, ...] = ()
    """Fields of the service that are kept and compared."""
    lists: tuple[ListOf, ...] = field(default=())

    @property
    def rights_path(self) -> str:
        """The path as access rules write it."""
        return self.path.replace("{}", "*")

    @property
    def parts(self) -> int:
        """How many parts an id has."""
        return self.path.count("{}")

    def right(self, method: str, below: str = "") -> Right:
        """The right to call `below` one service."""
        return Right(method=method, path=f"{self.rights_path}{below}", product=self.name)

    def reads(self) -> tuple[Right, ...]:
        """The rights to read the service and its billing state."""
        found: tuple[Right, ...] = () if self is ANY_SERVICE else (self.right("GET"),)
        return found if self.infos is Infos.NONE else (*found, self.right("GET", "/serviceInfos"))

    def reads_everything(self) -> tuple[Right, ...]:
        """The rights to read all that is kept."""
        below = [self.right("GET", path) for each in self.lists if not each.billed_at for path in each.paths()]
        beside = [each.billed_at.replace("{}", "*") for each in self.lists if each.billed_at]
        billed = [Right(method="GET", path=path, product=self.name) for path in beside]
        return (*self.reads(), *below, *billed)


_SURVEY = frozenset({"reason", "future-use", "commentary"})
"""``confirmTermination`` of most products."""

CONNECT_DIRECT = OvhProduct(
    name="connect-direct",
    words=msg("OVHcloud Connect"),
    path="/ovhCloudConnect/{}",
    collection="/ovhCloudConnect",
    id_form=r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    id_words=msg("those are uuids"),
    id_parts=(IdForm.UUID,),
    state="status",
    active=frozenset({"active"}),
    ended=frozenset({"closed"}),
    survey=_SURVEY,
)

ANY_SERVICE = OvhProduct(
    name="any-service",
    words=msg("the service"),
    path="/services/{}",
    id_form=r"\d+",
    id_words=msg("those are whole numbers, the ids of /services"),
    id_parts=(IdForm.NUMBER,),
    infos=Infos.NONE,
    active=frozenset({"active"}),
    passing=frozenset({"toActivate"}),
    known=frozenset({"suspended", "deleted", "toDelete", "toSuspend"}),
    survey=frozenset(),
    confirm="/terminate/confirm",
    own_timings=frozenset({Timing.LET_EXPIRE}),
)
"""Whatever ``/services/{id}`` lists. Its confirmation takes the token only; the reasons are a survey apart."""

MAIL_LISTS = (
    ListOf("account", ("accountName", "email", "description", "size", "isBlocked")),
    ListOf("redirection", ("from", "to")),
    ListOf("mailingList", ("name", "ownerEmail", "replyTo", "nbSubscribers"), frozenset({"nbSubscribers"})),
    ListOf("responder", ("account", "content", "copy", "copyTo", "from", "to")),
)
"""The lists of an MX Plan mail domain."""

WEB_HOSTING = OvhProduct(
    name="web-hosting",
    words=msg("web hosting"),
    path="/hosting/web/{}",
    collection="/hosting/web",
    route="/hosting/web/{serviceName}",
    id_words=msg("those are names as demo.cluster031.hosting.ovh.net"),
    id_parts=(IdForm.HOST,),
    id_field="serviceName",
    state="state",
    active=frozenset({"active"}),
    known=frozenset({"blocked", "bloqued", "hardBlocked", "hardBloqued", "maintenance"}),
    survey=_SURVEY,
    fields=("serviceName", "displayName", "offer", "datacenter", "cluster", "primaryLogin", "home", "operatingSystem"),
    lists=(ListOf("emailOption", ("domain", "creationDate")),),
)
"""Its answer also has a field ``token``, which is never kept."""

MX_PLAN = OvhProduct(
    name="mx-plan",
    words=msg("the MX Plan"),
    path="/email/domain/{}",
    collection="/email/domain",
    route="/email/domain/{domain}",
    id_words=msg("those are domain names"),
    id_parts=(IdForm.HOST,),
    id_field="domain",
    state="status",
    active=frozenset({"ok"}),
    ended=frozenset({"close"}),
    known=frozenset({"readOnly", "unknown"}),
    survey=frozenset({"reason", "commentary"}),
    fields=("domain", "offer", "linkTo", "migratedMXPlanServiceName"),
    lists=MAIL_LISTS,
)
"""Stand-alone MX Plan: its confirmation takes no ``futureUse`` (ovh-api email-domain.json)."""

SAVINGS_PLANS = ListOf(
    "savingsPlan",
    ("displayName", "flavor", "size", "status", "startDate", "endDate", "periodEndAction", "terminationDate"),
    frozenset({"displayName", "status", "endDate", "periodEndAction", "terminationDate"}),
    billed_at="/services/{}/savingsPlans/subscribed",
)
"""Commitments to pay for capacity (OVHcloud's description of ``/services``, 2026-08; not in ovh-api)."""

PUBLIC_CLOUD = OvhProduct(
    name="public-cloud",
    words=msg("the Public Cloud project"),
    path="/cloud/project/{}",
    collection="/cloud/project",
    route="/cloud/project/{serviceName}",
    id_form=r"[0-9a-f]{32}",
    id_words=msg("those have 32 hexadecimal digits"),
    id_parts=(IdForm.HEX,),
    id_field="project_id",
    state="status",
    active=frozenset({"ok"}),
    ended=frozenset({"deleting", "deleted"}),
    passing=frozenset({"creating"}),
    known=frozenset({"suspended"}),
    survey=_SURVEY,
    fields=("project_id", "projectName", "description", "planCode", "access", "manualQuota"),
    lists=(SAVINGS_PLANS,),
)
"""An ended project is suspended first and can be retained; only a deleted one is gone."""

DOMAIN = OvhProduct(
    name="domain",
    words=msg("the domain"),
    path="/domain/{}",
    collection="/domain",
    route="/domain/{serviceName}",
    id_words=msg("those are domain names"),
    id_parts=(IdForm.REGISTERED,),
    id_field="domain",
    state="state",
    active=frozenset({"ok"}),
    ended=frozenset({"deleted"}),
    passing=frozenset(
        {
            "autorenew_in_progress",
            "autorenew_registry_in_progress",
            "pending_create",
            "pending_incoming_transfer",
            "pending_installation",
        }
    ),
    known=frozenset(
        {
            "dispute",
            "expired",
            "outgoing_transfer",
            "pending_delete",
            "registry_suspended",
            "restorable",
            "technical_suspended",
        }
    ),
    own_timings=frozenset({Timing.LET_EXPIRE}),
    fields=("domain", "offer", "whoisOwner", "nameServerType", "nameServers", "dnssecState", "transferLockStatus"),
)
"""A domain is not terminated: its renewal is switched off, and it expires."""

DNS_ZONE = OvhProduct(
    name="dns-zone",
    words=msg("the DNS zone"),
    path="/domain/zone/{}",
    collection="/domain/zone",
    route="/domain/zone/{zoneName}",
    id_words=msg("those are zone names"),
    id_parts=(IdForm.HOST,),
    id_field="name",
    survey=_SURVEY,
    fields=("name", "nameServers", "hasDnsAnycast", "dnssecSupported"),
    lists=(ListOf("record"),),
)

VRACK = OvhProduct(
    name="vrack",
    words=msg("the vRack"),
    path="/vrack/{}",
    collection="/vrack",
    route="/vrack/{serviceName}",
    id_form=r"pn-\d+",
    id_words=msg("those look like pn-12345"),
    id_parts=(IdForm.SERIAL,),
    infos=Infos.NON_EXPIRING,
    survey=_SURVEY,
    fields=("name", "description"),
    lists=tuple(
        ListOf(kind)
        for kind in (
            "cloudProject",
            "dedicatedCloud",
            "dedicatedCloudDatacenter",
            "dedicatedConnect",
            "dedicatedServer",
            "dedicatedServerInterface",
            "ip",
            "ipLoadbalancing",
            "ipv6",
            "legacyVrack",
            "ovhCloudConnect",
            "vmwareCloudDirectorVirtualDataCenter",
            "vrackServices",
        )
    ),
)
"""Everything that can be in it is listed: it must be empty before it can go (OVHcloud docs, deletion)."""

CONNECT_PROVIDER = replace(CONNECT_DIRECT, name="connect-provider")
"""The same API; delivered by a partner, at whom the other side is cancelled (S2.18)."""

_AT_TERM = frozenset({Timing.END_OF_TERM})

TELEPHONY_GROUP = OvhProduct(
    name="telephony-group",
    words=msg("the telephony group"),
    path="/telephony/{}",
    collection="/telephony",
    route="/telephony/{billingAccount}",
    id_words=msg("those look like ab12345-ovh-1"),
    id_parts=(IdForm.SERIAL,),
    id_field="billingAccount",
    state="status",
    active=frozenset({"enabled"}),
    ended=frozenset({"closed", "deleted"}),
    known=frozenset({"expired"}),
    own_end=True,
    own_timings=_AT_TERM,
    fields=("billingAccount", "description", "hasSpecialNumbers", "trusted", "overrideDisplayedNumber"),
    lists=(ListOf("service", ("serviceType", "featureType", "description", "country", "simultaneousLines")),),
)
"""Ended by ``DELETE`` with a reason and without a token; ``cancelTermination`` takes it back (ovh-api)."""

TELEPHONY_LINE = OvhProduct(
    name="telephony-line",
    words=msg("the telephony line or number"),
    path="/telephony/{}/service/{}",
    collection="/telephony/{}/service",
    route="/telephony/{billingAccount}/service/{serviceName}",
    id_words=msg("those are group and number, as ab12345-ovh-1:0033972101010"),
    id_parts=(IdForm.SERIAL, IdForm.PHONE),
    id_field="serviceName",
    infos=Infos.NONE,
    own_end=True,
    own_timings=_AT_TERM,
    fields=("serviceName", "serviceType", "featureType", "description", "country", "simultaneousLines"),
)
"""It has no ``serviceInfos``; that ``/services`` lists it under its number is assumed."""

_ACCOUNT = ListOf(
    "account",
    (
        "primaryEmailAddress",
        "login",
        "domain",
        "displayName",
        "firstName",
        "lastName",
        "quota",
        "renewPeriod",
        "deleteAtExpiration",
        "expirationDate",
    ),
    frozenset({"deleteAtExpiration", "expirationDate", "quota"}),
)

EMAIL_PRO = OvhProduct(
    name="email-pro",
    words=msg("the Email Pro service"),
    path="/email/pro/{}",
    collection="/email/pro",
    route="/email/pro/{service}",
    id_words=msg("those look like emailpro-ab12345-1"),
    id_parts=(IdForm.SERIAL,),
    state="state",
    active=frozenset({"ok"}),
    ended=frozenset({"deleting"}),
    passing=frozenset({"creating", "inMaintenance", "reopening"}),
    known=frozenset({"suspended", "suspending"}),
    own_end=True,
    own_timings=_AT_TERM,
    fields=("domain", "displayName", "hostname", "offer"),
    lists=(_ACCOUNT, ListOf("domain", ("name", "type"))),
)
"""No call ends the service: each account is told to end at its expiry, then the service is not renewed."""

_HOSTED_ACCOUNT = replace(_ACCOUNT, fields=(*_ACCOUNT.fields, "authenticationPolicyId"))

EXCHANGE = OvhProduct(
    name="exchange",
    words=msg("the Exchange service"),
    path="/email/exchange/{}/service/{}",
    collection="/email/exchange/{}/service",
    route="/email/exchange/{organizationName}/service/{exchangeService}",
    id_words=msg("those are organisation and service, as hosted-ab12345-1:hosted-ab12345-1"),
    id_parts=(IdForm.SERIAL, IdForm.SERIAL),
    state="state",
    active=frozenset({"ok"}),
    passing=frozenset({"inMaintenance"}),
    known=frozenset({"suspended"}),
    own_end=True,
    own_timings=_AT_TERM,
    fields=("domain", "displayName", "hostname", "offer"),
    lists=(
        _HOSTED_ACCOUNT,
        ListOf("domain", ("name", "type", "main")),
        ListOf("remoteMailbox", ("primaryEmailAddress", "remoteRoutingAddress", "displayName", "type")),
        ListOf("authenticationPolicy"),
    ),
)
"""A remote mailbox has its mail elsewhere and its address here; policies of authentication are OVHcloud's to number
(OVHcloud's description of ``/email/exchange``, 2026-08; not in ovh-api)."""

SMS = OvhProduct(
    name="sms",
    words=msg("the SMS account"),
    path="/sms/{}",
    collection="/sms",
    route="/sms/{serviceName}",
    id_words=msg("those look like sms-ab12345-1"),
    id_parts=(IdForm.SERIAL,),
    id_field="name",
    state="status",
    active=frozenset({"enable"}),
    known=frozenset({"disable"}),
    own_end=True,
    own_timings=frozenset({Timing.IMMEDIATE}),
    fields=("name", "description", "channel", "creditsLeft", "automaticRecreditAmount"),
)
"""No call ends it: a ticket asks for its deletion. Credits never expire (OVHcloud docs, how-to-cancel)."""

_ALL = (
    CONNECT_DIRECT,
    CONNECT_PROVIDER,
    ANY_SERVICE,
    WEB_HOSTING,
    MX_PLAN,
    PUBLIC_CLOUD,
    DOMAIN,
    DNS_ZONE,
    VRACK,
    TELEPHONY_GROUP,
    TELEPHONY_LINE,
    EMAIL_PRO,
    EXCHANGE,
    SMS,
)
PRODUCTS: dict[str, OvhProduct] = {product.name: product for product in _ALL}
"""Every product by name."""


def planning_rights(product: str) -> tuple[Right, ...]:
    """Return the rights that planning needs before any step runs: facts, billing and the price of leaving early."""
    known = PRODUCTS.get(product)
    if known is None:
        return ()
    paths = ("/me", "/me/debtAccount", "/services", "/services/*", "/services/*/options")
    billing = [Right(method="GET", path=path) for path in (*paths, "/services/*/billing/engagement")]
    flush = Right(method="POST", path="/services/*/billing/engagement/flush")
    plans = Right(method="GET", path=SAVINGS_PLANS.billed_at.replace("{}", "*"))
    bound = (plans,) if known in (PUBLIC_CLOUD, ANY_SERVICE) else ()
    return (*known.reads_everything(), *billing, *bound, flush)
