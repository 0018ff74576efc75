"""Where Okra is installed: what is missing is made by whichever process comes first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import sqlalchemy as sa
from company import Company

from bot.services import installations
from models import Conversation, Installation, Member, Workspace
from models.database import Database

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


def connect(database: Database, *, bot_user_id: str = "U0OKRA") -> int:
    with database.write() as session:
        return installations.connect(
            session,
            NOW,
            slack_team_id="T0TEST",
            team_name="Test Works",
            enterprise_id=None,
            bot_id="B1",
            bot_user_id=bot_user_id,
            scopes=["chat:write"],
            time_zone="UTC",
        ).id


def test_processes_that_start_at_once_on_an_empty_database_find_one_installation(database: Database) -> None:
    together = threading.Barrier(4)
    found: list[int] = []

    def begin() -> None:
        together.wait()
        found.append(connect(database))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert set(found) == {connect(database)}
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Installation)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(Workspace)) == 1


def test_conversations_are_kept_for_a_bot_user_and_opened_anew_by_the_next_one(database: Database) -> None:
    workspace_id = connect(database)
    with database.write() as session:
        member = Company(session, connected=session.get_one(Workspace, workspace_id)).person("Ada Obi")
        member.dm_channel = "D0OKRA"
        group = Conversation(workspace_id=workspace_id, people="1,2", slack_id="G0OKRA", created_at=NOW)
        session.add(group)
        session.flush()
        member_id, group_id = member.id, group.id

    def known() -> tuple[str | None, str | None]:
        with database.read() as session:
            return session.get_one(Member, member_id).dm_channel, session.get_one(Conversation, group_id).slack_id

    connect(database)
    assert known() == ("D0OKRA", "G0OKRA")
    # The app was made anew: Slack lets its bot user into none of the other's conversations.
    connect(database, bot_user_id="U0ANEW")
    assert known() == (None, None)
