"""When is there something to do next? Tests, rehearsal and demo jump only to these instants."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.cycles import next_turn
from models import (
    CheckIn,
    CheckInDraft,
    CheckInState,
    Delivery,
    DeliveryState,
    Escalation,
    Hold,
    Home,
    Member,
    Message,
    RatePace,
    Team,
    Understanding,
)


def next_due(session: Session) -> datetime | None:
    """The earliest instant at which any tick has work (it may be in the past); None where nothing is planned."""
    return earliest(next_planned(session), next_leaving(session), next_settling(session))


def next_planned(session: Session) -> datetime | None:
    """The earliest instant at which something is to be planned: cycles, openings, closings, reminders, notes,
    digests."""
    return earliest(
        next_turn(session),
        session.scalar(sa.select(sa.func.min(Member.next_opening_at))),
        session.scalar(sa.select(sa.func.min(Member.next_reminder_at))),
        session.scalar(sa.select(sa.func.min(CheckIn.closes_at)).where(CheckIn.state == CheckInState.DUE)),
        session.scalar(sa.select(sa.func.min(Team.next_note_at))),
        session.scalar(sa.select(sa.func.min(Team.next_digest_at))),
        session.scalar(sa.select(sa.func.min(CheckInDraft.kept_until))),
        session.scalar(sa.select(sa.func.min(Understanding.kept_until))),
        session.scalar(sa.select(sa.func.min(Escalation.next_step_at))),
    )


def next_leaving(session: Session) -> datetime | None:
    """The earliest instant at which a post may leave, or a message or Home be shown anew; not before a hold is over."""
    holds = {
        (row.workspace_id, row.lane): row.next_at
        for row in session.scalars(sa.select(RatePace).where(RatePace.lane.in_(list(Hold))))
    }

    def free(workspace_id: int, due: datetime, *wanted: Hold) -> datetime:
        return max([due, *(holds[workspace_id, hold] for hold in wanted if (workspace_id, hold) in holds)])

    posts = session.execute(
        sa.select(Delivery.workspace_id, Delivery.bulk, sa.func.min(Delivery.not_before))
        .where(Delivery.state == DeliveryState.QUEUED)
        .group_by(Delivery.workspace_id, Delivery.bulk)
    )
    # While an update is in flight the next one waits for it.
    free_at = sa.case((Message.leased_until > Message.not_before, Message.leased_until), else_=Message.not_before)
    updates = session.execute(
        sa.select(Message.workspace_id, sa.func.min(free_at))
        .where(Message.shown < Message.wanted, Message.gone_at.is_(None), Message.channel.is_not(None))
        .group_by(Message.workspace_id)
    )
    home_at = sa.case((Home.leased_until > Home.not_before, Home.leased_until), else_=Home.not_before)
    homes = session.execute(
        sa.select(Home.workspace_id, sa.func.min(home_at)).where(Home.shown < Home.wanted).group_by(Home.workspace_id)
    )
    return earliest(
        *(free(where, due, Hold.HOMES) for where, due in homes),
        *(free(where, due, Hold.POSTS, *([Hold.BULK] if bulk else [])) for where, bulk, due in posts),
        session.scalar(sa.select(sa.func.min(Delivery.leased_until)).where(Delivery.state == DeliveryState.CLAIMED)),
        *(free(where, due, Hold.UPDATES) for where, due in updates),
    )


def next_settling(session: Session) -> datetime | None:
    """The earliest instant at which a post of unknown fate is looked for."""
    return session.scalar(sa.select(sa.func.min(Delivery.not_before)).where(Delivery.state == DeliveryState.UNKNOWN))


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of them; None where there is none."""
    return min((instant for instant in instants if instant is not None), default=None)
