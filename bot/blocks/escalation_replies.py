"""What happens in an escalation, told: the replies in its thread, and the direct messages to those it may not reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.blocks.dates import day
from bot.blocks.decision_kinds import beside
from bot.blocks.decision_list import settling
from bot.blocks.escalation_path import NAME, Again, Turn, goes_on, goes_on_later, review
from bot.blocks.escalation_shown import Case, Change, Decided, Words, score, stage, title_of
from bot.blocks.escalation_words import copied, follow_up_line, lines_of, one_sentence, sections_of, to_thread, whole
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, section
from bot.blocks.links import mention
from bot.blocks.moments import named_day
from bot.blocks.post import Post
from bot.blocks.standing import Standing, colour
from bot.blocks.text import said
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState


def help_asked(case: Case, words: Words, quote: str) -> Post:
    """Reply: somebody asks for help in the open thread; `quote` is the message that they have copied."""
    head = f"{said(words.by, NAME)} asks for help with {case.standing.label}."
    return Post(head, (section(head), *sections_of(lines_of(words)), *copied(quote)))


def news_of_help(case: Case, words: Words) -> Post:
    """To the owner: somebody else has asked for help with what is theirs."""
    head = f"{said(words.by, NAME)} has asked for help with your {case.title}."
    return Post(head, (section(head), *sections_of(lines_of(words)), *to_thread(case)))


def again(case: Case, change: Change) -> Post:
    """Reply: a check-in asks for help again, with what has changed since, and whose words they are if not the
    owner's."""
    in_week = f"in the week of {day(change.week)}" if change.week is not None else "this week"
    when = f"again {in_week}" if change.is_new_week else "with news"
    head = f"{colour(change.confidence)} {when} · {change.score}"
    has_changed = bool(lines_of(replace(change.lines, by="")))
    nothing = [] if has_changed else ["Nothing else has changed since the last time."]
    return Post(f"{case.standing.label} {head}", (section(head), *sections_of([*nothing, *lines_of(change.lines)])))


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
    return Post(f"{about.label}: {head}", (section(head), *sections_of(lines_of(words)), *copied(quote)))


def taken(by: str) -> Post:
    """Reply: somebody goes and gets it."""
    return one_sentence(f"{said(by, NAME)} has taken this.")


def to_review(on: date | None, by: str) -> Post:
    """Reply: it goes to the team's review on a day."""
    return one_sentence(f"{said(by, NAME)} takes this to {review(on)}.")


def went_on(turn: Turn) -> Post:
    """Reply: the next one on the path is asked, and why."""
    return one_sentence(goes_on(turn))


def named_again(case: Case, again: Again, *, is_newest: bool = True) -> Post:
    """Reply: the same is named as blocking again, and the next one cannot be asked at this moment."""
    return one_sentence(goes_on_later(again, case.expected, case.zone, is_newest=is_newest))


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
        return Post(text, (*whole(f"*{head}*\n", decision.text), section(follow_up_line(decision))))
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
    return one_sentence(f"Resolved by {said(by, NAME)}. Thank you, everybody.")


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
        after = section(follow_up_line(decision))
    elif for_follow_up:
        after = actions(*settling(decision.decision_id, decision.kind))
    else:
        after = section(f"{said(decision.owner.name, NAME)} makes it happen by {due}.")
    return Post(f"{head} {said(decision.text, 300)}", (*whole(f"*{head}*\n", decision.text), after))


def news_of_taking(case: Case, by: str, *, to_a_review: bool, asked_by: str = "") -> Post:
    """To the owner of the key result, where the thread is a direct message of somebody else. `asked_by`: who asked for
    help, where that was not them."""
    does = f"takes it to {review(case.review_on)}" if to_a_review else "has taken it"
    asked = f"{said(asked_by, NAME)} asked for help with your" if asked_by else "You asked for help with"
    return one_sentence(f"{asked} {case.title}: {said(by, NAME)} {does}.")
