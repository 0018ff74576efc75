"""A Slack that remembers what was posted, and does on order what Slack does on a bad day."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.blocks.post import Post
from bot.slack import Gateway, Posted
from bot.slack_failures import NotLetIn, SlackFailure


@dataclass(frozen=True)
class Entry:
    """A message as it stands in a conversation."""

    channel: str
    ts: str
    thread_ts: str | None
    text: str
    opaque_id: str


@dataclass
class SlackDouble(Gateway):
    """Stands in for the gateway. `fail(failure, effect=…)` breaks the next post, with or without its effect."""

    entries: list[Entry] = field(default_factory=list)
    updates: list[tuple[str, str]] = field(default_factory=list)
    homes: list[tuple[str, str]] = field(default_factory=list)
    _failures: list[tuple[SlackFailure, bool]] = field(default_factory=list)
    unreadable: bool = False
    not_opened: SlackFailure | None = None
    during_post: Callable[[], None] = lambda: None

    def fail(self, failure: SlackFailure, *, effect: bool = False) -> None:
        self._failures.append((failure, effect))

    def forget_failures(self) -> None:
        """Nothing breaks any more that has not broken yet."""
        self._failures.clear()

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        self.during_post()
        failure, effect = self._failures.pop(0) if self._failures else (None, True)
        channel = f"D{to[1:]}" if to.startswith("U") else to
        ts = f"1790000000.{len(self.entries):06d}"
        if effect:
            self.entries.append(Entry(channel, ts, thread_ts, body.text, opaque_id))
        if failure is not None:
            raise failure
        return Posted(channel, ts)

    def redraw(self, workspace_id: int, *, at: Posted, body: Post) -> None:
        failure, effect = self._failures.pop(0) if self._failures else (None, True)
        if effect:
            self.updates.append((at.ts, body.text))
        if failure is not None:
            raise failure

    def publish(self, workspace_id: int, *, to: str, view: Mapping[str, Any]) -> None:
        """The page that somebody has now; it fails as `fail` says."""
        self.during_post()
        failure, effect = self._failures.pop(0) if self._failures else (None, True)
        if effect:
            self.homes.append((to, json.dumps(view)))
        if failure is not None:
            raise failure

    def open_conversation(self, workspace_id: int, *, slack_user_ids: Sequence[str]) -> str:
        """With one person D…, with several G…; it fails as `not_opened` says."""
        if self.not_opened is not None:
            raise self.not_opened
        return f"{'D' if len(slack_user_ids) == 1 else 'G'}{'-'.join(one[1:] for one in slack_user_ids)}"

    def find(
        self, workspace_id: int, *, channel: str, opaque_id: str, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        if self.unreadable:
            raise NotLetIn("missing_scope")
        for entry in self.entries:
            if (entry.channel, entry.opaque_id, entry.thread_ts) == (channel, opaque_id, thread_ts):
                return Posted(entry.channel, entry.ts)
        return None
