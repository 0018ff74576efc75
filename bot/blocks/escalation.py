"""The escalation as people read it: the thread's first message, the replies, the direct messages, the buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.blocks.decision_kinds import beside
from bot.blocks.decision_list import settling
from bot.blocks.dependency import Waits, answer
from bot.blocks.escalation_more import menu
from bot.blocks.escalation_path import (
    NAME,
    Again,
    Asked,
    Expected,
    Turn,
    coming,
    goes_on,
    goes_on_later,
    review,
    why,
)
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, section
from bot.blocks.links import linked, mention
from bot.blocks.moments import moment, named_day
from bot.blocks.post import Block, Post
from bot.blocks.standing import Standing, colour
from bot.blocks.text import escape, said
from bot.domain.confidence import Confidence
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.numbers import format_value
from bot.domain.scoring import show

# A line of the first message; `/kr` shows the whole of it.
LINE = 500
TITLE = 200
# Of several decisions: the newest ones, in short; the thread has them whole.
SHORT = 150
# As much of a copied message as a dialog carries.
QUOTE = 1200
MOST_DECISIONS = 4
# What Slack takes in one section.
SECTION = 2900
# What a decision may take of one message, as it is sent: three thousand code points and their escapes.
WHOLE = 9000


@dataclass(frozen=True)
class Person:
    name: str
    slack_id: str


@dataclass(frozen=True)
class Words:
    """What was said when help was asked for; empty where nothing was. By the owner, unless `by` names somebody else.

    `link` leads to a message that says it.
    """

    stuck: str = ""
    blocked_by: str = ""
    plan: str = ""
    need: str = ""
    by: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Settled:
    """What became of a decision: done, or dropped for a `reason`; `by` is who said so."""

    by: str
    reason: str | None = None


@dataclass(frozen=True)
class Decided:
    """`settled` is null while the follow-up is to be done."""

    decision_id: int
    text: str
    by: str
    owner: Person
    due_on: date
    settled: Settled | None = None
    kind: DecisionKind = DecisionKind.UNBLOCK

    @property
    def head(self) -> str:
        """ "Decided by Tama Reid", with its kind where that says more."""
        return f"Decided by {said(self.by, NAME)}{beside(self.kind)}"


@dataclass(frozen=True)
class Case:
    """An escalation as its messages show it.

    `asked` is who is asked to act, null where the owner has no lead above, and until they are at work; `steps` are all
    whom the path has met so far, `expected` is who comes next. `deciders` are the names of those who may act. `zone` is
    for readers whose own zone Slack cannot apply. `taken_by` is who took it, or took it to a review, on `review_on`.
    `decisions` are those since it was opened, or opened again, the newest first.
    """

    escalation_id: int
    standing: Standing
    owner: Person
    team: str
    words: Words
    state: EscalationState
    opened_at: datetime
    zone: ZoneInfo
    asked: Person | None = None
    steps: tuple[Asked, ...] = ()
    expected: Expected | None = None
    review_on: date | None = None
    deciders: tuple[str, ...] = ()
    taken_by: str | None = None
    decisions: tuple[Decided, ...] = ()
    resolved_by: str | None = None
    no_decision_reason: str | None = None
    # What the team says that is waited for, where one was asked.
    waits: Waits | None = None
    # The address of the thread, once its first message stands.
    link: str | None = None
    is_private: bool = False

    @property
    def title(self) -> str:
        """`KR-15 SOC 2 certified by 15 Dec`, inert."""
        return title_of(self.standing)


@dataclass(frozen=True)
class Change:
    """What a further call for help says beside the one before: only lines that differ, and both colours."""

    confidence: Confidence
    score: str
    lines: Words = field(default_factory=Words)
    is_new_week: bool = True


# Messages


def root(case: Case) -> Post:
    """The thread's first message. It shows the state; once resolved it has no buttons."""
    return _message(case, [])


def ask(case: Case, reader_id: int) -> Post:
    """The direct message to one who is asked: complete in itself, with the same buttons and why it comes to them."""
    notes = why(case.steps, reader_id, case.team, case.zone)
    if case.link is not None:
        notes.append(linked(case.link, "Open the thread"))
    return _message(case, notes)


def hidden() -> Post:
    """In the place of a message that stands, once its readers may not see the key result any more."""
    return _sentence("This request for help is for fewer people now, so it is not shown here any more.")


def help_asked(case: Case, words: Words, quote: str) -> Post:
    """Reply: somebody asks for help in the open thread; `quote` is the message that they have copied."""
    head = f"{said(words.by, NAME)} asks for help with {case.standing.label}."
    return Post(head, (section(head), *_sections(_lines(words)), *_copied(quote)))


def news_of_help(case: Case, words: Words) -> Post:
    """To the owner: somebody else has asked for help with what is theirs."""
    head = f"{said(words.by, NAME)} has asked for help with your {case.title}."
    return Post(head, (section(head), *_sections(_lines(words)), *to_thread(case)))


def made_private() -> Post:
    """In the place of what stood where more people read it, once it was made private."""
    return _sentence("🔒 Made private: this request for help goes on with those whom it concerns.")


def again(case: Case, change: Change) -> Post:
    """Reply: the owner asks for help again, with what has changed since."""
    when = "again this week" if change.is_new_week else "with news"
    head = f"{colour(change.confidence)} {when} · {change.score}"
    lines = _lines(change.lines) or ["Nothing else has changed since the last time."]
    return Post(f"{case.standing.label} {head}", (section(head), *_sections(lines)))


def green_again(case: Case, *, proposes: bool = True) -> Post:
    """Reply: the key result has turned green, so this can be resolved; nothing is by itself. `proposes`: no newer reply
    shows how to."""
    head = f"{colour(Confidence.GREEN)} {case.standing.label} is green again."
    said_more = "If the help has come, this can be resolved. It stays open until somebody says so."
    blocks = [section(f"{head} {said_more}")]
    if proposes and case.state is not EscalationState.RESOLVED:
        blocks.append(actions(button("Resolve", Act.RESOLVE_ESCALATION, value=str(case.escalation_id))))
    return Post(head, tuple(blocks))


def opened_again(about: Standing, words: Words, quote: str = "") -> Post:
    """Reply: help is wanted again, soon after this was resolved; it goes on here, from the beginning of the path.

    `about` and `words` are as they were when it was; `quote` is the message that somebody has copied with it.
    """
    opened = f"Opened again by {said(words.by, NAME)}" if words.by else "Opened again"
    head = f"{opened}: {colour(about.confidence)} · {score(about)}"
    return Post(f"{about.label}: {head}", (section(head), *_sections(_lines(words)), *_copied(quote)))


def taken(case: Case, by: str) -> Post:
    """Reply: somebody goes and gets it."""
    return _sentence(f"{said(by, NAME)} has taken this.")


def to_review(on: date | None, by: str) -> Post:
    """Reply: it goes to the team's review on a day."""
    return _sentence(f"{said(by, NAME)} takes this to {review(on)}.")


def after_review(case: Case) -> Post:
    """The direct message to who took it to the review, on its evening: what was decided?"""
    question = f"You took this to {review(case.review_on)}: what was decided?"
    message = _message(case, [])
    head, *rest = message.blocks
    return Post(f"{question} {message.text}", (head, section(f"*{question}*"), *rest))


def went_on(turn: Turn) -> Post:
    """Reply: the next one on the path is asked, and why."""
    return _sentence(goes_on(turn))


def named_again(case: Case, again: Again, *, is_newest: bool = True) -> Post:
    """Reply: the same is named as blocking again, and the next one cannot be asked at this moment."""
    return _sentence(goes_on_later(again, case.expected, case.zone, is_newest=is_newest))


def news_of_going_on(case: Case, turn: Turn) -> Post:
    """To somebody who was away when it was their turn."""
    text = f"While you were away, {said(turn.name, NAME)} was asked for help with {case.title}. Now: {stage(case)}."
    return Post(text, (section(text), *to_thread(case)))


def decided(case: Case, decision: Decided) -> Post:
    """Reply: what was decided. The owner of the follow-up is asked; the owner of the key result is told.

    While it is open it has the buttons that say what became of it.
    """
    head = f"{decision.head}:"
    text = f"{case.standing.label}, {head} {said(decision.text, 300)}"
    if decision.settled is not None:
        return Post(text, (*whole(f"*{head}*\n", decision.text), section(_follow_up(decision))))
    asked = f"{mention(decision.owner.slack_id)}, can you make this happen by {named_day(decision.due_on)}?"
    if decision.owner != case.owner:
        asked += f" {said(case.owner.name, NAME)}, this is for your {case.standing.label}."
    return Post(
        text,
        (*whole(f"*{head}*\n", decision.text), section(asked), actions(*settling(decision.decision_id, decision.kind))),
    )


def resolved(case: Case, by: str) -> Post:
    """Reply: the end, with the decision or the reason why none was needed."""
    if case.no_decision_reason:
        head = f"Resolved by {said(by, NAME)} without a decision:"
        text = f"{case.standing.label}: {head} {said(case.no_decision_reason, 300)}"
        return Post(text, tuple(whole(f"*{head}*\n", case.no_decision_reason)))
    return _sentence(f"Resolved by {said(by, NAME)}. Thank you, everybody.")


# Direct messages that say what happened to those whom the thread may not reach


def news_of_decision(case: Case, decision: Decided, *, for_follow_up: bool) -> Post:
    """To the owner of the follow-up (who is asked), or to the owner of the key result (who is told)."""
    made = told_of_decision(case.standing, decision, for_follow_up=for_follow_up)
    return Post(made.text, (*made.blocks, *to_thread(case)))


def told_of_decision(about: Standing, decision: Decided, *, for_follow_up: bool) -> Post:
    """The same about a decision that has no thread: nobody had asked for help."""
    by, due = said(decision.by, NAME), named_day(decision.due_on)
    title, kind = title_of(about), beside(decision.kind)
    if for_follow_up and decision.by == decision.owner.name:
        head = f"You have decided{kind}, and make this happen by {due}, for {title}:"
    elif for_follow_up:
        head = f"{by} asks you to make this happen{kind} by {due}, for {title}:"
    else:
        head = f"{by} has decided{kind} about your {title}:"
    if decision.settled is not None:
        after = section(_follow_up(decision))
    elif for_follow_up:
        after = actions(*settling(decision.decision_id, decision.kind))
    else:
        after = section(f"{said(decision.owner.name, NAME)} makes it happen by {due}.")
    return Post(f"{head} {said(decision.text, 300)}", (*whole(f"*{head}*\n", decision.text), after))


def news_of_taking(case: Case, by: str, *, to_a_review: bool) -> Post:
    """To the owner of the key result, where the thread is a direct message of somebody else."""
    does = f"takes it to {review(case.review_on)}" if to_a_review else "has taken it"
    return _sentence(f"You asked for help with {case.title}: {said(by, NAME)} {does}.")


# Buttons


def buttons(escalation_id: int, state: EscalationState, *, is_private: bool = False) -> tuple[Block, ...]:
    """Those that make sense in the state, and what else can be done behind three dots; none once it is resolved."""
    about = str(escalation_id)
    take = button("I'll take it", Act.TAKE_ESCALATION, value=about, style="primary")
    decide = button("Decide", Act.DECIDE, value=about)
    review = button("Take to review", Act.TAKE_TO_REVIEW, value=about)
    more = menu(escalation_id, is_private=is_private, ends=state is not EscalationState.DECIDED)
    match state:
        case EscalationState.OPEN:
            return (take, decide, review, more)
        case EscalationState.ACKNOWLEDGED:
            return (decide, review, more)
        case EscalationState.IN_REVIEW:
            return (take, decide, more)
        case EscalationState.DECIDED:
            again = button("Decide again", Act.DECIDE, value=about)
            return (button("Resolve", Act.RESOLVE_ESCALATION, value=about, style="primary"), again, more)
        case EscalationState.RESOLVED:
            return ()


# Pieces


def title_of(about: Standing) -> str:
    """`KR-15 SOC 2 certified by 15 Dec`, inert."""
    return f"{about.label} {said(about.text, TITLE)}"


def headline(case: Case) -> str:
    """Colour, key result, and where it is: the first line, which is also the notification."""
    return f"{colour(case.standing.confidence)} *{case.title}: {stage(case)}* · {score(case.standing)}"


def score(standing: Standing) -> str:
    """The score and last week's: "0.3, as last week", "0.3, was 0.4"."""
    if standing.score is None:
        now = "no score yet" if standing.kind.is_scored else "not scored"
        return now if standing.value is None else f"now {said(format_value(standing.value, standing.unit))}, {now}"
    if standing.last_score is None:
        return f"{show(standing.score)}, the first score"
    now, before = show(standing.score), show(standing.last_score)
    return f"{now}, as last week" if now == before else f"{now}, was {before}"


def _message(case: Case, notes: Sequence[str]) -> Post:
    blocks = [section(headline(case)), *_sections([*_lines(case.words), *_other_team(case)])]
    blocks.extend(section(line) for line in _asks(case))
    then = coming(case.expected, case.steps, case.state, case.zone)
    seen = ["🔒 only those whom it concerns see this"] if case.is_private else []
    blocks.append(context(" · ".join([f"Open since {moment(case.opened_at, case.zone)}", *then, *notes, *seen])))
    pressable = buttons(case.escalation_id, case.state, is_private=case.is_private)
    if pressable:
        blocks.append(actions(*pressable))
    return Post(_notification(case), tuple(blocks))


def _notification(case: Case) -> str:
    text = headline(case).replace("*", "")
    if case.state is EscalationState.OPEN and case.words.need:
        who = f"{said(case.words.by, NAME)} asks for" if case.words.by else f"{said(case.owner.name, NAME)} needs"
        text += f". {who}: {said(case.words.need, 300)}"
    return text


def stage(case: Case) -> str:
    """Where it is, in a few words."""
    match case.state:
        case EscalationState.OPEN:
            return "help wanted"
        case EscalationState.ACKNOWLEDGED:
            return f"{said(case.taken_by or 'someone', NAME)} is on it"
        case EscalationState.IN_REVIEW:
            return f"goes to {review(case.review_on)}"
        case EscalationState.DECIDED:
            return "decided"
        case EscalationState.RESOLVED:
            return "resolved"


def _asks(case: Case) -> list[str]:
    """What is asked, or what came of it."""
    lines: list[str] = []
    lines.extend(_decisions(case.decisions))
    match case.state:
        case EscalationState.OPEN:
            lines.append(_question(case))
        case EscalationState.ACKNOWLEDGED:
            lines.append(f"*Taken* by {said(case.taken_by or '', NAME)}")
        case EscalationState.IN_REVIEW:
            lines.append(f"*Taken to {review(case.review_on)}* by {said(case.taken_by or '', NAME)}")
        case EscalationState.DECIDED:
            pass
        case EscalationState.RESOLVED:
            lines.append(f"*Resolved* by {said(case.resolved_by or '', NAME)}")
            if case.no_decision_reason:
                lines.append(f"*No decision was needed:* {_line(case.no_decision_reason)}")
    is_over = case.state is EscalationState.RESOLVED or bool(case.words.by)
    if case.standing.confidence is Confidence.GREEN and not is_over:
        lines.append("The owner's newest check-in is green. If the help has come, this can be resolved.")
    return lines


def _decisions(decisions: Sequence[Decided]) -> list[str]:
    """The newest as it was decided, with its follow-up; those before it in a line each."""
    if not decisions:
        return []
    newest, *before = decisions
    lines = [
        f"*Decided* by {said(newest.by, NAME)}{beside(newest.kind)}: {_line(newest.text)}",
        _follow_up(newest),
        *(_in_short(one) for one in before[: MOST_DECISIONS - 1]),
    ]
    if len(decisions) > MOST_DECISIONS:
        lines.append(f"and {len(decisions) - MOST_DECISIONS} more in the thread")
    return lines


def _in_short(decision: Decided) -> str:
    words = (
        f"• *Decided before*{beside(decision.kind)}: {said(decision.text, SHORT)} · {said(decision.owner.name, NAME)}"
    )
    return f"{words}, by {named_day(decision.due_on)}{_became(decision)}"


def _follow_up(decision: Decided) -> str:
    """Who makes it happen and by when, or what became of it."""
    line = f"*Follow-up:* {said(decision.owner.name, NAME)}, by {named_day(decision.due_on)}"
    return line + _became(decision)


def _became(decision: Decided) -> str:
    if decision.settled is None:
        return ""
    became = "done" if decision.settled.reason is None else "dropped"
    return f" · *{became}*, says {said(decision.settled.by, NAME)}"


def _question(case: Case) -> str:
    if case.asked is not None:
        return (
            f"{mention(case.asked.slack_id)}, can you get this, decide otherwise, or take it to the team's next review?"
        )
    if case.expected is not None:
        name = said(case.expected.name, NAME)
        return f"{name} will be asked to get this, to decide otherwise, or to take it to a review."
    nobody = f"Nobody was asked: {said(case.team, NAME)} has no lead above the owner."
    if not case.deciders:
        return f"{nobody} An admin can name one."
    return f"{nobody} {listed(case.deciders)} can decide."


def listed(names: Sequence[str]) -> str:
    """ "Ana", "Ana or Ben", "Ana, Ben or Cleo"; at most six by name."""
    inert = [said(name, NAME // 2) for name in names[:6]]
    if len(names) > len(inert):
        inert.append("others")
    return inert[0] if len(inert) == 1 else f"{', '.join(inert[:-1])} or {inert[-1]}"


def only_these_may(names: Sequence[str]) -> str:
    """To somebody else who presses: who can."""
    if not names:
        return "Only a lead above this key result can do that, and none is named yet. An admin can name one."
    return f"{listed(names)} can take this, decide or resolve it. Thank you for looking."


def _lines(words: Words) -> list[str]:
    labelled = (
        ("Stuck", words.stuck),
        ("Blocked by", words.blocked_by),
        ("Plan", words.plan),
        ("Needed" if words.by else "The owner needs", words.need),
    )
    lines = [f"*{label}:* {_line(text)}" for label, text in labelled if text]
    if not words.by:
        return lines
    by = said(words.by, NAME // 2)
    if words.link is not None:
        return [f"*In the way:* {linked(words.link, 'this message')}, says {by}", *lines]
    return [*lines, f"*Asked for by* {by}"]


def _other_team(case: Case) -> list[str]:
    """What the team says that is waited for."""
    return [f"*The other team:* {answer(case.waits)}"] if case.waits is not None else []


def _line(text: str) -> str:
    """One line of what somebody typed; shorter where it is mostly characters that grow when they are escaped."""
    inert = said(text, LINE)
    return inert if len(inert) <= LINE + LINE // 2 else said(text, LINE // 7)


def _copied(quote: str) -> list[Block]:
    """A message that somebody has copied into the thread."""
    return whole("*The message:*\n", quote[:QUOTE]) if quote else []


def _sections(lines: Sequence[str]) -> list[Block]:
    """One paragraph; where the lines are too long for one, a paragraph each."""
    if not lines:
        return []
    whole = "\n".join(lines)
    return [section(whole)] if len(whole) <= SECTION else [section(line) for line in lines]


def whole(head: str, text: str) -> list[Block]:
    """What somebody typed, whole and with its line breaks, in as many paragraphs as it needs."""
    blocks: list[Block] = []
    piece, length, sent = "", len(head), 0
    for word in re.findall(r"\s+|\S{1,400}", text):
        grown = len(escape(word))
        if length + grown > SECTION:
            blocks.append(section(head + escape(piece)))
            sent += length
            head, piece, length = "", "", 0
            if sent > WHOLE:
                # Only a text of nothing but characters that must be escaped is as long as this.
                return [*blocks, section("…")]
        piece += word
        length += grown
    return [*blocks, section(head + escape(piece))] if head or piece.strip() else blocks


def to_thread(case: Case) -> list[Block]:
    """A link to the thread, where there is one that others can open."""
    return [context(linked(case.link, "Open the thread"))] if case.link is not None else []


def _sentence(text: str) -> Post:
    return Post(text, (section(text),))
