"""Structured logs on stderr: one JSON object in a line, or coloured text for people.

Every line goes through ``hide_secrets``, also those of libraries, and their tracebacks. This is the
last defence; the code that logs takes care not to log secrets in the first place.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from typing import Any

import structlog

from app.storectl.printable import printable
from provisioner.domain.redaction import HIDDEN, scrub

_SECRET_KEYS = frozenset({"authorization", "cookie", "password", "secret", "token"})


class LogLevel(StrEnum):
    """The least severe level that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """The format of a line; auto is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


def configure(level: LogLevel = LogLevel.INFO, form: LogFormat = LogFormat.AUTO) -> None:
    """Set up structlog, and send what the standard library's loggers report through it."""
    # The order matters: a traceback has to be text before ``hide_secrets`` can look at it.
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    is_text = sys.stderr.isatty() if form is LogFormat.AUTO else form is LogFormat.TEXT
    # A terminal obeys control characters in a text. In JSON they are escaped already.
    if is_text:
        shared.append(make_printable)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if is_text
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level.value),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # Never less than warnings: the debug logs of libraries quote headers, which hold tokens.
    quietest = max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()])
    logging.basicConfig(handlers=[handler], level=quietest, force=True)


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values that are secrets by their key or by their form. A structlog processor."""
    return {key: _hidden(key, value) for key, value in event.items()}


def make_printable(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Escape the invisible characters of every text, see ``printable``. A structlog processor."""
    return {
        key: printable(value) if isinstance(value, str) else value for key, value in event.items()
    }


def _hidden(key: str, value: Any) -> Any:
    if key.lower() in _SECRET_KEYS:
        return HIDDEN
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {str(inner): _hidden(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):  # the items have no keys, so only their form tells
        return [_hidden("", item) for item in value]
    return value
