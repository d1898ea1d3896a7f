"""What every command works with: settings, connection, evidence store, remembered plans, and who acts."""

import getpass
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import typer
from pydantic import ValidationError
from temporalio.client import Client

from unrack.cli.problems import complaint_of, invalid
from unrack.evidence.store import EvidenceStore
from unrack.model.decision import Actor
from unrack.model.errors import UnrackError
from unrack.operations.planning import ShownPlans
from unrack.process.settings import Settings, load_settings
from unrack.temporal.client import connect, connection


@dataclass(frozen=True)
class CliContext:
    """Opens things when they are first needed, so that ``--help`` needs none of them."""

    home: Path | None = None
    profile: str | None = None

    @cached_property
    def settings(self) -> Settings:
        """The settings in force: the environment, then the options before the command's name."""
        settings = load_settings(self.home)
        return settings.model_copy(update={"temporal_profile": self.profile}) if self.profile else settings

    async def client(self) -> Client:
        """Connect to Temporal."""
        return await connect(self.settings)

    @property
    def server(self) -> tuple[str | None, str | None]:
        """Address and namespace of the Temporal server that the settings name; None where they cannot be read."""
        try:
            config = connection(self.settings)
        except UnrackError:
            return None, None
        return config.get("target_host"), config.get("namespace")

    @property
    def evidence(self) -> EvidenceStore:
        """The evidence store of the settings."""
        return EvidenceStore(self.settings.evidence)

    @property
    def plans(self) -> ShownPlans:
        """The plans shown last on this machine."""
        return ShownPlans(self.settings.home / "plans")


def cli_context(ctx: typer.Context) -> CliContext:
    """The desk that the root command set up."""
    return cast("CliContext", ctx.find_root().obj)


def actor(name: str | None) -> Actor:
    """Who acts: the stated name, else the operating system's user. Nobody verifies it.

    Raises:
        UnrackError: no name was stated and the system knows none, or the name is none (``INVALID``).
    """
    try:
        return Actor(name=getpass.getuser() if name is None else name)
    except (OSError, KeyError, ImportError) as error:
        raise invalid("the system does not know who you are", "state it: --as NAME") from error
    except ValidationError as error:
        raise invalid(f"nobody can act under this name: {_why_not(error)}", "state another: --as NAME") from error


def _why_not(error: ValidationError) -> str:
    return complaint_of(error).removeprefix("name: ")
