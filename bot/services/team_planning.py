"""When the note and the digest of a team come: planned anew when a lead, a zone or the rhythm changes.

As with members (`bot/services/planning.py`), the period is kept and only its instant moves, so that a change in
mid-week neither skips a note or a digest nor repeats one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, digest_at, digest_due, following
from bot.services import lead_note
from bot.services.rhythm import DigestWeek, digest_week
from models import Team, Workspace

# No change of zone moves an instant by as much as this, so it tells which period an earlier plan was for.
HALF_A_WEEK = timedelta(days=3.5)


def replan_teams_of(session: Session, lead_ids: Collection[int]) -> None:
    """`replan_teams` for the teams that these members lead: their zone changed, or whether they take part."""
    if lead_ids:
        replan_teams(session, session.scalars(sa.select(Team.id).where(Team.lead_id.in_(lead_ids))).all())


def replan_teams(
    session: Session, team_ids: Collection[int], *, before: Mapping[int, DigestWeek] | None = None
) -> None:
    """Set the next note and digest of those of the teams that are on, from lead, zones and rhythm as they are now.

    Each stays planned for the period that it was planned for; what lies behind by the new clock is due. Who becomes
    the lead before the digest gets its note, unless somebody had it. `before`: the weeks that they were planned in,
    by team id, where these have changed.
    """
    if not team_ids:
        return
    teams = session.scalars(
        sa.select(Team)
        .where(Team.id.in_(team_ids), Team.next_digest_at.is_not(None))
        .order_by(Team.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for team in teams:
        workspace = session.get_one(Workspace, team.workspace_id)
        rhythm, zone = digest_week(workspace, team)
        planned = team.next_digest_at
        assert planned is not None  # noqa: S101 - asked for above
        coming: Period = digest_due(planned + HALF_A_WEEK, rhythm, zone)
        if before is not None and team.id in before:
            coming = digest_due(planned, *before[team.id])
        is_noted = team.next_note_at is not None and team.next_note_at > planned
        team.next_digest_at = digest_at(coming, rhythm, zone)
        team.next_note_at = lead_note.note_time(session, team, following(coming) if is_noted else coming)
    session.flush()
