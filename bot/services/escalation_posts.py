"""To be written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.blocks.post import Post
from models import Delivery


def root_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    raise LookupError("not written yet")


reply_post = ask_post = news_post = root_post
