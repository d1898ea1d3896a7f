"""Account names to credentials, only where workers run.

A credential comes from the environment (``UNRACK_OVHCLOUD_<ACCOUNT>_APPLICATION_KEY``, or the path of a file in
``…_APPLICATION_KEY_FILE``) or from the TOML file that ``UNRACK_CREDENTIALS`` names, table ``[ovhcloud.<account>]``.
The environment wins field by field. Values never appear in errors, logs or reprs; names do.
"""

import ipaddress
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self, cast
from urllib.parse import urlsplit

from ovh.client import ENDPOINTS  # pyright: ignore[reportMissingTypeStubs]
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from unrack.model.errors import Category, Problem, UnrackError

CREDENTIALS_FILE = "UNRACK_CREDENTIALS"
"""Environment variable with the path of the TOML file."""

_SECRET_FIELDS = ("application_key", "application_secret", "consumer_key", "client_id", "client_secret")
_FIELDS = ("endpoint", *_SECRET_FIELDS, "clock_scale")


class OvhCredential(BaseModel):
    """What is needed to call OVHcloud for one account: an application with a consumer key, or an OAuth2 client."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: str = "ovh-eu"
    """An endpoint of the `ovh` client (``ovh-eu``, ``ovh-ca``, ``ovh-us``…) or the URL of one."""
    application_key: SecretStr | None = None
    application_secret: SecretStr | None = None
    consumer_key: SecretStr | None = None
    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None
    clock_scale: Annotated[float, Field(gt=0)] = 1.0
    """How fast the endpoint's clock runs; anything but 1 is a simulator's."""

    @field_validator("endpoint")
    @classmethod
    def _endpoint_is_known_or_a_url(cls, value: str) -> str:
        value = value.rstrip("/")
        if value in ENDPOINTS or urlsplit(value).scheme == "https" or is_loopback(value):
            return value
        known = ", ".join(name for name in ENDPOINTS if name.startswith("ovh-"))
        raise ValueError(f"'{value}' is neither one of {known} nor a https URL (http only on this machine)")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = self._missing()
        if missing:
            raise ValueError(f"missing: {', '.join(missing)}")
        if self.clock_scale != 1.0 and not is_loopback(self.endpoint):
            raise ValueError("clock_scale other than 1 is for a simulator on this machine, not for a real provider")
        return self

    def _missing(self) -> list[str]:
        oauth2 = self.client_id or self.client_secret
        if oauth2 and (self.application_key or self.application_secret or self.consumer_key):
            raise ValueError(
                "give either application_key, application_secret and consumer_key, or client_id and client_secret"
            )
        wanted = _SECRET_FIELDS[3:] if oauth2 else _SECRET_FIELDS[:3]
        return [name for name in wanted if not _filled(getattr(self, name))]

    def secrets(self) -> dict[str, SecretStr | None]:
        """The secret fields by name."""
        return {name: getattr(self, name) for name in _SECRET_FIELDS}


class Credentials:
    """Finds credentials by account name."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Look in `environment`, and in the file that its ``UNRACK_CREDENTIALS`` names."""
        self._environment = environment

    def ovhcloud(self, account: str) -> OvhCredential:
        """The OVHcloud credential named `account`.

        Raises:
            UnrackError: it is missing, incomplete or contradictory; the message names what and where it was looked for.
        """
        prefix = f"UNRACK_OVHCLOUD_{account.upper().replace('-', '_').replace('.', '_')}_"
        found = {**self._from_file("ovhcloud", account), **self._from_environment(prefix)}
        if not found:
            raise UnrackError(self._problem(account, prefix, "nothing is known of it"))
        try:
            return OvhCredential.model_validate(found)
        except ValidationError as error:
            raise UnrackError(self._problem(account, prefix, _first_fault(error))) from None

    def accounts(self) -> tuple[str, ...]:
        """The accounts that are named somewhere, as ``ovhcloud/default``; whether they are usable is not judged."""
        in_file = self._file().get("ovhcloud", {})
        named = set(cast("dict[str, Any]", in_file)) if isinstance(in_file, dict) else set[str]()
        for variable in self._environment:
            for field in _FIELDS:
                match = re.fullmatch(rf"UNRACK_OVHCLOUD_(.+)_{field.upper()}(_FILE)?", variable)
                if match:
                    named.add(match[1].lower())
        return tuple(f"ovhcloud/{name}" for name in sorted(named))

    def _from_environment(self, prefix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for field in _FIELDS:
            name = prefix + field.upper()
            if named := self._environment.get(f"{name}_FILE"):
                found[field] = _secret_file(Path(named), f"{name}_FILE")
            if name in self._environment:
                found[field] = self._environment[name]
        return found

    def _from_file(self, provider: str, account: str) -> dict[str, Any]:
        accounts = self._file().get(provider, {})
        found: object = cast("dict[str, Any]", accounts).get(account, {}) if isinstance(accounts, dict) else None
        if not isinstance(found, dict):
            named = self._environment.get(CREDENTIALS_FILE)
            raise UnrackError(
                Problem(category=Category.INVALID, message=f"in '{named}', [{provider}.{account}] is not a table")
            )
        return cast("dict[str, Any]", found)

    def _file(self) -> dict[str, Any]:
        named = self._environment.get(CREDENTIALS_FILE)
        if not named:
            return {}
        try:
            return tomllib.loads(_read_private(Path(named), CREDENTIALS_FILE))
        except tomllib.TOMLDecodeError as error:
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=f"the credentials file '{named}' is not TOML: {error}",
                    suggestion="write it as [ovhcloud.<account>] with endpoint = …, application_key = … and so on",
                )
            ) from None

    def _problem(self, account: str, prefix: str, what: str) -> Problem:
        named = self._environment.get(CREDENTIALS_FILE)
        place = f"[ovhcloud.{account}] of '{named}'" if named else f"no file: {CREDENTIALS_FILE} is not set"
        return Problem(
            category=Category.DENIED,
            message=f"the OVHcloud account '{account}' cannot be used: {what}",
            suggestion=f"looked for {prefix}ENDPOINT, …_APPLICATION_KEY, …_APPLICATION_SECRET, …_CONSUMER_KEY "
            f"(or …_CLIENT_ID, …_CLIENT_SECRET) in the worker's environment, and in {place}",
        )


def is_loopback(endpoint: str) -> bool:
    """Whether `endpoint` is a URL of this machine."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _filled(value: SecretStr | None) -> bool:
    return value is not None and bool(value.get_secret_value().strip())


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, fault["loc"]))
    said = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def _secret_file(path: Path, named_by: str) -> str:
    return _read_private(path, named_by).strip()


def _read_private(path: Path, named_by: str) -> str:
    """The text of a file that holds secrets; refused when every user of the machine may read it."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "") if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=f"'{path}' cannot be read: {reason}",
                suggestion=f"{named_by} names it; correct the path or its permissions",
            )
        ) from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=f"'{path}' holds secrets and every user of this machine may read or write it",
                suggestion=f"chmod 600 '{path}'",
            )
        )
    return text
