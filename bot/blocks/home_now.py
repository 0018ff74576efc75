"""The head of Home: what its reader must do now. The only list that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.blocks.dates import weekday_time
from bot.blocks.decision_list import settling
from bot.blocks.dependency import Unanswered, answering, asks_for_an_answer
from bot.blocks.escalation import buttons
from bot.blocks.escalation_path import back
from bot.blocks.hand_over import Offer
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, header, section
from bot.blocks.links import linked
from bot.blocks.moments import named_day
from bot.blocks.post import Block
from bot.blocks.text import said
from bot.domain.cadence import Period
from bot.domain.escalation import DecisionKind, EscalationState

MOST_OF_EACH = 5
MOST_NAMED = 6
NAME = 80
WORDS = 300


@dataclass(frozen=True)
class Due:
    """Check-ins of one period that can be answered: number and short name. `closes`: until then they are on time, in
    the reader's zone; `is_late`: that is over, and they are still taken until `taken_until`."""

    period: Period
    key_results: tuple[tuple[int, str], ...]
    closes: datetime
    taken_until: datetime
    is_late: bool


@dataclass(frozen=True)
class OwnDecision:
    """A decision whose follow-up is the reader's and not done. `left`: whose it was, where the reader is asked because
    they are not here any more."""

    decision_id: int
    number: int
    text: str
    decided_by: str
    due_on: date
    link: str | None
    kind: DecisionKind = DecisionKind.UNBLOCK
    left: str = ""


@dataclass(frozen=True)
class Asking:
    """An open request for help. `taken_by` is who takes care of it; `need` and `stuck` are the owner's words.

    `back_from`: the day of the review that it was taken to, once that has passed and nothing is decided.
    """

    escalation_id: int
    number: int
    name: str
    state: EscalationState
    since: date
    need: str
    stuck: str
    asked: str | None
    taken_by: str | None
    link: str | None
    is_private: bool = False
    back_from: date | None = None


@dataclass(frozen=True)
class Now:
    """What the reader must do: answer, say what became of decisions, take key results over or not, help, and say what
    their team can do for another."""

    today: date
    check_ins: tuple[Due, ...]
    decisions: tuple[OwnDecision, ...]
    offers: tuple[Offer, ...]
    asks: tuple[Asking, ...]
    questions: tuple[Unanswered, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any(_parts(self))


def now_blocks(now: Now) -> list[Block]:
    """Each with its buttons; a kind sentence where nothing waits."""
    blocks: list[Block] = [header("Now")]
    if now.is_empty:
        return [*blocks, section("Nothing waits for you. Enjoy the quiet.")]
    for due in now.check_ins[:MOST_OF_EACH]:
        blocks += [
            section(_due(due)),
            actions(button("Check in", Act.CHECK_IN, value=due.period.isoformat(), style="primary")),
        ]
    for ask in now.asks[:MOST_OF_EACH]:
        can = can_be_pressed(ask)
        blocks += [section(f"*Can you help?* {asks_of(ask)}"), *([actions(*can)] if can else [])]
    for question in now.questions[:MOST_OF_EACH]:
        blocks += [section(f"*Can your team help?* {asks_for_an_answer(question)}"), answering(question.dependency_id)]
    for decision in now.decisions[:MOST_OF_EACH]:
        blocks += [
            section(f"{asks_whether_done(decision)} {decision_line(decision, now.today)}"),
            actions(*settling(decision.decision_id, decision.kind, owner_left=bool(decision.left))),
        ]
    for offer in now.offers[:MOST_OF_EACH]:
        about = str(offer.hand_over_id)
        blocks += [
            section(_offer(offer)),
            actions(
                button("I'll own it", Act.ACCEPT_HAND_OVER, value=about, style="primary"),
                button("Not me", Act.DECLINE_HAND_OVER, value=about),
            ),
        ]
    more = sum(max(len(part) - MOST_OF_EACH, 0) for part in _parts(now))
    return [*blocks, context(f"and {more} more, which come up here as these are done")] if more else blocks


def asks_of(ask: Asking, words: int = WORDS) -> str:
    """One request in a line or two: what, where it is, since when, what is needed (`words` long), and the thread."""
    line = f"*KR-{ask.number}* {_short(ask.name, NAME)} · {_stage(ask)} · since {named_day(ask.since)}"
    if ask.link is not None:
        line += f" · {linked(ask.link, 'thread')}"
    if ask.need:
        return f"{line}\nNeeds: {_short(ask.need, words)}"
    return f"{line}\nStuck: {_short(ask.stuck, words)}" if ask.stuck else line


def can_be_pressed(ask: Asking) -> tuple[Block, ...]:
    """What can be done with a request for help, as its thread offers it."""
    return buttons(ask.escalation_id, ask.state, is_private=ask.is_private, is_back=ask.back_from is not None)


def asks_whether_done(decision: OwnDecision) -> str:
    """The question in front of a decision's line."""
    if not decision.left:
        return "*Is it done?*"
    return f"*{_short(decision.left, NAME)} has left. Is it done, or who does it now?*"


def decision_line(decision: OwnDecision, today: date, words: int = WORDS) -> str:
    """One decision: what (`words` long), for which key result, by when, and the thread."""
    when = "today" if decision.due_on == today else named_day(decision.due_on)
    due = f"was due {when}" if decision.due_on < today else f"due {when}"
    thread = f" · {linked(decision.link, 'thread')}" if decision.link is not None else ""
    by = _short(decision.decided_by, NAME)
    return f"{_short(decision.text, words)} · for KR-{decision.number} · {due} · decided by {by}{thread}"


def _short(text: str, most: int) -> str:
    """What somebody typed; shorter where it is mostly characters that grow when they are escaped."""
    inert = said(text, most)
    return inert if len(inert) <= 2 * most else said(text, most // 5)


def _due(due: Due) -> str:
    count = len(due.key_results)
    names = ", ".join(f"*KR-{number}* {said(name, NAME)}" for number, name in due.key_results[:MOST_NAMED])
    more = f" and {count - MOST_NAMED} more" if count > MOST_NAMED else ""
    if due.is_late:
        head = f"*Still possible until {weekday_time(due.taken_until)}*"
    else:
        what = "One check-in" if count == 1 else f"{count} check-ins"
        head = f"*{what}, open until {weekday_time(due.closes)}*"
    return f"{head} · {names}{more}"


def _offer(offer: Offer) -> str:
    return (
        f"*Will you own KR-{offer.number}?* {said(offer.name, NAME)}, for {said(offer.team, NAME)}. "
        f"{said(offer.asked_by, NAME)} asks you."
    )


def _stage(ask: Asking) -> str:
    match ask.state:
        case EscalationState.OPEN:
            return f"{_short(ask.asked, NAME)} is asked" if ask.asked else "help wanted"
        case EscalationState.ACKNOWLEDGED:
            return f"{_short(ask.taken_by or 'someone', NAME)} is on it"
        case EscalationState.IN_REVIEW:
            return back(ask.back_from) if ask.back_from is not None else "goes to the review"
        case EscalationState.DECIDED:
            return "decided, not yet resolved"
        case EscalationState.RESOLVED:
            return "resolved"


def _parts(now: Now) -> tuple[Sequence[object], ...]:
    return (now.check_ins, now.asks, now.questions, now.decisions, now.offers)
