"""Who reads the digest of a team that has no channel: its lead, or the nearest one above who is here.

Slack takes a post to somebody who has left, and one to a guest: it would count as sent, and nobody or the wrong one
would read it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.access import leads_above
from bot.services.escalation_path import taking_part
from models import Delivery, DeliveryState, Member, PostKind, Team


def reader_of(session: Session, team: Team) -> int | None:
    """The member id of the nearest lead who takes part; None: there is none."""
    here = taking_part(session, leads_above(session, team.id))
    return here[0].id if here else None


def is_missing(session: Session, delivery: Delivery) -> bool:
    """Whether it is a digest that has not left, of a team that is on, whose reader takes part no more."""
    if delivery.kind is not PostKind.DIGEST or delivery.member_id is None or delivery.posted_ts is not None:
        return False
    team = session.get(Team, delivery.team_id)
    return team is not None and team.is_on and not session.get_one(Member, delivery.member_id).may_take_part


def pass_on(session: Session, delivery: Delivery) -> bool:
    """A digest whose reader is missing is the nearest lead's who takes part, with its details; False: there is none."""
    reader = reader_of(session, session.get_one(Team, delivery.team_id))
    if reader is None:
        return False
    delivery.member_id = reader
    session.execute(
        sa.update(Delivery)
        .where(
            Delivery.workspace_id == delivery.workspace_id,
            Delivery.follows_id == delivery.id,
            Delivery.state == DeliveryState.QUEUED,
        )
        .values(member_id=reader)
    )
    return True
