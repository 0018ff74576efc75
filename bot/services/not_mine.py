"""*Not mine*: an owner says that a key result is somebody else's, and the lead is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.not_mine import Disowned, not_mine
from bot.blocks.post import Post
from bot.blocks.prompt_more import Candidate
from bot.domain.cadence import Period
from bot.services import access, audit, outbox
from bot.services.access import Caller
from bot.services.answerable import refuse_if_over
from bot.services.definitions import current_definition
from bot.services.planning import prompt_key
from bot.services.refusals import Reason, Refused
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    PostKind,
    Team,
)


@dataclass(frozen=True)
class Told:
    """What happens next: who was told about which key result."""

    label: str
    told: str


def key(check_in_id: int) -> str:
    """The permanent key of what the lead is told about a check-in."""
    return f"not_mine:{check_in_id}"


def open_ones(session: Session, now: datetime, caller: Caller, period: Period) -> list[Candidate]:
    """The caller's key results of a period that are not answered. Raises `Refused`: there are none, or it is over."""
    refuse_if_over(session, now, caller, period)
    rows = session.execute(_open(caller, period)).all()
    if not rows:
        raise Refused(Reason.NOTHING_DUE)
    return [
        Candidate(key_result.id, key_result.label, definition.metric or definition.text)
        for _, key_result, definition in rows
    ]


def who_is_told(session: Session, caller: Caller, key_result_ids: Sequence[int]) -> dict[int, Member]:
    """By key result: the lead above its owner who would be told; those of which nobody could be are left out. Raises
    `Refused` where none is left."""
    found: dict[int, Member] = {}
    rows = session.execute(
        sa.select(KeyResult, Objective.team_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(KeyResult.workspace_id == caller.workspace_id, KeyResult.id.in_(key_result_ids))
        .order_by(KeyResult.number)
    ).all()
    for key_result, team_id in rows:
        told = access.lead_above(session, caller.member_id, team_id)
        if told is not None:
            found[key_result.id] = told
    if not found:
        raise Refused(Reason.NOBODY_TO_TELL, number=rows[0][0].number)
    return found


def disown(session: Session, now: datetime, *, caller: Caller, period: Period, key_result_id: int, words: str) -> Told:
    """Note that it is not the caller's, and tell the lead, once. Raises `Refused`: it is not open, or not theirs.

    The check-in stays open: the lead hands it over, excuses it or answers it; its owner is asked about it no more.
    """
    refuse_if_over(session, now, caller, period)
    row = session.execute(_open(caller, period).where(KeyResult.id == key_result_id)).one_or_none()
    if row is None:
        raise Refused(Reason.NOTHING_DUE)
    check_in, key_result, _ = row
    lead = who_is_told(session, caller, [key_result_id])[key_result_id]
    check_in.disowned_at, check_in.disowned_words = now, words or None
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=caller.workspace_id,
            key=key(check_in.id),
            kind=PostKind.NOT_MINE,
            member_id=lead.id,
            check_in_id=check_in.id,
        ),
    )
    audit.record(
        session,
        now,
        workspace_id=caller.workspace_id,
        actor_id=caller.member_id,
        actor_name=access.member_of(session, caller).name,
        action="check_in.disowned",
        subject=check_in,
    )
    outbox.redraw(session, now, workspace_id=caller.workspace_id, key=prompt_key(caller.member_id, period))
    return Told(key_result.label, lead.name)


def told(session: Session, caller: Caller, key_result_id: int) -> Told:
    """What `disown` said, for somebody who has just done it. Raises `Refused`: nobody could be told any more."""
    lead = who_is_told(session, caller, [key_result_id])[key_result_id]
    return Told(session.get_one(KeyResult, key_result_id).label, lead.name)


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """What the lead is told; None where it was taken back, handed over or closed meanwhile, or is not theirs to see."""
    lead = session.get(Member, delivery.member_id)
    row = session.execute(
        sa.select(CheckIn, KeyResult, KeyResultRevision, Member, Team)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(KeyResultRevision, current_definition())
        .join(Member, Member.id == CheckIn.owner_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .where(CheckIn.id == delivery.check_in_id)
    ).one_or_none()
    if lead is None or not lead.may_take_part or row is None:
        return None
    check_in, key_result, definition, owner, team = row
    is_open = check_in.disowned_at is not None and key_result.state is KeyResultState.ACTIVE
    if not is_open or key_result.owner_id != owner.id or lead.id not in access.leads_above(session, team.id):
        return None
    return not_mine(
        Disowned(
            key_result_id=key_result.id,
            number=key_result.number,
            name=definition.metric or definition.text,
            owner=owner.name,
            owner_slack_id=owner.slack_user_id,
            words=check_in.disowned_words or "",
            team=team.name,
        )
    )


def _open(caller: Caller, period: Period) -> sa.Select[CheckIn, KeyResult, KeyResultRevision]:
    return (
        sa.select(CheckIn, KeyResult, KeyResultRevision)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(KeyResultRevision, current_definition())
        .where(
            CheckIn.workspace_id == caller.workspace_id,
            CheckIn.owner_id == caller.member_id,
            CheckIn.period == period,
            CheckIn.state.in_((CheckInState.DUE, CheckInState.MISSED)),
            CheckIn.disowned_at.is_(None),
            KeyResult.owner_id == caller.member_id,
            KeyResult.state == KeyResultState.ACTIVE,
            KeyResult.archived_at.is_(None),
        )
        .order_by(KeyResult.number)
    )
