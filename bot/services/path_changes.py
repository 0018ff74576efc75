"""Who is asked next was reckoned for a path as it was: whoever changes one, or when somebody on it works, notes that.

A note is a row of its own, in the same transaction, that waits for nobody. A tick looks at what it concerns
(`bot/services/looking_again.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from models import PathChange, Team


def of_members(session: Session, now: datetime, workspace_id: int, member_ids: Collection[int]) -> None:
    """These came, left, or are at work at other hours."""
    session.add_all(PathChange(workspace_id=workspace_id, member_id=one, at=now) for one in member_ids)


def of_team(session: Session, now: datetime, team: Team) -> None:
    """The team has another path of its own, or none any more; or it has joined, so that it can be asked."""
    session.add(PathChange(workspace_id=team.workspace_id, team_id=team.id, at=now))


def of_key_results(session: Session, now: datetime, workspace_id: int, key_result_ids: Collection[int]) -> None:
    """They have another owner, or team, or other people see them, or another team blocks them, or does no more."""
    session.add_all(PathChange(workspace_id=workspace_id, key_result_id=one, at=now) for one in key_result_ids)


def of_everybody(session: Session, now: datetime, workspace_id: int) -> None:
    """Leads, sponsors, or the week that all have in common."""
    session.add(PathChange(workspace_id=workspace_id, at=now))
