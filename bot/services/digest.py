from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.blocks.post import Post
from models import Delivery


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    raise LookupError("not written yet")


def details_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    raise LookupError("not written yet")


def take_due(session: Session, now: datetime, limit: int) -> int:
    return 0
