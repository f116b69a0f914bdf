"""Logging: for people on a terminal, JSON lines otherwise; secrets and control characters never get through."""

import logging
import math
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

from sevenc_sync.connect.redact import redact
from sevenc_sync.connect.text import clean

Level = Literal["debug", "info", "warning", "error"]


def _safe(value: Any) -> Any:
    """A value that may be written: no secret, no control character (a log line is one line), JSON can say it."""
    if isinstance(value, dict):
        return {_text(key): _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(item) for item in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _text(value)


def _text(value: object) -> str:
    return _lines(value).replace("\n", " ")


def _lines(value: object) -> str:
    return redact(clean(str(value)) or "")


def _redacted(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last step before an event is rendered. A traceback keeps its lines: JSON escapes them, people want them."""
    return {key: _lines(value) if key == "exception" else _safe(value) for key, value in event.items()}


def _at_least(level: Level) -> Any:
    return structlog.make_filtering_bound_logger(getattr(logging, level.upper()))


def set_level(level: Level) -> None:
    """From now on log only this and worse; where and how stays as it was set up."""
    structlog.configure(wrapper_class=_at_least(level))


def set_up(
    level: Level = "info", form: Literal["auto", "console", "json"] = "auto", stream: TextIO | None = None
) -> None:
    """Configure logging for the process. `auto` is console on a terminal, JSON otherwise."""
    out = stream or sys.stderr
    console = form == "console" or (form == "auto" and out.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    tail: list[Any] = (
        [_redacted, structlog.dev.ConsoleRenderer(colors=out.isatty())]
        if console
        else [structlog.processors.format_exc_info, _redacted, structlog.processors.JSONRenderer()]
    )
    if console:
        tail.insert(0, structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=_at_least(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    # Libraries log through the standard library: the same form, warnings and worse.
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
