"""Records of the simulated OVHcloud, frozen, each stored under its own key.

A record never changes in place; a transition puts a changed copy into its table, so that nothing changes unnoticed.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from unrack.model.base import Frozen, Moment


class Policy(StrEnum):
    """``services.expanded.terminationPolicyEnum``."""

    EMPTY = "empty"
    AT_EXPIRATION = "terminateAtExpirationDate"
    AT_ENGAGEMENT = "terminateAtEngagementDate"


class TaskStatus(StrEnum):
    """``ovhcloudconnect.task.StatusEnum``."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    ERROR = "error"
    DENIED = "denied"
    PAUSE = "pause"


class ConfigStatus(StrEnum):
    """``ovhcloudconnect.popConfig.StatusEnum``."""

    INIT = "init"
    ACTIVE = "active"
    TO_DELETE = "toDelete"


class Settings(Frozen):
    """The provider's habits, in provider seconds unless said otherwise."""

    task_todo: float = 5
    """How long a task waits before the provider starts it."""
    task_doing: float = 20
    """How long one task is worked on."""
    cascade: float = 30
    """How long each child takes when a parent is deleted with its children: slower than one by one."""
    vrack_task: float = 60
    mail_delay: float = 60
    """From the request to the mail with the token; OVHcloud's takes up to 30 minutes."""
    token_lifetime: float = 72 * 3600
    """Not published; assumed."""
    retention: float = 14 * 86400
    """How long an ended service is suspended before it is deleted. Not published for this product; assumed."""


class Account(Frozen):
    """A customer account (nichandle)."""

    nichandle: str
    email: str
    firstname: str = "Ada"
    name: str = "Lovelace"
    organisation: str = "Example Networks"
    debt: float = 0
    """Open debt in EUR; above 0 it blocks every cancellation."""
    next_bill_at: Moment


class AccessRule(Frozen):
    """A right of a credential: a method and a path with ``*`` as wildcard."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str


class Credential(Frozen):
    """An application's consumer key. Simulator credentials protect nothing and are documented."""

    id: int
    application_key: str
    application_secret: str
    consumer_key: str
    account: str
    rules: tuple[AccessRule, ...]
    status: Literal["expired", "pendingValidation", "refused", "validated"] = "validated"
    created_at: Moment
    expires_at: Moment | None = None


class Engagement(Frozen):
    """A minimum term."""

    start: Moment
    end: Moment
    fee: float
    """The price of leaving before `end`, in EUR."""
    strategy: str = "STOP_ENGAGEMENT_KEEP_PRICE"


class Service(Frozen):
    """The commercial side: billing, term, life cycle (``/services/{id}``, ``serviceInfos``)."""

    id: int
    name: str
    account: str
    contact_admin: str
    shown_status: str | None = None
    """The billing status that ``serviceInfos`` shows instead of the true one; None: the true one."""
    route: str = "/ovhCloudConnect/{serviceName}"
    plan: str = "ovhcloud-connect-direct"
    title: str = "OVHcloud Connect Direct"
    display_name: str = ""
    price: float = 299.0
    """EUR a month, without tax."""
    created_at: Moment
    expires_at: Moment
    period_months: int = 1
    renews_automatically: bool = True
    can_delete_at_expiration: bool = True
    policy: Policy = Policy.EMPTY
    engagement: Engagement | None = None
    parent: int | None = None
    """Set on an option: the service that it belongs to."""
    retention: float | None = None
    """Seconds for which an ended service is kept; None: as `Settings` say."""
    ended_at: Moment | None = None
    retained_until: Moment | None = None
    token: str | None = None
    """The token of the last termination mail."""
    token_until: Moment | None = None

    def ends_at(self) -> datetime | None:
        """When the planned end takes effect; None when no end is planned."""
        if self.policy is Policy.AT_EXPIRATION:
            return self.expires_at
        if self.engagement and (self.policy is Policy.AT_ENGAGEMENT or self.engagement.strategy == "CANCEL_SERVICE"):
            return self.engagement.end
        return None


class Connection(Frozen):
    """The product side of an OVHcloud Connect service (``/ovhCloudConnect/{uuid}``)."""

    uuid: str
    service: int
    description: str
    pop: str = "Paris - Telehouse TH2"
    product: str = "Direct"
    provider: str = "OVHcloud"
    sector: str = "eu"
    bandwidth: str = "1g"
    port_quantity: Literal["1", "2"] = "1"
    vrack: str | None = None
    closed: bool = False
    """Closed and still shown: the service answers with status ``closed`` instead of 460."""


class Interface(Frozen):
    """A physical port."""

    id: int
    connection: str
    name: str
    status: Literal["enabled", "disabled", "reserved"] = "enabled"
    plugged: bool = True
    """Whether the customer's side sends light."""
    changed_at: Moment
    lit_at: Moment | None = None
    """When light last came after there was none; None: since the port was set up."""
    dark_at: Moment | None = None
    """When light last went."""


class PopConfig(Frozen):
    """A point-of-presence configuration."""

    id: int
    connection: str
    type: Literal["l2", "l3"]
    interface: int
    customer_bgp_area: int | None = None
    ovh_bgp_area: int | None = None
    subnet: str | None = None
    status: ConfigStatus = ConfigStatus.ACTIVE


class DatacenterConfig(Frozen):
    """A data-centre configuration below a point of presence."""

    id: int
    connection: str
    pop: int
    datacenter: int
    ovh_bgp_area: int | None = None
    subnet: str | None = None
    status: ConfigStatus = ConfigStatus.ACTIVE


class ExtraConfig(Frozen):
    """A BGP session or a static route below a data-centre configuration."""

    id: int
    connection: str
    datacenter_config: int
    type: Literal["bgp", "network"]
    bgp_neighbor_area: int | None = None
    bgp_neighbor_ip: str | None = None
    next_hop: str | None = None
    subnet: str | None = None
    status: ConfigStatus = ConfigStatus.ACTIVE


class Task(Frozen):
    """Work that the provider does in its own time on a connection."""

    id: int
    connection: str
    function: str
    resource: int
    status: TaskStatus = TaskStatus.TODO
    due: Moment | None
    """When the next step happens; None when nothing more will happen."""
    ends_as: TaskStatus | None = None
    """How an injected fault makes it end: error, denied, pause; doing means that it never finishes."""


class Vrack(Frozen):
    """A private network that connections are attached to."""

    name: str
    account: str
    description: str = ""


class VrackTask(Frozen):
    """Attaching or detaching a connection; a finished one disappears (404)."""

    id: int
    vrack: str
    connection: str
    function: Literal["addOvhCloudConnectToVrack", "removeOvhCloudConnectFromVrack"]
    status: Literal["init", "todo", "doing"] = "todo"
    asked_at: Moment
    due: Moment | None
    stuck: bool = False


class Mail(Frozen):
    """A mail to the account's mailbox, as ``/me/notification/email/history`` shows it from `sent_at` on."""

    id: int
    account: str
    sent_at: Moment
    subject: str
    body: str


class BillLine(Frozen):
    """A line of a bill; `domain` names the service (ovh-api ``billing.BillDetail``)."""

    id: str
    domain: str
    description: str
    price: float
    period_start: Moment | None = None
    period_end: Moment | None = None


class Bill(Frozen):
    """A bill of an account, or a corrective invoice."""

    id: str
    account: str
    corrects: str | None = None
    """The bill that it corrects; None: it is a bill."""
    order: int
    date: Moment
    lines: tuple[BillLine, ...]


class Counter(Frozen):
    """The last id that the provider gave; ids are never given twice."""

    name: str
    value: int
