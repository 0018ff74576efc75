"""The post office that the tests of delivery work in."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from post_office import PostOffice
from sqlalchemy.orm import Session

from bot.blocks.layout import context
from bot.blocks.post import Post
from models import Delivery, Message, PostKind
from models.database import Database
from scheduler import posts


@pytest.fixture
def office(database: Database, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, _renders))
    return PostOffice(database)


def _renders(session: Session, row: Delivery, now: datetime) -> Post:
    """What is rendered does not matter here: each says its key, and reads otherwise after each change."""
    wanted = session.scalar(sa.select(Message.wanted).where(Message.delivery_id == row.id))
    return Post(row.key, (context(f"change {wanted}"),) if wanted is not None else ())
