# Written by `make schemas`; do not edit. Sources:
# of 2025-10-02, (c) OVHcloud, Apache License 2.0 (LICENSE.ovhcloud-cli beside this file):
# github.com/ovh/ovhcloud-cli, internal/assets/api-schemas, commit 546f3c828123905ea58b7c54c1d7b0cb86ed0e9e
# of 2024-06-07, for /services, /auth, /support, /cloud, /email/domain and /email/exchange, MIT License
# (LICENSE.api-ovh-node beside this file):
# github.com/UrielCh/api-ovh-node, code/gen/models/ovh-api, commit edbd42e89ca711f64ad85063086f5d77625598d3
# What these lack, or what has drifted from them by 2026-08, is added from tests/conformance/ovh_schema_2026.py.
# Digest of what was read: 1c8948875b329e11f8a87bd066204d0dc3f50abce6805fbe684208ef97507c24
"""What the simulator answers. A class is named as OVHcloud's type is: ``vrack.Task`` is ``VrackTask``."""

from typing import Any, NotRequired, TypedDict


class AuthAccessRule(TypedDict):
    """``auth.AccessRule``."""

    method: str
    path: str


class AuthApiCredential(TypedDict):
    """``auth.ApiCredential``."""

    allowedIPs: NotRequired[list[str] | None]
    applicationId: int
    creation: str
    credentialId: int
    expiration: NotRequired[str | None]
    lastUse: NotRequired[str | None]
    ovhSupport: bool
    rules: list[AuthAccessRule]
    status: str


class AuthApiCredentialRequest(TypedDict):
    """``auth.ApiCredentialRequest``."""

    consumerKey: str
    state: str
    validationUrl: str


class AuthDetails(TypedDict):
    """``auth.Details``."""

    account: str
    allowedRoutes: NotRequired[list[AuthAccessRule] | None]
    description: NotRequired[str | None]
    identities: list[str]
    method: str
    roles: NotRequired[list[str] | None]
    user: NotRequired[str | None]


class ComplexTypeSafeKeyValueString(TypedDict):
    """``complexType.SafeKeyValue<string>``."""

    key: str
    value: Any


class ComplexTypeUnitAndValueDouble(TypedDict):
    """``complexType.UnitAndValue_double``."""

    unit: str
    value: float


class DomainContactSummary(TypedDict):
    """``domain.ContactSummary``."""

    id: str


class DomainDomainMlOptionsStruct(TypedDict):
    """``domain.DomainMlOptionsStruct``."""

    moderatorMessage: bool
    subscribeByModerator: bool
    usersPostOnly: bool


class DomainNameServerNameServer(TypedDict):
    """``domain.nameServer.NameServer``."""

    id: int
    ipv4: NotRequired[str | None]
    ipv6: NotRequired[str | None]
    nameServer: str
    nameServerType: str


class DomainParentService(TypedDict):
    """``domain.ParentService``."""

    name: str
    type: str


class EmailDomainAccount(TypedDict):
    """``email.domain.Account``."""

    accountName: str
    description: str
    domain: str
    email: str
    isBlocked: bool
    size: int


class EmailDomainMailingList(TypedDict):
    """``email.domain.MailingList``."""

    id: int
    language: NotRequired[str | None]
    name: str
    nbSubscribers: NotRequired[int | None]
    nbSubscribersUpdateDate: NotRequired[str | None]
    options: DomainDomainMlOptionsStruct
    ownerEmail: str
    replyTo: str


EmailDomainRedirectionGlobal = TypedDict(
    "EmailDomainRedirectionGlobal",
    {
        "from": str,
        "id": str,
        "to": str,
    },
)


EmailDomainResponder = TypedDict(
    "EmailDomainResponder",
    {
        "account": str,
        "content": str,
        "copy": bool,
        "copyTo": NotRequired[str | None],
        "from": NotRequired[str | None],
        "to": NotRequired[str | None],
    },
)


class EmailExchangeDomainDkimDiagnostics(TypedDict):
    """``email.exchange.DomainDkimDiagnostics``."""

    errorCode: NotRequired[int | None]
    message: NotRequired[str | None]
    state: str


class EmailExchangeExchangeRemoteMailbox(TypedDict):
    """``email.exchange.exchangeRemoteMailbox``."""

    domain: str
    login: str
    primaryEmailAddress: str
    remoteRoutingAddress: str
    state: str
    hiddenFromGAL: bool
    id: int
    numberOfAliases: int
    spamAndVirusConfiguration: dict[str, Any]
    type: str
    SAMAccountName: NotRequired[str | None]
    city: NotRequired[str | None]
    company: NotRequired[str | None]
    countryCode: NotRequired[str | None]
    description: NotRequired[str | None]
    displayName: NotRequired[str | None]
    exchangeGuid: NotRequired[str | None]
    fax: NotRequired[str | None]
    firstName: NotRequired[str | None]
    guid: NotRequired[str | None]
    initial: NotRequired[str | None]
    jobDepartment: NotRequired[str | None]
    jobTitle: NotRequired[str | None]
    lastName: NotRequired[str | None]
    mobile: NotRequired[str | None]
    office: NotRequired[str | None]
    phone: NotRequired[str | None]
    postalCode: NotRequired[str | None]
    region: NotRequired[str | None]
    streetAddress: NotRequired[str | None]
    creationDate: NotRequired[str | None]
    taskPendingId: NotRequired[int | None]


class EmailExchangeExchangeServiceAuthenticationPolicy(TypedDict):
    """``email.exchange.exchangeServiceAuthenticationPolicy``."""

    id: int
    blockLegacyAuthActiveSync: bool
    blockLegacyAuthAutodiscover: bool
    blockLegacyAuthImap: bool
    blockLegacyAuthMapi: bool
    blockLegacyAuthOfflineAddressBook: bool
    blockLegacyAuthPop: bool
    blockLegacyAuthWebServices: bool
    blockModernAuthActiveSync: bool
    blockModernAuthAutodiscover: bool
    blockModernAuthImap: bool
    blockModernAuthMapi: bool
    blockModernAuthOfflineAddressBook: bool
    blockModernAuthPop: bool
    blockModernAuthWebServices: bool


class EmailExchangeSpamAndVirusConfiguration(TypedDict):
    """``email.exchange.spamAndVirusConfiguration``."""

    checkDKIM: bool
    checkSPF: bool
    deleteSpam: bool
    deleteVirus: bool
    putInJunk: bool
    tagSpam: bool
    tagVirus: bool


class EmailProDomainDkimDiagnostics(TypedDict):
    """``email.pro.DomainDkimDiagnostics``."""

    errorCode: NotRequired[int | None]
    message: NotRequired[str | None]
    state: NotRequired[str | None]


class EmailProDomainNative(TypedDict):
    """``email.pro.DomainNative``."""

    cnameToCheck: NotRequired[str | None]
    dkimDiagnostics: NotRequired[EmailProDomainDkimDiagnostics | None]
    domainAliases: list[str]
    domainValidated: bool
    expectedAutodiscoverSRV: str
    expectedMX: list[str]
    expectedSPF: str
    isAliasDomain: bool
    mxIsValid: bool
    mxRecord: NotRequired[list[str] | None]
    mxRelay: NotRequired[str | None]
    name: str
    spfIsValid: bool
    spfRecord: NotRequired[list[str] | None]
    srvIsValid: bool
    srvRecord: NotRequired[list[str] | None]
    state: str
    taskPendingId: int
    type: str


class EmailProSpamAndVirusConfiguration(TypedDict):
    """``email.pro.spamAndVirusConfiguration``."""

    checkDKIM: bool
    checkSPF: bool
    deleteSpam: bool
    deleteVirus: bool
    putInJunk: bool
    tagSpam: bool
    tagVirus: bool


class EmailProTask(TypedDict):
    """``email.pro.Task``."""

    finishDate: NotRequired[str | None]
    function: str
    id: int
    status: str
    todoDate: str


class HostingWebAddress(TypedDict):
    """``hosting.web.Address``."""

    port: int
    url: str


class HostingWebCountriesIp(TypedDict):
    """``hosting.web.CountriesIp``."""

    country: str
    ip: NotRequired[str | None]
    ipv6: NotRequired[str | None]


class HostingWebEmailoption(TypedDict):
    """``hosting.web.emailoption``."""

    creationDate: str
    domain: str
    id: int


class HostingWebExtrasqlperso(TypedDict):
    """``hosting.web.extrasqlperso``."""

    name: str
    serviceName: str
    status: str
    database: int
    id: int
    size: dict[str, Any]
    usage: list[str]
    taskId: NotRequired[int | None]


class HostingWebPhpVersion(TypedDict):
    """``hosting.web.PhpVersion``."""

    support: str
    version: str


class HostingWebServiceAccess(TypedDict):
    """``hosting.web.ServiceAccess``."""

    ftp: HostingWebAddress
    http: HostingWebAddress
    ssh: HostingWebAddress


class IamResourceMetadata(TypedDict):
    """``iam.ResourceMetadata``."""

    displayName: NotRequired[str | None]
    id: str
    tags: NotRequired[dict[str, Any] | None]
    urn: str
    state: NotRequired[str | None]


class NichandleCurrency(TypedDict):
    """``nichandle.Currency``."""

    code: str
    symbol: str


class NichandleEmailNotification(TypedDict):
    """``nichandle.EmailNotification``."""

    body: str
    date: str
    id: int
    subject: str


class NichandleNichandle(TypedDict):
    """``nichandle.Nichandle``."""

    address: NotRequired[str | None]
    area: NotRequired[str | None]
    birthCity: NotRequired[str | None]
    birthDay: NotRequired[str | None]
    city: NotRequired[str | None]
    companyNationalIdentificationNumber: NotRequired[str | None]
    complementaryAddress: NotRequired[str | None]
    corporationType: NotRequired[str | None]
    country: str
    currency: NichandleCurrency
    customerCode: NotRequired[str | None]
    email: str
    fax: NotRequired[str | None]
    firstname: NotRequired[str | None]
    italianSDI: NotRequired[str | None]
    kycValidated: NotRequired[bool | None]
    language: NotRequired[str | None]
    legalform: str
    name: NotRequired[str | None]
    nationalIdentificationNumber: NotRequired[str | None]
    nichandle: str
    organisation: NotRequired[str | None]
    ovhCompany: str
    ovhSubsidiary: str
    phone: NotRequired[str | None]
    phoneCountry: NotRequired[str | None]
    phoneType: NotRequired[str | None]
    purposeOfPurchase: NotRequired[str | None]
    sex: NotRequired[str | None]
    spareEmail: NotRequired[str | None]
    state: str
    vat: NotRequired[str | None]
    zip: NotRequired[str | None]


class OrderContract(TypedDict):
    """``order.Contract``."""

    content: str
    name: str
    url: str


class OrderLongPrice(TypedDict):
    """``order.LongPrice``."""

    currencyCode: str
    text: str
    value: float


class OrderPrice(TypedDict):
    """``order.Price``."""

    currencyCode: str
    priceInUcents: NotRequired[int | None]
    text: str
    value: float


class OrderReduction(TypedDict):
    """``order.Reduction``."""

    context: str
    description: str
    price: OrderPrice
    reductionDescription: str
    type: str
    value: OrderPrice


class OvhcloudconnectDatacenterConfig(TypedDict):
    """``ovhcloudconnect.DatacenterConfig``."""

    datacenterId: int
    id: int
    ovhBgpArea: NotRequired[int | None]
    status: str
    subnet: NotRequired[str | None]


class OvhcloudconnectDatacenterExtraConfig(TypedDict):
    """``ovhcloudconnect.DatacenterExtraConfig``."""

    bgpNeighborArea: NotRequired[int | None]
    bgpNeighborIp: NotRequired[str | None]
    id: int
    nextHop: NotRequired[str | None]
    status: str
    subnet: NotRequired[str | None]
    type: str


class OvhcloudconnectInterface(TypedDict):
    """``ovhcloudconnect.Interface``."""

    deviceDisplayName: NotRequired[str | None]
    deviceRackDisplayName: NotRequired[str | None]
    id: int
    incomingLightStatus: str
    incomingLightValue: NotRequired[float | None]
    interfaceName: NotRequired[str | None]
    interfaceStatus: str
    interfaceStatusLastUpdate: str
    interfaceTerminationType: NotRequired[str | None]
    lightLastUpdate: str
    outgoingLightStatus: str
    outgoingLightValue: NotRequired[float | None]
    status: str


class OvhcloudconnectInterfaceStatus(TypedDict):
    """``ovhcloudconnect.InterfaceStatus``."""

    lastChange: NotRequired[str | None]
    lastDown: NotRequired[str | None]
    lastUp: NotRequired[str | None]
    lastUpdate: str
    status: str


class OvhcloudconnectKey(TypedDict):
    """``ovhcloudconnect.Key``."""

    id: int
    key: str
    provider: str
    status: str


class OvhcloudconnectPopConfig(TypedDict):
    """``ovhcloudconnect.PopConfig``."""

    customerBgpArea: NotRequired[int | None]
    id: int
    interfaceId: int
    ovhBgpArea: NotRequired[int | None]
    status: str
    subnet: NotRequired[str | None]
    type: str


class OvhcloudconnectServiceWithIAM(TypedDict):
    """``ovhcloudconnect.ServiceWithIAM``."""

    bandwidth: str
    description: str
    iam: NotRequired[IamResourceMetadata | None]
    interfaceList: list[int]
    pop: str
    portQuantity: str
    product: str
    provider: str
    status: str
    uuid: str
    vrack: NotRequired[str | None]
    sector: str


class OvhcloudconnectTask(TypedDict):
    """``ovhcloudconnect.Task``."""

    function: str
    id: int
    resourceId: int
    status: str


class ServiceRenewType(TypedDict):
    """``service.RenewType``."""

    automatic: bool
    deleteAtExpiration: bool
    forced: bool
    manualPayment: NotRequired[bool | None]
    period: NotRequired[int | None]


class ServicesBillingEngagementEndRule(TypedDict):
    """``services.billing.engagement.EndRule``."""

    possibleStrategies: list[str]
    strategy: str


class ServicesBillingEngagementEngagementPeriod(TypedDict):
    """``services.billing.engagement.EngagementPeriod``."""

    endDate: NotRequired[str | None]
    startDate: str


class ServicesBillingPricingEngagementConfiguration(TypedDict):
    """``services.billing.Pricing.EngagementConfiguration``."""

    defaultEndAction: str
    duration: str
    type: str


class ServicesExpandedCustomerContact(TypedDict):
    """``services.expanded.Customer.Contact``."""

    customerCode: str
    type: str


class ServicesExpandedEngagementRequestSummary(TypedDict):
    """``services.expanded.EngagementRequestSummary``."""

    pricingMode: str
    requestDate: str


class ServicesExpandedEngagementSummary(TypedDict):
    """``services.expanded.EngagementSummary``."""

    endDate: NotRequired[str | None]
    endRule: NotRequired[ServicesBillingEngagementEndRule | None]


class ServicesExpandedGroup(TypedDict):
    """``services.expanded.Group``."""

    id: int


class ServicesExpandedLifecycleCapacities(TypedDict):
    """``services.expanded.Lifecycle.Capacities``."""

    actions: list[str]


class ServicesExpandedLifecycleCurrent(TypedDict):
    """``services.expanded.Lifecycle.Current``."""

    creationDate: NotRequired[str | None]
    pendingActions: list[str]
    state: str
    terminationDate: NotRequired[str | None]


class ServicesExpandedPlan(TypedDict):
    """``services.expanded.Plan``."""

    code: str
    invoiceName: str


class ServicesExpandedProduct(TypedDict):
    """``services.expanded.Product``."""

    description: str
    name: str


class ServicesExpandedRenewCapacities(TypedDict):
    """``services.expanded.Renew.Capacities``."""

    mode: list[str]


class ServicesExpandedRenewCurrent(TypedDict):
    """``services.expanded.Renew.Current``."""

    mode: NotRequired[str | None]
    nextDate: NotRequired[str | None]
    period: NotRequired[str | None]


class ServicesExpandedResource(TypedDict):
    """``services.expanded.Resource``."""

    displayName: str
    name: str
    product: NotRequired[ServicesExpandedProduct | None]
    resellingProvider: NotRequired[str | None]
    state: str


class ServicesExpandedRoute(TypedDict):
    """``services.expanded.Route``."""

    path: NotRequired[str | None]
    url: NotRequired[str | None]
    vars: list[ComplexTypeSafeKeyValueString]


class ServicesFormAnswerAllowedValue(TypedDict):
    """``services.form.AnswerAllowedValue``."""

    key: str


class ServicesFormQuestion(TypedDict):
    """``services.form.Question``."""

    answers: NotRequired[list[ServicesFormAnswerAllowedValue] | None]
    mandatory: bool
    question: str
    type: str


class ServicesFormResponse(TypedDict):
    """``services.form.Response``."""

    message: str


class ServicesNonExpiringService(TypedDict):
    """``services.NonExpiringService``."""

    contactAdmin: str
    contactBilling: str
    contactTech: str
    creation: str
    domain: str
    serviceId: int
    status: str


class ServicesSavingsPlansSavingsPlan(TypedDict):
    """``services.savingsPlans.SavingsPlan``."""

    displayName: str
    flavor: str
    id: str
    offerId: str
    period: str
    startDate: str
    endDate: str
    periodStartDate: str
    periodEndDate: str
    periodEndAction: str
    plannedChanges: list[Any]
    size: int
    status: str
    terminationDate: NotRequired[str | None]


class ServicesService(TypedDict):
    """``services.Service``."""

    canDeleteAtExpiration: bool
    contactAdmin: str
    contactBilling: str
    contactTech: str
    creation: str
    domain: str
    engagedUpTo: NotRequired[str | None]
    expiration: str
    possibleRenewPeriod: NotRequired[list[int] | None]
    renew: NotRequired[ServiceRenewType | None]
    renewalType: str
    serviceId: int
    status: str


class ServicesTerminateTerminationAnswer(TypedDict):
    """``services.terminate.TerminationAnswer``."""

    message: str


class SmsResponseTrackingOptions(TypedDict):
    """``sms.ResponseTrackingOptions``."""

    media: str
    sender: str
    target: str


class SmsTemplates(TypedDict):
    """``sms.Templates``."""

    customizedEmailMode: bool
    customizedSmsMode: bool
    emailBody: NotRequired[str | None]
    emailFrom: NotRequired[str | None]
    emailSubject: NotRequired[str | None]
    smsBody: NotRequired[str | None]


class SupportNewMessageInfo(TypedDict):
    """``support.NewMessageInfo``."""

    additionalNotice: NotRequired[str | None]
    messageId: int
    ticketId: int
    ticketNumber: int


class SupportTicket(TypedDict):
    """``support.Ticket``."""

    accountId: str
    canBeClosed: bool
    category: NotRequired[str | None]
    creationDate: str
    lastMessageFrom: str
    product: NotRequired[str | None]
    score: str
    serviceName: NotRequired[str | None]
    state: str
    subject: str
    ticketId: int
    ticketNumber: int
    type: str
    updateDate: str


class TelephonyBillingAccountWithIAM(TypedDict):
    """``telephony.BillingAccountWithIAM``."""

    allowedOutplan: OrderPrice
    billingAccount: str
    creditThreshold: OrderPrice
    currentOutplan: OrderPrice
    description: str
    hasSpecialNumbers: bool
    hiddenExternalNumber: bool
    iam: NotRequired[IamResourceMetadata | None]
    overrideDisplayedNumber: bool
    securityDeposit: OrderPrice
    status: str
    trusted: bool


class TelephonyLineOffer(TypedDict):
    """``telephony.LineOffer``."""

    description: str
    name: str
    price: NotRequired[OrderPrice | None]


class TelephonyOfferTask(TypedDict):
    """``telephony.OfferTask``."""

    action: str
    executionDate: str
    status: str
    taskId: int
    type: str


class TelephonyTask(TypedDict):
    """``telephony.Task``."""

    action: str
    message: NotRequired[str | None]
    objectCreated: NotRequired[str | None]
    serviceType: str
    status: str
    taskId: int


class TelephonyTelephonyService(TypedDict):
    """``telephony.TelephonyService``."""

    associatedDeviceMac: NotRequired[str | None]
    country: str
    countryCode: int
    currentOutplan: OrderPrice
    description: str
    featureType: str
    getPublicOffer: TelephonyLineOffer
    hasFaxCapabilities: bool
    offers: list[str]
    properties: list[str]
    rio: str
    serviceName: str
    serviceType: str
    simultaneousLines: int


class VrackOvhCloudConnect(TypedDict):
    """``vrack.ovhCloudConnect``."""

    ovhCloudConnect: str
    vrack: str


class VrackTask(TypedDict):
    """``vrack.Task``."""

    function: str
    id: int
    lastUpdate: NotRequired[str | None]
    orderId: NotRequired[int | None]
    serviceName: NotRequired[str | None]
    status: str
    targetDomain: NotRequired[str | None]
    todoDate: NotRequired[str | None]


class VrackVrackWithIAM(TypedDict):
    """``vrack.vrackWithIAM``."""

    description: str
    iam: NotRequired[IamResourceMetadata | None]
    name: str
    serviceName: str


class BillingBill(TypedDict):
    """``billing.Bill``."""

    billId: str
    category: str
    date: str
    orderId: int
    password: str
    pdfUrl: str
    priceWithTax: OrderPrice
    priceWithoutTax: OrderPrice
    tax: OrderPrice
    url: str
    eInvoicingId: NotRequired[str | None]
    eInvoicingStatus: NotRequired[str | None]


class BillingBillDetail(TypedDict):
    """``billing.BillDetail``."""

    billDetailId: str
    description: str
    domain: str
    periodEnd: NotRequired[str | None]
    periodStart: NotRequired[str | None]
    quantity: str
    totalPrice: OrderPrice
    unitPrice: OrderLongPrice


class CloudProjectWithIAM(TypedDict):
    """``cloud.ProjectWithIAM``."""

    access: str
    creationDate: str
    description: NotRequired[str | None]
    expiration: NotRequired[str | None]
    iam: NotRequired[IamResourceMetadata | None]
    manualQuota: bool
    orderId: NotRequired[int | None]
    planCode: str
    projectName: NotRequired[str | None]
    project_id: str
    status: str
    unleash: bool


class DebtBalance(TypedDict):
    """``debt.Balance``."""

    active: bool
    dueAmount: OrderPrice
    pendingAmount: OrderPrice
    todoAmount: OrderPrice
    unmaturedAmount: OrderPrice


class DomainDomainServiceWithIAM(TypedDict):
    """``domain.DomainServiceWithIAM``."""

    contactAdmin: DomainContactSummary
    contactBilling: DomainContactSummary
    contactOwner: DomainContactSummary
    contactTech: DomainContactSummary
    dnssecState: str
    dnssecSupported: bool
    domain: str
    expirationDate: str
    glueRecordIpv6Supported: bool
    glueRecordMultiIpSupported: bool
    hostSupported: bool
    iam: NotRequired[IamResourceMetadata | None]
    lastUpdate: str
    nameServerType: str
    nameServers: list[DomainNameServerNameServer]
    offer: str
    owoSupported: bool
    parentService: NotRequired[DomainParentService | None]
    renewalDate: str
    renewalState: str
    serviceId: int
    state: str
    suspensionState: str
    transferLockStatus: str
    whoisOwner: str


class DomainZoneWithIAM(TypedDict):
    """``domain.ZoneWithIAM``."""

    name: str
    nameServers: list[str]
    hasDnsAnycast: bool
    dnssecActivated: bool
    dnssecSupported: bool
    lastUpdate: str
    iam: NotRequired[IamResourceMetadata | None]


class EmailDomainDomainServiceWithIAM(TypedDict):
    """``email.domain.DomainServiceWithIAM``."""

    allowedAccountSize: NotRequired[list[int] | None]
    creationDate: NotRequired[str | None]
    domain: str
    filerz: NotRequired[int | None]
    iam: NotRequired[IamResourceMetadata | None]
    isMXValid: str
    isSPFValid: str
    linkTo: NotRequired[str | None]
    migratedMXPlanServiceName: NotRequired[str | None]
    offer: NotRequired[str | None]
    status: str


class EmailExchangeAccount(TypedDict):
    """``email.exchange.Account``."""

    SAMAccountName: NotRequired[str | None]
    accountLicense: str
    city: NotRequired[str | None]
    company: NotRequired[str | None]
    configured: bool
    countryCode: NotRequired[str | None]
    creationDate: NotRequired[str | None]
    currentUsage: NotRequired[int | None]
    customIsolationId: NotRequired[int | None]
    deleteAtExpiration: NotRequired[bool | None]
    deleteOutlookAtExpiration: NotRequired[bool | None]
    description: NotRequired[str | None]
    displayName: NotRequired[str | None]
    domain: str
    exchangeGuid: NotRequired[str | None]
    expirationDate: NotRequired[str | None]
    expirationOutlookDate: NotRequired[str | None]
    fax: NotRequired[str | None]
    firstName: NotRequired[str | None]
    forwardingEmail: NotRequired[str | None]
    guid: NotRequired[str | None]
    hiddenFromGAL: bool
    id: int
    initial: NotRequired[str | None]
    jobDepartment: NotRequired[str | None]
    jobTitle: NotRequired[str | None]
    lastLogoffDate: NotRequired[str | None]
    lastLogonDate: NotRequired[str | None]
    lastName: NotRequired[str | None]
    lastUpdateDate: NotRequired[str | None]
    litigation: bool
    litigationPeriod: NotRequired[int | None]
    login: str
    mailSenderDisplay: NotRequired[str | None]
    mailingFilter: NotRequired[list[str] | None]
    mobile: NotRequired[str | None]
    numberOfAliases: int
    office: NotRequired[str | None]
    outlookLicense: bool
    owaLimited: bool
    passwordLastUpdate: NotRequired[str | None]
    phone: NotRequired[str | None]
    postalCode: NotRequired[str | None]
    primaryEmailAddress: str
    quota: int
    region: NotRequired[str | None]
    renewOutlookPeriod: NotRequired[str | None]
    renewPeriod: NotRequired[str | None]
    sbrDestination: NotRequired[str | None]
    sendConnectorId: NotRequired[int | None]
    spamAndVirusConfiguration: EmailExchangeSpamAndVirusConfiguration
    spamDetected: bool
    spamTicketNumber: NotRequired[int | None]
    state: str
    storeCopyOfEmail: bool
    streetAddress: NotRequired[str | None]
    taskPendingId: NotRequired[int | None]
    authenticationPolicyId: NotRequired[int | None]


class EmailExchangeDomain(TypedDict):
    """``email.exchange.Domain``."""

    cnameToCheck: NotRequired[str | None]
    dkimDiagnostics: EmailExchangeDomainDkimDiagnostics
    domainAliases: list[str]
    domainValidated: bool
    expectedAutodiscoverSRV: str
    expectedMX: list[str]
    expectedSPF: str
    isAliasDomain: bool
    main: NotRequired[bool | None]
    mxIsValid: bool
    mxRecord: NotRequired[list[str] | None]
    mxRelay: NotRequired[str | None]
    name: str
    organization2010: NotRequired[str | None]
    sbrDefault: NotRequired[str | None]
    sendConnectorIdDefault: NotRequired[int | None]
    spfIsValid: bool
    spfRecord: NotRequired[list[str] | None]
    srvIsValid: bool
    srvRecord: NotRequired[list[str] | None]
    state: str
    taskPendingId: int
    type: str


class EmailExchangeExchangeServiceWithIAM(TypedDict):
    """``email.exchange.ExchangeServiceWithIAM``."""

    adfsChangePassword: bool
    complexityEnabled: bool
    displayName: NotRequired[str | None]
    domain: str
    hostname: NotRequired[str | None]
    iam: NotRequired[IamResourceMetadata | None]
    lastUpdateDate: NotRequired[str | None]
    lockoutDuration: int
    lockoutObservationWindow: int
    lockoutThreshold: NotRequired[int | None]
    maxPasswordAge: NotRequired[int | None]
    maxReceiveSize: int
    maxSendSize: int
    minPasswordAge: NotRequired[int | None]
    minPasswordLength: NotRequired[int | None]
    offer: str
    passwordHistoryCount: NotRequired[int | None]
    spamAndVirusConfiguration: EmailExchangeSpamAndVirusConfiguration
    sslExpirationDate: NotRequired[str | None]
    state: str
    taskPendingId: int
    webUrl: NotRequired[str | None]
    cnameDcvRecord: NotRequired[str | None]
    defaultAuthenticationPolicyId: NotRequired[int | None]
    defaultSmartHost: NotRequired[str | None]


class EmailProAccountNative(TypedDict):
    """``email.pro.AccountNative``."""

    SAMAccountName: NotRequired[str | None]
    configured: bool
    creationDate: NotRequired[str | None]
    currentUsage: NotRequired[int | None]
    deleteAtExpiration: NotRequired[bool | None]
    displayName: NotRequired[str | None]
    domain: str
    expirationDate: NotRequired[str | None]
    expirationOutlookDate: NotRequired[str | None]
    firstName: NotRequired[str | None]
    hiddenFromGAL: bool
    id: int
    initial: NotRequired[str | None]
    lastLogoffDate: NotRequired[str | None]
    lastLogonDate: NotRequired[str | None]
    lastName: NotRequired[str | None]
    lastUpdateDate: NotRequired[str | None]
    login: str
    mailingFilter: NotRequired[list[str] | None]
    passwordLastUpdate: NotRequired[str | None]
    primaryEmailAddress: str
    quota: int
    renewPeriod: NotRequired[str | None]
    spamAndVirusConfiguration: EmailProSpamAndVirusConfiguration
    spamDetected: bool
    spamTicketNumber: NotRequired[int | None]
    state: str
    taskPendingId: NotRequired[int | None]


class EmailProServiceNativeWithIAM(TypedDict):
    """``email.pro.ServiceNativeWithIAM``."""

    complexityEnabled: bool
    displayName: NotRequired[str | None]
    domain: str
    hostname: NotRequired[str | None]
    iam: NotRequired[IamResourceMetadata | None]
    lastUpdateDate: NotRequired[str | None]
    lockoutDuration: int
    lockoutObservationWindow: int
    lockoutThreshold: NotRequired[int | None]
    maxPasswordAge: NotRequired[int | None]
    maxReceiveSize: int
    maxSendSize: int
    minPasswordAge: NotRequired[int | None]
    minPasswordLength: NotRequired[int | None]
    offer: str
    spamAndVirusConfiguration: EmailProSpamAndVirusConfiguration
    state: str
    taskPendingId: int
    webUrl: NotRequired[str | None]


class HostingWebAvailableOfferStruct(TypedDict):
    """``hosting.web.AvailableOfferStruct``."""

    offer: str
    price: OrderPrice


class HostingWebServiceWithIAM(TypedDict):
    """``hosting.web.ServiceWithIAM``."""

    availableBoostOffer: list[HostingWebAvailableOfferStruct]
    boostOffer: NotRequired[str | None]
    cluster: str
    clusterIp: NotRequired[str | None]
    clusterIpv6: NotRequired[str | None]
    countriesIp: NotRequired[list[HostingWebCountriesIp] | None]
    datacenter: str
    defaultAttachedDomain: NotRequired[str | None]
    displayName: NotRequired[str | None]
    filer: NotRequired[str | None]
    hasCdn: NotRequired[bool | None]
    hasHostedSsl: NotRequired[bool | None]
    home: str
    hostingIp: NotRequired[str | None]
    hostingIpv6: NotRequired[str | None]
    iam: NotRequired[IamResourceMetadata | None]
    lastOvhConfigScan: NotRequired[str | None]
    multipleSSL: bool
    offer: str
    operatingSystem: str
    phpVersions: list[HostingWebPhpVersion]
    primaryLogin: str
    quotaSize: ComplexTypeUnitAndValueDouble
    quotaUsed: NotRequired[ComplexTypeUnitAndValueDouble | None]
    recommendedOffer: NotRequired[str | None]
    resourceType: str
    serviceManagementAccess: HostingWebServiceAccess
    serviceName: str
    state: str
    token: NotRequired[str | None]
    trafficQuotaSize: NotRequired[ComplexTypeUnitAndValueDouble | None]
    trafficQuotaUsed: NotRequired[ComplexTypeUnitAndValueDouble | None]
    updates: list[str]


class OrderOrderDetail(TypedDict):
    """``order.OrderDetail``."""

    cartItemID: NotRequired[int | None]
    description: str
    detailType: NotRequired[str | None]
    domain: str
    originalTotalPrice: OrderPrice
    quantity: int
    reductionTotalPrice: OrderPrice
    reductions: list[OrderReduction]
    totalPrice: OrderPrice
    unitPrice: OrderPrice


class OrderOrderPrices(TypedDict):
    """``order.OrderPrices``."""

    originalWithoutTax: NotRequired[OrderPrice | None]
    reduction: NotRequired[OrderPrice | None]
    tax: OrderPrice
    withTax: OrderPrice
    withoutTax: OrderPrice


class ServicesBillingEngagementEngagement(TypedDict):
    """``services.billing.engagement.Engagement``."""

    currentPeriod: ServicesBillingEngagementEngagementPeriod
    endRule: NotRequired[ServicesBillingEngagementEndRule | None]


class ServicesBillingPricing(TypedDict):
    """``services.billing.Pricing``."""

    capacities: list[str]
    description: str
    duration: str
    engagementConfiguration: NotRequired[ServicesBillingPricingEngagementConfiguration | None]
    interval: int
    maximumQuantity: NotRequired[int | None]
    maximumRepeat: NotRequired[int | None]
    minimumQuantity: int
    minimumRepeat: int
    price: OrderPrice
    priceInUcents: int
    pricingMode: str
    pricingType: str


class ServicesExpandedCustomer(TypedDict):
    """``services.expanded.Customer``."""

    contacts: list[ServicesExpandedCustomerContact]


class ServicesExpandedLifecycle(TypedDict):
    """``services.expanded.Lifecycle``."""

    capacities: ServicesExpandedLifecycleCapacities
    current: ServicesExpandedLifecycleCurrent


class ServicesExpandedRenew(TypedDict):
    """``services.expanded.Renew``."""

    capacities: ServicesExpandedRenewCapacities
    current: ServicesExpandedRenewCurrent


class ServicesFormDescription(TypedDict):
    """``services.form.Description``."""

    name: str
    questions: list[ServicesFormQuestion]


class SmsResponse(TypedDict):
    """``sms.Response``."""

    cgiUrl: NotRequired[str | None]
    responseType: str
    text: NotRequired[str | None]
    trackingDefaultSmsSender: NotRequired[str | None]
    trackingOptions: NotRequired[list[SmsResponseTrackingOptions] | None]


class OrderOrder(TypedDict):
    """``order.Order``."""

    contracts: list[OrderContract]
    details: list[OrderOrderDetail]
    orderId: NotRequired[int | None]
    prices: OrderOrderPrices
    url: NotRequired[str | None]


class ServicesBillingEngagementEngagementFlushOrder(TypedDict):
    """``services.billing.engagement.EngagementFlushOrder``."""

    order: OrderOrder


class ServicesExpandedBilling(TypedDict):
    """``services.expanded.Billing``."""

    engagement: NotRequired[ServicesExpandedEngagementSummary | None]
    engagementRequest: NotRequired[ServicesExpandedEngagementRequestSummary | None]
    expirationDate: NotRequired[str | None]
    group: NotRequired[ServicesExpandedGroup | None]
    lifecycle: NotRequired[ServicesExpandedLifecycle | None]
    nextBillingDate: NotRequired[str | None]
    plan: NotRequired[ServicesExpandedPlan | None]
    pricing: NotRequired[ServicesBillingPricing | None]
    renew: NotRequired[ServicesExpandedRenew | None]


class ServicesExpandedService(TypedDict):
    """``services.expanded.Service``."""

    billing: ServicesExpandedBilling
    customer: ServicesExpandedCustomer
    parentServiceId: NotRequired[int | None]
    resource: ServicesExpandedResource
    route: NotRequired[ServicesExpandedRoute | None]
    serviceId: int
    tags: list[str]


class SmsAccountWithIAM(TypedDict):
    """``sms.AccountWithIAM``."""

    automaticRecreditAmount: NotRequired[int | None]
    callBack: NotRequired[str | None]
    channel: str
    creditThresholdForAutomaticRecredit: float
    creditsHoldByQuota: float
    creditsLeft: float
    description: str
    iam: NotRequired[IamResourceMetadata | None]
    name: str
    smpp: bool
    smsResponse: SmsResponse
    status: str
    stopCallBack: NotRequired[str | None]
    templates: SmsTemplates
    userQuantityWithQuota: int
