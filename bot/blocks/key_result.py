"""`/kr 12`: one key result, where it stands, its last answers, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from bot.blocks.dates import day
from bot.blocks.ids import Act
from bot.blocks.initiatives import initiatives_button, initiatives_shown
from bot.blocks.layout import actions, button, context, section
from bot.blocks.links import linked, thread_link
from bot.blocks.post import Block, Post
from bot.blocks.standing import (
    WATCHED,
    Standing,
    before,
    colour,
    escalation_words,
    history,
    measure,
    score_pair,
    shown_unit,
    standing_line,
)
from bot.blocks.text import said
from bot.blocks.value_rhythm import ways_in
from bot.blocks.who_sees import admins_buttons
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.numbers import format_value
from bot.domain.scoring import show


@dataclass(frozen=True)
class PastAnswer:
    """What was said in one week."""

    period: Period
    confidence: Confidence
    value: Decimal | None
    score: Decimal | None
    changed: str
    working: str
    next_move: str
    need: str


@dataclass(frozen=True)
class Going:
    """The pace of a cycle that is running: the score that is expected by now, and where it ends if it goes on as it
    went; `projected_score` null before there are answers enough to show a pace. Scores are 0.00 to 1.00."""

    expected_score: Decimal
    projected_score: Decimal | None
    ends_on: date


@dataclass(frozen=True)
class KeyResultView:
    """`answers` are the newest first. `period` is the week that the viewer is in. `may_update`: right now.
    `may_hand_over`, `may_ask_for_help`: the viewer owns it, or leads above; they also say how often its value is asked
    for. `may_correct`: they lead above, and the digest with the newest answer is out. `going` null: it has no pace (a
    threshold, a health number, a cycle that is not running). `initiatives`: the work that is to move it. `limited`: who
    else sees it, where not everybody does. `may_limit`: the viewer is an admin.
    """

    standing: Standing
    objective: str
    team: str
    due_on: date | None
    is_draft: bool
    is_closed: bool
    imported_score: str | None
    answers: tuple[PastAnswer, ...]
    period: Period
    may_update: bool
    may_hand_over: bool = False
    may_correct: bool = False
    may_ask_for_help: bool = False
    learning: str = ""
    initiatives: tuple[str, ...] = ()
    may_name_initiatives: bool = False
    going: Going | None = None
    limited: str = ""
    may_limit: bool = False


def key_result(view: KeyResultView) -> Post:
    """The key result as it is now."""
    stands = view.standing
    blocks: list[Block] = [
        section(f"*{stands.label}* {said(stands.text, 600)}\n{_belongs(view)}"),
        section(_stands(view)),
    ]
    if view.going is not None:
        blocks.append(context(pace_words(view.going)))
    if stands.escalation is not None:
        blocks.append(section(_escalation(stands)))
    if view.limited:
        blocks.append(context(view.limited))
    if view.initiatives:
        blocks.append(section(initiatives_shown(view.initiatives)))
    if view.answers:
        blocks.append(section(_past(view.answers, shown_unit(stands))))
    elif not view.is_draft and not view.is_closed:
        blocks.append(context("No check-in has been answered yet."))
    if view.imported_score:
        blocks.append(context(f"The file it was imported from gave its score as “{said(view.imported_score, 150)}”."))
    if buttons := _buttons(view):
        blocks.append(actions(*buttons))
    return Post(_title(view), tuple(blocks))


def _buttons(view: KeyResultView) -> list[Block]:
    key_result_id = view.standing.key_result_id
    about = str(key_result_id)
    buttons = [button("Update", Act.UPDATE_KEY_RESULT, value=about)] if view.may_update else []
    if view.may_correct:
        buttons.append(button("Correct", Act.CORRECT, value=about))
    if view.may_ask_for_help:
        buttons.append(button("Ask for help", Act.ASK_FOR_HELP, value=about))
    if view.may_hand_over:
        buttons += [button("Hand over", Act.HAND_OVER, value=about), ways_in(key_result_id)]
    if view.may_name_initiatives:
        buttons.append(initiatives_button(key_result_id))
    if view.may_limit:
        buttons += admins_buttons(key_result_id)
    return buttons


def pace_words(going: Going) -> str:
    """ "At this pace about 0.5 by 31 Dec; 0.4 is expected by now." """
    expected = f"{show(going.expected_score)} is expected by now"
    if going.projected_score is None:
        return f"{expected}."
    return f"At this pace about *{show(going.projected_score)}* by {day(going.ends_on)}; {expected}."


def which_one() -> str:
    return "Which key result? Type its number, as in `/kr 12`. `/okr` lists yours."


def no_number(typed: str) -> str:
    return (
        f"I can't find a key result's number in “{said(typed, 150)}”. It comes first, as in `/kr 12` or "
        "`/kr 12 45 yellow waiting on legal`. `/okr` lists yours."
    )


def _title(view: KeyResultView) -> str:
    if view.is_draft or view.is_closed:
        return f"{view.standing.label} {measure(view.standing)}: {'a draft' if view.is_draft else 'closed'}"
    return standing_line(view.standing, period=view.period)


def _belongs(view: KeyResultView) -> str:
    due = f" · due {day(view.due_on)} {view.due_on.year}" if view.due_on else ""
    return f"{said(view.objective, 200)} · {said(view.team, 80)}{due}"


def _stands(view: KeyResultView) -> str:
    stands = view.standing
    if view.is_draft:
        named = f" The import named “{said(stands.owner_name, 80)}”." if stands.owner_name else ""
        return f"✏️ A draft: nobody owns it yet, so nobody is asked about it.{named}"
    parts = [
        f"{colour(stands.confidence)}",
        f"now {said(format_value(stands.value, shown_unit(stands)), 60)}" if stands.value is not None else "",
        _score(stands, view.period),
        f"`{history(stands)}`" if history(stands) else "",
    ]
    owner = f"\nOwner: {said(stands.owner_name, 80)}" if stands.owner_name else ""
    closed = "\nIt is closed: nobody is asked about it any more." if view.is_closed else ""
    if view.is_closed and view.learning:
        closed += f"\n*What was learnt:* {said(view.learning, 300)}"
    return " · ".join(filter(None, parts)) + owner + closed


def _score(stands: Standing, period: Period) -> str:
    if not stands.kind.is_scored:
        return WATCHED
    pair = score_pair(stands.score, stands.last_score, bold=True, before=before(stands, period))
    return pair if stands.score is None else f"score {pair}"


def _escalation(stands: Standing) -> str:
    escalation = stands.escalation
    if escalation is None:
        return ""
    words = {
        EscalationState.OPEN: "Help is wanted",
        EscalationState.ACKNOWLEDGED: f"Help is wanted, and {said(escalation.taken_by or 'someone', 80)} is on it",
        EscalationState.IN_REVIEW: f"Help is wanted: {escalation_words(replace(escalation, channel=None))}",
        EscalationState.DECIDED: "Help was wanted, and a decision has been made",
    }.get(escalation.state, "Help was wanted")
    if escalation.channel is None or escalation.ts is None:
        return f"*{words}*"
    return f"*{words}* · {linked(thread_link(escalation.channel, escalation.ts, escalation.base), 'thread')}"


def _past(answers: Sequence[PastAnswer], unit: str) -> str:
    return "\n".join(["*Last answers*", *(_answer(one, unit) for one in answers)])


def _answer(one: PastAnswer, unit: str) -> str:
    head = [
        f"{day(one.period)}: {colour(one.confidence)}",
        said(format_value(one.value, unit), 60) if one.value is not None else "",
        show(one.score) if one.score is not None else "",
    ]
    words = [
        said(one.changed, 150),
        said(one.working, 150),
        f"_next:_ {said(one.next_move, 150)}" if one.next_move else "",
        f"_needs:_ {said(one.need, 150)}" if one.need else "",
    ]
    lines = [" · ".join(filter(None, head)), " · ".join(filter(None, words))]
    return "\n      ".join(filter(None, lines))
