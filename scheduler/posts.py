"""Which function renders which kind of post: one row a kind, a test holds it complete.

A renderer gets the delivery as it stands and gives the message, or None where it makes no sense any more (for a
post that was not sent: it becomes obsolete; for one that stands: it is left as it is). It checks again whether the
recipient is still active and still permitted. It is called when the post leaves, and for every redraw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.services import digest, escalation_posts, failures, introduction, lead_note, prompt
from models import Delivery, PostKind

Renderer = Callable[[Session, Delivery, datetime], Post | None]

RENDERERS: Mapping[PostKind, Renderer] = {
    PostKind.INTRODUCTION: introduction.post,
    PostKind.PROMPT: prompt.post,
    PostKind.ESCALATION: escalation_posts.root_post,
    PostKind.ESCALATION_REPLY: escalation_posts.reply_post,
    PostKind.ESCALATION_ASK: escalation_posts.ask_post,
    PostKind.ESCALATION_NEWS: escalation_posts.news_post,
    PostKind.LEAD_NOTE: lead_note.post,
    PostKind.DIGEST: digest.post,
    PostKind.DIGEST_DETAILS: digest.details_post,
    PostKind.ADMIN_NOTICE: failures.post,
}


def render(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The message for a delivery, from the state as it is now."""
    return RENDERERS[delivery.kind](session, delivery, now)
