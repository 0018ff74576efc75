"""Slack's rate limits as a policy that the core asks before each Web API call."""

from collections import deque
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute of one method in one workspace, by tier (Slack's rate limit guide gives these as the least)."""

WINDOW = timedelta(seconds=60)


class Admission(Protocol):
    """Decides whether a call may go ahead."""

    def admit(self, method: str, tier: int | str, workspace: str, channel: str | None, now: datetime) -> int | None:
        """None when admitted (and counted); otherwise the Retry-After in whole seconds, at least 1."""


class Unlimited:
    """Admits everything."""

    def admit(self, method: str, tier: int | str, workspace: str, channel: str | None, now: datetime) -> int | None:
        del method, tier, workspace, channel, now
        return None


class SlackLimits:
    """Each method by its tier, posts by workspace and channel. A refused call is not counted."""

    def __init__(self, *, posts_per_minute: int = 300, seconds_per_channel: float = 1.0) -> None:
        """`posts_per_minute`: "several hundred", says Slack. `seconds_per_channel`: between two posts in a channel."""
        self._posts_per_minute = posts_per_minute
        self._gap = timedelta(seconds=seconds_per_channel)
        self._windows: dict[tuple[str, str], deque[datetime]] = {}
        self._latest_in_channel: dict[tuple[str, str], datetime] = {}

    def admit(self, method: str, tier: int | str, workspace: str, channel: str | None, now: datetime) -> int | None:
        if method == "chat.postMessage":
            limit = self._posts_per_minute
        elif isinstance(tier, int) and tier in PER_MINUTE:
            limit = PER_MINUTE[tier]
        else:
            return None
        window = self._windows.setdefault((workspace, method), deque())
        while window and window[0] <= now - WINDOW:
            window.popleft()
        waits = []
        if len(window) >= limit:
            waits.append(window[0] + WINDOW - now)
        if method == "chat.postMessage" and channel is not None:
            latest = self._latest_in_channel.get((workspace, channel))
            if latest is not None and now < latest + self._gap:
                waits.append(latest + self._gap - now)
        if waits:
            return max(1, ceil(max(waits).total_seconds()))
        window.append(now)
        if method == "chat.postMessage" and channel is not None:
            self._latest_in_channel[workspace, channel] = now
        return None
