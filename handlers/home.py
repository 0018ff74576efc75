"""Somebody opens Home: it is published for them, and kept as it is while they look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot.blocks.ids import Event
from bot.runtime import Runtime
from bot.services import home_changes, people
from handlers.boundary import Desk
from handlers.request import HOME


def register(desk: Desk) -> None:
    desk.news(Event.APP_HOME_OPENED, opened, only=is_home, by_somebody=True)


def is_home(event: Mapping[str, Any]) -> bool:
    """Whether the tab that was opened is Home; the messages stand in another."""
    return event.get("tab") == HOME


def opened(runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any]) -> None:
    """Whoever it is: a guest finds a sentence there."""
    member = people.by_slack_id(session, workspace_id, str(event["user"]))
    if member is not None and member.deactivated_at is None:
        home_changes.opened(session, runtime.now(), member)
