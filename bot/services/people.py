"""Members: who is who, and what Slack says about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.person import Person
from bot.services import audit, planning
from models import Installation, Member, MemberKind, Workspace


@dataclass(frozen=True)
class Found:
    """Where a payload's ids lead. `member_id` null: nobody whom Okra has met."""

    workspace_id: int
    member_id: int | None
    may_take_part: bool


def find(session: Session, slack_team_id: str | None, enterprise_id: str | None, slack_user_id: str) -> Found | None:
    """Look a person up by what a verified payload says; None where Okra is not installed there."""
    place = sa.select(Workspace.id)
    if slack_team_id is not None:
        place = place.where(Workspace.slack_team_id == slack_team_id)
    else:
        place = place.join(Installation, Installation.id == Workspace.installation_id).where(
            Installation.enterprise_id == enterprise_id
        )
    workspace_id = session.scalar(place.order_by(Workspace.id).limit(1))
    if workspace_id is None:
        return None
    member = by_slack_id(session, workspace_id, slack_user_id)
    return Found(workspace_id, member.id if member else None, bool(member and member.may_take_part))


def by_slack_id(session: Session, workspace_id: int, slack_user_id: str) -> Member | None:
    return session.scalar(
        sa.select(Member).where(Member.workspace_id == workspace_id, Member.slack_user_id == slack_user_id)
    )


def learn_all(
    session: Session, now: datetime, workspace_id: int, everybody: Iterable[Person], *, admins: Collection[str]
) -> int:
    """Bring the members of a workspace up to what Slack says. Returns how many are new or changed."""
    return sum(learn(session, now, workspace_id, person, admins=admins) for person in everybody)


def learn(session: Session, now: datetime, workspace_id: int, person: Person, *, admins: Collection[str]) -> bool:
    """Add a member, or take over what has changed; True where something did.

    A zone that moved moves the member's next opening, in this transaction. A deactivated member is never asked again.
    """
    workspace = session.get_one(Workspace, workspace_id)
    member = by_slack_id(session, workspace_id, person.slack_user_id)
    zone = person.time_zone if person.time_zone in _zones() else None
    told = {
        "name": person.name,
        "display_name": person.display_name,
        "email": person.email,
        "time_zone": zone or (member.time_zone if member else workspace.time_zone),
        "kind": _kind(person),
        "is_admin": person.slack_user_id in admins,
    }
    if member is None:
        member = Member(
            workspace_id=workspace_id,
            slack_user_id=person.slack_user_id,
            deactivated_at=now if person.deleted else None,
            created_at=now,
            **told,
        )
        session.add(member)
        session.flush()
        return True
    changed: dict[str, object] = {name: value for name, value in told.items() if getattr(member, name) != value}
    if person.deleted != (member.deactivated_at is not None):
        changed["deactivated_at"] = now if person.deleted else None
    if not changed:
        return False
    for name, value in changed.items():
        setattr(member, name, value)
    session.flush()
    if changed.keys() & {"time_zone", "kind", "deactivated_at"}:
        planning.replan(session, now, [member.id])
        audit.record(
            session,
            now,
            workspace_id=workspace_id,
            actor_id=None,
            action="member.changed",
            subject=member,
            detail={"changed": sorted(changed)},
        )
    return True


@cache
def _zones() -> frozenset[str]:
    # Asking walks through the files of all zones.
    return frozenset(available_timezones())


def _kind(person: Person) -> MemberKind:
    if person.is_bot:
        return MemberKind.BOT
    if person.is_external:
        return MemberKind.EXTERNAL
    return MemberKind.GUEST if person.is_guest else MemberKind.FULL
