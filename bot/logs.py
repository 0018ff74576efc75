"""Logs: one event a line, with its facts; as text for people or JSON for machines. Secrets are never in them."""

from __future__ import annotations

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.settings import LogFormat

_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=://)[^/\s@]+@")


def set_up(log_format: LogFormat, *, level: int = logging.INFO) -> None:
    """Route our own events and the libraries' warnings to standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Before the secrets are hidden, for both: an exception's words may hold one too.
                structlog.processors.format_exc_info,
                hide_secrets,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("bot", "handlers", "scheduler", "models", "migrations"):
        logging.getLogger(ours).setLevel(level)


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Tokens and passwords in a text become dots, wherever they came from."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _SECRET.sub("…", value)
    return event
