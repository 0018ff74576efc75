"""How the programme goes: counts of a team and a cycle, with small numbers told as they are."""

from __future__ import annotations

from decimal import Decimal

from bot.blocks.layout import context, section
from bot.blocks.post import Post
from bot.blocks.text import said
from bot.domain.health import LEAST_FOR_PERCENT, LEAST_PEOPLE, Health, Share, Wait

DAY = 24
DAYS_FROM = 72


def health(view: Health) -> Post:
    """`/okr health`."""
    team = said(view.team, 80)
    if view.is_empty:
        return Post(f"{team}: no check-in was due in this cycle yet, so there is nothing to count.")
    title = f"{team}, {said(view.cycle, 60)}: how it goes"
    lines = [
        f"*Check-ins answered*  {_check_ins(view)}",
        f"*From a request for help to the first answer*  {wait(view.to_answer)}",
        f"*To a decision*  {wait(view.to_decision)}",
        f"*Requests that ended in a decision*  {share(view.decided)}",
        f"*Decisions done in time*  {share(view.in_time)}",
        f"*Reviews with a decision, where something was open*  {share(view.reviews)}",
        f"*Key results whose score has moved*  {share(view.moved)}",
    ]
    note = f"About the team, never about a person. Fewer than {LEAST_FOR_PERCENT} stand without a percentage."
    return Post(title, (section(f"*{title}*"), section("\n".join(lines)), context(note)))


def health_line(view: Health) -> str:
    """The same in a line, for the company's digest; what has not happened yet is left out. Empty where nothing has."""
    if view.is_empty:
        return ""
    parts = [
        f"{share(view.completion)} check-ins answered"
        if not view.is_few
        else f"check-ins are not counted for fewer than {LEAST_PEOPLE} people",
        f"a request for help is answered after {hours(view.to_answer.hours)}"
        if view.to_answer.hours is not None
        else "",
        f"decided after {hours(view.to_decision.hours)}" if view.to_decision.hours is not None else "",
        f"decisions in time: {share(view.in_time)}" if view.in_time.of else "",
        f"reviews with a decision: {share(view.reviews)}" if view.reviews.of else "",
        f"moved: {share(view.moved)} key results" if view.moved.of else "",
    ]
    return " · ".join(filter(None, parts))


def _check_ins(view: Health) -> str:
    if view.is_few:
        return f"not counted: it would be about fewer than {LEAST_PEOPLE} people"
    return f"{share(view.completion)}, on time {share(view.on_time)}"


def share(part: Share) -> str:
    """ "27 of 36 (75 %)", "3 of 4", "none yet"."""
    if part.of == 0:
        return "none yet"
    percent = part.percent
    return f"{part.part} of {part.of}" + (f" ({percent} %)" if percent is not None else "")


def wait(took: Wait) -> str:
    """ "5 hours (median of 4)"."""
    if took.hours is None:
        return "none yet"
    return f"{hours(took.hours)} ({f'median of {took.count}' if took.count > 1 else 'one so far'})"


def hours(number: Decimal) -> str:
    """ "5 hours", "4 days": whole ones, half to even."""
    if number >= DAYS_FROM:
        return f"{round(number / DAY)} days"
    if number < 1:
        return "less than an hour"
    whole = round(number)
    return "1 hour" if whole == 1 else f"{whole} hours"
