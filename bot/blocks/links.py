"""Links and mentions of our own making, in mrkdwn. What people typed never becomes one (`text.said`)."""

from __future__ import annotations

from bot.blocks.text import said

ANY_WORKSPACE = "https://slack.com/"


def mention(slack_user_id: str) -> str:
    """Calls a person: only for one who is asked to do something."""
    return f"<@{slack_user_id}>"


def linked(address: str, words: str) -> str:
    """Words (our own, or somebody's name) that lead to an address."""
    return f"<{address.replace('&', '&amp;')}|{said(words, 150)}>"


def thread_link(channel: str, ts: str, base: str | None = None) -> str:
    """The address of a message, or of the thread below it, without asking Slack.

    `base` is the workspace's own address (`https://example.slack.com/`); without it Slack finds out which one is meant.
    """
    return f"{(base or ANY_WORKSPACE).rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"


def message_link(channel: str, ts: str, base: str | None = None, thread_ts: str | None = None) -> str:
    """The address of any message; `thread_ts` is the root of the thread that it is a reply in."""
    address = thread_link(channel, ts, base)
    return f"{address}?thread_ts={thread_ts}&cid={channel}" if thread_ts is not None else address
