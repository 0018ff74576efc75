"""The check-in's dialog: three questions about one key result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from bot.blocks import ids
from bot.blocks.checkin_parts import HELP_HINT, OPENS_BY_ITSELF, Choice, Course, Filled, LastAnswer, Question
from bot.blocks.dates import weekday_time
from bot.blocks.dependency import beside_the_name
from bot.blocks.ids import Act, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, option, section, text_element
from bot.blocks.post import Block, View
from bot.blocks.standing import Standing, colour, history, shown_unit, standing_line
from bot.blocks.text import clip, plain, quoted, said
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value
from bot.domain.scoring import Hint, show
from bot.domain.yellow import Yellow

HINT_LENGTH = 300
SHORT = 100
HELP = "help"
SURE = "sure"
SAME = "same"
MOST_CHOICES = 100
NAME_A_TEAM = "Name a team, and its lead is asked to accept, to say no, or to say by when."

_COLOURS = (
    (Confidence.GREEN, "it will be there at the end of the cycle"),
    (Confidence.YELLOW, "it may not, and I know what to try"),
    (Confidence.RED, "it won't as things are: I could use help"),
)

_HELP_ASKED = {
    Yellow.FIRST: ("Help", "I want help with this", "Opens a thread that asks your lead to get what is needed."),
    Yellow.ASKS: (
        "Would help change this?",
        "Yes, please ask for help",
        HELP_HINT,
    ),
}


def checkin_dialog(
    question: Question, filled: Filled | None = None, *, note: str = "", course: Course | None = None, odd: str = ""
) -> View:
    """The dialog for one key result. `filled` stands in the fields instead of what the question brings.

    Yellow and red, once chosen, add who or what blocks and what is needed; red also the plan. A field into which
    something was typed stays, whatever colour is chosen afterwards. `note` stands above everything; `course` (how
    somebody came here) comes back with it. `odd`: a question about the value, with its box to tick; it takes the place
    of a field that was left empty, so that a green has five all the same.
    """
    fill, course = filled or question.filled, course or Course()
    key = course.key(question.standing.key_result_id)
    title = f"KR-{question.standing.number}"
    if question.total > 1 and question.run:
        title = f"{question.position} of {question.total}: {title}"
    notes = [section(note)] if note else []
    if question.kept_at is not None and filled is None:
        notes.append(section(what_you_began(question.kept_at)))
        if question.value_anew:
            notes.append(section(measures_something_else(question.standing)))
    blocks = [*notes, *_about(question), *_score(question, fill, course, odd)]
    last = question.last
    if not course.unchanged and not question.asks_start and (fill.changed or not odd):
        blocks.append(_lines("What changed since last week?", Typed.CHANGED, key, fill.changed, _last(last.changed)))
    if not course.unchanged:
        working = _last(last.working)
        blocks.append(_lines("What is working, and what is stuck?", Typed.WORKING, key, fill.working, working))
    more = shows_more(fill)
    # A red needs both; what is only still in its field, from a colour that was chosen before, may stay or go.
    is_red = fill.confidence is Confidence.RED
    if more:
        blocks += _blocked(question, fill, key)
    blocks.append(
        _lines(
            "What is the next move?",
            Typed.NEXT_MOVE,
            key,
            fill.next_move,
            _last(last.next_move, "Last time it was"),
            optional=False,
        )
    )
    if more:
        needs = "What do you need to make it happen?"
        blocks.append(_lines(needs, Typed.NEED, key, fill.need, _last(last.need), optional=not is_red))
    if is_red or (fill.keeps_more and fill.plan):
        blocks.append(_plan(fill, key, last))
    ways = _other_ways(question, course)
    if ways:
        blocks.append(actions(*ways))
    return dialog(
        title,
        blocks,
        callback_id=ids.Dialog.CHECK_IN,
        metadata=_metadata(question, course),
        submit="Save and next" if question.run and question.position < question.total else "Save",
        close="Close",
    )


def _metadata(question: Question, course: Course) -> str:
    about = {
        "kr": question.standing.key_result_id,
        "period": question.period.isoformat(),
        "run": question.run,
        "source": course.source,
        "definition": question.definition,
    }
    more = {
        "unchanged": course.unchanged,
        "staying": course.staying,
        "anew": course.anew,
        "understanding": course.understanding,
        "sure_of": course.sure_of[:SHORT],
    }
    return json.dumps({**about, **{name: value for name, value in more.items() if value}})


def _other_ways(question: Question, course: Course) -> list[Block]:
    """The buttons inside the dialog. None of them loses what is typed."""
    ways = []
    if question.run and question.has_before:
        ways.append(button("Back", Act.BACK))
    if question.run and question.total > 1:
        ways.append(button("Skip", Act.SKIP))
    if course.unchanged:
        ways.append(button("Something did change", Act.CHANGED_AFTER_ALL))
    if question.kept_at is not None:
        ways.append(button("Start afresh", Act.START_AFRESH))
    return ways


def shows_more(fill: Filled) -> bool:
    """Whether the fields of yellow and red are shown."""
    return fill.keeps_more or (fill.confidence is not None and fill.confidence.wants_more)


def more_is_asked(confidence: Confidence) -> str:
    """Above the dialog, when a colour was sent before its fields had appeared. Nothing is saved yet."""
    if confidence is Confidence.RED:
        return (
            "*Thank you for saying red.* Two short lines, so that others can help: what you need, and the plan. "
            "“I don't know yet, help me plan” is a good plan."
        )
    return "*Yellow it is.* If something is in the way, say what; otherwise just save once more."


def what_you_began(kept_at: datetime) -> str:
    """Above the dialog: a draft stands in it. `kept_at` is in the reader's zone."""
    return f"*Welcome back.* What you typed on {weekday_time(kept_at)} is still here; nothing of it is saved yet."


def looks_afresh(standing: Standing) -> str:
    """Above the dialog, where *Nothing changed* was pressed and this one cannot stay as it was."""
    if standing.confidence is Confidence.RED:
        return f"{standing.label} is red, so please give it a fresh look."
    if standing.confidence is None:
        return f"{standing.label} has no answer yet that could stay."
    return f"{standing.label} stayed the same last time, so please give it a fresh look."


def not_understood(parts: tuple[str, ...]) -> str:
    """Above the dialog, about words of a command that had no place in it."""
    return f"I could not place {quoted(parts)}: please see whether all is right."


def measures_something_else(standing: Standing, *, asks_value: bool = True) -> str:
    """Above the dialog, where the key result was redefined after its words were typed. Nothing is saved yet.

    `asks_value`: the dialog has a field for it.
    """
    then = "Please say its value anew; all else is here." if asks_value else "Please see whether your words still hold."
    return f"*{standing.label} measures something else since you wrote this.* {then}"


def choices(found: Sequence[Choice]) -> list[Block]:
    """Entries for the menu that asks while somebody types; as many as a menu holds."""
    return [option(one.text, one.value) for one in found[:MOST_CHOICES]]


def _about(question: Question) -> list[Block]:
    standing = question.standing
    row = history(standing)
    small = [said(standing.text, 400) if standing.metric is not None else "", said(question.objective, 200), row]
    line = standing_line(standing, period=question.period, spelled=True)
    beneath = " · ".join(part for part in small if part)
    return [section(line), *([context(beneath)] if beneath else [])]


def _score(question: Question, fill: Filled, course: Course, odd: str) -> list[Block]:
    key = course.key(question.standing.key_result_id)
    if course.unchanged:
        return [_stays(question.standing), colour_field(fill.confidence, key)]
    blocks: list[Block] = []
    if question.shows_value:
        blocks.append(
            field_input(
                _value_label(question.standing),
                ids.block(Typed.VALUE, key),
                text_element(Typed.VALUE, initial=fill.value, most=SHORT),
                optional=not question.needs_value,
                hint=_value_hint(question),
            )
        )
    if odd:
        blocks.append(_really(odd, course, key))
    if question.asks_start and (fill.start or not odd):
        blocks.append(
            field_input(
                "Where did it start?",
                ids.block(Typed.START, key),
                text_element(Typed.START, initial=fill.start, most=SHORT),
                optional=True,
                hint="The value at the beginning of the cycle; with it there is a score. Not known yet? Leave it out.",
            )
        )
    blocks.append(colour_field(fill.confidence, key))
    return blocks


def _stays(standing: Standing) -> Block:
    if standing.kind is Kind.MILESTONE:
        return section(f"Its score stays at *{show(standing.score) if standing.score is not None else '–'}*.")
    value = said(format_value(standing.value, shown_unit(standing)), 60) if standing.value is not None else "–"
    return section(f"Its value stays at *{value}*.")


def _really(odd: str, course: Course, key: str) -> Block:
    box = option("Yes, that is the value", SURE)
    element: dict[str, object] = {"type": "checkboxes", "action_id": Typed.REALLY, "options": [box]}
    # Another odd value is another question: its box is not ticked yet.
    # Slack calls it optional: whoever puts the value right need not tick it.
    return field_input(
        odd,
        ids.block(Typed.REALLY, f"{key}:{course.sure_of[:60]}"),
        element,
        optional=True,
        hint="Tick it if so, or correct the value above.",
    )


def colour_field(
    chosen: Confidence | None, key: str, *, label: str = "How confident are you?", dispatch: bool = True
) -> Block:
    """The three colours. `key` is what the field's id ends in; `dispatch`: Okra hears of a choice at once."""
    options = [{**option(colour(one), one.value), "description": plain(meaning, 75)} for one, meaning in _COLOURS]
    element: dict[str, object] = {"type": "radio_buttons", "action_id": Act.CONFIDENCE, "options": options}
    if chosen is not None:
        element["initial_option"] = next(one for one in options if one["value"] == chosen.value)
    return field_input(label, ids.block(Act.CONFIDENCE, key), element, dispatch=dispatch)


def _blocked(question: Question, fill: Filled, key: str) -> list[Block]:
    menu: dict[str, object] = {
        "type": "external_select",
        "action_id": Act.BLOCKED_BY,
        "min_query_length": 1,
        "placeholder": plain("A person, a team, or your own words", 150),
    }
    if fill.blocked_by is not None:
        menu["initial_option"] = option(fill.blocked_by.text, fill.blocked_by.value)
    hint = beside_the_name(question.waits) if question.waits is not None else NAME_A_TEAM
    blocks = [field_input("Blocked by", ids.block(Act.BLOCKED_BY, key), menu, optional=True, hint=hint)]
    if question.blocked_before and fill.blocked_by == question.brought.blocked_by:
        blocks.append(_same(fill, key))
    # A red always opens the thread; only a yellow is asked.
    if fill.confidence is not Confidence.RED:
        blocks.append(_help(question.yellow, fill, key))
    return blocks


def _same(fill: Filled, key: str) -> Block:
    """The box beside a name that stood there the last time."""
    box = option("Same as last week", SAME)
    element: dict[str, object] = {"type": "checkboxes", "action_id": Typed.SAME_BLOCKER, "options": [box]}
    if fill.same_blocker:
        element["initial_options"] = [box]
    return field_input(
        "Still the same?",
        ids.block(Typed.SAME_BLOCKER, key),
        element,
        optional=True,
        hint="Untick it if it is about something else now. The same again, with nothing decided, asks the next lead.",
    )


def _help(yellow: Yellow, fill: Filled, key: str) -> Block:
    """The box that asks for help, or that it will be asked for without one."""
    if yellow is Yellow.OPENS:
        return context(OPENS_BY_ITSELF)
    label, words, hint = _HELP_ASKED[yellow]
    box = option(words, HELP)
    element: dict[str, object] = {"type": "checkboxes", "action_id": Typed.WANTS_HELP, "options": [box]}
    if fill.wants_help:
        element["initial_options"] = [box]
    return field_input(label, ids.block(Typed.WANTS_HELP, key), element, optional=True, hint=hint)


def _plan(fill: Filled, key: str, last: LastAnswer) -> Block:
    before = f" Last time: {clip(last.plan, HINT_LENGTH)}" if last.plan else ""
    return _lines(
        "What is the plan?",
        Typed.PLAN,
        key,
        fill.plan,
        f"“I don't know yet, help me plan” is a good answer.{before}",
        optional=fill.confidence is not Confidence.RED,
    )


def _lines(label: str, field: Typed, key: str, initial: str, hint: str, *, optional: bool = True) -> Block:
    return field_input(
        label,
        ids.block(field, key),
        text_element(field, initial=initial, multiline=True),
        optional=optional,
        hint=hint or None,
    )


def _last(text: str, words: str = "Last time") -> str:
    return f"{words}: {clip(text, HINT_LENGTH)}" if text else ""


def _value_label(standing: Standing) -> str:
    if standing.kind is Kind.MILESTONE:
        return "Score now, from 0 to 1"
    return f"Current value ({clip(standing.unit, 40)})" if standing.unit else "Current value"


def _value_hint(question: Question) -> str | None:
    standing, last = question.standing, question.last
    before = f"Last time: {last.value}" if last.value else ""
    match standing.kind:
        case Kind.MILESTONE:
            example = "0 is not begun, 0.7 is a good result, 1 is done"
        case Kind.AT_LEAST | Kind.AT_MOST if standing.target is not None:
            way = "or more" if standing.kind is Kind.AT_LEAST else "or less"
            example = f"{format_value(standing.target, standing.unit)} {way} holds"
        case _:
            example = _example(question.hint) if question.hint is not None else ""
    return " · ".join(part for part in (example, before) if part) or None


def _example(hint: Hint) -> str:
    return (
        f"{format_value(hint.start, '')} → {format_value(hint.target, hint.unit)}: "
        f"{format_value(hint.example, hint.unit)} is {show(hint.score)}"
    )
