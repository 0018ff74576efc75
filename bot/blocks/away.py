"""Away: what the person reads back, the dialog, and what leads and covers are told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.blocks.dates import day, weekday
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, section
from bot.blocks.post import Block, Post, View
from bot.blocks.text import plain, said

NAME = 80
MOST_LISTED = 10


@dataclass(frozen=True)
class Gone:
    """Somebody's absence, as somebody else reads of it. `is_off`: they do not go after all."""

    name: str
    first_on: date
    last_on: date
    key_results: int
    cover: str | None
    is_reader_cover: bool
    is_off: bool


@dataclass(frozen=True)
class AwayNews:
    """One or more absences in one message."""

    gone: tuple[Gone, ...]


@dataclass(frozen=True)
class OwnAbsence:
    """An absence of the reader's own that is not over. `spares`: a check-in falls into it."""

    absence_id: int
    first_on: date
    last_on: date
    cover: str | None
    cover_slack_id: str | None
    spares: bool = True


@dataclass(frozen=True)
class AwayQuestion:
    """What the dialog begins with. `changes`: the absence that is being changed."""

    today: date
    known: tuple[OwnAbsence, ...] = ()
    changes: OwnAbsence | None = None


@dataclass(frozen=True)
class AwayDone:
    """What an absence does, for the one who declared it."""

    absence_id: int
    first_on: date
    last_on: date
    check_ins: int
    key_results: int
    cover: str | None
    told: tuple[str, ...]


def away_news(news: AwayNews, today: date) -> Post:
    """To a lead, or to who covers, whose day it is. The first line is what a locked phone shows."""
    lines = [_gone(one, today) for one in news.gone]
    if len(lines) == 1:
        return Post(lines[0], (section(lines[0]),))
    title = f"{len(lines)} people are away soon"
    return Post(title, (section("\n".join([f"*{title}*", *(f"• {line}" for line in lines)])),))


def away_done(done: AwayDone, today: date) -> Post:
    """Says what it touches, and how it is taken back."""
    title = f"You're away {days(done.first_on, done.last_on, today)}"
    lines = [f"*{title}*", _touches(done)]
    if done.told:
        lines.append(f"{_names(done.told)} will read it from me.")
    return Post(title, (section("\n".join(lines)), _own_actions(done.absence_id)))


def away_ended(*, still_open: int) -> Post:
    """They are back, or do not go."""
    if still_open:
        are = "One check-in of this week is" if still_open == 1 else f"{still_open} check-ins of this week are"
        return Post(f"Noted. {are} yours again.")
    return Post("Noted. I'll ask you again from your next check-in on.")


def days_not_understood(typed: str) -> Post:
    return Post(
        f"I can't tell the days from “{said(typed, 200)}”. Try `/okr away 2026-12-20..2027-01-06`, "
        "`/okr away 20 Dec - 6 Jan cover @someone`, or `/okr away` alone for a form."
    )


def in_wrong_order(typed: str) -> Post:
    return Post(
        f"{last_before_first()} I read that in “{said(typed, 200)}”, so nothing is noted. With their years it is "
        "certain which days you mean: `/okr away 2026-12-20..2027-01-06`."
    )


def cover_not_understood(typed: str) -> Post:
    """Somebody was meant to cover, and nobody knows who: nothing is noted."""
    return Post(
        f"I can't tell who covers from “{said(typed, 200)}”, so nothing is noted yet. "
        "Please mention one person with @, or use the form: `/okr away`."
    )


def away_dialog(question: AwayQuestion) -> View:
    """From, until, and who covers; the absences that are known stand below, each with its buttons."""
    old, today = question.changes, question.today
    blocks: list[Block] = [
        section("While you're away nobody is asked, or somebody you name answers for you."),
        field_input("First day away", Typed.AWAY_FROM, _datepicker(Typed.AWAY_FROM, old.first_on if old else today)),
        field_input("Last day away", Typed.AWAY_UNTIL, _datepicker(Typed.AWAY_UNTIL, old.last_on if old else today)),
        field_input(
            "Who answers for you?",
            Typed.COVER,
            _person(Typed.COVER, old.cover_slack_id if old else None),
            optional=True,
            hint="Leave it empty and your check-ins are excused. Nobody minds.",
        ),
    ]
    if question.known and old is None:
        known = ", ".join(days(one.first_on, one.last_on, today) for one in question.known[:5])
        blocks.append(context(f"Already noted: {known}. `/okr back` changes or ends them."))
    return dialog(
        "Away",
        blocks,
        callback_id=Dialog.AWAY,
        metadata=json.dumps({"absence": old.absence_id if old else None}),
        submit="Save",
        close="Cancel",
    )


def own_absences(known: Sequence[OwnAbsence], today: date) -> Post:
    """The reader's own absences that are not over, each with its buttons."""
    if not known:
        return Post("You aren't away, as far as I know. `/okr away` tells me of days to come.")
    title = "Your days away"
    blocks = [section(f"*{title}*")]
    for one in known[:MOST_LISTED]:
        blocks += [section(f"{days(one.first_on, one.last_on, today)}: {meanwhile(one)}"), _own_actions(one.absence_id)]
    return Post(title, tuple(blocks))


def meanwhile(one: OwnAbsence) -> str:
    """What becomes of the reader's check-ins in these days."""
    if not one.spares:
        return "no check-in falls into these days"
    return f"{said(one.cover, NAME)} answers for you" if one.cover else "your check-ins are excused"


# What is said under a field, in plain text: Slack formats nothing there


def last_before_first() -> str:
    return "The last day comes before the first."


def all_over() -> str:
    return "These days are over. Please choose a last day that is today or later."


def too_long() -> str:
    return "That is more than a year. For so long a key result wants another owner: /kr and its number, then Hand over."


def too_far() -> str:
    return "That is more than two years ahead. Please check the year."


def cover_cannot(name: str | None) -> str:
    """Without a name it is whoever is away."""
    if not name:
        return "You can't answer for yourself while you are away. Please choose another full member, or nobody."
    return f"{name} can't answer for you. Please choose another full member, or nobody."


def days(first: date, last: date, today: date) -> str:
    """ "Sun 20 Dec – Wed 6 Jan 2027"; one day alone. A year is said where it is not this one."""
    year = "" if last.year == today.year else f" {last.year}"
    begins = f"{weekday(first)} {day(first)}"
    if first == last:
        return f"{begins}{year}"
    if first.year not in (today.year, last.year):
        begins += f" {first.year}"
    return f"{begins} – {weekday(last)} {day(last)}{year}"


def _own_actions(absence_id: int) -> Block:
    # Each row of buttons is about one absence; the same buttons may stand several times in a message.
    return actions(
        button("Change", Act.CHANGE_AWAY, value=str(absence_id)),
        button("I'm not away", Act.END_AWAY, value=str(absence_id)),
    )


def _gone(one: Gone, today: date) -> str:
    who = said(one.name, NAME)
    if one.is_off:
        return f"{who} is not away {days(one.first_on, one.last_on, today)} after all."
    when = f"{who} is away {days(one.first_on, one.last_on, today)}"
    count = "1 key result" if one.key_results == 1 else f"{one.key_results} key results"
    if one.is_reader_cover:
        return f"{when}, and asks you to answer for {count} meanwhile. I'll ask you when they are due."
    if one.cover:
        return f"{when}: {said(one.cover, NAME)} answers for {count}."
    return f"{when}: check-ins of {count} are excused."


def _touches(done: AwayDone) -> str:
    if not done.check_ins:
        return "No check-in falls into these days."
    count = "one check-in" if done.check_ins == 1 else f"{done.check_ins} check-ins"
    of = "" if done.check_ins == done.key_results == 1 else f" of {_key_results(done.key_results)}"
    what = f"That touches {count}{of}"
    if done.cover:
        return f"{what}: {said(done.cover, NAME)} answers them, with your last answers beside."
    return f"{what}: they are excused. No reminders meanwhile."


def _key_results(count: int) -> str:
    return "1 key result" if count == 1 else f"{count} key results"


def _names(names: Sequence[str]) -> str:
    shown = [said(name, NAME) for name in names[:5]]
    rest = len(names) - len(shown)
    if rest:
        shown.append(f"{rest} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _datepicker(action_id: str, initial: date) -> Block:
    return {"type": "datepicker", "action_id": action_id, "initial_date": initial.isoformat()}


def _person(action_id: str, initial: str | None) -> Block:
    element: dict[str, object] = {
        "type": "users_select",
        "action_id": action_id,
        "placeholder": plain("Nobody: excused", 150),
    }
    if initial:
        element["initial_user"] = initial
    return element
