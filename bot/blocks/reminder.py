"""A reminder: what is still open, until when, and in the last one when the lead is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.blocks.dates import weekday_time
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, section
from bot.blocks.post import Post
from bot.blocks.text import said
from bot.domain.cadence import Period

MOST_NAMED = 10


@dataclass(frozen=True)
class OpenOne:
    """A key result that is not answered yet."""

    number: int
    name: str


@dataclass(frozen=True)
class Reminder:
    """Times are in the reader's zone. `lead`, `lead_told_at`: who is told, and when; null in the first reminder.

    `is_over`: answering has closed; the prompt says what is still taken. `answered`: how many of the period's check-ins
    the reader has answered.
    """

    period: Period
    open_ones: tuple[OpenOne, ...]
    closes: datetime
    lead: str | None = None
    lead_told_at: datetime | None = None
    is_over: bool = False
    answered: int = 0


def reminder(view: Reminder) -> Post:
    """Neutral and short; without a button once nothing is open any more."""
    count = len(view.open_ones)
    if view.is_over:
        over = f"Answering was open until {weekday_time(view.closes)}"
        return Post(over, (section(over),))
    if not count:
        # Excused, or somebody else's by now: then nobody has answered, and nobody is thanked for it.
        closed = (
            "Nothing is open any more. Thank you." if view.answered else "Nothing is asked of you any more this week."
        )
        return Post(closed, (section(closed),))
    title = f"{'One check-in is' if count == 1 else f'{count} check-ins are'} open until {weekday_time(view.closes)}"
    named = [f"• *KR-{one.number}* {said(one.name, 80)}" for one in view.open_ones[:MOST_NAMED]]
    if count > MOST_NAMED:
        named.append(f"…and {count - MOST_NAMED} more")
    blocks = [section("\n".join([f"*{title}*", *named]))]
    if view.lead is not None and view.lead_told_at is not None:
        blocks.append(
            context(
                f"{weekday_time(view.lead_told_at)} I tell {said(view.lead, 80)} what is open then; nobody else "
                "gets that list. I won't remind you again this week."
            )
        )
    blocks.append(actions(button("Check in", Act.CHECK_IN, value=view.period.isoformat(), style="primary")))
    return Post(title, tuple(blocks))
