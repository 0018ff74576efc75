"""What is rendered by what."""

from __future__ import annotations

from models import PostKind
from scheduler import posts


def test_every_kind_of_post_has_its_renderer() -> None:
    assert set(posts.RENDERERS) == set(PostKind)
