"""The proofs at the end of a demo: every decision exported, each signature shown to OpenSSH, which knows no Unrack."""

import asyncio
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unrack.cli.demo_installation import Stage
from unrack.cli.screen import escape, escape_lines
from unrack.model.message import msg
from unrack.model.statement import NAMESPACE

_OPENSSH = "ssh-keygen"
_LIMIT = 20
"""Seconds; OpenSSH verifies a signature in a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """What was exported, and what OpenSSH said of it."""

    folder: Path
    signatures: int
    accepted: int | None
    """How many of them; None: it is not installed."""

    @property
    def good(self) -> bool:
        """Whether there are signatures, and none that was refused."""
        return self.signatures > 0 and self.accepted in {None, self.signatures}

    def document(self) -> dict[str, object]:
        """For tools."""
        return {"folder": str(self.folder), "signatures": self.signatures, "accepted": self.accepted}


async def show_proofs(stage: Stage, run: str) -> Proofs:
    """Export every decision of `run`, have OpenSSH verify each signature, and say what it says."""
    folder = stage.home / "proofs"
    await stage.type("decisions", run, "--export", str(folder))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    signed = [row for row in manifest["decisions"] if "signature" in row]
    program = shutil.which(_OPENSSH)
    if program is None:
        _say_skipped(stage, folder, signed)
        return Proofs(folder, len(signed), None)
    said = [await asyncio.to_thread(_verified, program, folder, row) for row in signed]
    accepted = sum(good for good, _ in said)
    for row, (good, words) in zip(signed, said, strict=True):
        if row is signed[0] or not good:
            _show(stage, folder, row, words)
    _say_all(stage, accepted, len(signed))
    return Proofs(folder, len(signed), accepted)


def _verified(program: str, folder: Path, row: dict[str, Any]) -> tuple[bool, str]:
    """Whether OpenSSH accepts a decision as of the time when it arrived, and in which words."""
    command = (
        *(program, "-Y", "verify", "-f", "allowed_signers", "-I", row["principal"], "-n", NAMESPACE),
        *("-s", row["signature"], "-O", f"verify-time={row['verify_time']}"),
    )
    with (folder / row["statement"]).open("rb") as statement:
        done = subprocess.run(  # noqa: S603  # names of files that were just written here
            command, cwd=folder, stdin=statement, capture_output=True, check=False, timeout=_LIMIT, text=True
        )
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def _show(stage: Stage, folder: Path, row: dict[str, Any], words: str) -> None:
    stage.out.print()
    stage.out.print(f"[bold green]$[/] [bold]{escape(f'cd {folder}')}[/]", soft_wrap=True)
    stage.out.print(f"[bold green]$[/] [bold]{escape(row['verify'])}[/]", soft_wrap=True)
    stage.out.print(f"  {escape_lines(words)}", soft_wrap=True)


def _say_all(stage: Stage, accepted: int, signed: int) -> None:
    if accepted == signed:
        stage.say(
            msg("OpenSSH, which knows nothing of Unrack, accepts every signature, {accepted} of them", accepted=signed)
        )
    else:
        stage.say(msg("OpenSSH refuses {refused} of {signed} signatures", refused=signed - accepted, signed=signed))


def _say_skipped(stage: Stage, folder: Path, signed: list[dict[str, Any]]) -> None:
    stage.say(
        msg(
            "{openssh} is not installed, so nobody but Unrack verified the signatures: this part is skipped. "
            "Where it is, type in {folder}:",
            openssh=_OPENSSH,
            folder=str(folder),
        )
    )
    for row in signed[:1]:
        stage.out.print(f"  {escape(row['verify'])}", soft_wrap=True)
