"""Since when a digest tells: from the one before it that people could read, so that nothing is lost or told twice.

It tells until the instant at which it is taken. What is recorded while it is being read stands in the next one.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, digest_at, following
from bot.domain.cadence import period as monday
from bot.services.digest_links import digest_key
from bot.services.rhythm import DigestWeek
from models import Delivery, DeliveryState, Digest, Team

MOST_WEEKS = 4
"""A digest reaches back over so many weeks at most; what is older is news to nobody."""


def told_since(session: Session, team: Team, period: Period, week: DigestWeek) -> datetime:
    """When the team's last digest before this period was taken that told somebody something.

    That is the week before's, but where Okra was away in between, where a digest did not leave before the next one was
    taken (that one overtakes it) or did not arrive, and where it had no key result to tell of and so was not posted.
    One that is taken and posted to nobody (it was stopped, or has no reader) tells who asks for it. One of which Slack
    never said that it arrived counts as unread: rather something is told twice than never.

    The hour of the week before the first digest of all, where there is none such; never more than `MOST_WEEKS` weeks
    before this one's. One query.
    """
    furthest = following(period, -MOST_WEEKS)
    keys = [digest_key(team.id, following(period, -weeks)) for weeks in range(1, MOST_WEEKS + 1)]
    its_post = sa.and_(
        Delivery.workspace_id == Digest.workspace_id, Delivery.digest_id == Digest.id, Delivery.key.in_(keys)
    )
    rows = session.execute(
        sa.select(
            Digest.period,
            Digest.taken_at,
            Delivery.state,
            (Digest.snapshot["key_results"].as_string() == "[]").label("is_empty"),
        )
        .outerjoin(Delivery, its_post)
        .where(Digest.team_id == team.id, Digest.period < period)
        .order_by(Digest.period.desc())
        # One more than is looked at tells whether an older one is there.
        .limit(MOST_WEEKS + 1)
    ).all()
    first = period
    for of, taken_at, state, is_empty in rows:
        first = monday(of)
        if first >= furthest and (not is_empty if state is None else state is DeliveryState.SENT):
            since: datetime = taken_at
            return since
    return digest_at(max(following(first, -1), furthest), *week)
