"""The check-in's dialog: three questions about one key result, and the page at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bot.blocks import ids
from bot.blocks.checkin_parts import Choice, Filled, Finished, LastAnswer, Question
from bot.blocks.ids import Act, Typed
from bot.blocks.layout import context, dialog, field_input, option, section, text_element
from bot.blocks.post import Block, View
from bot.blocks.prompt import all_in, what_follows
from bot.blocks.standing import Standing, colour, history, score_pair, standing_line
from bot.blocks.text import clip, plain, said
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value
from bot.domain.scoring import Hint, show

HINT_LENGTH = 300
SHORT = 100
HELP = "help"
MOST_TOLD = 20
MOST_CHOICES = 100

_COLOURS = (
    (Confidence.GREEN, "it will be there at the end of the cycle"),
    (Confidence.YELLOW, "it may not, and I know what to try"),
    (Confidence.RED, "it won't as things are: I could use help"),
)


def checkin_dialog(question: Question, filled: Filled | None = None, *, note: str = "", source: str = "dialog") -> View:
    """The dialog for one key result. `filled` stands in the fields instead of what the question brings.

    Yellow and red, once chosen, add who or what blocks and what is needed; red also the plan. A field into which
    something was typed stays, whatever colour is chosen afterwards. `note` stands above everything; `source` (where the
    answer was begun) comes back with it.
    """
    fill = filled or question.filled
    key = question.standing.key_result_id
    title = f"KR-{question.standing.number}"
    if question.total > 1 and question.run:
        title = f"{question.position} of {question.total}: {title}"
    blocks = [*([section(note)] if note else []), *_about(question), *_score(question, fill, key)]
    last = question.last
    if not question.asks_start:
        blocks.append(_lines("What changed since last week?", Typed.CHANGED, key, fill.changed, _last(last.changed)))
    blocks.append(_lines("What is working, and what is stuck?", Typed.WORKING, key, fill.working, _last(last.working)))
    more = shows_more(fill)
    if more:
        blocks += _blocked(fill, key)
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
        blocks.append(_lines("What do you need to make it happen?", Typed.NEED, key, fill.need, _last(last.need)))
    if fill.confidence is Confidence.RED or (fill.keeps_more and fill.plan):
        blocks.append(_plan(fill, key, last))
    return dialog(
        title,
        blocks,
        callback_id=ids.Dialog.CHECK_IN,
        metadata=json.dumps({"kr": key, "period": question.period.isoformat(), "run": question.run, "source": source}),
        submit="Save and next" if question.run and question.position < question.total else "Save",
        close="Close",
    )


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


def not_understood(parts: Iterable[str]) -> str:
    """Above the dialog, about words of a command that had no place in it."""
    return f"I could not place {', '.join(f'“{said(part, 60)}”' for part in parts)}: please see whether all is right."


def finished_dialog(view: Finished) -> View:
    """The last page: what was told, with scores, and what follows from it."""
    count = len(view.standings)
    what = f"{view.standings[0].label} is in" if count == 1 else all_in(count).capitalize()
    headline = f"*{what}. Thank you.*"
    told = [_told(standing) for standing in view.standings[:MOST_TOLD]]
    if count > MOST_TOLD:
        told.append(f"…and {count - MOST_TOLD} more")
    follows = [what_follows(view.standings[0].number, view.changes_until, digest_follows=view.digest_follows)]
    if view.asks_for_help:
        named = ", ".join(f"KR-{one}" for one in view.asks_for_help[:MOST_TOLD])
        follows.insert(0, f"Help is being asked for: {named}.")
    blocks = [section(headline), section("\n".join(told)), context(" ".join(follows))]
    return dialog("Checked in", blocks, callback_id=ids.Dialog.NOTICE, metadata="{}", close="Close")


def choices(found: Sequence[Choice]) -> list[Block]:
    """Entries for the menu that asks while somebody types; as many as a menu holds."""
    return [option(one.text, one.value) for one in found[:MOST_CHOICES]]


def _about(question: Question) -> list[Block]:
    standing = question.standing
    row = history(standing)
    small = [said(standing.text, 400) if standing.metric is not None else "", said(question.objective, 200), row]
    return [section(standing_line(standing, spelled=True)), context(" · ".join(part for part in small if part))]


def _score(question: Question, fill: Filled, key: int) -> list[Block]:
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
    if question.asks_start:
        blocks.append(
            field_input(
                "Where did it start?",
                ids.block(Typed.START, key),
                text_element(Typed.START, initial=fill.start, most=SHORT),
                optional=True,
                hint="The value at the beginning of the cycle; with it there is a score. Not known yet? Leave it out.",
            )
        )
    blocks.append(_colour(fill.confidence, key))
    return blocks


def _colour(chosen: Confidence | None, key: int) -> Block:
    options = [{**option(colour(one), one.value), "description": plain(meaning, 75)} for one, meaning in _COLOURS]
    element: dict[str, object] = {"type": "radio_buttons", "action_id": Act.CONFIDENCE, "options": options}
    if chosen is not None:
        element["initial_option"] = next(one for one in options if one["value"] == chosen.value)
    return field_input("How confident are you?", ids.block(Act.CONFIDENCE, key), element, dispatch=True)


def _blocked(fill: Filled, key: int) -> list[Block]:
    menu: dict[str, object] = {
        "type": "external_select",
        "action_id": Act.BLOCKED_BY,
        "min_query_length": 1,
        "placeholder": plain("A person, a team, or your own words", 150),
    }
    if fill.blocked_by is not None:
        menu["initial_option"] = option(fill.blocked_by.text, fill.blocked_by.value)
    blocks = [field_input("Blocked by", ids.block(Act.BLOCKED_BY, key), menu, optional=True)]
    # A red always opens the thread; only a yellow is asked.
    if fill.confidence is not Confidence.RED:
        box = option("I want help with this", HELP)
        element: dict[str, object] = {"type": "checkboxes", "action_id": Typed.WANTS_HELP, "options": [box]}
        if fill.wants_help:
            element["initial_options"] = [box]
        blocks.append(
            field_input(
                "Help",
                ids.block(Typed.WANTS_HELP, key),
                element,
                optional=True,
                hint="Opens a thread that asks your lead to get what is needed.",
            )
        )
    return blocks


def _plan(fill: Filled, key: int, last: LastAnswer) -> Block:
    before = f" Last time: {clip(last.plan, HINT_LENGTH)}" if last.plan else ""
    return _lines(
        "What is the plan?", Typed.PLAN, key, fill.plan, f"“I don't know yet, help me plan” is a good answer.{before}"
    )


def _lines(label: str, field: Typed, key: int, initial: str, hint: str, *, optional: bool = True) -> Block:
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


def _told(standing: Standing) -> str:
    score = score_pair(standing.score, standing.last_score, bold=True) if standing.kind.is_scored else "watched"
    return f"{colour(standing.confidence)} *{standing.label}* {said(standing.name, 80)} · {score}"
