"""What the environment of a worker may change of its calls, and what it must not: every adapter, real libraries."""

import base64
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.simulated import running
from tests.workflows.rehearsal import environment_of
from unrack import simulator as sim
from unrack.contracts.calls import AccessCall
from unrack.model.errors import Category, UnrackError
from unrack.providers.awsmarketplace.credential import AwsCredential
from unrack.providers.awsmarketplace.sdk import AwsClient
from unrack.providers.credentials import Credentials
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.ovhcloud.sdk import OvhClient
from unrack.providers.proxies import keep_this_machine_direct, proxy_for
from unrack.providers.registry import Providers
from unrack.providers.stated.clock import StatedClock
from unrack.providers.stated.credential import StatedCredential
from unrack.simulator.vendors import VENDORS as SIMULATED

CALLED = tuple(sorted(vendor.name for vendor in SIMULATED))
"""The providers that are called by HTTP: those that the simulator plays."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy")
PASSWORD = "pa55word-of-the-proxy"


class Listening(http.server.ThreadingHTTPServer):
    """Stands on this machine for a proxy, or for whatever else could be called, and remembers what it was sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.leads_to = ""
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Listening  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_CONNECT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(302 if self.server.leads_to else 502)
        if self.server.leads_to:
            self.send_header("Location", self.server.leads_to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Quiet."""


def listening() -> Iterator[Listening]:
    """A server for one test."""
    server = Listening()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


proxy = pytest.fixture(listening, name="proxy")
other = pytest.fixture(listening, name="other")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test sets what it is about."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


def through(monkeypatch: pytest.MonkeyPatch, proxy: Listening) -> None:
    """Has everything go through `proxy`, as a company's machine is set up."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://worker:{PASSWORD}@{proxy.address}")


def elsewhere(address: str) -> dict[str, str]:
    """Credentials for providers at `address`."""
    return {name: value.replace("http://127.0.0.1:1", address) for name, value in environment_of(NOBODY).items()}


NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize("provider", CALLED)
async def test_this_machine_is_reached_directly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proxy: Listening, provider: str
) -> None:
    """F7: with a proxy for everything, the simulator answers all the same, and the proxy hears nothing of it."""
    async with running(tmp_path, sim.Seed()) as run:
        through(monkeypatch, proxy)
        providers = Providers(Credentials(environment_of(run.url, run.simulator.key_file)))
        found = await providers.get(provider, "default").access(access(provider))
        named = providers.proxy(provider, "default")
        await providers.close()

    assert found.problem is None
    assert proxy.asked == []
    assert named == ""


async def test_the_clock_of_a_rehearsal_is_read_directly(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, proxy: Listening
) -> None:
    """F7: that of services whose facts are stated, too."""
    async with running(tmp_path, sim.Seed()) as run:
        through(monkeypatch, proxy)
        clock = StatedClock(StatedCredential(endpoint=run.url))
        shown = await clock.read()
        await clock.close()

    assert shown.shown is not None
    assert proxy.asked == []


@pytest.mark.parametrize("provider", CALLED)
async def test_a_real_address_is_reached_by_the_proxy_which_is_named_by_its_host(
    monkeypatch: pytest.MonkeyPatch, proxy: Listening, provider: str
) -> None:
    """F7: no call goes past it; nothing that is told repeats what opens it, which the proxy itself gets."""
    through(monkeypatch, proxy)
    providers = Providers(Credentials(elsewhere("https://api.example.test")))

    found = await providers.get(provider, "default").access(access(provider))
    named = providers.proxy(provider, "default")
    await providers.close()

    assert set(proxy.asked) == {"CONNECT api.example.test:443"}
    assert found.problem is not None
    assert named == proxy.address
    assert PASSWORD not in found.model_dump_json()
    opened = base64.b64encode(f"worker:{PASSWORD}".encode()).decode()
    assert {each.get("proxy-authorization") for each in proxy.headers} == {f"Basic {opened}"}


@pytest.mark.parametrize("provider", CALLED)
@pytest.mark.parametrize("named", [f"socks5://u:{PASSWORD}@127.0.0.1:1", f"http://u:{PASSWORD}@", "http://h:port"])
async def test_a_proxy_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch, named: str, provider: str) -> None:
    """Before anything is called, in words, and without what opens it."""
    monkeypatch.setenv("HTTPS_PROXY", named)
    providers = Providers(Credentials(elsewhere("https://api.example.test")))

    with pytest.raises(UnrackError) as told:
        providers.get(provider, "default")

    assert told.value.problem.category is Category.INVALID
    assert "proxy" in told.value.problem.message
    assert PASSWORD not in str(told.value.problem)


@pytest.mark.parametrize(
    ("url", "through_it"),
    [
        ("https://eu.api.ovh.com/1.0", True),
        ("https://billing.example.com", False),
        ("https://whmcs.example.com", False),
        ("https://192.0.2.7", False),
        ("http://localhost:8080", False),
        ("http://127.0.0.2:8080", False),
        ("http://[::1]:8080", False),
    ],
)
def test_what_is_excepted_is_reached_directly(monkeypatch: pytest.MonkeyPatch, url: str, through_it: bool) -> None:
    """``NO_PROXY`` holds for every library in one way: domains, and networks."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.com:3128")
    monkeypatch.setenv("HTTP_PROXY", "proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", ".example.com, 192.0.2.0/24")

    assert proxy_for(url) == ("http://proxy.example.com:3128" if through_it else None)


def test_libraries_that_decide_for_themselves_reach_this_machine_directly() -> None:
    """Notices to a place on this machine, and a store on it: what was excepted before stays so."""
    environment = {"NO_PROXY": "intranet.example.com,127.0.0.1", "HTTPS_PROXY": "http://proxy.example.com:3128"}
    keep_this_machine_direct(environment)

    assert environment["NO_PROXY"] == "intranet.example.com,127.0.0.1,localhost,::1"
    assert environment["no_proxy"] == environment["NO_PROXY"]


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        {"AWS_ENDPOINT_URL_MARKETPLACE_AGREEMENT": "http://127.0.0.1:1"},
        {"AWS_PROFILE": "nobody"},
        {"AWS_DEFAULT_PROFILE": "nobody"},
        {"AWS_CONFIG_FILE": "config"},
        {"AWS_SHARED_CREDENTIALS_FILE": "no toml [", "AWS_CONFIG_FILE": "broken"},
        {"AWS_PROFILE": "mine", "AWS_CONFIG_FILE": "config"},
        {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_DEFAULT_REGION": "eu-west-3", "AWS_REGION": "eu-west-3"},
        {"AWS_SESSION_TOKEN": "of-somebody-else", "AWS_ACCESS_KEY_ID": "of-somebody-else"},
        {"AWS_DATA_PATH": "."},
    ],
    ids="+".join,
)
def test_what_is_set_for_the_aws_command_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str]
) -> None:
    """F11: neither where is called, nor as whom; the worker's credential says both."""
    (tmp_path / "config").write_text(
        "[default]\nendpoint_url = http://127.0.0.1:1\n[profile mine]\nendpoint_url = http://127.0.0.1:1\n"
    )
    (tmp_path / "broken").write_text("[default\nendpoint_url")
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    credential = AwsCredential.model_validate({"access_key_id": "AKIAOURS", "secret_access_key": "ours"})
    client = AwsClient(credential, (1, 1))

    assert client.endpoint == "https://agreement-marketplace.us-east-1.amazonaws.com"
    assert client.endpoint == credential.url
    assert client.identity == ("AKIAOURS", None)
    client.close()


OF_OTHERS = {
    "OVH_ENDPOINT": "ovh-us",
    "OVH_CLIENT_ID": "of-somebody-else",
    "OVH_CLIENT_SECRET": "of-somebody-else",
    "OVH_CONSUMER_KEY": "of-somebody-else",
}


async def test_what_is_set_for_other_users_of_the_ovh_library_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F11's sibling: ``OVH_*`` variables, and an ``ovh.conf`` in the folder where the worker starts."""
    (tmp_path / "ovh.conf").write_text("[default]\nendpoint=ovh-us\n[ovh-eu]\nclient_id=x\nclient_secret=y\n")
    monkeypatch.chdir(tmp_path)
    for name, value in OF_OTHERS.items():
        monkeypatch.setenv(name, value)
    async with running(tmp_path / "provider", sim.Seed()) as run:
        providers = Providers(Credentials(environment_of(run.url, run.simulator.key_file)))
        found = await providers.get("ovhcloud", "default").access(access("ovhcloud"))
        await providers.close()

    assert found.problem is None
    assert found.caller == sim.NICHANDLE


@pytest.mark.parametrize("provider", CALLED)
async def test_a_netrc_adds_nothing_to_a_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, other: Listening, provider: str
) -> None:
    """Names and passwords of ``~/.netrc`` belong to other programs; `requests` adds them to every call by itself."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password of-somebody-else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    providers = Providers(Credentials(elsewhere(f"http://{other.address}")))
    await providers.get(provider, "default").access(access(provider))
    await providers.close()

    assert other.asked
    assert not any(each.get("authorization", "").startswith("Basic") for each in other.headers)


@pytest.mark.parametrize("provider", CALLED)
async def test_no_credential_follows_a_redirect(proxy: Listening, other: Listening, provider: str) -> None:
    """An address that sends elsewhere is told; the consumer key, a header of OVHcloud's own, goes nowhere."""
    other.leads_to = f"http://{proxy.address}/"
    providers = Providers(Credentials(elsewhere(f"http://{other.address}")))
    found = await providers.get(provider, "default").access(access(provider))
    await providers.close()

    assert other.asked
    assert proxy.asked == []
    assert found.problem is not None


def test_certificates_of_the_machine_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A proxy that looks into TLS has its certificate in a file of the environment."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "company.pem"))
    given = {"application_key": "a", "application_secret": "b", "consumer_key": "c"}
    client = OvhClient(OvhCredential.model_validate(given), (1, 1))

    assert client.certificates == str(tmp_path / "company.pem")
    client.close()


def access(provider: str) -> AccessCall:
    """Does the credential work?"""
    return AccessCall(provider=provider, account="default", actions=())
