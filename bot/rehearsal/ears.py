"""Hears what Okra logs as an error of its own: a fault of the code would otherwise look like bad weather."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

# What bad weather explains: Slack or the database did not answer.
EXPECTED = {"interaction_failed"}


@contextmanager
def listening(tell: Callable[[str], None]) -> Iterator[None]:
    """Tell of each unexpected error; nothing is printed meanwhile, by us or by the libraries."""

    def hear(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if method in {"error", "critical", "exception"} and event.get("event") not in EXPECTED:
            error = event.get("error") or event.get("exc_info")
            tell(f"{event.get('event')}: {error!r}")
        raise structlog.DropEvent

    before = structlog.get_config()
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    structlog.configure(
        processors=[hear],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.disable(disabled)
