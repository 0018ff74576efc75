"""The lead's note: what is still open, what the digest will say, and one question."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from bot.blocks.dates import day, weekday, weekday_time
from bot.blocks.digest_teams import checked_in
from bot.blocks.ids import Act, Dialog, Typed, block
from bot.blocks.layout import actions, button, context, dialog, field_input, overflow, section, text_element
from bot.blocks.post import Block, Post, View
from bot.blocks.text import said
from bot.domain.digest import STOP_OR_SHIFT_LENGTH

MOST_NAMED = 15
# A message takes about 13,000 characters in all; the rest is for the words around the list.
LIST_LENGTH = 7000

QUESTION = "What should stop or shift this week?"


@dataclass(frozen=True)
class OpenCheckIn:
    """A check-in that is not answered, with what is known of it. `asked_at` is in the lead's zone.

    `is_readers`: the lead's own. `is_missed`: it would come late, but can still be answered until the digest.
    `may_be_reminded` false: two reminders have left this week, or are
    about to. `away_until`: they are away until then; `status`: their Slack status says so.
    """

    number: int
    name: str
    owner: str
    asked_at: datetime
    is_missed: bool
    owner_has_left: bool
    prompt_failed: bool
    is_readers: bool = False
    check_in_id: int = 0
    key_result_id: int = 0
    reminded_at: tuple[datetime, ...] = ()
    may_be_reminded: bool = True
    away_until: date | None = None
    status: str | None = None

    @property
    def is_away(self) -> bool:
        return self.away_until is not None or self.status is not None


@dataclass(frozen=True)
class LeadNote:
    """`note_id` is what the button is about. `digest_at` is in the lead's zone; `is_over`: the digest was taken.

    `answered` of `asked` is what the digest counts; `still_open` are those of the lead's own team;
    `open_elsewhere` how many more the digest counts that other teams hold. `leaves_out`: some of `still_open` are
    limited to some people, and the digest does not count them; `has_digest` false: all is, and no digest is posted.
    """

    note_id: int
    team: str
    digest_at: datetime
    still_open: tuple[OpenCheckIn, ...]
    answered: int
    asked: int
    stop_or_shift: str | None
    is_over: bool
    open_elsewhere: int = 0
    leaves_out: bool = False
    has_digest: bool = True


def lead_note(note: LeadNote) -> Post:
    """The note as it is now. Only here are open check-ins named, to nobody but the lead."""
    until = "before the digest on" if note.has_digest else "until"
    title = f"{said(note.team, 80)}, {until} {weekday_time(note.digest_at)}"
    blocks: list[Block] = [section(f"*{title}* · only you see this"), *_open_ones(note)]
    if not note.has_digest:
        return Post(f"{title}: {_open_count(note)}", tuple(blocks))
    if note.stop_or_shift is not None:
        blocks.append(section(f"*You said what should stop or shift:* {said(note.stop_or_shift, 500)}"))
    elif not note.is_over:
        blocks.append(section("*One question:* what should stop or shift this week?"))
    if note.is_over:
        blocks.append(context("The digest has been taken. The next note asks again."))
    else:
        label = "Answer" if note.stop_or_shift is None else "Change"
        blocks.append(actions(button(label, Act.ANSWER_NOTE, value=str(note.note_id))))
    question = ", and one question for you" if note.stop_or_shift is None and not note.is_over else ""
    return Post(f"{title}: {_open_count(note)}{question}", tuple(blocks))


def stop_or_shift_dialog(note: LeadNote) -> View:
    """The question, with the last answer in it."""
    return dialog(
        "Before the digest",
        [
            section(f"*{said(note.team, 80)}*, for the digest on {weekday_time(note.digest_at)}"),
            field_input(
                QUESTION,
                block(Typed.STOP_OR_SHIFT, note.note_id),
                text_element(
                    Typed.STOP_OR_SHIFT,
                    initial=note.stop_or_shift or "",
                    placeholder="Webinars pause until the audit has its evidence",
                    multiline=True,
                    most=STOP_OR_SHIFT_LENGTH,
                ),
                hint="A line or two. It stands in the digest in your words, on one line.",
            ),
        ],
        callback_id=Dialog.LEAD_NOTE,
        metadata=json.dumps({"note": note.note_id}),
        submit="Save",
        close="Not now",
    )


def say_it_in_a_line() -> str:
    return "Please say it in a line, or close this with “Not now”: the digest then says “nothing named”."


def reminded(name: str) -> Post:
    return Post(f"{said(name, 60)} hears from me as soon as they are at work.")


def _open_ones(note: LeadNote) -> list[Block]:
    """Each open check-in is a paragraph of its own, with what the lead can do about it beside."""
    count = _open_count(note)
    blocks = [section(f"{count[0].upper()}{count[1:]}{':' if note.still_open else '.'}")]
    length = 0
    for index, one in enumerate(note.still_open):
        named = section(_line(one, note), accessory=_ways(one, note))
        length += len(json.dumps(named))
        if index == MOST_NAMED or length > LIST_LENGTH:
            blocks.append(context(f"and {len(note.still_open) - index} more"))
            break
        blocks.append(named)
    outlook = _outlook(note)
    return [*blocks, section(outlook)] if outlook else blocks


def _ways(one: OpenCheckIn, note: LeadNote) -> Block | None:
    """One press for who is away; else a menu. Nobody reminds themselves, nor those who were reminded twice."""
    if note.is_over or not one.check_in_id:
        return None
    about = {"note": note.note_id, "check_in": one.check_in_id}
    if one.is_away:
        return button("Excuse", Act.EXCUSE, value=json.dumps(about))
    ways = [("Excuse", "excuse"), ("Reassign", "reassign")]
    if one.may_be_reminded and not (one.is_readers or one.is_missed or one.owner_has_left):
        ways.insert(0, ("Remind", "remind"))
    return overflow(Act.NOTE_CHECK_IN, [(words, json.dumps({"do": way, **about})) for words, way in ways])


def _open_count(note: LeadNote) -> str:
    count = len(note.still_open)
    if note.is_over:
        return _count_of_unanswered(count)
    if count == 0:
        return f"no check-in of {said(note.team, 80)}'s own is open" if note.open_elsewhere else "no check-in is open"
    return "one check-in is still open" if count == 1 else f"{count} check-ins are still open"


def _count_of_unanswered(count: int) -> str:
    if count == 0:
        return "no check-in was left open"
    return "one check-in was not answered" if count == 1 else f"{count} check-ins were not answered"


def _outlook(note: LeadNote) -> str:
    if note.is_over:
        return ""
    if not note.has_digest:
        return f"What {said(note.team, 80)} holds is limited to some people: no digest tells of it."
    sentence = f"The digest will say “{checked_in(note.answered, note.asked)}” as it stands, no names."
    if note.leaves_out:
        sentence += " It leaves out what is limited to some people."
    if note.open_elsewhere:
        sentence = f"{_open_elsewhere(note)} {sentence}"
    if not note.still_open:
        return sentence
    return f"{sentence} Often it is a full week, or a key result that no longer fits. A word from you may help."


def _open_elsewhere(note: LeadNote) -> str:
    """Those are more only where some of the team's own are open too."""
    more = " more" if note.still_open else ""
    if note.open_elsewhere == 1:
        return f"One{more} is open in another team; its lead gets the list."
    return f"{note.open_elsewhere}{more} are open in other teams; their leads get the list."


def _line(one: OpenCheckIn, note: LeadNote) -> str:
    whose = "yours" if one.is_readers else said(one.owner, 60)
    known = [f"asked {weekday(one.asked_at)}"]
    known += [f"reminded {weekday(at)}" for at in one.reminded_at]
    if one.away_until is not None:
        known.append(f"away until {weekday(one.away_until)} {day(one.away_until)}")
    elif one.status is not None:
        known.append(f"Slack status “{said(one.status, 60)}”")
    if one.owner_has_left:
        known.append("their account is deactivated")
    elif one.prompt_failed:
        known.append("my message did not reach them")
    if one.is_missed and not note.is_over:
        known.append(f"still possible until {weekday_time(note.digest_at)}")
    return f"• *KR-{one.number}* {said(one.name, 80)} · {whose}, {', '.join(known)}"
