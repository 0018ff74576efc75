"""Where Okra is installed, and whether Slack still lets it in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import audit, team_planning
from models import Conversation, Installation, InstallationState, Member, Team, Workspace
from models.once import insert_once


def only_workspace(session: Session, now: datetime, *, time_zone: str) -> Workspace:
    """The workspace that this Okra serves, made on first use: an import may come before Slack does."""
    workspace = session.scalar(sa.select(Workspace).order_by(Workspace.id).limit(1))
    if workspace is None:
        workspace = Workspace(name="Okra", time_zone=time_zone, created_at=now)
        session.add(workspace)
        session.flush()
    return workspace


def connect(
    session: Session,
    now: datetime,
    *,
    slack_team_id: str,
    team_name: str,
    enterprise_id: str | None,
    bot_id: str | None,
    bot_user_id: str,
    scopes: Collection[str],
    time_zone: str,
    url: str = "",
) -> Workspace:
    """Take over what `auth.test` says about the environment's token. The second time only `connected_at` changes.

    The first connection gives the workspace that an import made its Slack id. Of several processes that start at once
    the first one makes what is missing, and the others wait for it.
    """
    # Held, so that of who connects and who hears that the token is gone the second sees what the first one did.
    known = sa.select(Installation).where(Installation.slack_team_id == slack_team_id).with_for_update(key_share=True)
    installation = session.scalar(known)
    if installation is None:
        insert_once(
            session, Installation, {"slack_team_id": slack_team_id, "installed_at": now}, key=("slack_team_id",)
        )
        installation = session.scalars(known).one()
    is_another_bot = installation.bot_user_id not in (None, bot_user_id)
    installation.enterprise_id = enterprise_id
    installation.bot_id, installation.bot_user_id = bot_id, bot_user_id
    installation.scopes = ",".join(sorted(scopes))
    installation.state = InstallationState.ACTIVE
    installation.connected_at = now
    session.flush()
    workspace = session.scalar(sa.select(Workspace).where(Workspace.slack_team_id == slack_team_id))
    if workspace is None:
        workspace = only_workspace(session, now, time_zone=time_zone)
        if workspace.slack_team_id is not None:
            workspace = Workspace(name=team_name, time_zone=time_zone, created_at=now)
            session.add(workspace)
        workspace.slack_team_id, workspace.name = slack_team_id, team_name
        session.flush()
        audit.record(
            session, now, workspace_id=workspace.id, actor_id=None, action="workspace.connected", subject=workspace
        )
    workspace.installation_id = installation.id
    workspace.url = url or None
    if is_another_bot:
        _forget_conversations(session, workspace.id)
    moved = workspace.time_zone != time_zone
    workspace.time_zone = time_zone
    session.flush()
    if moved:
        teams = session.scalars(sa.select(Team.id).where(Team.workspace_id == workspace.id)).all()
        team_planning.replan_teams(session, teams)
    return workspace


def _forget_conversations(session: Session, workspace_id: int) -> None:
    """Direct and group messages are between people and one bot user: a new one opens its own."""
    session.execute(sa.update(Member).where(Member.workspace_id == workspace_id).values(dm_channel=None))
    session.execute(sa.update(Conversation).where(Conversation.workspace_id == workspace_id).values(slack_id=None))


def disconnect(
    session: Session,
    now: datetime,
    *,
    workspace_id: int,
    state: InstallationState,
    happened_at: datetime | None = None,
) -> None:
    """Slack says the token is gone (`app_uninstalled`, `tokens_revoked`): nothing is posted there any more.

    `happened_at`: when that was, in whole seconds. What was before Slack took the token of now is about another one.
    """
    workspace = session.get_one(Workspace, workspace_id)
    if workspace.installation_id is None:
        return
    installation = session.get_one(
        Installation, workspace.installation_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if _is_old_news(installation, happened_at):
        return
    installation.state = state
    audit.record(
        session,
        now,
        workspace_id=workspace_id,
        actor_id=None,
        action=f"workspace.{state.value}",
        subject=workspace,
    )


def _is_old_news(installation: Installation, happened_at: datetime | None) -> bool:
    """Slack repeats an event that nobody answered for minutes, and Okra may have a new token by then. What is of the
    same second is let through. Where the clocks differ and a true farewell is taken for an old one, little is lost:
    Slack refuses what is sent, and it waits."""
    if happened_at is None or installation.connected_at is None:
        return False
    return happened_at < installation.connected_at.replace(microsecond=0)


def silent(session: Session, workspace_id: int | None = None) -> Sequence[tuple[str, InstallationState]]:
    """The workspaces in which nothing is posted until Okra is started anew, by name, with why; None: among all."""
    here = Workspace.id == workspace_id if workspace_id is not None else sa.true()
    return [
        (name, state)
        for name, state in session.execute(
            sa.select(Workspace.name, Installation.state)
            .join(Installation, Installation.id == Workspace.installation_id)
            .where(here, Installation.state != InstallationState.ACTIVE)
            .order_by(Workspace.id)
        )
    ]
