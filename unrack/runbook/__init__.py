"""Runbook sources: read, checked, compiled into a frozen plan."""

from unrack.runbook.compile import check_request, compile_plan
from unrack.runbook.diagnostics import Diagnostic, InputError
from unrack.runbook.load import (
    LoadedRequest,
    LoadedRunbook,
    check_runbooks,
    find_runbook,
    load_request,
    load_runbook,
)

__all__ = [
    "Diagnostic",
    "InputError",
    "LoadedRequest",
    "LoadedRunbook",
    "check_request",
    "check_runbooks",
    "compile_plan",
    "find_runbook",
    "load_request",
    "load_runbook",
]
