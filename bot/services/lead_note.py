"""The lead's note, a working day before the digest: who is still to check in, and what should stop or shift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.lead_note import LeadNote, OpenCheckIn, lead_note
from bot.blocks.post import Post
from bot.domain.cadence import Period, digest_at, digest_due, following, note_at
from bot.domain.cadence import period as monday
from bot.domain.excuses import Excuse
from bot.domain.permissions import Action, Facts
from bot.domain.reminding import MOST
from bot.services import absences, access, audit, digest_snapshot, outbox, reminding
from bot.services.access import Caller
from bot.services.asking import only_asked_about
from bot.services.note_to_come import note_key, reader_of
from bot.services.planning import prompt_key
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import digest_week
from bot.services.schedules import week_of
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    KeyResult,
    KeyResultRevision,
    Member,
    Objective,
    PostKind,
    StopOrShift,
    Team,
    Workspace,
)


def note_time(session: Session, team: Team, period: Period) -> datetime:
    """When the lead is written to about this period; by the digest's clock where there is no lead."""
    workspace = session.get_one(Workspace, team.workspace_id)
    lead = session.get(Member, team.lead_id) if team.lead_id is not None else None
    rhythm, zone = digest_week(workspace, team)
    if lead is None:
        return note_at(period, rhythm, lead_zone=zone, digest_zone=zone)
    schedule = week_of(session, lead).schedule
    return note_at(period, rhythm, lead_zone=schedule.zone, digest_zone=zone, works_on=schedule.works_on)


def write_due(session: Session, now: datetime, limit: int) -> int:
    """Write to the leads of up to `limit` teams whose time has come; returns how many teams there were.

    A late note is still written while its digest is to come; later there is nothing to be done about it. Which teams
    get none is said in `bot/services/note_to_come.py`.
    """
    teams = session.scalars(
        sa.select(Team)
        .where(Team.next_note_at <= now)
        .order_by(Team.next_note_at, Team.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for team in teams:
        workspace = session.get_one(Workspace, team.workspace_id)
        coming = following(digest_due(now, *digest_week(workspace, team)))
        due = note_time(session, team, coming)
        if due <= now:
            _write(session, now, team, coming)
            due = note_time(session, team, following(coming))
        team.next_note_at = due
    session.flush()
    return len(teams)


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The note as it is now; nothing for somebody who does not lead the team any more. One that has not left does not
    leave too late to be a note, or where none would be written by now."""
    note = _note(session, delivery, now)
    if note is None or (
        delivery.state is not DeliveryState.SENT and (note.is_over or not _is_wanted(session, delivery))
    ):
        return None
    return lead_note(note)


def question(session: Session, now: datetime, caller: Caller, note_id: int) -> LeadNote:
    """What the dialog asks about. Raises `Refused`: not the team's lead, or the digest was taken."""
    delivery, team = _asked(session, caller, note_id)
    access.require(session, caller, Action.ANSWER_LEAD_NOTE, _facts(team))
    note = _note(session, delivery, now)
    if note is None or note.is_over:
        raise Refused(Reason.NOTE_OVER)
    return note


def answer(session: Session, now: datetime, caller: Caller, note_id: int, text: str) -> None:
    """Keep what should stop or shift: one answer a team and period, the last word counts. Raises `Refused`.

    `text` has 1 to `STOP_OR_SHIFT_LENGTH` code points.
    """
    delivery, team = _asked(session, caller, note_id)
    # The digest is taken under the same lock: an answer is in it, or refused.
    session.refresh(team, with_for_update={"key_share": True})
    member = access.require(session, caller, Action.ANSWER_LEAD_NOTE, _facts(team))
    period = _period(delivery)
    if digest_snapshot.was_taken(session, team.id, period):
        raise Refused(Reason.NOTE_OVER)
    kept = session.scalar(sa.select(StopOrShift).where(StopOrShift.team_id == team.id, StopOrShift.period == period))
    if kept is None:
        kept = StopOrShift(
            workspace_id=team.workspace_id, team_id=team.id, period=period, author_id=member.id, text=text, at=now
        )
        session.add(kept)
    else:
        kept.author_id, kept.text, kept.at = member.id, text, now
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action="stop_or_shift.answered",
        subject=kept,
    )
    outbox.redraw(session, now, workspace_id=team.workspace_id, key=note_key(team.id, period))


def excuse(session: Session, now: datetime, caller: Caller, note_id: int, check_in_id: int) -> None:
    """The lead lets somebody off this week. Raises `Refused`: not the team's lead, or it is not open any more."""
    team, check_in, member = _open_one(session, caller, note_id, check_in_id)
    check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.LEAD
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action="check_in.excused",
        subject=check_in,
    )
    of = monday(check_in.period)
    outbox.redraw(session, now, workspace_id=team.workspace_id, key=prompt_key(check_in.owner_id, of))
    outbox.redraw(session, now, workspace_id=team.workspace_id, key=note_key(team.id, of))


def remind(session: Session, now: datetime, caller: Caller, note_id: int, check_in_id: int) -> str:
    """Have the owner reminded of all that is open, in their working hours; gives their name. Raises `Refused` as
    `excuse`, and where they were reminded twice this week."""
    team, check_in, member = _open_one(session, caller, note_id, check_in_id)
    owner = session.get_one(Member, check_in.owner_id)
    if check_in.state is not CheckInState.DUE or check_in.closes_at <= now:
        raise Refused(Reason.CHECK_IN_SETTLED)
    if not reminding.remind_now(session, now, owner, monday(check_in.period)):
        raise Refused(Reason.REMINDED_TWICE, name=owner.name)
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action="check_in.reminded",
        subject=check_in,
    )
    outbox.redraw(session, now, workspace_id=team.workspace_id, key=note_key(team.id, monday(check_in.period)))
    return owner.name


def reminded(session: Session, caller: Caller, note_id: int, check_in_id: int) -> str:
    """The name of whom `remind` had reminded. Raises `Refused` as `excuse`."""
    _, check_in, _ = _open_one(session, caller, note_id, check_in_id, lock=False)
    return session.get_one(Member, check_in.owner_id).name


def key_result_of(session: Session, caller: Caller, note_id: int, check_in_id: int) -> int:
    """The key result that the lead wants to give to somebody else. Raises `Refused` as `excuse`."""
    _, check_in, _ = _open_one(session, caller, note_id, check_in_id, lock=False)
    return check_in.key_result_id


def _open_one(
    session: Session, caller: Caller, note_id: int, check_in_id: int, *, lock: bool = True
) -> tuple[Team, CheckIn, Member]:
    """A check-in that a note names; with `lock` it is held until the transaction ends."""
    delivery, team = _asked(session, caller, note_id)
    member = access.require(session, caller, Action.EXCUSE_CHECK_IN, _facts(team))
    wanted = (
        sa.select(CheckIn)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(CheckIn.id == check_in_id, CheckIn.period == _period(delivery), Objective.team_id == team.id)
    )
    if lock:
        wanted = wanted.with_for_update(of=CheckIn, key_share=True).execution_options(populate_existing=True)
    check_in = session.scalar(wanted)
    is_open = check_in is not None and check_in.state in (CheckInState.DUE, CheckInState.MISSED)
    if check_in is None or not is_open or digest_snapshot.was_taken(session, team.id, _period(delivery)):
        raise Refused(Reason.CHECK_IN_SETTLED)
    return team, check_in, member


def _reminded(session: Session, team: Team, period: Period, owners: Collection[int]) -> dict[int, list[datetime]]:
    """When each of these owners was reminded in a period."""
    found: dict[int, list[datetime]] = defaultdict(list)
    rows = session.execute(
        sa.select(Delivery.member_id, Delivery.attempted_at)
        .where(
            Delivery.workspace_id == team.workspace_id,
            Delivery.member_id.in_(owners),
            Delivery.kind == PostKind.REMINDER,
            Delivery.period == period,
            Delivery.state == DeliveryState.SENT,
        )
        .order_by(Delivery.attempted_at, Delivery.id)
    )
    for member_id, at in rows:
        if member_id is not None and at is not None:
            found[member_id].append(at)
    return found


def _write(session: Session, now: datetime, team: Team, period: Period) -> None:
    lead = reader_of(session, team)
    if lead is None:
        return
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=team.workspace_id,
            key=note_key(team.id, period),
            kind=PostKind.LEAD_NOTE,
            member_id=lead.id,
            team_id=team.id,
            period=period,
            bulk=True,
        ),
    )


def _is_wanted(session: Session, delivery: Delivery) -> bool:
    reader = reader_of(session, session.get_one(Team, delivery.team_id))
    return reader is not None and reader.id == delivery.member_id


def _asked(session: Session, caller: Caller, note_id: int) -> tuple[Delivery, Team]:
    delivery = session.scalar(
        sa.select(Delivery).where(
            Delivery.workspace_id == caller.workspace_id,
            Delivery.id == note_id,
            Delivery.kind == PostKind.LEAD_NOTE,
        )
    )
    team = session.get(Team, delivery.team_id) if delivery is not None else None
    if delivery is None or team is None:
        raise Refused(Reason.NOTE_OVER)
    return delivery, team


def _facts(team: Team) -> Facts:
    # The note goes to the lead of this team alone: leads further up have notes of their own.
    return Facts(lead_ids_above=(team.lead_id,) if team.lead_id is not None else ())


def _period(delivery: Delivery) -> Period:
    if delivery.period is None:
        raise ValueError(f"a note without a period: {delivery.key}")
    return monday(delivery.period)


def _note(session: Session, delivery: Delivery, now: datetime) -> LeadNote | None:
    team = session.get(Team, delivery.team_id)
    lead = session.get(Member, delivery.member_id)
    if team is None or lead is None or not team.is_on or team.lead_id != lead.id or not lead.may_take_part:
        return None
    period = _period(delivery)
    workspace = session.get_one(Workspace, team.workspace_id)
    zone = ZoneInfo(lead.time_zone)
    digest = digest_snapshot.checked_in(session, team, period)
    still_open = _still_open(session, now, team, period, zone=zone, lead=lead)
    return LeadNote(
        note_id=delivery.id,
        team=team.name,
        digest_at=digest_at(period, *digest_week(workspace, team)).astimezone(zone),
        still_open=still_open,
        answered=digest.answered,
        asked=digest.asked,
        stop_or_shift=session.scalar(
            sa.select(StopOrShift.text).where(StopOrShift.team_id == team.id, StopOrShift.period == period)
        ),
        is_over=digest_snapshot.was_taken(session, team.id, period),
        open_elsewhere=digest.elsewhere,
        leaves_out=any(one.key_result_id not in digest.covered for one in still_open),
        has_digest=bool(digest.covered),
    )


def _still_open(
    session: Session, now: datetime, team: Team, period: Period, *, zone: ZoneInfo, lead: Member
) -> tuple[OpenCheckIn, ...]:
    """The open check-ins of key results that this team holds: those of shared ones stand in the holder's note."""
    rows = session.execute(
        only_asked_about(sa.select(CheckIn, KeyResult.number, KeyResultRevision.metric, KeyResultRevision.text, Member))
        .join(CheckIn, CheckIn.key_result_id == KeyResult.id)
        .join(Member, Member.id == CheckIn.owner_id)
        .where(
            Objective.team_id == team.id,
            CheckIn.period == period,
            CheckIn.state.in_([CheckInState.DUE, CheckInState.MISSED]),
        )
        .order_by(KeyResult.number)
    ).all()
    owners = {owner.id: owner for *_, owner in rows}
    away = absences.away_now(session, list(owners.values()), now)
    reminded = _reminded(session, team, period, owners)
    counts = reminding.sent(session, dict.fromkeys(owners, period))
    failed = set(
        session.scalars(
            sa.select(Delivery.key).where(
                Delivery.workspace_id == team.workspace_id,
                Delivery.key.in_({prompt_key(owner.id, period) for *_, owner in rows}),
                Delivery.state == DeliveryState.FAILED,
            )
        ).all()
    )
    return tuple(
        OpenCheckIn(
            check_in_id=check_in.id,
            key_result_id=check_in.key_result_id,
            number=number,
            name=metric or text,
            owner=owner.name,
            asked_at=check_in.opens_at.astimezone(zone),
            is_missed=check_in.state is CheckInState.MISSED,
            owner_has_left=owner.deactivated_at is not None,
            prompt_failed=prompt_key(owner.id, period) in failed,
            is_readers=owner.id == lead.id,
            reminded_at=tuple(at.astimezone(zone) for at in reminded[owner.id]),
            may_be_reminded=counts.get(owner.id, 0) < MOST,
            away_until=away[owner.id].last_on if owner.id in away else None,
            status=owner.status_text if reminding.is_paused(owner, now) else None,
        )
        for check_in, number, metric, text, owner in rows
    )
