"""Beside an exported file."""

from __future__ import annotations

from bot.blocks.dates import day
from bot.blocks.post import Post
from bot.blocks.text import said
from bot.domain.cadence import Period


def beside_file(team: str, week: Period) -> str:
    """What stands with the file in the direct message. Mrkdwn."""
    return f"{said(team, 80)}, week of {day(week)}: the digest and what stands in it, as you asked. Only you see this."


def file_sent(name: str) -> Post:
    """Where it was asked for."""
    return Post(f"{said(name, 120)} is in your direct message with me.")


def file_not_sent(incident: str) -> Post:
    """Nothing was shared: Slack was busy, or out of reach."""
    return Post(f"Slack could not take the file just now. Please ask again in a minute. (Reference {incident})")


def file_refused(incident: str) -> Post:
    """Nothing was shared, and asking again would not help."""
    return Post(
        f"Slack does not let me send you the file. Please tell your admin “{incident}”: `okra doctor` says what is "
        "missing, and `okra export` writes the same file."
    )


def file_perhaps_sent(name: str, incident: str) -> Post:
    """Slack did not answer in time."""
    return Post(
        f"Slack did not answer, so I can't tell whether {said(name, 120)} has come. Please look in your direct message "
        f"with me first; only if it is not there, ask again. (Reference {incident})"
    )
