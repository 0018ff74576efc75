"""A decision that changes a key result or stops it: the dialogs that carry it out, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from bot.blocks.dates import day
from bot.blocks.escalation_path import NAME
from bot.blocks.ids import Dialog, Typed, block
from bot.blocks.layout import context, dialog, field_input, section, text_element
from bot.blocks.post import Block, Post, View
from bot.blocks.text import said
from bot.domain.redefinition import LONGEST_TEXT, Difference, Part, Trouble

REASON_LIMIT = 500
LEARNING_LIMIT = 1000
_TEXT = 300

_PARTS = {Part.TEXT: "text", Part.START: "baseline", Part.TARGET: "target", Part.DUE: "date"}


@dataclass(frozen=True)
class ChangeQuestion:
    """A key result's definition as it is (`revision`), in the form in which it can be typed; and the `reason` that was
    given.

    `changed`: how it was changed by somebody else while this was typed over what it was before, and `now` what its text
    is. The parts, `reason`, `stops` and `new_owner` are what was typed then.
    """

    decision_id: int
    number: int
    revision: int
    text: str
    start: str
    target: str
    due_on: date | None
    owner_slack_id: str | None
    reason: str
    now: str = ""
    stops: str = ""
    new_owner: str | None = None
    changed: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class StopQuestion:
    """A key result that is to be stopped, and what was decided."""

    decision_id: int
    number: int
    text: str
    decided: str


@dataclass(frozen=True)
class Redefined:
    """Who has changed a key result, what, why, and what stops for it. `name` is what it was called before.

    `stops` is "" where it was changed before this was asked.
    """

    number: int
    name: str
    by: str
    differences: tuple[Difference, ...]
    reason: str
    stops: str


@dataclass(frozen=True)
class Stopped:
    """Who has stopped a key result, and what was learnt."""

    number: int
    name: str
    by: str
    learning: str


def change_dialog(question: ChangeQuestion, *, just_decided: bool, note: str = "") -> View:
    """All that defines the key result, as it is. Text and numbers follow each other. `note` stands above everything."""
    number = f"KR-{question.number}"
    head = f"*Now:* {said(question.now or question.text, LONGEST_TEXT)}"
    # Slack keeps what is typed in a field of the same id.
    key = question.revision
    return dialog(
        f"Change {number}",
        [
            *([section(note)] if note else []),
            *_recorded(number, "change", just_decided=just_decided),
            *_changed_since(number, question),
            section(f"{head}\nScores that were given stay as they are. The change stands in the next digest."),
            field_input(
                "What it is from now on",
                block(Typed.DEFINITION, key),
                text_element(Typed.DEFINITION, initial=question.text, multiline=True, most=LONGEST_TEXT),
                hint="As in: Activation from 20 to 30 % by 15 Dec. A number that is changed here or below is "
                "changed in the other place too.",
            ),
            field_input(
                "Baseline",
                block(Typed.START, key),
                text_element(Typed.START, initial=question.start, most=100),
                optional=True,
            ),
            field_input(
                "Target",
                block(Typed.TARGET, key),
                text_element(Typed.TARGET, initial=question.target, most=100),
                optional=True,
            ),
            field_input("By when?", block(Typed.DEFINITION_DUE, key), _day_picker(question.due_on), optional=True),
            field_input(
                "Owner",
                block(Typed.NEW_OWNER, key),
                _person_menu(question.new_owner or question.owner_slack_id),
                optional=True,
                hint="Somebody new is asked first, and owns it once they accept.",
            ),
            field_input(
                "Why?",
                Typed.REASON,
                text_element(Typed.REASON, initial=question.reason, multiline=True, most=REASON_LIMIT),
                hint="The owner and the digest's readers read this, and what stops.",
            ),
            field_input(
                "What stops for it?",
                Typed.STOPS,
                text_element(Typed.STOPS, initial=question.stops, multiline=True, most=REASON_LIMIT),
                hint="“Nothing” is an answer too.",
            ),
        ],
        callback_id=Dialog.CHANGE_KEY_RESULT,
        metadata=json.dumps(
            {"decision": question.decision_id, "revision": question.revision, "owner": question.owner_slack_id}
        ),
        submit="Change it",
        close="Later" if just_decided else "Cancel",
    )


def stop_dialog(question: StopQuestion, *, just_decided: bool) -> View:
    """The line of learning with which a key result ends."""
    number = f"KR-{question.number}"
    return dialog(
        f"Stop {number}",
        [
            *_recorded(number, "stop", just_decided=just_decided),
            section(
                f"*{number}* {said(question.text, LONGEST_TEXT)}\n*Decided:* {said(question.decided, _TEXT)}\n"
                "Nobody is asked about it any more, and what is due is excused."
            ),
            field_input(
                "What was learnt?",
                Typed.LEARNING,
                text_element(Typed.LEARNING, multiline=True, most=LEARNING_LIMIT),
                hint="A line. The owner and the digest's readers read it.",
            ),
        ],
        callback_id=Dialog.STOP_KEY_RESULT,
        metadata=json.dumps({"decision": question.decision_id}),
        submit="Stop it",
        close="Later" if just_decided else "Cancel",
    )


def changed(view: Redefined) -> Post:
    """Reply in the thread: what it is from now on, why, and what stops for it."""
    return _changed(f"{said(view.by, NAME)} has changed KR-{view.number}", view)


def news_of_change(view: Redefined) -> Post:
    """To the key result's owner, and to those who decided it or were asked to make it happen."""
    made = _changed(f"{said(view.by, NAME)} has changed KR-{view.number} {said(view.name, 80)}", view)
    after = "Scores that were given stay as they are; the next check-in is scored by this."
    return Post(made.text, (*made.blocks, context(after)))


def stopped(view: Stopped) -> Post:
    """Reply in the thread: it has ended, and what was learnt."""
    return _told(f"{said(view.by, NAME)} has stopped KR-{view.number}", ("What was learnt", view.learning))


def news_of_stop(view: Stopped) -> Post:
    """To the key result's owner, and to those who decided it or were asked to make it happen."""
    head = f"{said(view.by, NAME)} has stopped KR-{view.number} {said(view.name, 80)}"
    made = _told(head, ("What was learnt", view.learning))
    return Post(made.text, (*made.blocks, context("You are not asked about it any more. What was due is excused.")))


def in_words(differences: Sequence[Difference], limit: int = 120) -> str:
    """ "target 40 % → 30 %, date 15 Dec → 1 Feb"; texts are cut to `limit`."""
    return ", ".join(_in_words(one, limit) for one in differences[: len(Part)])


# What is said under a field, in plain text


def trouble(part: Part, what: Trouble) -> str:
    """Why a part of the definition cannot be taken."""
    match what:
        case Trouble.MISSING if part is Part.TARGET:
            return "Please say what it is to arrive at. A milestone has no number at all, in its text neither."
        case Trouble.MISSING:
            return "Please say what it is from now on."
        case Trouble.TOO_LONG:
            return f"At most {LONGEST_TEXT} characters fit. Please shorten it a little."
        case Trouble.SAME_AS_START:
            return "That is the baseline too, so nothing would have to move. Please look at the numbers again."
        case Trouble.NOTHING_CHANGES:
            return "This is what it is already. Please change the text, a number or the day, or press Cancel."
        case Trouble.OTHER_NUMBER:
            return "The text and the numbers below say something else. Please let both say the same."
        case Trouble.OTHER_DAY:
            return "The text names another day than the one below. Please let both say the same."


def reason_missing() -> str:
    return "Please say why it changes: its owner reads it."


def stops_missing() -> str:
    return "Please say what stops for it. If nothing does, say that."


def learning_missing() -> str:
    return "Please say what was learnt. A line is enough, and it is what remains of it."


def cannot_hand_over() -> str:
    return "Only its owner or a lead above can ask somebody else to own it."


def _changed_since(number: str, question: ChangeQuestion) -> list[Block]:
    if not question.changed:
        return []
    changed = in_words(question.changed)
    return [
        section(
            f"*{number} was changed meanwhile:* {changed}. What you changed is still here; nothing of it is saved yet."
        )
    ]


def _recorded(number: str, verb: str, *, just_decided: bool) -> list[Block]:
    if not just_decided:
        return []
    return [context(f"The decision is recorded. To {verb} {number} later, press the button beside the decision.")]


def _in_words(one: Difference, limit: int) -> str:
    name = _PARTS[one.part]
    if one.part is Part.TEXT:
        return f"now “{said(one.after or '', limit)}” (was “{said(one.before or '', limit)}”)"
    before, after = (_shown(one.part, value) for value in (one.before, one.after))
    return f"{name} {before} → {after}"


def _shown(part: Part, value: str | None) -> str:
    if value is None:
        return "none"
    if part is Part.DUE:
        with suppress(ValueError):
            return day(date.fromisoformat(value))
    return said(value, 60)


def _changed(head: str, view: Redefined) -> Post:
    stops = [("What stops for it", view.stops)] if view.stops else []
    return _told(f"{head}: {in_words(view.differences)}", ("Why", view.reason), *stops)


def _told(head: str, *words: tuple[str, str]) -> Post:
    lines = [f"*{head}*", *(f"*{label}:* {said(text, _TEXT)}" for label, text in words)]
    return Post(head, (section("\n".join(lines)),))


def _day_picker(due_on: date | None) -> Block:
    picker: Block = {"type": "datepicker", "action_id": Typed.DEFINITION_DUE}
    return {**picker, "initial_date": due_on.isoformat()} if due_on is not None else picker


def _person_menu(slack_id: str | None) -> Block:
    menu: Block = {"type": "users_select", "action_id": Typed.NEW_OWNER}
    return {**menu, "initial_user": slack_id} if slack_id is not None else menu
