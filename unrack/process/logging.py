"""Logs: one line per fact, JSON or pretty, with the same keys everywhere (``run``, ``step``, ``attempt``), no secrets.

Everything goes through here, also what libraries say with the standard `logging` (Temporal, HTTP clients).
"""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity

from unrack.model.visible import one_line, visible, visible_json
from unrack.process.redaction import Redactor
from unrack.process.settings import LogFormat

_QUIET = ("httpx2", "httpcore2", "urllib3", "asyncio")
"""Libraries whose INFO is our DEBUG."""

_SECRETIVE = ("apprise",)
"""Libraries that say below a warning whom they call, with the token in the address."""

_SEVERAL_LINES = ("exception", "stack")
"""Keys of an event whose value may have several lines."""


def configure(
    log_format: LogFormat = LogFormat.AUTO,
    level: str = "INFO",
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Set logging up for this process; calling it again replaces what was set before.

    Args:
        log_format: How a line is written.
        level: The least level that is written.
        secrets: Values that are hidden wherever they appear.
        stream: Where lines go; standard error when not given.
    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(_is_pretty(log_format, out), colors=out.isatty(), secrets=secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel("WARNING" if level == "INFO" else level)
    for name in _SECRETIVE:
        logging.getLogger(name).setLevel("ERROR" if level == "ERROR" else "WARNING")
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _formatter(pretty: bool, *, colors: bool, secrets: Iterable[str]) -> structlog.stdlib.ProcessorFormatter:
    plain = structlog.dev.plain_traceback  # never local variables: they hold what must not be logged
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)
        if pretty
        else structlog.processors.JSONRenderer(_as_json)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_SHARED],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Redactor(secrets),
            *([_harmless] if pretty else []),
            renderer,
        ],
    )


def _harmless(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Write out what a terminal would obey: what people and providers say stands in these lines."""
    return {
        key: (visible(value) if key in _SEVERAL_LINES else one_line(value)) if isinstance(value, str) else value
        for key, value in event.items()
    }


def _as_json(event: EventDict, **how: Any) -> str:  # noqa: ANN401 - what structlog hands to `json.dumps`
    return visible_json(json.dumps(event, ensure_ascii=False, **how))


def _is_pretty(log_format: LogFormat, stream: TextIO) -> bool:
    return stream.isatty() if log_format is LogFormat.AUTO else log_format is LogFormat.PRETTY


def _name_the_step(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say which run, step and attempt a line belongs to, in an activity as in a workflow."""
    details = _details(event.pop("temporal_activity", None)) | _details(event.pop("temporal_workflow", None))
    for noise in ("temporal_update", "temporal_log"):
        event.pop(noise, None)
    found = {
        "run": details.get("workflow_id"),
        "step": details.get("activity_id"),
        "attempt": details.get("attempt") if "activity_id" in details else None,
    }
    if activity.in_activity():
        info = activity.info()
        found |= {"run": info.workflow_id, "step": info.activity_id, "attempt": info.attempt}
    for key, value in found.items():
        if value is not None:
            event.setdefault(key, value)
    return event


def _details(extra: object) -> dict[str, object]:
    return dict(cast("Mapping[str, object]", extra)) if isinstance(extra, Mapping) else {}


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    _name_the_step,
    structlog.processors.StackInfoRenderer(),
]
"""The processors of every line, ours and the libraries'."""
