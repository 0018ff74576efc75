"""Digests of the weeks before, and what became of each; and by a slow look, since when the next one tells."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, following
from models import Delivery, DeliveryState, Digest, PostKind, Team

A_WEEK = timedelta(weeks=1)


class Became(enum.Enum):
    """What became of a digest after it was taken; whether somebody could read it."""

    POSTED = "posted"
    UNREAD = "taken for who asks, posted to nobody"
    EMPTY = "nothing to tell of, not posted"
    WAITS = "not posted when the next one is taken"
    FAILED = "did not arrive"

    @property
    def was_told(self) -> bool:
        return self in (Became.POSTED, Became.UNREAD)


@dataclass(frozen=True)
class Past:
    weeks_ago: int
    hours_late: int
    became: Became


pasts = st.lists(
    st.builds(Past, st.integers(1, 7), st.sampled_from([0, 0, 3, 30]), st.sampled_from(Became)),
    max_size=5,
    unique_by=lambda one: one.weeks_ago,
)


def keep(session: Session, team: Team, this: Period, hour: datetime, history: Sequence[Past]) -> None:
    """The rows of these digests. `hour`: when the digest of `this` period is due, in a zone that has no summer."""
    for one in history:
        of = following(this, -one.weeks_ago)
        taken_at = hour - one.weeks_ago * A_WEEK + timedelta(hours=one.hours_late)
        lines = [] if one.became is Became.EMPTY else [{"number": 1}]
        digest = Digest(
            workspace_id=team.workspace_id,
            team_id=team.id,
            period=of,
            snapshot={"key_results": lines},
            taken_at=taken_at,
        )
        session.add(digest)
        session.flush()
        if one.became in (Became.EMPTY, Became.UNREAD):
            continue
        was_sent = one.became is Became.POSTED
        waits = DeliveryState.QUEUED if one.became is Became.WAITS else DeliveryState.FAILED
        session.add(
            Delivery(
                workspace_id=team.workspace_id,
                key=f"digest:{team.id}:{of.isoformat()}",
                opaque_id=f"digest:{team.id}:{of.isoformat()}",
                kind=PostKind.DIGEST,
                channel_id="C0LEADS",
                team_id=team.id,
                period=of,
                digest_id=digest.id,
                state=DeliveryState.SENT if was_sent else waits,
                posted_channel="C0LEADS" if was_sent else None,
                posted_ts="1790000000.000100" if was_sent else None,
                not_before=taken_at,
                created_at=taken_at,
            )
        )
        session.flush()


def slow_since(hour: datetime, history: Sequence[Past]) -> datetime:
    """Since when the digest tells that is due at `hour`: week after week backwards, no further than four."""
    for weeks in range(1, 5):
        for one in history:
            if one.weeks_ago == weeks and one.became.was_told:
                return hour - weeks * A_WEEK + timedelta(hours=one.hours_late)
    # Nobody could read one: from the week before the first of all.
    first = max((one.weeks_ago for one in history), default=0)
    return hour - min(first + 1, 4) * A_WEEK
