"""Where digests stand in their channels, so that the digest of a team above leads into them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.digest_teams import TeamLink
from bot.blocks.links import thread_link
from bot.services import outbox
from models import Delivery, PostKind, Team, Workspace


def digest_key(team_id: int, period: date) -> str:
    """The permanent key of a team's one digest of a period."""
    return f"digest:{team_id}:{period.isoformat()}"


def links_to(session: Session, workspace_id: int, team_ids: Collection[int], period: date) -> tuple[TeamLink, ...]:
    """The digests of these teams and this period that stand in a channel. A direct message is for its reader alone."""
    rows = session.execute(
        sa.select(Delivery.team_id, Delivery.posted_channel, Delivery.posted_ts, Workspace.url)
        .join(Workspace, Workspace.id == Delivery.workspace_id)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.key.in_([digest_key(team_id, period) for team_id in team_ids]),
            Delivery.channel_id.is_not(None),
            Delivery.posted_ts.is_not(None),
        )
        .order_by(Delivery.team_id)
    )
    return tuple(
        TeamLink(team_id, thread_link(channel, ts, url))
        for team_id, channel, ts, url in rows
        if team_id is not None and channel is not None and ts is not None
    )


def keys_that_lead_to(session: Session, arrived: Collection[Delivery]) -> Iterator[str]:
    """The keys of what leads into these from now on, where they are digests that have just come to stand: those of the
    same week of the teams above them, and what stands in the threads of those."""
    weeks: dict[date, list[int]] = {}
    for one in arrived:
        if one.kind is PostKind.DIGEST and one.team_id is not None and one.period is not None:
            weeks.setdefault(one.period, []).append(one.team_id)
    for period, team_ids in sorted(weeks.items()):
        above = session.scalars(_above(team_ids)).all()
        for team_id in above:
            yield from outbox.shown_with(digest_key(team_id, period))
        # Mostly they leave a minute later.
        yield from session.scalars(
            sa.select(Delivery.key).where(
                Delivery.team_id.in_(above),
                Delivery.kind == PostKind.DIGEST_DETAILS,
                Delivery.period == period,
                Delivery.posted_ts.is_not(None),
            )
        )


def _above(team_ids: Collection[int]) -> sa.Select[int]:
    """The ids of the teams above these."""
    chain = sa.select(Team.parent_id.label("id")).where(Team.id.in_(team_ids)).cte("above_these", recursive=True)
    # A union, not a union all: a ring of parents ends.
    chain = chain.union(sa.select(Team.parent_id).join(chain, Team.id == chain.c.id))
    return sa.select(chain.c.id).where(chain.c.id.is_not(None))
