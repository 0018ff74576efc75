"""When is there something to do next? Tests, rehearsal and demo jump only to these instants."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.cycles import next_turn
from models import CheckIn, CheckInState, Delivery, DeliveryState, Member, Message, Team


def next_due(session: Session) -> datetime | None:
    """The earliest instant at which any tick has work (it may be in the past); None where nothing is planned."""
    return _earliest(next_planned(session), next_outgoing(session))


def next_planned(session: Session) -> datetime | None:
    """The earliest instant at which something is to be planned: cycles, openings, closings, notes, digests."""
    return _earliest(
        next_turn(session),
        session.scalar(sa.select(sa.func.min(Member.next_opening_at))),
        session.scalar(sa.select(sa.func.min(CheckIn.closes_at)).where(CheckIn.state == CheckInState.DUE)),
        session.scalar(sa.select(sa.func.min(Team.next_note_at))),
        session.scalar(sa.select(sa.func.min(Team.next_digest_at))),
    )


def next_outgoing(session: Session) -> datetime | None:
    """The earliest instant at which something leaves, is looked for, or is shown anew."""
    waiting = (DeliveryState.QUEUED, DeliveryState.UNKNOWN)
    # While an update is in flight the next one waits for it.
    free_at = sa.case((Message.leased_until > Message.not_before, Message.leased_until), else_=Message.not_before)
    return _earliest(
        session.scalar(sa.select(sa.func.min(Delivery.not_before)).where(Delivery.state.in_(waiting))),
        session.scalar(sa.select(sa.func.min(Delivery.leased_until)).where(Delivery.state == DeliveryState.CLAIMED)),
        session.scalar(
            sa.select(sa.func.min(free_at)).where(
                Message.shown < Message.wanted, Message.gone_at.is_(None), Message.channel.is_not(None)
            )
        ),
    )


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
