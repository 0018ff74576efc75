"""Members: who is who, and what Slack says about them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.person import Home, Person
from bot.services import (
    audit,
    departures,
    morning_plan,
    outbox,
    ownerless_decisions,
    path_changes,
    planning,
    team_planning,
)
from models import Installation, Member, MemberKind, Workspace
from models.base import table_of
from models.once import insert_all_once
from models.prepared import Prepared

# A hundred people are written in a few hundredths of a second.
BATCH = 100
# So far back somebody who returns finds their messages up to date.
STILL_LOOKED_AT = timedelta(days=92)


# What decides when somebody is asked, and whether.
_MOVES = frozenset({"time_zone", "kind", "deactivated_at"})


@dataclass(frozen=True)
class Found:
    """Where a payload's ids lead. `member_id` null: nobody whom Okra has met."""

    workspace_id: int
    member_id: int | None
    may_take_part: bool


def find(
    at: Session | sa.Connection, slack_team_id: str | None, enterprise_id: str | None, slack_user_id: str
) -> Found | None:
    """Look a person up by what a verified payload says; None where Okra is not installed there."""
    if slack_team_id is not None:
        row = _IN_TEAM.first(at, {"team": slack_team_id, "user": slack_user_id})
    else:
        row = _IN_ENTERPRISE.first(at, {"enterprise": enterprise_id, "user": slack_user_id})
    if row is None:
        return None
    workspace_id, member_id, may_take_part = row
    return Found(workspace_id, member_id, bool(may_take_part))


_workspace, _member, _installation = table_of(Workspace), table_of(Member), table_of(Installation)
_WHO = (
    sa.select(
        _workspace.c.id,
        _member.c.id,
        sa.and_(_member.c.kind == MemberKind.FULL, _member.c.deactivated_at.is_(None)),
    )
    .select_from(_workspace)
    .outerjoin(
        _member,
        sa.and_(_member.c.workspace_id == _workspace.c.id, _member.c.slack_user_id == sa.bindparam("user")),
    )
    .order_by(_workspace.c.id)
    .limit(1)
)
_IN_TEAM = Prepared(_WHO.where(_workspace.c.slack_team_id == sa.bindparam("team")))
_IN_ENTERPRISE = Prepared(
    _WHO.where(
        _workspace.c.installation_id.in_(
            sa.select(_installation.c.id).where(_installation.c.enterprise_id == sa.bindparam("enterprise"))
        )
    )
)


def by_slack_id(session: Session, workspace_id: int, slack_user_id: str) -> Member | None:
    return session.scalar(
        sa.select(Member).where(Member.workspace_id == workspace_id, Member.slack_user_id == slack_user_id)
    )


def names(session: Session, workspace_id: int, slack_user_ids: Collection[str]) -> dict[str, str]:
    """What people are called in the workspace, by Slack id; those whom Okra has not met are not among them."""
    found = session.execute(
        sa.select(Member.slack_user_id, Member.display_name, Member.name).where(
            Member.workspace_id == workspace_id, Member.slack_user_id.in_(slack_user_ids)
        )
    )
    return {slack_user_id: display_name or name for slack_user_id, display_name, name in found}


def workspace_url(session: Session, workspace_id: int) -> str | None:
    """The address of the workspace, as far as Slack has told it."""
    return session.get_one(Workspace, workspace_id).url


def learn_all(
    session: Session,
    now: datetime,
    workspace_id: int,
    everybody: Iterable[Person],
    *,
    admins: Collection[str],
    home: Home | None = None,
) -> int:
    """Bring the members of a workspace up to what Slack says. Returns how many are new or changed.

    A zone that moved moves the member's next opening, in this transaction. A deactivated member is never asked again.
    What is older than what is known is ignored.
    `home`: where full members belong, for a workspace that is not connected yet; else it is known.
    """
    workspace = session.get_one(Workspace, workspace_id)
    home = home or _home(session, workspace)
    return sum(_learn_some(session, now, workspace, some, admins=admins, home=home) for some in batches(everybody))


def learn(session: Session, now: datetime, workspace_id: int, person: Person, *, admins: Collection[str]) -> bool:
    """Add one member, or take over what has changed; True where something did. As `learn_all`."""
    return learn_all(session, now, workspace_id, [person], admins=admins) > 0


def batches(everybody: Iterable[Person]) -> Iterator[Sequence[Person]]:
    """A few people at a time: as many as one transaction may take while others wait for their turn to write."""
    rest = iter(everybody)
    while some := list(itertools.islice(rest, BATCH)):
        yield some


def _learn_some(
    session: Session,
    now: datetime,
    workspace: Workspace,
    some: Sequence[Person],
    *,
    admins: Collection[str],
    home: Home | None,
) -> int:
    people = {person.slack_user_id: person for person in some}
    # Held, so that of two who bring news of one person the second sees how old the first one's was.
    held = session.scalars(
        sa.select(Member)
        .where(Member.workspace_id == workspace.id, Member.slack_user_id.in_(people))
        .order_by(Member.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    known = {member.slack_user_id: member for member in held}
    words = workspace.status_words.splitlines()
    newcomers: list[Mapping[str, object]] = []
    changed: dict[Member, set[str]] = {}
    for slack_user_id, person in people.items():
        member = known.get(slack_user_id)
        if member is not None and _is_old_news(member, person):
            continue
        zone = person.time_zone if person.time_zone in _zones() else None
        told: dict[str, object] = {
            "name": person.name,
            "display_name": person.display_name,
            "email": person.email,
            "time_zone": _zone_that_counts(member, zone, workspace),
            "slack_time_zone": zone or (member.slack_time_zone if member else None),
            **_status(person, words),
            "kind": _kind(person, home),
            "is_admin": slack_user_id in admins,
        }
        if member is None:
            left_at = now if person.deleted else None
            place = {"workspace_id": workspace.id, "slack_user_id": slack_user_id}
            age = {"slack_updated_at": person.updated_at, "created_at": now}
            newcomers.append({**place, **told, "deactivated_at": left_at, **age})
            continue
        member.slack_updated_at = person.updated_at or member.slack_updated_at
        if person.deleted != (member.deactivated_at is not None):
            told["deactivated_at"] = now if person.deleted else None
        news = {name for name, value in told.items() if getattr(member, name) != value}
        for name in news:
            setattr(member, name, told[name])
        if news:
            changed[member] = news
    # Somebody new may be met in two places at once.
    added = insert_all_once(session, Member, newcomers, key=("workspace_id", "slack_user_id"))
    session.flush()
    moved = {member: news & _MOVES for member, news in changed.items() if news & _MOVES}
    planning.replan(session, now, [member.id for member in moved])
    _settle_departures(session, now, moved)
    team_planning.replan_teams_of(session, [member.id for member in moved])
    back = [one.id for one, news in moved.items() if one.may_take_part and news & {"kind", "deactivated_at"}]
    path_changes.of_members(session, now, workspace.id, [member.id for member in moved])
    if back:
        morning_plan.look_at(session, now, back)
    # A guest too, who reads what stands, and may not see all of it.
    here = [one.id for one, news in moved.items() if one.deactivated_at is None and news & {"kind", "deactivated_at"}]
    if here:
        outbox.redraw_for(session, now, workspace_id=workspace.id, member_ids=here, since=now - STILL_LOOKED_AT)
    for member, news in moved.items():
        audit.record(
            session,
            now,
            workspace_id=workspace.id,
            actor_id=None,
            action="member.changed",
            subject=member,
            detail={"changed": sorted(news)},
        )
    return len(added) + len(changed)


def _is_old_news(member: Member, person: Person) -> bool:
    """Slack delivers an event again that failed, and a page of its list waits for its turn: what is newer is known by
    then. Slack counts seconds, so what is of the same one is let through."""
    if person.updated_at is None or member.slack_updated_at is None:
        return False
    return person.updated_at < member.slack_updated_at


def _settle_departures(session: Session, now: datetime, moved: Mapping[Member, set[str]]) -> None:
    """Key results of who has left go to their leads at once; those of who is back, back to them."""
    changed = [member for member, news in moved.items() if news & {"kind", "deactivated_at"}]
    departures.left(session, now, [member for member in changed if not member.may_take_part])
    departures.returned(session, now, [member for member in changed if member.may_take_part])
    for workspace_id in {member.workspace_id for member in changed}:
        ownerless_decisions.look_again(session, now, workspace_id)


def _zone_that_counts(member: Member | None, told: str | None, workspace: Workspace) -> str:
    """Slack's, unless the person chose one themselves."""
    if member is None:
        return told or workspace.time_zone
    return member.time_zone if member.zone_is_chosen or told is None else told


def _status(person: Person, words: Sequence[str]) -> dict[str, object]:
    """A status is kept only where it is one of the organisation's words for being away."""
    if not person.status.says(words):
        return {"status_text": None, "status_until": None}
    return {"status_text": person.status.text or person.status.emoji, "status_until": person.status.until}


def _home(session: Session, workspace: Workspace) -> Home | None:
    if workspace.slack_team_id is None:
        return None
    enterprise_id = session.scalar(
        sa.select(Installation.enterprise_id).where(Installation.id == workspace.installation_id)
    )
    return Home(workspace.slack_team_id, enterprise_id)


@cache
def _zones() -> frozenset[str]:
    # Asking walks through the files of all zones.
    return frozenset(available_timezones())


def _kind(person: Person, home: Home | None) -> MemberKind:
    if person.is_bot:
        return MemberKind.BOT
    if person.is_external if home is None else not home.is_home_of(person):
        return MemberKind.EXTERNAL
    return MemberKind.GUEST if person.is_guest else MemberKind.FULL
