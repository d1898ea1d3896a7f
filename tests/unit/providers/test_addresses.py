"""A provider's address has one short name, and two addresses have two."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.unit.runbook.conftest import NOW
from unrack.contracts.calls import StepCall
from unrack.model.errors import Category, UnrackError
from unrack.model.ids import RunId
from unrack.model.lifecycle import Timing
from unrack.model.service import ServiceRef
from unrack.providers.addresses import short_name
from unrack.providers.awsmarketplace.credential import AwsCredential
from unrack.providers.credentials import Credentials
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.registry import Providers
from unrack.providers.whmcs.credential import WhmcsCredential

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


def _whmcs(endpoint: str) -> str | None:
    keys = {"identifier": SecretStr("a"), "secret": SecretStr("b")}
    return WhmcsCredential.model_validate({"endpoint": endpoint, **keys}).address


def _ovh(endpoint: str) -> str | None:
    keys = {name: SecretStr("a") for name in ("application_key", "application_secret", "consumer_key")}
    return OvhCredential.model_validate({"endpoint": endpoint, **keys}).address


def _aws(**fields: str) -> str | None:
    keys = {"access_key_id": SecretStr("a"), "secret_access_key": SecretStr("b")}
    return AwsCredential.model_validate({**fields, **keys}).address


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://billing.example.com",
        "https://billing.example.com/",
        "https://Billing.Example.COM",
        "https://billing.example.com:443",
        "https://billing.example.com./",
    ],
)
def test_one_address_has_one_name(endpoint: str) -> None:
    """However its URL is written."""
    assert _whmcs(endpoint) == "billing-example-com"


def test_addresses_that_differ_have_different_names() -> None:
    """By host, port or path; hyphens and dots are not mixed up."""
    hosts = (
        "a-b.example",
        "a.b-example",
        "a.b.example",
        "a--b.example",
        "münchen.example",
        "[2001:db8::1]",
        "10.0.0.1",
    )
    urls = [f"https://{host}{rest}" for host, rest in product(hosts, ("", ":8443", "/8443", "/brand1", "/brand2"))]
    names = [_whmcs(url) for url in urls]
    assert len(set(names)) == len(urls)
    assert None not in names


@given(one=HOSTS, other=HOSTS)
def test_two_hosts_never_share_a_name(one: str, other: str) -> None:
    """And each name fits a run id."""
    names = {short_name(f"https://{host}") for host in (one, other)}
    assert len(names) == len({one, other})
    for name in names:
        RunId.parse(str(RunId(provider="whmcs", product="service", service="42", address=name)))


@given(st.lists(LABEL, min_size=8, max_size=20).map(".".join), st.text(max_size=12))
def test_every_address_has_a_name_that_fits(host: str, path: str) -> None:
    """Long hosts and odd paths end with a digest."""
    name = short_name(f"https://{host}/{path.replace('?', '').replace('#', '')}")
    assert RunId(provider="whmcs", product="service", service="42", address=name).address == name


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8787/whmcs", "http://localhost:1/whmcs", "http://[::1]:9"])
def test_a_simulator_is_the_default(endpoint: str) -> None:
    """Whatever listens on this machine."""
    assert _whmcs(endpoint) is None


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("ovh-eu", None),
        ("https://eu.api.ovh.com/1.0", None),
        ("https://eu.api.ovh.com/v2", None),
        ("https://api.ovh.com/1.0", None),
        ("http://127.0.0.1:8787/1.0", None),
        ("ovh-ca", "ovh-ca"),
        ("https://ca.api.ovh.com/1.0", "ovh-ca"),
        ("https://api.eu.ovhcloud.com/1.0", None),
        ("https://API.EU.ovhcloud.com", None),
        ("https://api.ca.ovhcloud.com/1.0", "ovh-ca"),
        ("ovh-us", "ovh-us"),
        ("https://api.us.ovhcloud.com/1.0/", "ovh-us"),
        ("soyoustart-eu", "soyoustart-eu"),
    ],
)
def test_ovhcloud_eu_is_the_default(endpoint: str, name: str | None) -> None:
    """The others are called as its client calls them, also when their URL is given, on an old host or a new one."""
    assert _ovh(endpoint) == name


def test_no_other_host_gets_the_name_of_an_endpoint() -> None:
    """``ovh.ca`` is not OVHcloud Canada."""
    assert _ovh("https://ovh.ca") not in (None, "ovh-ca")


def test_aws_is_the_default_in_every_region() -> None:
    """Its other partitions share nothing with it."""
    assert _aws() is None
    assert _aws(region="eu-west-1") is None
    assert _aws(endpoint="https://agreement-marketplace.us-east-1.amazonaws.com") is None
    assert _aws(region="cn-north-1") == "aws-cn"
    assert _aws(region="us-gov-west-1") == "aws-us-gov"
    assert _aws(endpoint="https://aws.proxy.example") == "aws-proxy-example"


def _installations(**endpoints: str) -> Providers:
    environment = {
        f"UNRACK_WHMCS_{account.upper()}_{name}": value
        for account, endpoint in endpoints.items()
        for name, value in (("ENDPOINT", endpoint), ("IDENTIFIER", "a"), ("SECRET", "b"))
    }
    return Providers(Credentials(environment))


def _service(account: str, address: str | None) -> ServiceRef:
    return ServiceRef(provider="whmcs", product="service", service="42", account=account, address=address)


async def test_an_account_that_leads_elsewhere_by_now_does_nothing() -> None:
    """Service 42 of another installation is another service: no step acts on it, whatever the account is called."""
    providers = _installations(default="https://brand2.example")
    call = StepCall(
        run="whmcs-service/42@brand1-example",
        step="detach.suspend",
        action="whmcs.service.suspend",
        service=_service("default", "brand1-example"),
        timing=Timing.IMMEDIATE,
        begun_at=NOW,
    )
    with pytest.raises(UnrackError, match="leads to brand2-example") as refused:
        providers.acting(call)
    await providers.close()
    assert refused.value.problem.category is Category.CONFLICT


async def test_an_account_that_still_leads_there_acts() -> None:
    """Also under another name."""
    providers = _installations(one="https://brand1.example", two="https://BRAND1.example/")
    acting = [providers.at(_service(account, "brand1-example")) for account in ("one", "two")]
    await providers.close()
    assert len(acting) == 2
