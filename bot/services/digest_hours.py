"""The hour that a digest was promised for: whether it came late, was overtaken by the next one, or was never made."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.digest import Late
from bot.domain.cadence import digest_at, digest_due
from bot.domain.digest import LATE_AFTER
from bot.services import digest_snapshot
from bot.services.rhythm import digest_week
from models import Delivery, DeliveryState, Digest, PostKind, Team, Workspace

AGAIN = timedelta(minutes=5)
"""A digest that could not be made for a fault of ours is tried again after so long."""


def late(session: Session, delivery: Delivery, now: datetime, zone: ZoneInfo) -> Late | None:
    """Where a digest comes, or came, well after its hour: both times, in `zone`."""
    digest = session.get_one(Digest, delivery.digest_id)
    left_at = delivery.attempted_at if delivery.state is DeliveryState.SENT else now
    if digest.due_at is None or left_at is None or left_at - digest.due_at < LATE_AFTER:
        return None
    return Late(digest.due_at.astimezone(zone), left_at.astimezone(zone))


def is_overtaken(session: Session, delivery: Delivery) -> bool:
    """Whether it is a digest that has not left although its team's next one is there to be posted.

    Two at once would tell of a week that nobody acts on any more.
    """
    if delivery.kind is not PostKind.DIGEST or delivery.period is None or delivery.state is DeliveryState.SENT:
        return False
    newer = sa.exists().where(
        Delivery.workspace_id == delivery.workspace_id,
        Delivery.team_id == delivery.team_id,
        Delivery.kind == PostKind.DIGEST,
        Delivery.period > delivery.period,
    )
    return bool(session.scalar(sa.select(newer)))


def not_made(session: Session, now: datetime, workspace_id: int | None) -> list[tuple[str, datetime]]:
    """The teams whose digest should have been taken and was not, with its hour in its channel's zone; by
    name. None: of all workspaces."""
    here = Team.workspace_id == workspace_id if workspace_id is not None else sa.true()
    found: list[tuple[str, datetime]] = []
    for team in session.scalars(
        sa.select(Team).where(here, Team.next_digest_at <= now + AGAIN).order_by(Team.name, Team.id)
    ):
        workspace = session.get_one(Workspace, team.workspace_id)
        rhythm, zone = digest_week(workspace, team)
        period = digest_due(now, rhythm, zone)
        due_at = digest_at(period, rhythm, zone)
        was_on = team.switched_on_at is not None and team.switched_on_at <= due_at
        if was_on and now - due_at >= LATE_AFTER and not digest_snapshot.was_taken(session, team.id, period):
            found.append((team.name, due_at.astimezone(zone)))
    return found
