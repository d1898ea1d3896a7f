"""The credentials file that opens a simulator, in the format of the workers' own."""

import json
from collections.abc import Mapping
from pathlib import Path

from unrack.simulator.challenge import write_private
from unrack.simulator.vendors import VENDORS


def write(path: Path, url: str) -> None:
    """Write the account ``default`` of the simulator at `url` to `path`, readable by its owner only.

    Args:
        path: The file; replaced when it exists.
        url: The simulator's address without a path.
    """
    accounts: dict[str, Mapping[str, str]] = {vendor.name: vendor.credentials(url) for vendor in VENDORS}
    accounts["stated"] = {"endpoint": url}  # whose clock counts for services without an API
    tables = (_table(provider, fields) for provider, fields in accounts.items())
    write_private(path, "# Opens a simulator on this machine and nothing else.\n" + "".join(tables))


def _table(provider: str, fields: Mapping[str, str]) -> str:
    """A TOML table; JSON writes text as TOML does."""
    return "".join([f"[{provider}.default]\n", *(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())])
