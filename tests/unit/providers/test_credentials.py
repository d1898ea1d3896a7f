"""Credentials are found by name, are complete, and never show themselves."""

from pathlib import Path

import pytest

from unrack.model.errors import Category, UnrackError
from unrack.providers.credentials import Credentials
from unrack.providers.ovhcloud.credential import OvhCredential
from unrack.providers.registry import Providers, credential_models
from unrack.simulator.vendors import VENDORS as SIMULATED

MODELS = {"ovhcloud": OvhCredential}
KEYS = {
    "UNRACK_OVHCLOUD_DEFAULT_APPLICATION_KEY": "app-key-1",
    "UNRACK_OVHCLOUD_DEFAULT_APPLICATION_SECRET": "app-secret-1",
    "UNRACK_OVHCLOUD_DEFAULT_CONSUMER_KEY": "consumer-1",
}


def _file(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    path = folder / "credentials.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return {"UNRACK_CREDENTIALS": str(path)}


def _refusal(environment: dict[str, str], account: str = "default") -> UnrackError:
    with pytest.raises(UnrackError) as refused:
        Credentials(environment).read("ovhcloud", account, OvhCredential)
    text = refused.value.problem.model_dump_json()
    assert not any(value in text for value in ("app-key-1", "app-secret-1", "consumer-1"))
    return refused.value


def test_from_the_environment() -> None:
    """UNRACK_OVHCLOUD_<ACCOUNT>_…; the endpoint is Europe's unless said otherwise."""
    found = Credentials(KEYS).read("ovhcloud", "default", OvhCredential)

    assert found.endpoint == "ovh-eu"
    assert found.application_secret is not None
    assert found.application_secret.get_secret_value() == "app-secret-1"


def test_account_names_with_hyphens() -> None:
    """Variables have no hyphens; account names may."""
    environment = {name.replace("DEFAULT", "TEAM_B"): value for name, value in KEYS.items()}

    assert Credentials(environment).read("ovhcloud", "team-b", OvhCredential).endpoint == "ovh-eu"


def test_from_a_file_and_the_environment_wins(tmp_path: Path) -> None:
    """[ovhcloud.<account>] in the file that UNRACK_CREDENTIALS names; a variable of the same field wins."""
    text = """[ovhcloud.default]
endpoint = "ovh-ca"
application_key = "a"
application_secret = "b"
consumer_key = "c"
"""
    environment = _file(tmp_path, text)
    mixed = Credentials(environment | {"UNRACK_OVHCLOUD_DEFAULT_ENDPOINT": "ovh-us"}).read(
        "ovhcloud", "default", OvhCredential
    )

    assert Credentials(environment).read("ovhcloud", "default", OvhCredential).endpoint == "ovh-ca"
    assert mixed.endpoint == "ovh-us"
    assert Credentials(environment).accounts(MODELS) == ("ovhcloud/default",)


def test_a_field_from_a_file_of_its_own(tmp_path: Path) -> None:
    """…_FILE, as container secrets are mounted; the line's end is no part of the secret."""
    secret = tmp_path / "secret"
    secret.write_text("app-secret-2\n", encoding="utf-8")
    secret.chmod(0o600)
    environment = {name: value for name, value in KEYS.items() if "SECRET" not in name}
    environment["UNRACK_OVHCLOUD_DEFAULT_APPLICATION_SECRET_FILE"] = str(secret)
    found = Credentials(environment).read("ovhcloud", "default", OvhCredential).application_secret

    assert found is not None
    assert found.get_secret_value() == "app-secret-2"
    assert Credentials(environment).accounts(MODELS) == ("ovhcloud/default",)


def test_what_is_missing_is_named_and_where_it_was_looked_for() -> None:
    """An error for the person who has to mend it."""
    nothing = _refusal({}, "acme")
    half = _refusal({name: value for name, value in KEYS.items() if "CONSUMER" not in name})

    assert nothing.problem.category is Category.DENIED
    assert "UNRACK_OVHCLOUD_ACME_" in nothing.problem.suggestion
    assert "UNRACK_CREDENTIALS is not set" in nothing.problem.suggestion
    assert "missing: consumer_key" in half.problem.message


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({"ENDPOINT": "ovh-mars"}, "neither one of ovh-eu"),
        ({"ENDPOINT": "http://api.example.net/1.0"}, "https URL"),
        ({"CLIENT_ID": "x", "CLIENT_SECRET": "y"}, "either"),
    ],
)
def test_contradictions_are_refused(extra: dict[str, str], text: str) -> None:
    """Http is for this machine; there is one way to log in."""
    environment = KEYS | {f"UNRACK_OVHCLOUD_DEFAULT_{name}": value for name, value in extra.items()}

    assert text in _refusal(environment).problem.message


def test_this_machine_is_called_without_encryption() -> None:
    """Loopback and http: a simulator, or the near end of a tunnel."""
    extra = {"UNRACK_OVHCLOUD_DEFAULT_ENDPOINT": "http://127.0.0.1:9/1.0/"}
    found = Credentials(KEYS | extra).read("ovhcloud", "default", OvhCredential)

    assert found.endpoint == "http://127.0.0.1:9/1.0"


def test_no_credential_says_how_fast_a_clock_runs() -> None:
    """Only an address that proves to be a simulator's says so: a clock that runs fast would purge early."""
    environment = KEYS | {"UNRACK_OVHCLOUD_DEFAULT_ENDPOINT": "http://127.0.0.1:9/1.0"}
    environment["UNRACK_OVHCLOUD_DEFAULT_CLOCK_SCALE"] = "60"
    found = Credentials(environment).read("ovhcloud", "default", OvhCredential)

    assert "60" not in str(found.model_dump())


def test_an_oauth2_client_is_enough() -> None:
    """The other way to log in that the official client knows."""
    prefix = "UNRACK_OVHCLOUD_DEFAULT_CLIENT_"

    assert (
        Credentials({f"{prefix}ID": "x", f"{prefix}SECRET": "y"}).read("ovhcloud", "default", OvhCredential).client_id
        is not None
    )
    assert "missing: client_secret" in _refusal({f"{prefix}ID": "x"}).problem.message


@pytest.mark.parametrize(
    ("text", "mode", "category"),
    [
        ("[ovhcloud.default]\n", 0o644, Category.DENIED),
        ("[ovhcloud.default\n", 0o600, Category.INVALID),
        ("[ovhcloud]\ndefault = 3\n", 0o600, Category.INVALID),
        ("[ovhcloud.default]\nunknown = 'app-secret-1'\n", 0o600, Category.DENIED),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, mode: int, category: Category) -> None:
    """Readable by everybody, not TOML, not a table, unknown field: each is told without a secret."""
    assert _refusal(_file(tmp_path, text, mode)).problem.category is category


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The variable that names it is named."""
    refused = _refusal({"UNRACK_CREDENTIALS": str(tmp_path / "nowhere.toml")})

    assert "the credentials file of UNRACK_CREDENTIALS" in refused.problem.message


PLANTED = "k3y-PLANTED-value"


FIELDS = [(provider, field) for provider, model in credential_models().items() for field in model.model_fields]


@pytest.mark.parametrize(("provider", "field"), FIELDS)
@pytest.mark.parametrize("where", ["environment", "file named by _FILE", "path of _FILE", "TOML", "TOML that is none"])
def test_no_error_repeats_what_was_given(tmp_path: Path, provider: str, field: str, where: str) -> None:
    """Whatever stands in the wrong place: a key given as the endpoint, a secret given as the path of its file."""
    variable, file = f"UNRACK_{provider}_DEFAULT_{field}".upper(), tmp_path / "given"
    table = f'[{provider}.default]\n{field} = "{PLANTED}"'
    file.write_text(table if where == "TOML" else PLANTED, encoding="utf-8")
    file.chmod(0o600)
    environment = {
        "environment": {variable: PLANTED},
        "file named by _FILE": {f"{variable}_FILE": str(file)},
        "path of _FILE": {f"{variable}_FILE": PLANTED},
    }.get(where, {"UNRACK_CREDENTIALS": str(file)})

    assert PLANTED not in _said(environment, provider)


def _said(environment: dict[str, str], provider: str) -> str:
    """What is told of a credential; nothing where it is complete all the same."""
    try:
        Credentials(environment).read(provider, "default", credential_models()[provider])
    except UnrackError as refused:
        return f"{refused} {refused.problem.model_dump_json()}"
    return ""


@pytest.mark.parametrize("provider", sorted(vendor.name for vendor in SIMULATED))
@pytest.mark.parametrize(
    "url", ["https://user:k3y-PLANTED-value@api.example.net", "https://k3y-PLANTED-value@example.net/"]
)
def test_an_endpoint_carries_no_password(provider: str, url: str) -> None:
    """It is shown in errors and logs; a password in it would be, too."""
    environment = {f"UNRACK_{provider}_DEFAULT_ENDPOINT".upper(): url}

    with pytest.raises(UnrackError, match="endpoint: it carries a user name or password") as refused:
        Credentials(environment).read(provider, "default", credential_models()[provider])
    assert PLANTED not in refused.value.problem.model_dump_json()


@pytest.mark.parametrize("how", ["TOML", "_FILE"])
def test_the_byte_order_mark_of_windows_is_no_part_of_it(tmp_path: Path, how: str) -> None:
    """PowerShell and Notepad write one at the beginning of a file."""
    file = tmp_path / "given"
    fields = {name.removeprefix("UNRACK_OVHCLOUD_DEFAULT_").lower(): value for name, value in KEYS.items()}
    lines = [f'{field} = "{value}"\r\n' for field, value in fields.items()]
    given = "".join(["[ovhcloud.default]\r\n", *lines]) if how == "TOML" else "app-secret-2\r\n"
    file.write_bytes(b"\xef\xbb\xbf" + given.encode())
    file.chmod(0o600)
    others = {name: value for name, value in KEYS.items() if "SECRET" not in name}
    by_file = others | {"UNRACK_OVHCLOUD_DEFAULT_APPLICATION_SECRET_FILE": str(file)}
    environment = {"UNRACK_CREDENTIALS": str(file)} if how == "TOML" else by_file

    found = Credentials(environment).read("ovhcloud", "default", OvhCredential).application_secret

    assert found is not None
    assert not found.get_secret_value().startswith("\ufeff")


def test_a_credential_does_not_show_itself() -> None:
    """Neither in its repr nor as JSON."""
    found = Credentials(KEYS).read("ovhcloud", "default", OvhCredential)

    assert not any(value in repr(found) + found.model_dump_json() for value in KEYS.values())


async def test_a_provider_is_opened_once_for_each_account() -> None:
    """The registry keeps one connection for each account and refuses what nothing implements."""
    providers = Providers(Credentials(KEYS))
    first, second = providers.get("ovhcloud", "default"), providers.get("ovhcloud", "default")
    with pytest.raises(UnrackError) as refused:
        providers.get("nothing", "default")
    await providers.close()

    assert first is second
    assert refused.value.problem.category is Category.INVALID
