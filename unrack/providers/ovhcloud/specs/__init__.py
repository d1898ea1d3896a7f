"""The declaration of OVHcloud: its actions, its credential in words, its ids and rights. No client is imported."""

from unrack.contracts.action import Right
from unrack.contracts.id_form import IdKind
from unrack.contracts.vendor import Vendor
from unrack.providers.ovhcloud.iam import access_rules, iam_actions, iam_policy
from unrack.providers.ovhcloud.products import PRODUCTS, planning_rights
from unrack.providers.ovhcloud.specs.connect import CONNECT_ACTIONS
from unrack.providers.ovhcloud.specs.mail import MAIL_ACTIONS
from unrack.providers.ovhcloud.specs.network import NETWORK_ACTIONS
from unrack.providers.ovhcloud.specs.service import SERVICE_ACTIONS
from unrack.providers.ovhcloud.specs.telecom import TELECOM_ACTIONS

WHO_AM_I = Right(method="GET", path="/me")
"""Needed by every plan: who the credential speaks for."""

VENDOR = Vendor(
    actions=(*CONNECT_ACTIONS, *SERVICE_ACTIONS, *MAIL_ACTIONS, *NETWORK_ACTIONS, *TELECOM_ACTIONS),
    credential="application_key, application_secret and consumer_key with the rights below, or client_id and "
    "client_secret of an OAuth2 client with such an IAM policy; endpoint (ovh-eu, ovh-ca, ovh-us)",
    service_ids={f"ovhcloud/{each.name}": IdKind(each.id_parts, each.id_words) for each in PRODUCTS.values()},
    planning_rights=lambda product: (WHO_AM_I, *planning_rights(product)),
    iam_actions=iam_actions,
    access_rules=access_rules,
    iam_policy=iam_policy,
)
