"""A request for help as people read it first: the message that opens the thread, who is asked, and the buttons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.blocks.decision_kinds import beside
from bot.blocks.dependency import answer
from bot.blocks.escalation_more import menu
from bot.blocks.escalation_path import NAME, coming, review, why
from bot.blocks.escalation_shown import Case, Decided, score, stage
from bot.blocks.escalation_words import _became, follow_up_line, line_of, lines_of, listed, one_sentence, sections_of
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, section
from bot.blocks.links import linked, mention
from bot.blocks.moments import moment, named_day
from bot.blocks.post import Block, Post
from bot.blocks.standing import colour
from bot.blocks.text import said, short
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState

# Of several decisions: the newest ones, in short; the thread has them whole.
SHORT = 150

MOST_DECISIONS = 4


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
    return one_sentence("This request for help is for fewer people now, so it is not shown here any more.")


def made_private() -> Post:
    """In the place of what stood where more people read it, once it was made private."""
    return one_sentence("🔒 Made private: this request for help goes on with those whom it concerns.")


def changed_hands() -> Post:
    """In the place of what stood in a group message, once the thread went on in one with the new owner."""
    return one_sentence("🔒 This key result has changed hands: its request for help goes on with the new owner.")


def after_review(case: Case, on: date) -> Post:
    """The direct message to who took it to the review of that day, on its evening: what was decided?"""
    question = f"You took this to {review(on)}: what was decided?"
    message = _message(case, [])
    head, *rest = message.blocks
    return Post(f"{question} {message.text}", (head, section(f"*{question}*"), *rest))


def buttons(
    escalation_id: int, state: EscalationState, *, is_private: bool = False, is_back: bool = False
) -> tuple[Block, ...]:
    """Those that make sense in the state, and what else can be done behind three dots; none once it is resolved.

    `is_back`: a review has passed without a decision, so it can be taken to the next one.
    """
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
            return (take, decide, review, more) if is_back else (take, decide, more)
        case EscalationState.DECIDED:
            again = button("Decide again", Act.DECIDE, value=about)
            return (button("Resolve", Act.RESOLVE_ESCALATION, value=about, style="primary"), again, more)
        case EscalationState.RESOLVED:
            return ()


def buttons_of(case: Case) -> tuple[Block, ...]:
    """As `buttons`."""
    return buttons(case.escalation_id, case.state, is_private=case.is_private, is_back=case.back_from is not None)


def headline(case: Case) -> str:
    """Colour, key result, and where it is: the first line, which is also the notification."""
    return f"{colour(case.standing.confidence)} *{case.title}: {stage(case)}* · {score(case.standing)}"


def _message(case: Case, notes: Sequence[str]) -> Post:
    blocks = [section(headline(case)), *sections_of([*lines_of(case.words), *_other_team(case)])]
    blocks.extend(section(line) for line in _asks(case))
    then = coming(case.expected, case.steps, case.state, case.zone)
    seen = ["🔒 only those whom it concerns see this"] if case.is_private else []
    since = "Asked on" if case.state is EscalationState.RESOLVED else "Open since"
    blocks.append(context(" · ".join([f"{since} {moment(case.opened_at, case.zone)}", *then, *notes, *seen])))
    pressable = buttons_of(case)
    if pressable:
        blocks.append(actions(*pressable))
    return Post(_notification(case), tuple(blocks))


def _notification(case: Case) -> str:
    text = headline(case).replace("*", "")
    if case.state is EscalationState.OPEN and case.words.need:
        who = f"{said(case.words.by, NAME)} asks for" if case.words.by else f"{said(case.owner.name, NAME)} needs"
        text += f". {who}: {said(case.words.need, 300)}"
    return text


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
            if case.back_from is not None:
                lines.append(_question(case))
        case EscalationState.DECIDED:
            pass
        case EscalationState.RESOLVED:
            lines.append(f"*Resolved* by {said(case.resolved_by or '', NAME)}")
            if case.no_decision_reason:
                lines.append(f"*No decision was needed:* {line_of(case.no_decision_reason)}")
    # A green is no answer to what somebody has asked for without a check-in.
    ends_it = case.state is not EscalationState.RESOLVED and case.words.in_check_in
    if case.standing.confidence is Confidence.GREEN and ends_it:
        lines.append("The newest check-in is green. If the help has come, this can be resolved.")
    return lines


def _decisions(decisions: Sequence[Decided]) -> list[str]:
    """The newest as it was decided, with its follow-up; those before it in a line each."""
    if not decisions:
        return []
    newest, *before = decisions
    lines = [
        f"*Decided* by {said(newest.by, NAME)}{beside(newest.kind)}: {line_of(newest.text)}",
        follow_up_line(newest),
        *(_in_short(one) for one in before[: MOST_DECISIONS - 1]),
    ]
    if len(decisions) > MOST_DECISIONS:
        lines.append(f"and {len(decisions) - MOST_DECISIONS} more in the thread")
    return lines


def _in_short(decision: Decided) -> str:
    what, owner = short(decision.text, SHORT), short(decision.owner.name, NAME)
    words = f"• *Decided before*{beside(decision.kind)}: {what} · {owner}"
    return f"{words}, by {named_day(decision.due_on)}{_became(decision)}"


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


def _other_team(case: Case) -> list[str]:
    """What the team says that is waited for."""
    return [f"*The other team:* {answer(case.waits)}"] if case.waits is not None else []
