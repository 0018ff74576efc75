"""Channels that people of another organisation read (Slack Connect): what Okra says is for its own people alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services import home_changes
from models import Message, SharedChannel
from models.base import table_of
from models.once import insert_all_once
from models.prepared import Listed

# What was to be drawn when the channel was found is drawn after it; far longer than that takes.
BEFORE_FOUND = timedelta(days=1)


def learn(session: Session, now: datetime, workspace_id: int, shared: Collection[str]) -> None:
    """These, and no others, are shared now, of those that Okra is in (Slack's ids): nothing is posted there any more.

    What stands in a channel that is shared no more is drawn anew, as far as it was withheld.
    """
    known = of(session, workspace_id)
    found = [{"workspace_id": workspace_id, "slack_id": one, "found_at": now} for one in sorted(set(shared) - known)]
    insert_all_once(session, SharedChannel, found, key=("workspace_id", "slack_id"))
    _are_free(session, now, workspace_id, known - set(shared))
    if found:
        home_changes.concerns_admins(session, [workspace_id])


def free(session: Session, now: datetime, workspace_id: int, slack_ids: Collection[str]) -> None:
    """Somebody has looked at these just now: they are not shared. As `learn`."""
    _are_free(session, now, workspace_id, among(session, workspace_id, slack_ids))


def among(session: Session, workspace_id: int, slack_ids: Collection[str]) -> set[str]:
    """Those of these channels that are shared."""
    return {slack_id for (slack_id,) in _SHARED.rows(session, set(slack_ids), {"workspace_id": workspace_id})}


def of(session: Session, workspace_id: int) -> set[str]:
    """All that are shared in a workspace, as far as Okra is in them."""
    return set(session.scalars(sa.select(SharedChannel.slack_id).where(SharedChannel.workspace_id == workspace_id)))


def _are_free(session: Session, now: datetime, workspace_id: int, slack_ids: Collection[str]) -> None:
    if not slack_ids:
        return
    here = sa.and_(SharedChannel.workspace_id == workspace_id, SharedChannel.slack_id.in_(slack_ids))
    for slack_id, found_at in session.execute(sa.select(SharedChannel.slack_id, SharedChannel.found_at).where(here)):
        session.execute(
            sa.update(Message)
            .where(
                Message.workspace_id == workspace_id,
                Message.channel == slack_id,
                Message.gone_at.is_(None),
                Message.not_before >= found_at - BEFORE_FOUND,
            )
            .values(wanted=Message.wanted + 1, not_before=now)
        )
    session.execute(sa.delete(SharedChannel).where(here))
    home_changes.concerns_admins(session, [workspace_id])


_shared = table_of(SharedChannel)
_SHARED = Listed(
    lambda slack_ids: sa.select(_shared.c.slack_id).where(
        _shared.c.workspace_id == sa.bindparam("workspace_id"), _shared.c.slack_id.in_(slack_ids)
    ),
    of=sa.Text(),
)
