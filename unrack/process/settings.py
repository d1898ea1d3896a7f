"""Settings, from ``UNRACK_*`` environment variables. No secret is a setting: a credential is a file, named here.

Which Temporal server is spoken to is decided in `unrack.temporal.connection`, by Temporal's own profiles.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from unrack.contracts.workflows import TASK_QUEUE
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import joined, msg
from unrack.process.shipped import shipped

PREFIX = "UNRACK_"

SHIPPED_RUNBOOKS = shipped("runbooks")
"""The runbooks that come with Unrack, in the source tree as in an installed wheel."""


class LogFormat(StrEnum):
    """How a log line is written."""

    AUTO = "auto"
    """Pretty on a terminal, JSON elsewhere."""
    JSON = "json"
    PRETTY = "pretty"


class Settings(BaseSettings):
    """Everything that differs from one installation to the next."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=lambda: user_data_path("unrack"))
    """The data folder of the installation on this machine."""
    runbooks: Annotated[tuple[Path, ...], NoDecode] = (SHIPPED_RUNBOOKS,)
    """Folders searched for runbooks, first to last; separated as in ``PATH``."""
    freezes: Annotated[tuple[Path, ...], NoDecode] = ()
    """iCalendar files with times in which nothing may be purged, for every plan; separated as in ``PATH``."""
    evidence_url: str = ""
    """Where evidence is kept; the folder ``evidence`` in `home` when empty."""
    credentials: Path | None = None
    """TOML file with the providers' credentials; only workers read it."""
    policy: Path | None = None
    """``policy.yaml``: who may decide what. Workers judge by it; a command shows it."""
    allow_stated: bool = False
    """Whether a worker without a policy runs more than rehearsals, by names that people only state."""
    temporal_profile: str | None = None
    """Profile of Temporal's own configuration file."""
    namespace: str | None = None
    """Temporal namespace; the profile's when not given."""
    task_queue: Annotated[str, Field(min_length=1, max_length=200)] = TASK_QUEUE
    deployment: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")] = "unrack"
    """Name of the worker deployment; only meaningful with a build id."""
    build_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")] | None = None
    """Build of this worker. When set, its runs stay on it (pinned); when not, the worker is unversioned."""
    log_format: LogFormat = LogFormat.AUTO
    log_level: Annotated[str, Field(pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"
    notify_urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Where people are told (Apprise URLs, separated by spaces), each in the language that stands before it, as
    ``fr:mailto://…``, or in `lang`. They hold tokens, so they are secrets."""
    tell_mail: SecretStr | None = None
    """By which server people are mailed what they must know themselves: an Apprise address without recipients, as
    ``mailtos://user:password@smtp.example.org``. The policy has each person's addresses. It holds a password."""
    lang: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """The language of notices; a person's own commands follow ``--lang`` and the locale when it is not set."""
    cached_runs: Annotated[int, Field(ge=1, le=100_000)] = 250
    """Runs that a worker keeps in memory, some 170 kB each. A run beyond them is replayed when it goes on, which costs
    five times the CPU: as many as are active at once are wanted here, not all that wait for weeks."""
    metrics_address: str | None = None
    """``host:port`` on which the worker serves Prometheus metrics; none when not given."""

    @field_validator("home", "credentials", "policy", mode="after")
    @classmethod
    def _full_path(cls, path: Path | None) -> Path | None:
        try:
            return path.expanduser().absolute() if path else path
        except RuntimeError as error:
            raise ValueError(msg("nobody is known whose home folder {path} could begin with", path=path)) from error

    @field_validator("runbooks", "freezes", mode="before")
    @classmethod
    def _split_folders(cls, value: object) -> object:
        return tuple(part for part in value.split(os.pathsep) if part) if isinstance(value, str) else value

    @field_validator("notify_urls", mode="before")
    @classmethod
    def _split_urls(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("tell_mail", mode="after")
    @classmethod
    def _names_no_recipient(cls, place: SecretStr | None) -> SecretStr | None:
        if place is not None:
            _refuse_other_recipients(place.get_secret_value())
        return place

    @property
    def evidence(self) -> str:
        """The URL of the evidence store."""
        return self.evidence_url or (self.home / "evidence").as_uri()


def _refuse_other_recipients(place: str) -> None:
    """Whoever stands in the address would get a copy of every mail to anybody."""
    scheme, _, rest = place.partition("://")
    server, _, options = rest.partition("?")
    if scheme not in ("mailto", "mailtos") or not server:
        raise ValueError(msg("it is an address as mailtos://user:password@smtp.example.org"))
    named = {name.lower() for name, _ in parse_qsl(options, keep_blank_values=True)} & {"to", "cc", "bcc"}
    if named or "/" in server.rstrip("/"):
        raise ValueError(msg("it names a recipient; the addresses of people stand in the policy (tell)"))


def load_settings(home: Path | None = None) -> Settings:
    """Read the settings from the environment.

    Args:
        home: The data folder, when the command line names one.

    Raises:
        UnrackError: a variable holds what it must not; each is named with the reason, never with its value.
    """
    try:
        return Settings() if home is None else Settings(home=home)
    except ValidationError as error:
        wrong = joined(
            "; ",
            (
                msg("{variable}: {detail}", variable=_variable(detail["loc"]), detail=detail["msg"])
                for detail in error.errors()
            ),
        )
        raise UnrackError(
            Problem(
                category=Category.INVALID,
                message=msg("the settings are wrong: {wrong}", wrong=wrong),
                suggestion=msg("correct or unset these environment variables"),
            )
        ) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return PREFIX + str(location[0]).upper() if location else "environment"
