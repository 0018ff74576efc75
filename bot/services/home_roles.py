"""The parts of Home for leads and for admins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.home_roles import Admin, AdminTeam, Failure, Led, Owed, Owing
from bot.blocks.notices import HOME
from bot.domain.cadence import Period
from bot.domain.reminding import MOST
from bot.services import failures, reminding, shared_channels
from bot.services.access import Caller
from bot.services.asking import only_asked_about
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    Digest,
    InstallationState,
    KeyResult,
    KeyResultRevision,
    Member,
    Objective,
    PostKind,
    Team,
)

_OWED = {
    CheckInState.DUE: Owed.DUE,
    CheckInState.MISSED: Owed.MISSED,
    CheckInState.EXCUSED: Owed.EXCUSED,
}


def led(session: Session, lead: Member, teams: Sequence[Team], this: Period) -> tuple[Led, ...]:
    """These teams' check-ins of a week. The teams are the lead's own: only their lead may know who has not answered."""
    ids = [team.id for team in teams if team.lead_id == lead.id]
    rows = session.execute(
        only_asked_about(sa.select(Objective.team_id, CheckIn, KeyResult.number, KeyResultRevision, Member))
        .join(CheckIn, CheckIn.key_result_id == KeyResult.id)
        .join(Member, Member.id == CheckIn.owner_id)
        .where(Objective.team_id.in_(ids), CheckIn.period == this)
        .order_by(KeyResult.number)
    ).all()
    counts = reminding.sent(session, {owner.id: this for *_, owner in rows})
    is_told = set(session.scalars(sa.select(Digest.team_id).where(Digest.team_id.in_(ids), Digest.period == this)))
    notes: dict[int | None, int] = dict(
        session.execute(
            sa.select(Delivery.team_id, Delivery.id).where(
                Delivery.workspace_id == lead.workspace_id,
                Delivery.kind == PostKind.LEAD_NOTE,
                Delivery.member_id == lead.id,
                Delivery.team_id.in_(ids),
                Delivery.period == this,
            )
        ).all()
    )
    return tuple(
        Led(
            team=team.name,
            answered=sum(row.team_id == team.id and row[1].state is CheckInState.ANSWERED for row in rows),
            asked=sum(row.team_id == team.id and row[1].state is not CheckInState.EXCUSED for row in rows),
            owing=tuple(
                Owing(
                    check_in_id=check_in.id,
                    number=number,
                    name=definition.metric or definition.text,
                    owner=owner.name,
                    owed=_OWED[check_in.state],
                    is_readers=owner.id == lead.id,
                    may_be_reminded=counts.get(owner.id, 0) < MOST,
                )
                for team_id, check_in, number, definition, owner in rows
                if team_id == team.id and check_in.state in _OWED
            ),
            note_id=notes.get(team.id) if team.id not in is_told else None,
            is_over=team.id in is_told,
        )
        for team in teams
        if team.id in ids
    )


def admin(session: Session, caller: Caller, now: datetime) -> Admin:
    """Teams on and off, and what did not arrive. Raises `Refused` for who is no admin."""
    found = failures.view(session, caller, now)
    rows = session.execute(
        sa.select(Team, Member.name)
        .outerjoin(Member, Member.id == Team.lead_id)
        .where(Team.workspace_id == caller.workspace_id, Team.archived_at.is_(None))
        .order_by(Team.name, Team.id)
    ).all()
    shared = shared_channels.of(session, caller.workspace_id)
    return Admin(
        teams=tuple(
            AdminTeam(
                team.id,
                team.name,
                team.is_on,
                lead or team.lead_name,
                team.channel_id,
                tuple(sorted(shared & {team.channel_id, team.escalation_channel_id})),
            )
            for team, lead in rows
        ),
        failures=tuple(Failure(one.kind.value, one.to, one.code, one.count) for one in found.undelivered),
        too_late=found.too_late,
        uncertain=found.uncertain,
        kept=found.kept,
        silent=tuple((name, state is InstallationState.UNINSTALLED) for name, state in found.silent),
        not_made=found.not_made,
        not_shown=tuple(
            Failure(one.kind.value if one.kind is not None else HOME, one.to, one.code, one.count)
            for one in found.not_shown
        ),
    )
