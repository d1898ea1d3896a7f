"""Account names to credentials, only where workers run.

A credential comes from the environment (``UNRACK_<PROVIDER>_<ACCOUNT>_<FIELD>``, or the path of a file in
``…_<FIELD>_FILE``) or from the TOML file that ``UNRACK_CREDENTIALS`` names, table ``[<provider>.<account>]``.
The environment wins field by field. Values never appear in errors, logs or reprs; names do.

Each provider's room has a model of its credential (``unrack/providers/<room>/credential.py``) with `SecretStr` for
whatever is secret.
"""

import ipaddress
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from unrack.contracts.simulator import KEY_VARIABLE
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg

CREDENTIALS_FILE = "UNRACK_CREDENTIALS"
"""Environment variable with the path of the TOML file."""


class Credential(BaseModel):
    """The base of every credential. It is immutable, and no error repeats its values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @property
    def address(self) -> str | None:
        """Short name of the provider's address, for the ids of runs; None: its only or its default one."""
        return None

    @property
    def url(self) -> str:
        """Where the API is called; empty where nothing is called by HTTP."""
        return ""

    @property
    def only_simulated(self) -> bool:
        """Whether nothing but a simulator may be at `url`."""
        return False


Model = TypeVar("Model", bound=Credential)


def encrypted(endpoint: str) -> str:
    """`endpoint`, without a slash at its end, if it is a URL over which a secret may go.

    Raises:
        ValueError: it is not https (http is for this machine only), or carries a user or password of its own.
    """
    parts = urlsplit(endpoint)
    if (parts.scheme != "https" or not parts.hostname) and not is_loopback(endpoint):
        raise ValueError(msg("it is not a https URL (http only on this machine)"))
    if parts.username is not None:
        raise ValueError(msg("it carries a user name or password: credentials have fields of their own"))
    return endpoint.rstrip("/")


class Credentials:
    """Finds credentials by provider and account name."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Look in `environment`, and in the file that its ``UNRACK_CREDENTIALS`` names."""
        self._environment = environment

    @property
    def simulator_key(self) -> Path | None:
        """The file with the key of the simulator that this worker may call; None where it was given none."""
        named = self._environment.get(KEY_VARIABLE)
        return Path(named) if named else None

    def read(self, provider: str, account: str, model: type[Model]) -> Model:
        """The credential of `provider` named `account`, as a `model`.

        A provider that needs no credential has a model without required fields: nothing need be known of it then.

        Raises:
            UnrackError: it is missing, incomplete or contradictory; the message names what and where it was looked for.
        """
        found = {**self._from_file(provider, account), **self._from_environment(provider, account, model)}
        try:
            return model.model_validate(found)
        except ValidationError as error:
            what = _first_fault(error) if found else msg("nothing is known of it")
            raise UnrackError(self._problem(provider, account, model, what)) from None

    def knows(self, provider: str, account: str, model: type[Credential]) -> bool:
        """Whether anything of the credential stands somewhere; a file that cannot be read counts as something."""
        try:
            return bool({**self._from_file(provider, account), **self._from_environment(provider, account, model)})
        except UnrackError:
            return True

    def accounts(self, models: Mapping[str, type[Credential]]) -> tuple[str, ...]:
        """The accounts that are named somewhere, as ``ovhcloud/default``; whether they are usable is not judged.

        Args:
            models: The credential of each provider.
        """
        named = ((provider, name) for provider, model in models.items() for name in self._named(provider, model))
        return tuple(f"{provider}/{name}" for provider, name in sorted(named))

    def _named(self, provider: str, model: type[Credential]) -> set[str]:
        in_file = self._file().get(provider, {})
        named = set(cast("dict[str, Any]", in_file)) if isinstance(in_file, dict) else set[str]()
        fields = "|".join(field.upper() for field in model.model_fields)
        pattern = re.compile(rf"UNRACK_{provider.upper()}_(.+?)_({fields})(_FILE)?")
        return named | {match[1].lower() for match in map(pattern.fullmatch, self._environment) if match}

    def _from_environment(self, provider: str, account: str, model: type[Credential]) -> dict[str, str]:
        found: dict[str, str] = {}
        for field in model.model_fields:
            name = _variable(provider, account) + field.upper()
            if named := self._environment.get(f"{name}_FILE"):
                found[field] = _secret_file(named, f"{name}_FILE")
            if name in self._environment:
                found[field] = self._environment[name]
        return found

    def _from_file(self, provider: str, account: str) -> dict[str, Any]:
        accounts = self._file().get(provider, {})
        found: object = cast("dict[str, Any]", accounts).get(account, {}) if isinstance(accounts, dict) else None
        if not isinstance(found, dict):
            named = self._environment.get(CREDENTIALS_FILE)
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=msg(
                        "in '{named}', [{provider}.{account}] is not a table",
                        named=named,
                        provider=provider,
                        account=account,
                    ),
                )
            )
        return cast("dict[str, Any]", found)

    def _file(self) -> dict[str, Any]:
        named = self._environment.get(CREDENTIALS_FILE)
        if not named:
            return {}
        try:
            return tomllib.loads(
                read_private(
                    Path(named),
                    msg(
                        "'{named}', the credentials file of {credentials_file},",
                        named=named,
                        credentials_file=CREDENTIALS_FILE,
                    ),
                )
            )
        except tomllib.TOMLDecodeError as error:
            raise UnrackError(
                Problem(
                    category=Category.INVALID,
                    message=msg("the credentials file '{named}' is not TOML: {error}", named=named, error=error),
                    suggestion=msg(
                        'write it as [<provider>.<account>] with one line for each field, as endpoint = "…"'
                    ),
                )
            ) from None

    def _problem(self, provider: str, account: str, model: type[Credential], what: str) -> Problem:
        named = self._environment.get(CREDENTIALS_FILE)
        place = (
            f"[{provider}.{account}] of '{named}'"
            if named
            else msg("no file: {credentials_file} is not set", credentials_file=CREDENTIALS_FILE)
        )
        first, *others = [field.upper() for field in model.model_fields]
        variables = ", ".join([_variable(provider, account) + first, *(f"…_{field}" for field in others)])
        return Problem(
            category=Category.DENIED,
            message=msg(
                "the {provider} account '{account}' cannot be used: {what}",
                provider=provider,
                account=account,
                what=what,
            ),
            suggestion=msg(
                "looked for {variables} in the worker's environment, and in {place}", variables=variables, place=place
            ),
        )


def _variable(provider: str, account: str) -> str:
    """Return the prefix of an account's environment variables. They have no hyphens; account names may."""
    return f"UNRACK_{provider}_{re.sub('[-.]', '_', account)}_".upper()


def needs_nothing(model: type[Credential]) -> bool:
    """Whether a credential is complete without anything being given."""
    try:
        model.model_validate({})
    except ValidationError:
        return False
    return True


def is_loopback(endpoint: str) -> bool:
    """Whether `endpoint` is a URL of this machine."""
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def filled(value: SecretStr | None) -> bool:
    """Whether a secret is there and not blank."""
    return value is not None and bool(value.get_secret_value().strip())


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, fault["loc"]))
    said = fault["msg"].removeprefix("Value error, ")
    return msg("{where}: {said}", where=where, said=said) if where else said


def _secret_file(path: str, named_by: str) -> str:
    """Read the file that a variable names. No error repeats the path: it may be the secret itself, put there."""
    return read_private(Path(path), msg("the file that {named_by} names", named_by=named_by)).strip()


def read_private(path: Path, called: str) -> str:
    """The text of a file that holds secrets; refused when every user of the machine may read it.

    Args:
        path: The file.
        called: Its name in errors.

    Raises:
        UnrackError: it cannot be read, or every user of the machine may read or write it (``DENIED``).
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8-sig")  # editors of Windows write a byte order mark
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or a path with a null character
        reason = (error.strerror or "") if isinstance(error, OSError) else msg("it is not UTF-8 text")
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=msg("{called} cannot be read: {reason}", called=called, reason=reason),
                suggestion=msg("correct the path or its permissions; save it as UTF-8"),
            )
        ) from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise UnrackError(
            Problem(
                category=Category.DENIED,
                message=msg(
                    "{called} holds secrets and every user of this machine may read or write it", called=called
                ),
                suggestion=msg("close it with chmod 600"),
            )
        )
    return text
