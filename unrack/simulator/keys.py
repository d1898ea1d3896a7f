"""The credentials file that opens a simulator, in the format of the workers' own."""

import json
from collections.abc import Mapping
from pathlib import Path

from unrack.simulator.challenge import write_private
from unrack.simulator.seeds import APPLICATION_KEY, APPLICATION_SECRET, CONSUMER_KEY
from unrack.simulator.vendors import VENDORS


def write(path: Path, url: str) -> None:
    """Write the account ``default`` of the simulator at `url` to `path`, readable by its owner only.

    Args:
        path: The file; replaced when it exists.
        url: The simulator's address without a path.
    """
    text = (
        "# Opens a simulator on this machine and nothing else.\n"
        "[ovhcloud.default]\n"
        f'endpoint = "{url}/1.0"\n'
        f'application_key = "{APPLICATION_KEY}"\n'
        f'application_secret = "{APPLICATION_SECRET}"\n'
        f'consumer_key = "{CONSUMER_KEY}"\n'
        "[stated.default]\n"
        f'endpoint = "{url}"\n'
    )
    text += "".join(_table(vendor.name, vendor.credentials(url)) for vendor in VENDORS)
    write_private(path, text)


def _table(provider: str, fields: Mapping[str, str]) -> str:
    """A TOML table; JSON writes text as TOML does."""
    return "".join([f"[{provider}.default]\n", *(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())])
