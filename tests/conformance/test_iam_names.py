"""OVHcloud's names of rights, by its own published descriptions."""

import json
import re

import pytest

from tests.conformance.ovh_schema import find
from unrack.contracts.action import Right
from unrack.providers.catalogue import ACTIONS
from unrack.providers.ovhcloud.iam import iam_actions

_UNPUBLISHED = {"POST /services/*/terminate/skipRetentionPeriod"}
"""In no description of the copy at hand; named by the rule."""

_IN_A_VRACK = (
    "cloudProject",
    "dedicatedCloudDatacenter",
    "dedicatedConnect",
    "dedicatedServer",
    "dedicatedServerInterface",
    "ip",
    "ipLoadbalancing",
    "ipv6",
    "legacyVrack",
    "vrackServices",
)
_LEFT_OUT_OF_THE_COPY = {
    "GET /domain/zone": ["dnsZone:apiovh:get"],
    "GET /domain/zone/*": ["dnsZone:apiovh:get"],
    "GET /domain/zone/*/export": ["dnsZone:apiovh:export/get"],
    "GET /domain/zone/*/record": ["dnsZone:apiovh:record/get"],
    "GET /domain/zone/*/serviceInfos": ["dnsZone:apiovh:serviceInfos/get"],
    "GET /vrack/*/dedicatedCloud": ["vrack:apiovh:pccVMware/get"],
    "GET /vrack/*/vmwareCloudDirectorVirtualDataCenter": ["vrack:apiovh:vmwareCloudDirectoryVirtualDataCenter/get"],
    **{
        f"GET /email/exchange/*/service/*/{kind}{item}": [f"emailExchange:apiovh:service/{kind}/get"]
        for kind, items in (("remoteMailbox", ("", "/*")), ("authenticationPolicy", ("",)))
        for item in items
    },
    **{
        f"GET /me/correctiveInvoice{below}": [f"account:apiovh:me/correctiveInvoice{part}/get"]
        for below, part in (("", ""), ("/*", ""), ("/*/details", "/details"), ("/*/details/*", "/details"))
    },
    "GET /services/*/savingsPlans/subscribed": [
        "account:apiovh:savingsPlans/get",
        "publicCloudProject:apiovh:savingsPlans/get",
    ],
    **{f"GET /vrack/*/{kind}": [f"vrack:apiovh:{kind}/get"] for kind in _IN_A_VRACK},
}
"""Read in the whole descriptions (ovh/ovhcloud-cli, api-schemas, 546f3c8): the copy at hand is cut. Exchange's newer
lists, corrective invoices and Savings Plans: descriptions of 2026-08, see `ovh_schema_2026`."""

RIGHTS = {
    f"{right.method} {right.path}": right
    for spec in ACTIONS.values()
    if spec.provider == "ovhcloud"
    for right in (*spec.rights, *spec.undo_rights)
}


def _published() -> dict[str, list[str]]:
    folder = find()
    if folder is None:
        pytest.skip("OVHcloud's API descriptions are not here: set UNRACK_OVH_API to their folder")
    names: dict[str, list[str]] = {}
    for path in sorted((folder / "legacy-v1").glob("*.json")):
        for api in json.loads(path.read_text(encoding="utf-8")).get("apis", ()):
            for call in api["operations"]:
                if call.get("iamActions"):
                    names[_key(call["httpMethod"], api["path"])] = [each["name"] for each in call["iamActions"]]
    for path in sorted((folder / "openapi-2025").glob("*.json")):
        for route, calls in json.loads(path.read_text(encoding="utf-8"))["paths"].items():
            for method, call in calls.items():
                if isinstance(call, dict) and "x-iam-actions" in call:
                    names[_key(method.upper(), route)] = [each["name"] for each in call["x-iam-actions"]]
    return names


def _key(method: str, path: str) -> str:
    return f"{method} {re.sub(r'{[^}]+}', '*', path)}"


def test_every_right_has_the_name_that_ovhcloud_publishes() -> None:
    """Who makes an IAM policy from `unrack runbook show` must not grant what does not exist, or too little."""
    published = {**_LEFT_OUT_OF_THE_COPY, **_published()}
    named = {key: list(iam_actions(right)) for key, right in RIGHTS.items() if key not in _UNPUBLISHED}

    assert named == {key: published.get(key) for key in named}


def test_what_is_not_published_follows_the_rule() -> None:
    """As ``/services/{id}/terminate`` has it."""
    right = Right(method="POST", path="/services/*/terminate/skipRetentionPeriod")

    assert iam_actions(right) == ("account:apiovh:services/terminate/skipRetentionPeriod",)
