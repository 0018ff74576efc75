"""Slack tells about people: somebody joined, moved to another zone, left; or Okra itself was removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot.blocks.ids import Event
from bot.runtime import Runtime
from bot.services import installations, people
from bot.slack import instant, person
from handlers.boundary import HAPPENED, Desk
from models import InstallationState


def register(desk: Desk) -> None:
    desk.news(Event.USER_CHANGE, changed)
    desk.news(Event.TEAM_JOIN, changed)
    desk.news(Event.APP_UNINSTALLED, uninstalled)
    desk.news(Event.TOKENS_REVOKED, revoked)


def changed(runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any]) -> None:
    """A member is new or different. Deactivation arrives this way too."""
    people.learn(session, runtime.now(), workspace_id, person(event["user"]), admins=runtime.settings.admins)


def uninstalled(runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any]) -> None:
    """Okra was removed from the workspace."""
    _gone(runtime, session, workspace_id, event, InstallationState.UNINSTALLED)


def revoked(runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any]) -> None:
    """The bot's token no longer works; a person's token being revoked is not our concern."""
    if not (event.get("tokens") or {}).get("bot"):
        return
    _gone(runtime, session, workspace_id, event, InstallationState.REVOKED)


def _gone(
    runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any], state: InstallationState
) -> None:
    installations.disconnect(
        session, runtime.now(), workspace_id=workspace_id, state=state, happened_at=instant(event[HAPPENED])
    )
