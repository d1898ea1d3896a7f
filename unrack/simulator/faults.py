"""Faults: what goes wrong, on which call, how often. A fault is stored, so it survives a restart."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from unrack.model.base import Frozen


class FaultKind(StrEnum):
    """The kinds of faults."""

    ERROR_BEFORE = "error-before"
    """The call is refused with `status`; nothing happens."""
    ERROR_AFTER = "error-after"
    """The call takes effect, the answer is an error with `status`."""
    CUT_BEFORE = "cut-before"
    """The connection is cut; nothing happens."""
    CUT_AFTER = "cut-after"
    """The call takes effect, the connection is cut before the answer."""
    DELAY_BEFORE = "delay-before"
    """`seconds` (real ones) pass before the call is handled."""
    DELAY_AFTER = "delay-after"
    """The call takes effect, the answer comes `seconds` (real ones) later."""
    LYING_OK = "lying-ok"
    """The answer is 200 with an error's body; nothing happens."""
    MAIL_NEVER = "mail-never"
    MAIL_LATE = "mail-late"
    """The mail comes `seconds` of provider time later than usual."""
    MAIL_TWICE = "mail-twice"
    TASK_ERROR = "task-error"
    TASK_DENIED = "task-denied"
    TASK_PAUSE = "task-pause"
    TASK_STUCK = "task-stuck"
    """The task never finishes."""


class Fault(Frozen):
    """One thing that goes wrong on calls that match."""

    id: int = 0
    """Given by the simulator."""
    kind: FaultKind
    method: Literal["*", "GET", "POST", "PUT", "DELETE"] = "*"
    path: str = "*"
    """Without ``/1.0``; of another vendor with its prefix: ``/whmcs/AddCancelRequest``. ``*`` stands for anything."""
    skip: Annotated[int, Field(ge=0)] = 0
    """How many matching calls go well first: 1 hits the second one."""
    times: Annotated[int | None, Field(ge=1)] = 1
    """How many matching calls it hits; None for all."""
    status: Annotated[int, Field(ge=400, le=599)] = 503
    error_code: str | None = None
    message: str = "Injected fault"
    retry_after: int | None = None
    """Seconds of the answer's ``Retry-After``."""
    seconds: Annotated[float, Field(ge=0)] = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether the call is one that this fault looks at."""
        pattern = re.escape(self.path).replace(r"\*", ".*")
        return self.method in ("*", method) and re.fullmatch(pattern, path) is not None


class InjectedFaults(Frozen):
    """The faults that hit one call."""

    hits: tuple[Fault, ...] = ()

    def of(self, *kinds: FaultKind) -> Fault | None:
        """The first hit of one of `kinds`."""
        return next((hit for hit in self.hits if hit.kind in kinds), None)
