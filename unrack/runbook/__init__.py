"""Runbook sources: read, checked, compiled into a frozen plan. Each name is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unrack.documents.diagnostics import Diagnostic, InputError
    from unrack.runbook.compile import check_request, compile_plan
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

_COMPILE = ("check_request", "compile_plan")
_DIAGNOSTICS = ("Diagnostic", "InputError")


def __getattr__(name: str) -> object:
    """Import `name` on first use. A caller that needs one module of this package does not load the others."""
    if name not in __all__:
        raise AttributeError(name)
    module = "documents.diagnostics" if name in _DIAGNOSTICS else f"runbook.{'compile' if name in _COMPILE else 'load'}"
    return getattr(import_module(f"unrack.{module}"), name)
