"""The credentials file that opens a simulator, in the format of the workers' own."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from unrack.simulator.seeds import APPLICATION_KEY, APPLICATION_SECRET, CONSUMER_KEY
from unrack.simulator.vendors import VENDORS


def write(path: Path, url: str, scale: float) -> None:
    """Write the account ``default`` of the simulator at `url` to `path`, readable by its owner only.

    Args:
        path: The file; replaced when it exists.
        url: The simulator's address without a path.
        scale: How fast its clock runs.
    """
    text = (
        "# Opens a simulator on this machine and nothing else.\n"
        "[ovhcloud.default]\n"
        f'endpoint = "{url}/1.0"\n'
        f'application_key = "{APPLICATION_KEY}"\n'
        f'application_secret = "{APPLICATION_SECRET}"\n'
        f'consumer_key = "{CONSUMER_KEY}"\n'
        f"clock_scale = {scale}\n"
        "[stated.default]\n"
        f'endpoint = "{url}"\n'
        f"clock_scale = {scale}\n"
    )
    text += "".join(_table(vendor.name, vendor.credentials(url, scale)) for vendor in VENDORS)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _table(provider: str, fields: Mapping[str, str | float]) -> str:
    """A TOML table; JSON writes text and numbers as TOML does."""
    return "".join([f"[{provider}.default]\n", *(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())])
