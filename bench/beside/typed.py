"""Runs commands of a build one after the other in one process, so that starting Python is not measured with each.

Started by path in the build's own environment: ``python typed.py module:function``. Reads one JSON list of words a
line, answers one JSON object a line: exit code, output, complaint, and the CPU seconds of this process so far.
"""

import importlib
import io
import json
import os
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from typing import Any


def _command(entry: str) -> Any:  # noqa: ANN401 - typer's own type
    from typer.main import get_command  # noqa: PLC0415 - the build's, found at run time

    command: Any = get_command(importlib.import_module(entry.partition(":")[0]).app)
    for name in list(command.commands):
        command.commands[name]  # where a command's module is imported when it is typed: now, as the other build does
    return command


def _typed(command: Any, words: list[str]) -> tuple[int, str, str]:  # noqa: ANN401
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as complaint:
        try:
            command.main(args=words, prog_name="unrack")
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return code, output.getvalue(), complaint.getvalue()


def main() -> None:
    """Answers until its input ends."""
    answers, command = sys.stdout, _command(sys.argv[1])
    for line in sys.stdin:
        before = time.process_time()
        code, output, complaint = _typed(command, json.loads(line))
        cpu = time.process_time() - before
        answers.write(json.dumps({"code": code, "output": output, "complaint": complaint, "cpu": cpu}) + "\n")
        answers.flush()
    os._exit(0)  # the SDK's threads may bring an ordinary end down


if __name__ == "__main__":
    main()
