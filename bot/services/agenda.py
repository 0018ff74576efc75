"""When is there something to do next? Tests, rehearsal and demo jump only to these instants."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.services.cycles import next_turn
from models import (
    CheckIn,
    CheckInDraft,
    CheckInState,
    Delivery,
    DeliveryState,
    Dependency,
    Escalation,
    Hold,
    Home,
    Member,
    Message,
    RatePace,
    Team,
    Understanding,
)
from models.prepared import Prepared


def next_due(session: Session) -> datetime | None:
    """The earliest instant at which any tick has work (it may be in the past); None where nothing is planned."""
    return earliest(next_planned(session), next_leaving(session), next_settling(session))


def next_planned(session: Session) -> datetime | None:
    """The earliest instant at which something is to be planned: cycles, openings, closings, reminders,
    requests, notes, digests."""
    planned = _PLANNED.first(session, {}) or ()
    return earliest(next_turn(session), *planned)


def next_leaving(session: Session) -> datetime | None:
    """The earliest instant at which a post may leave, or a message or Home be shown anew; not before a hold is over."""
    holds: dict[tuple[int, Hold], datetime] = {
        (workspace_id, Hold(lane)): until for workspace_id, lane, until in _HOLDS.rows(session, {})
    }

    def free(workspace_id: int, due: datetime, *wanted: Hold) -> datetime:
        return max([due, *(holds[workspace_id, hold] for hold in wanted if (workspace_id, hold) in holds)])

    return earliest(
        *(free(where, due, Hold.HOMES) for where, due in _HOMES.rows(session, {})),
        *(
            free(where, due, Hold.POSTS, *([Hold.BULK] if bulk else []))
            for where, bulk, due in _POSTS.rows(session, {})
        ),
        *(_CLAIMED.first(session, {}) or ()),
        *(free(where, due, Hold.UPDATES) for where, due in _UPDATES.rows(session, {})),
    )


def next_settling(session: Session) -> datetime | None:
    """The earliest instant at which a post of unknown fate is looked for."""
    return earliest(*(_UNKNOWN.first(session, {}) or ()))


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of them; None where there is none."""
    return min((instant for instant in instants if instant is not None), default=None)


# Made once: a worker asks whenever it has nothing to do.


def _first(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], *where: sa.ColumnElement[bool]
) -> sa.ScalarSelect[datetime | None]:
    return sa.select(sa.func.min(column)).where(*where).scalar_subquery()


_PLANNED = Prepared(
    sa.select(
        _first(Member.next_opening_at),
        _first(Member.next_reminder_at),
        _first(Member.next_morning_at),
        _first(CheckIn.closes_at, CheckIn.state == CheckInState.DUE),
        _first(Team.next_note_at),
        _first(Team.next_digest_at),
        _first(CheckInDraft.kept_until),
        _first(Understanding.kept_until),
        _first(Escalation.next_step_at),
        _first(Dependency.next_step_at),
    )
)
_HOLDS = Prepared(
    sa.select(RatePace.workspace_id, RatePace.lane, RatePace.next_at).where(
        RatePace.lane.in_([sa.literal(hold.value) for hold in Hold])
    )
)
_POSTS = Prepared(
    sa.select(Delivery.workspace_id, Delivery.bulk, sa.func.min(Delivery.not_before))
    .where(Delivery.state == DeliveryState.QUEUED)
    .group_by(Delivery.workspace_id, Delivery.bulk)
)
_CLAIMED = Prepared(sa.select(sa.func.min(Delivery.leased_until)).where(Delivery.state == DeliveryState.CLAIMED))
_UNKNOWN = Prepared(sa.select(sa.func.min(Delivery.not_before)).where(Delivery.state == DeliveryState.UNKNOWN))
# While an update is in flight the next one waits for it.
_UPDATES = Prepared(
    sa.select(
        Message.workspace_id,
        sa.func.min(
            sa.case((Message.leased_until > Message.not_before, Message.leased_until), else_=Message.not_before)
        ),
    )
    .where(Message.shown < Message.wanted, Message.gone_at.is_(None), Message.channel.is_not(None))
    .group_by(Message.workspace_id)
)
_HOMES = Prepared(
    sa.select(
        Home.workspace_id,
        sa.func.min(sa.case((Home.leased_until > Home.not_before, Home.leased_until), else_=Home.not_before)),
    )
    .where(Home.shown < Home.wanted)
    .group_by(Home.workspace_id)
)
