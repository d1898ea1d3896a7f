# Written by `make schemas`; do not edit. Source, of 2025-10-02:
# github.com/ovh/ovhcloud-cli, internal/assets/api-schemas, commit 546f3c828123905ea58b7c54c1d7b0cb86ed0e9e
# (c) OVHcloud, Apache License 2.0: see LICENSE.ovhcloud-cli beside this file.
# Digest of what was read: 8c02b66dfa576fcf0285d91768545b90381169b82223d540a119c4ea441125b1
"""What OVHcloud answers, as far as it is read, in the words of its published descriptions."""

from datetime import date
from enum import StrEnum

from unrack.providers.ovhcloud.schemas.base import Iam, Instant, OvhAnswer


class MailTask(OvhAnswer):
    """``email.pro.Task``."""

    id: int
    function: str
    status: str


class Price(OvhAnswer):
    """``order.Price``."""

    currency_code: str
    value: float


class DebtAccount(OvhAnswer):
    """``debt.Balance``."""

    due_amount: Price
    unmatured_amount: Price | None = None


class Customer(OvhAnswer):
    """``nichandle.Nichandle``."""

    nichandle: str


class Connect(OvhAnswer):
    """``ovhcloudconnect.ServiceWithIAM``."""

    uuid: str
    status: str
    vrack: str | None = None
    description: str = ""
    pop: str = ""
    product: str = ""
    provider: str = ""
    bandwidth: str = ""
    port_quantity: str = ""
    iam: Iam | None = None


class Interface(OvhAnswer):
    """``ovhcloudconnect.Interface``."""

    id: int
    status: str
    interface_name: str | None = None
    incoming_light_status: str
    incoming_light_value: float | None = None
    light_last_update: Instant | None = None


class InterfaceStatus(OvhAnswer):
    """``ovhcloudconnect.InterfaceStatus``."""

    status: str
    last_up: Instant | None = None


class PopConfig(OvhAnswer):
    """``ovhcloudconnect.PopConfig``."""

    id: int
    type: str
    interface_id: int
    customer_bgp_area: int | None = None
    ovh_bgp_area: int | None = None
    subnet: str | None = None
    status: str


class DatacenterConfig(OvhAnswer):
    """``ovhcloudconnect.DatacenterConfig``."""

    id: int
    datacenter_id: int
    ovh_bgp_area: int | None = None
    subnet: str | None = None
    status: str


class ExtraConfig(OvhAnswer):
    """``ovhcloudconnect.DatacenterExtraConfig``."""

    id: int
    type: str
    bgp_neighbor_area: int | None = None
    bgp_neighbor_ip: str | None = None
    next_hop: str | None = None
    subnet: str | None = None
    status: str


class ServiceKey(OvhAnswer):
    """``ovhcloudconnect.Key``."""

    id: int
    key: str
    provider: str
    status: str


class Task(OvhAnswer):
    """``ovhcloudconnect.Task``."""

    id: int
    function: str
    status: str
    resource_id: int | None = None


class Renew(OvhAnswer):
    """``service.RenewType``."""

    automatic: bool
    delete_at_expiration: bool
    forced: bool = False
    manual_payment: bool | None = None
    period: int | None = None


class ServiceInfos(OvhAnswer):
    """``services.Service``."""

    service_id: int
    status: str
    expiration: date | None
    can_delete_at_expiration: bool
    contact_admin: str
    contact_billing: str = ""
    contact_tech: str = ""
    engaged_up_to: date | None = None
    renewal_type: str = ""
    renew: Renew | None = None


class Bandwidth(StrEnum):
    """``ovhcloudconnect.service.BandwidthEnum``."""

    FIELD_100G = "100g"
    FIELD_100M = "100m"
    FIELD_10G = "10g"
    FIELD_1G = "1g"
    FIELD_200M = "200m"
    FIELD_20G = "20g"
    FIELD_2G = "2g"
    FIELD_500M = "500m"
    FIELD_5G = "5g"


class ConnectProvider(StrEnum):
    """``ovhcloudconnect.service.ProviderEnum``."""

    OV_HCLOUD = "OVHcloud"
    RISQ = "RISQ"
    CONSOLECONNECT = "consoleconnect"
    DIGITALREALTY = "digitalrealty"
    EQUINIX = "equinix"
    FIBRENOIRE = "fibrenoire"
    INTERCLOUD = "intercloud"
    INTERNAL = "internal"
    INTERXION = "interxion"
    MEGAPORT = "megaport"
    ORANGE = "orange"


class RenewalType(StrEnum):
    """``service.RenewalTypeEnum``."""

    AUTOMATIC_FORCED_PRODUCT = "automaticForcedProduct"
    AUTOMATIC_V2012 = "automaticV2012"
    AUTOMATIC_V2014 = "automaticV2014"
    AUTOMATIC_V2016 = "automaticV2016"
    MANUAL = "manual"
    ONE_SHOT = "oneShot"
    OPTION = "option"


class BillingState(StrEnum):
    """``service.StateEnum``."""

    AUTORENEW_IN_PROGRESS = "autorenewInProgress"
    EXPIRED = "expired"
    IN_CREATION = "inCreation"
    OK = "ok"
    PENDING_DEBT = "pendingDebt"
    UN_PAID = "unPaid"


class TerminationReason(StrEnum):
    """``service.TerminationReasonEnum``."""

    FEATURES_DONT_SUIT_ME = "FEATURES_DONT_SUIT_ME"
    LACK_OF_PERFORMANCES = "LACK_OF_PERFORMANCES"
    MIGRATED_TO_ANOTHER_OVH_PRODUCT = "MIGRATED_TO_ANOTHER_OVH_PRODUCT"
    MIGRATED_TO_COMPETITOR = "MIGRATED_TO_COMPETITOR"
    NOT_ENOUGH_RECOGNITION = "NOT_ENOUGH_RECOGNITION"
    NOT_NEEDED_ANYMORE = "NOT_NEEDED_ANYMORE"
    NOT_RELIABLE = "NOT_RELIABLE"
    NO_ANSWER = "NO_ANSWER"
    OTHER = "OTHER"
    PRODUCT_DIMENSION_DONT_SUIT_ME = "PRODUCT_DIMENSION_DONT_SUIT_ME"
    PRODUCT_TOOLS_DONT_SUIT_ME = "PRODUCT_TOOLS_DONT_SUIT_ME"
    TOO_EXPENSIVE = "TOO_EXPENSIVE"
    TOO_HARD_TO_USE = "TOO_HARD_TO_USE"
    UNSATIFIED_BY_CUSTOMER_SUPPORT = "UNSATIFIED_BY_CUSTOMER_SUPPORT"


class FutureUse(StrEnum):
    """``service.TerminationFutureUseEnum``."""

    NOT_REPLACING_SERVICE = "NOT_REPLACING_SERVICE"
    OTHER = "OTHER"
    SUBSCRIBE_AN_OTHER_SERVICE = "SUBSCRIBE_AN_OTHER_SERVICE"
    SUBSCRIBE_OTHER_KIND_OF_SERVICE_WITH_COMPETITOR = "SUBSCRIBE_OTHER_KIND_OF_SERVICE_WITH_COMPETITOR"
    SUBSCRIBE_SIMILAR_SERVICE_WITH_COMPETITOR = "SUBSCRIBE_SIMILAR_SERVICE_WITH_COMPETITOR"


class TelephonyReason(StrEnum):
    """``telephony.TerminationReasonEnum``."""

    ADDRESSE_MOVE = "addresseMove"
    BILLING_DIFFICULTIES = "billingDifficulties"
    CESSATION_OF_ACTIVITY = "cessationOfActivity"
    MISSING_OPTIONS = "missingOptions"
    MOVE_TO_COMPETITOR = "moveToCompetitor"
    OTHER = "other"
    PLUG_AND_PHONE_DIFFICULTIES = "plugAndPhoneDifficulties"
    TECHNICAL_DIFFICULTIES = "technicalDifficulties"


class VrackTask(OvhAnswer):
    """``vrack.Task``."""

    id: int
    function: str
    status: str
    target_domain: str | None = None


class NonExpiringService(OvhAnswer):
    """``services.NonExpiringService``."""

    service_id: int
    status: str
    contact_admin: str
