"""The context of every command: settings, connection, evidence store, and the plans that were shown.

Each thing is imported and opened when it is first needed: ``--help`` needs none of them, ``list`` only the connection.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from temporalio.client import Client

    from unrack.evidence.store import EvidenceStore
    from unrack.operations.shown_plans import ShownPlans
    from unrack.process.settings import Settings
    from unrack.temporal.connection import Connection


@dataclass(frozen=True, slots=True)
class Into:
    """A file for a signed decision."""

    file: Path
    life: timedelta
    """How long it can be sent."""


@dataclass(frozen=True)
class CliContext:
    """The options before the command's name, and what follows from them."""

    home: Path | None = None
    profile: str | None = None
    into: "Into | None" = None
    """Where decisions are written, signed, in place of being sent."""

    @cached_property
    def settings(self) -> "Settings":
        """The settings in force: the environment, then the options before the command's name."""
        from unrack.process.settings import load_settings  # noqa: PLC0415 - see the module

        settings = load_settings(self.home)
        return settings.model_copy(update={"temporal_profile": self.profile}) if self.profile else settings

    async def server(self) -> "Connection":
        """Reach Temporal for lists, which need no more."""
        from unrack.temporal.connection import reach  # noqa: PLC0415 - see the module

        return await reach(self.settings)

    async def client(self) -> "Client":
        """Connect to Temporal."""
        from unrack.temporal.client import connect  # noqa: PLC0415 - see the module

        return await connect(self.settings)

    @property
    def evidence(self) -> "EvidenceStore":
        """The evidence store of the settings."""
        from unrack.evidence.store import EvidenceStore  # noqa: PLC0415 - see the module

        return EvidenceStore(self.settings.evidence)

    @property
    def plans(self) -> "ShownPlans":
        """The plans shown last on this machine."""
        from unrack.operations.shown_plans import ShownPlans  # noqa: PLC0415 - see the module

        return ShownPlans(self.settings.home / "plans")


def cli_context(ctx: typer.Context) -> CliContext:
    """The context that the root command made; while a shell completes a line, that of the line so far."""
    root = ctx.find_root()
    if isinstance(root.obj, CliContext):
        return root.obj
    return CliContext(home=root.params.get("home"), profile=root.params.get("profile"))
