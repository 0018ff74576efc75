"""Where the time comes from. Only the composition root chooses a clock; everything else is handed one."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urljoin

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


def local_slack_clock(slack_base_url: str) -> Clock:
    """A clock that reads the local Slack's control API, so that separate processes share one virtual time.

    The settings refuse it unless the address is on this machine.
    """
    address = urljoin(slack_base_url, "/_control/clock")

    def now() -> datetime:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - a loopback address, checked in the settings
            instant = datetime.fromisoformat(json.load(answer)["now"])
        return instant.astimezone(UTC)

    return now
