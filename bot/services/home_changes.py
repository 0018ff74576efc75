"""Who looks at Home, and whom a change concerns: they see it there while they look.

What changes says so with a mark in its session (the outbox does for most: whoever gets a message, or has one redrawn).
`raise_wanted` is called once, at the end of the transaction: so a transaction raises each Home once at most, it holds
the rows in their order, and where nobody looks it costs one look at an index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, Escalation, Home, KeyResult, KeyResultCoOwner, Member, Objective, Team
from models.base import UtcDateTime, table_of
from models.once import insert_once
from models.prepared import Prepared, Sent

# Who opened Home longer ago than this does not look at it any more.
LOOKED_AT = timedelta(minutes=15)

# Asked for at the end of nearly every transaction, while somebody waits.
_home = table_of(Home)
_LOOKING = Prepared(
    sa.select(_home.c.id, _home.c.member_id).where(
        _home.c.workspace_id == sa.bindparam("of_workspace"),
        _home.c.opened_at > sa.bindparam("since", type_=UtcDateTime()),
    )
)

_MEMBERS, _KEYS, _LOOKED = "okra_home_members", "okra_home_keys", "okra_home_looked"


def opened(session: Session, now: datetime, member: Member) -> None:
    """Somebody has opened their Home: it is published at once, and again when something changes while they look."""
    row = {
        "workspace_id": member.workspace_id,
        "member_id": member.id,
        "opened_at": now,
        "not_before": now,
        "wanted": 1,
        "shown": 0,
        "generation": 0,
        "attempts": 0,
    }
    if insert_once(session, Home, row, key=("workspace_id", "member_id")) is None:
        session.execute(
            sa.update(Home)
            .where(Home.workspace_id == member.workspace_id, Home.member_id == member.id)
            .values(opened_at=now, wanted=Home.wanted + 1, not_before=now, attempts=0, error=None)
        )


def concerns(session: Session, workspace_id: int, member_ids: Iterable[int | None]) -> None:
    """What this transaction changes concerns these members, and those who share a team with them."""
    marked: set[tuple[int, int]] = session.info.setdefault(_MEMBERS, set())
    marked.update((workspace_id, one) for one in member_ids if one is not None)


def concerns_everybody(session: Session, now: datetime, workspace_id: int) -> None:
    """As `concerns`, for all who look: who may see something has changed, and others see it now than before."""
    concerns(session, workspace_id, [member_id for _, member_id in _who_looks(session, now, workspace_id).rows()])


def concerns_admins(session: Session, workspace_ids: Iterable[int]) -> None:
    """As `concerns`, for the admins of these workspaces: what could not be posted, and is now, stands with them."""
    for workspace_id in sorted(workspace_ids):
        admins = session.scalars(sa.select(Member.id).where(Member.workspace_id == workspace_id, Member.is_admin))
        concerns(session, workspace_id, admins)


def concerns_readers(session: Session, workspace_id: int, keys: Iterable[str]) -> None:
    """As `concerns`, for whom the posts with these keys went to, and whose escalation they are about."""
    marked: set[tuple[int, str]] = session.info.setdefault(_KEYS, set())
    marked.update((workspace_id, key) for key in keys)


def look(session: Session, now: datetime, workspace_id: int) -> None:
    """Ask already who looks, with what else is sent at the end of a transaction: `raise_wanted` takes it from there."""
    session.info.setdefault(_LOOKED, {})[workspace_id] = _who_looks(session, now, workspace_id)


def raise_wanted(session: Session, now: datetime) -> bool:
    """Raise `wanted` of the Homes that are looked at and that the marked changes concern; whether there were any."""
    members: set[tuple[int, int]] = session.info.pop(_MEMBERS, set())
    keys: set[tuple[int, str]] = session.info.pop(_KEYS, set())
    looked: dict[int, Sent] = session.info.pop(_LOOKED, {})
    raised = False
    for workspace_id in sorted({one for one, _ in members} | {one for one, _ in keys}):
        looking = (looked.get(workspace_id) or _who_looks(session, now, workspace_id)).rows()
        if not looking:
            continue
        touched = {member_id for of, member_id in members if of == workspace_id}
        touched |= _readers(session, workspace_id, [key for of, key in keys if of == workspace_id])
        concerned = touched | _around(session, workspace_id, touched)
        held = session.scalars(
            sa.select(Home.id)
            .where(Home.id.in_([home_id for home_id, member_id in looking if member_id in concerned]))
            .order_by(Home.id)
            .with_for_update(key_share=True)
        ).all()
        if held:
            session.execute(sa.update(Home).where(Home.id.in_(held)).values(wanted=Home.wanted + 1))
            raised = True
    return raised


def _who_looks(session: Session, now: datetime, workspace_id: int) -> Sent:
    return _LOOKING.send(session, {"of_workspace": workspace_id, "since": now - LOOKED_AT})


def _readers(session: Session, workspace_id: int, keys: Collection[str]) -> set[int]:
    """The recipients of posts, and the owners of the key results whose escalations they are about."""
    if not keys:
        return set()
    rows = session.execute(
        sa.select(Delivery.member_id, KeyResult.owner_id)
        .outerjoin(Escalation, Escalation.id == Delivery.escalation_id)
        .outerjoin(KeyResult, KeyResult.id == Escalation.key_result_id)
        .where(Delivery.workspace_id == workspace_id, Delivery.key.in_(keys))
    ).all()
    return {one for row in rows for one in row if one is not None}


def _around(session: Session, workspace_id: int, member_ids: Collection[int]) -> set[int]:
    """The leads, owners and co-owners of the teams that these members belong to, and the leads above."""
    if not member_ids:
        return set()
    owned = (
        sa.select(Objective.team_id)
        .join(KeyResult, KeyResult.objective_id == Objective.id)
        .where(KeyResult.workspace_id == workspace_id, KeyResult.owner_id.in_(member_ids))
    )
    own = sa.or_(Team.lead_id.in_(member_ids), Team.id.in_(owned))
    teams = sa.select(Team.id, Team.parent_id, Team.lead_id).where(Team.workspace_id == workspace_id, own)
    above = teams.cte("above", recursive=True)
    # A union, not a union all: a ring of parents ends.
    above = above.union(sa.select(Team.id, Team.parent_id, Team.lead_id).join(above, Team.id == above.c.parent_id))
    of_the_team = (
        sa.select(KeyResult.id, KeyResult.owner_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(Objective.team_id.in_(sa.select(Team.id).where(Team.workspace_id == workspace_id, own)))
        .cte("of_the_team")
    )
    found = session.scalars(
        sa.union(
            sa.select(above.c.lead_id),
            sa.select(of_the_team.c.owner_id),
            sa.select(KeyResultCoOwner.member_id).join(of_the_team, of_the_team.c.id == KeyResultCoOwner.key_result_id),
        )
    ).all()
    return {one for one in found if one is not None}
