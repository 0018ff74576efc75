"""Which function renders which kind of post: one row a kind, a test holds it complete.

A renderer gets the delivery as it stands and gives the message, or None where it makes no sense any more (for a
post that was not sent: it becomes obsolete; for one that stands: it is left as it is). It checks again whether the
recipient is still permitted; that nothing leaves for who takes part no more is seen to here. It is called when the post
leaves, and for every redraw; it only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.services import (
    absences,
    correction,
    decision_posts,
    departures,
    dependency,
    digest,
    digest_sharing,
    digest_unread,
    escalation_posts,
    failures,
    hand_over,
    introduction,
    lead_note,
    morning,
    not_mine,
    outcome,
    prompt,
    question,
    redefinition_posts,
    reminding,
    snooze,
    understanding,
)
from bot.services.faults import STUMBLES
from bot.services.schedules import Weeks
from models import Delivery, Member, PostKind
from models.memory import remembering

Renderer = Callable[[Session, Delivery, datetime], Post | None]

RENDERERS: Mapping[PostKind, Renderer] = {
    PostKind.INTRODUCTION: introduction.post,
    PostKind.PROMPT: prompt.post,
    PostKind.REMINDER: reminding.post,
    PostKind.ESCALATION: escalation_posts.root_post,
    PostKind.ESCALATION_REPLY: escalation_posts.reply_post,
    PostKind.ESCALATION_ASK: escalation_posts.ask_post,
    PostKind.ESCALATION_NEWS: escalation_posts.news_post,
    PostKind.ESCALATION_REVIEW: escalation_posts.review_post,
    PostKind.MORNING: morning.post,
    PostKind.LEAD_NOTE: lead_note.post,
    PostKind.DIGEST: digest.post,
    PostKind.DIGEST_DETAILS: digest.details_post,
    PostKind.DIGEST_UNREAD: digest_unread.post,
    PostKind.DIGEST_SHARED: digest_sharing.post,
    PostKind.PROMPT_AGAIN: snooze.post,
    PostKind.NOT_MINE: not_mine.post,
    PostKind.UNDERSTANDING: understanding.post,
    PostKind.ANSWER_CORRECTED: correction.post,
    PostKind.AWAY_NEWS: absences.post,
    PostKind.HAND_OVER: hand_over.post,
    PostKind.HAND_OVER_NEWS: hand_over.news_post,
    PostKind.DEPENDENCY: dependency.post,
    PostKind.DEPENDENCY_REPLY: dependency.reply_post,
    PostKind.DEPENDENCY_NEWS: dependency.news_post,
    PostKind.OWNERLESS: departures.post,
    PostKind.QUESTION: question.post,
    PostKind.DECISION_MADE: decision_posts.made_post,
    PostKind.DECISION_SETTLED: decision_posts.settled_post,
    PostKind.OUTCOME: outcome.post,
    PostKind.KEY_RESULT_CHANGED: redefinition_posts.post,
    PostKind.ADMIN_NOTICE: failures.post,
}


# Renderers of what many people get at one hour can do many in as many queries as one takes; they look at their readers.
TOGETHER: Mapping[Renderer, Callable[[Session, Sequence[Delivery], datetime, Weeks], Mapping[int, Post | None]]] = {
    prompt.post: prompt.posts,
    snooze.post: prompt.posts,
}


@dataclass(frozen=True)
class NotRendered:
    """A fault of ours in one message."""

    error: Exception


def render(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The message for a delivery, from the state as it is now. Raises what its renderer does."""
    return None if _nobody_reads(session, delivery) else RENDERERS[delivery.kind](session, delivery, now)


def _nobody_reads(session: Session, delivery: Delivery) -> bool:
    """Whether it would leave for somebody who has gone or sees nothing any more: Slack would take it all the same.

    What stands already is its renderer's: some take back what was said.
    """
    if delivery.member_id is None or delivery.posted_ts is not None:
        return False
    return not session.get_one(Member, delivery.member_id).may_take_part


def render_all(
    session: Session, deliveries: Sequence[Delivery], now: datetime, weeks: Weeks
) -> dict[int, Post | NotRendered | None]:
    """The messages for several deliveries, by their ids, from the state as it is now. What fails fails alone."""
    with remembering(session):
        return _render_all(session, deliveries, now, weeks)


def _render_all(
    session: Session, deliveries: Sequence[Delivery], now: datetime, weeks: Weeks
) -> dict[int, Post | NotRendered | None]:
    alike: dict[Renderer, list[Delivery]] = {}
    for delivery in deliveries:
        alike.setdefault(RENDERERS[delivery.kind], []).append(delivery)
    found: dict[int, Post | NotRendered | None] = {}
    for renderer, ones in alike.items():
        together = TOGETHER.get(renderer)
        if together is not None and len(ones) > 1:
            try:
                found |= together(session, ones, now, weeks)
                continue
            except STUMBLES:
                pass  # one of them is at fault; each alone shows which
        found |= {delivery.id: _alone(session, delivery, now) for delivery in ones}
    return found


def _alone(session: Session, delivery: Delivery, now: datetime) -> Post | NotRendered | None:
    try:
        return render(session, delivery, now)
    except STUMBLES as error:
        return NotRendered(error)
