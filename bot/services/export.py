"""Kept digests for a board pack, as far as the whole workspace may see them now."""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.digest import headline
from bot.blocks.signals import question
from bot.blocks.text import unmarked
from bot.domain.cadence import Period, period_on
from bot.domain.digest import Snapshot
from bot.domain.digest_json import from_json
from bot.domain.export import Format, Told, as_file
from bot.domain.organisation import Level
from bot.services import access, audit, listing
from bot.services.access import Caller
from bot.services.digest_readers import hidden_now
from bot.services.refusals import Reason, Refused
from models import Cycle, Digest, Team

MOST_DIGESTS = 60
"""More than a year of them."""


@dataclass(frozen=True)
class Exported:
    """A file. `team` and the weeks say what is in it."""

    name: str
    content: bytes
    team: str
    first: Period
    last: Period
    digests: int


def company(session: Session, workspace_id: int) -> Team:
    """The team at the level of the company. Raises `Refused` (NO_SUCH_TEAM) where there is none."""
    found = session.scalar(
        sa.select(Team)
        .where(Team.workspace_id == workspace_id, Team.level == Level.COMPANY, Team.archived_at.is_(None))
        .order_by(Team.id)
        .limit(1)
    )
    if found is None:
        raise Refused(Reason.NO_SUCH_TEAM, team="company")
    return found


def export(
    session: Session, team: Team, form: Format, *, week: date | None = None, cycle: str | None = None
) -> Exported:
    """The digests of `team`: of the week of a day, of a cycle by its name, or else the newest one.

    What is for fewer people by now is left out. Raises `Refused`: no such cycle
    (NO_SUCH_CYCLE), or no digest was taken (NO_DIGEST_YET).
    """
    rows = sa.select(Digest).where(Digest.workspace_id == team.workspace_id, Digest.team_id == team.id)
    if week is not None:
        rows = rows.where(Digest.period == period_on(week))
    if cycle is not None:
        starts_on, ends_on = _days(session, team.workspace_id, cycle)
        rows = rows.where(Digest.period.between(period_on(starts_on), ends_on))
    one = week is None and cycle is None
    rows = rows.order_by(Digest.period.desc()).limit(1 if one else MOST_DIGESTS)
    snapshots = [from_json(kept.snapshot) for kept in reversed(session.scalars(rows).all())]
    if not snapshots:
        raise Refused(Reason.NO_DIGEST_YET, team=team.name)
    hidden = hidden_now(session, functools.reduce(operator.or_, (one.subjects for one in snapshots)))
    told = [_told(snapshot.without(hidden)) for snapshot in snapshots]
    first, last = snapshots[0].period, snapshots[-1].period
    weeks = f"{first}" if first == last else f"{first}..{last}"
    plain = "-".join("".join(char if char.isalnum() else " " for char in team.name).split()) or "team"
    return Exported(f"okra-{plain}-{weeks}.{form.value}", as_file(told, form), team.name, first, last, len(told))


def for_person(session: Session, now: datetime, caller: Caller, name: str, form: Format) -> Exported:
    """As `export`, the newest digest, for somebody who asks in Slack; "company" or no name: the company's.

    Raises `Refused`: no full member, no such team, no digest yet.
    """
    member = access.full_member(session, caller)
    team = listing.team_named(session, caller, name) if name else company(session, caller.workspace_id)
    exported = export(session, team, form)
    audit.record(
        session,
        now,
        workspace_id=caller.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action="digest.exported",
        subject=team,
        detail={"format": form.value, "period": exported.last.isoformat()},
    )
    return exported


def _told(snapshot: Snapshot) -> Told:
    asks = unmarked(question(snapshot.signal)) if snapshot.signal is not None else ""
    return Told(snapshot, unmarked(headline(snapshot)), asks)


def _days(session: Session, workspace_id: int, name: str) -> tuple[date, date]:
    cycles = session.scalars(sa.select(Cycle).where(Cycle.workspace_id == workspace_id)).all()
    found = next((one for one in cycles if one.name.casefold() == name.strip().casefold()), None)
    if found is None or found.starts_on is None or found.ends_on is None:
        raise Refused(Reason.NO_SUCH_CYCLE, cycle=name)
    return found.starts_on, found.ends_on
