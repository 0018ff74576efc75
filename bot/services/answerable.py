"""May this be answered, by this person, now? One place that says no, with the reason."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.dates import weekday_time
from bot.domain.cadence import Period, period_of
from bot.domain.cadence import period as monday
from bot.domain.cycles import CycleState
from bot.domain.permissions import Action, Actor, Facts, may
from bot.services import access
from bot.services.access import Caller
from bot.services.prompt import changes_until
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import OwnWeek
from bot.services.subject import Subject, subject_of
from models import CheckIn, CheckInState, KeyResult, KeyResultState, Member, Objective, Team, Workspace
from models.prepared import Prepared


def subject(session: Session, now: datetime, caller: Caller, key_result_id: int, period: Period | None) -> Subject:
    """A key result that is to be answered in `period`; None: in `period_in_hand`. Raises `Refused` as `check` does."""
    this = period if period is not None else period_in_hand(session, now, caller, key_result_id)
    about = subject_of(session, caller, key_result_id, this)
    check(session, now, about, this)
    return about


def period_in_hand(session: Session, now: datetime, caller: Caller, key_result_id: int) -> Period:
    """The week that an answer belongs to which names none: the newest one that was asked about, until its digest.

    Else the week that it is where the key result's owner is. The two differ where the digest comes in the week after.
    Raises `Refused` where there is no such key result.
    """
    row = _WEEKS.first(session, {"workspace_id": caller.workspace_id, "key_result_id": key_result_id})
    if row is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    weeks = _Weeks._make(row)
    if weeks.asked is not None and now < changes_until(weeks, monday(weeks.asked), [weeks]):
        return monday(weeks.asked)
    return period_of(now, ZoneInfo(weeks.owner_zone))


def check(session: Session, now: datetime, about: Subject, period: Period) -> None:
    """Raise `Refused` where the caller may not answer this in `period`, or where it makes no sense now.

    It may not be seen, is a draft or closed, its cycle or team is not on, the caller may not answer, or the period's
    digest is out.
    """
    _refuse_if_not_theirs(session, now, about)
    if about.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=about.number)
    if about.state is KeyResultState.DRAFT or about.owner_zone is None:
        raise Refused(Reason.KEY_RESULT_DRAFT, number=about.number)
    if about.cycle_state is not CycleState.ACTIVE:
        raise Refused(Reason.CYCLE_NOT_ACTIVE, number=about.number)
    if not about.team_is_on:
        raise Refused(Reason.TEAM_OFF, team=about.team)
    # The digest is taken while it holds what it tells of, as who answers does: an answer is in it, or refused.
    if about.digest_was_taken or now >= changes_until(about, period, [about]):
        raise _over(session, now, about.owner_id, ZoneInfo(about.owner_zone), period)
    if about.cycle_ends_on is not None and period > about.cycle_ends_on:
        # It runs until its last digest, and has no period after its last day.
        raise Refused(Reason.CYCLE_NOT_ACTIVE, number=about.number)


def is_answerable(session: Session, now: datetime, about: Subject, period: Period) -> bool:
    """Whether `check` has nothing against it."""
    try:
        check(session, now, about, period)
    except Refused:
        return False
    return True


def refuse_if_over(session: Session, now: datetime, caller: Caller, period: Period) -> None:
    """Raise `Refused` where the answers of `period` can no longer be given or changed."""
    workspace = session.get_one(Workspace, caller.workspace_id)
    session.flush()
    teams = [OwnWeek(*row) for row in _OWN_WEEKS.rows(session, {"owner_id": caller.member_id, "period": period})]
    if now >= changes_until(workspace, period, teams):
        zone = ZoneInfo(access.member_of(session, caller).time_zone)
        raise _over(session, now, caller.member_id, zone, period)


def _refuse_if_not_theirs(session: Session, now: datetime, about: Subject) -> None:
    actor = Actor(about.caller_id, is_full_member=about.caller_takes_part)
    # Who owns it may both see and answer it, which the row itself tells, and so does a cover; for anybody else all
    # facts are gathered.
    co_owners = frozenset({about.caller_id} if about.is_co_owner or about.stands_in(now) else ())
    if may(actor, Action.ANSWER_CHECK_IN, Facts(owner_id=about.owner_id, co_owner_ids=co_owners)):
        return
    key_result = session.scalars(sa.select(KeyResult).where(KeyResult.id == about.key_result_id)).one()
    facts = access.key_result_facts(session, key_result)
    # Who may not see it learns nothing about it, not even that it exists.
    if not may(actor, Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if not may(actor, Action.ANSWER_CHECK_IN, facts):
        owner = about.owner_name if about.owner_id is not None else None
        raise Refused(Reason.NOT_FOR_YOU, number=about.number, owner=owner)


def _over(session: Session, now: datetime, member_id: int | None, zone: ZoneInfo, period: Period) -> Refused:
    """A period is answered until its digest goes out; what was said then stands. `zone` is that of who was asked."""
    member = session.get(Member, member_id) if member_id is not None else None
    if member is None:
        return Refused(Reason.PERIOD_OVER)
    this, opens = period_of(now, zone), member.next_opening_at
    is_asked = (opens is not None and opens <= now) or _was_asked(session, member.id, this)
    if period < this and is_asked:
        return Refused(Reason.PERIOD_OVER)
    coming = weekday_time(opens.astimezone(zone)) if opens is not None else None
    return Refused(Reason.DIGEST_OUT if period >= this else Reason.NOTHING_SINCE, next=coming)


def _was_asked(session: Session, member_id: int, period: Period) -> bool:
    wanted = sa.select(CheckIn.id).where(CheckIn.owner_id == member_id, CheckIn.period == period)
    return session.scalar(wanted.limit(1)) is not None


class _Weeks(NamedTuple):
    """What decides which week a key result is answered in. `asked`: the newest that somebody was asked about."""

    owner_zone: str
    time_zone: str
    opens_on: int
    opens_at: time
    closes_on: int
    closes_at: time
    note_at: time
    digest_on: int
    digest_at: time
    meeting_on: int | None
    digest_zone: str | None
    asked: date | None


_WEEKS = Prepared(
    sa.select(
        sa.func.coalesce(Member.time_zone, Workspace.time_zone),
        Workspace.time_zone,
        Workspace.opens_on,
        Workspace.opens_at,
        Workspace.closes_on,
        Workspace.closes_at,
        Workspace.note_at,
        Workspace.digest_on,
        Workspace.digest_at,
        Team.meeting_on,
        Team.digest_zone,
        sa.select(sa.func.max(CheckIn.period))
        .where(CheckIn.key_result_id == KeyResult.id, CheckIn.state != CheckInState.EXCUSED)
        .scalar_subquery(),
    )
    .select_from(KeyResult)
    .join(Workspace, Workspace.id == KeyResult.workspace_id)
    .join(Objective, Objective.id == KeyResult.objective_id)
    .join(Team, Team.id == Objective.team_id)
    .outerjoin(Member, Member.id == KeyResult.owner_id)
    .where(
        KeyResult.workspace_id == sa.bindparam("workspace_id"),
        KeyResult.id == sa.bindparam("key_result_id"),
        KeyResult.archived_at.is_(None),
    )
)

# Made once: every dialog asks for it.
_OWN_WEEKS = Prepared(
    sa.select(Team.meeting_on, Team.digest_zone)
    .join(Objective, Objective.team_id == Team.id)
    .join(KeyResult, KeyResult.objective_id == Objective.id)
    .join(CheckIn, CheckIn.key_result_id == KeyResult.id)
    .where(CheckIn.owner_id == sa.bindparam("owner_id"), CheckIn.period == sa.bindparam("period"))
    .distinct()
)
