"""The post office that the tests of delivery work in."""

from __future__ import annotations

import pytest
from post_office import PostOffice

from bot.blocks.post import Post
from models import PostKind
from models.database import Database
from scheduler import posts


@pytest.fixture
def office(database: Database, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    # What is rendered does not matter here; each kind says its key.
    monkeypatch.setattr(posts, "RENDERERS", dict.fromkeys(PostKind, lambda session, row, now: Post(row.key)))
    return PostOffice(database)
