"""The weekly prompt, from the state as it is now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.blocks.prompt import Item, ItemState, Prompt, prompt
from bot.blocks.snooze import Offer
from bot.blocks.standing import Standing
from bot.domain.cadence import Period, digest_at, following, period, period_of
from bot.domain.kinds import Kind
from bot.domain.organisation import Visibility
from bot.domain.personal_week import Opening, opening
from bot.domain.schedule import Schedule
from bot.domain.snooze import offers
from bot.domain.unchanged import may_stay
from bot.services import absences, outbox
from bot.services.planning import prompt_key
from bot.services.rhythm import KeepsRhythm, rhythm_for
from bot.services.schedules import week_of, weeks_of
from bot.services.snoozed import Snoozed, snoozed, told_of
from bot.services.standing import standings
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    KeyResult,
    KeyResultState,
    Member,
    Objective,
    PostKind,
    Team,
    Workspace,
)

_STATES = {
    CheckInState.DUE: ItemState.OPEN,
    CheckInState.ANSWERED: ItemState.ANSWERED,
    CheckInState.EXCUSED: ItemState.EXCUSED,
    CheckInState.MISSED: ItemState.MISSED,
}


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The prompt of a member and a period; None where there is nothing to ask about, or nobody to ask.

    It is not sent at all once everything is answered, closed or over. One that stands, and whose key results were all
    handed over, says that nothing is due.
    """
    return posts(session, [delivery], now)[delivery.id]


def posts(session: Session, deliveries: Sequence[Delivery], now: datetime) -> dict[int, Post | None]:
    """As `post`, for many deliveries in as many queries as one takes; by the deliveries' ids."""
    members = {
        member.id: member
        for member in session.scalars(_READERS, {"ids": [delivery.member_id for delivery in deliveries]})
    }
    asked = [
        (member, period(delivery.period))
        for delivery in deliveries
        if (member := _reader(delivery, members)) is not None and delivery.period is not None
    ]
    views = prompt_views(session, now, asked)
    found: dict[int, Post | None] = {}
    for delivery in deliveries:
        member = _reader(delivery, members)
        found[delivery.id] = None
        if member is None or delivery.period is None:
            continue
        view = views.get((member.id, delivery.period))
        if view is None and delivery.posted_ts is not None:
            week = week_of(session, member)
            view = first_prompt(session, now, member, opening(period(delivery.period), week.rhythm, week.schedule), [])
        if view is not None and (delivery.posted_ts is not None or view.count(ItemState.OPEN)):
            found[delivery.id] = prompt(replace(view, is_again=delivery.kind is PostKind.PROMPT_AGAIN))
    return found


def _reader(delivery: Delivery, members: Mapping[int, Member]) -> Member | None:
    member = members.get(delivery.member_id) if delivery.member_id is not None else None
    return member if member is not None and member.may_take_part else None


def prompt_view(session: Session, now: datetime, member: Member, this: Period) -> Prompt | None:
    """The check-in of a member in a period; None where nothing was asked. A constant number of queries."""
    return prompt_views(session, now, [(member, this)]).get((member.id, this))


def prompt_views(
    session: Session, now: datetime, asked: Collection[tuple[Member, Period]]
) -> dict[tuple[int, date], Prompt]:
    """The check-ins of members in periods, by member id and period; absent where nothing was asked.

    A constant number of queries for all the members of one period.
    """
    members: dict[Period, dict[int, Member]] = {}
    for member, this in asked:
        members.setdefault(this, {})[member.id] = member
    return {
        (member_id, this): view
        for this, readers in members.items()
        for member_id, view in _views(session, now, readers, this).items()
    }


def _views(session: Session, now: datetime, readers: Mapping[int, Member], this: Period) -> dict[int, Prompt]:
    given = {
        "workspace_ids": sorted({member.workspace_id for member in readers.values()}),
        "ids": list(readers),
        "period": this,
    }
    found = session.execute(_ASKED, given).all()
    stands = standings(session, [key_result.id for _, key_result, _, _ in found], this)
    covered = _names(session, {check_in.covered_for_id for check_in, _, _, _ in found})
    back = absences.just_back(session, list(readers.values()), this)
    rows: dict[int, list[sa.Row[CheckIn, KeyResult, Visibility, Team]]] = {}
    for row in found:
        rows.setdefault(row[0].owner_id, []).append(row)
    told = told_of(session, [check_in.id for check_in, _, _, _ in found if check_in.disowned_at is not None])
    put_off = snoozed(session, list(readers.values()), this)
    workspaces = _workspaces(session, readers.values())
    weeks = weeks_of(session, list(readers.values()))
    return {
        member_id: _with_ways(
            now,
            weeks[member_id].schedule,
            put_off[member_id],
            _prompt(
                workspaces[readers[member_id].workspace_id],
                now,
                readers[member_id],
                this,
                items=tuple(
                    Item(
                        stands[key_result.id],
                        _state(check_in, key_result),
                        told.get(check_in.id),
                        covered.get(check_in.covered_for_id or 0),
                    )
                    for check_in, key_result, _, _ in own
                ),
                closes=max(check_in.closes_at for check_in, _, _, _ in own),
                limited=any(
                    Visibility.WORKSPACE is not visibility
                    for _, key_result, wider, _ in own
                    for visibility in (key_result.visibility, wider)
                ),
                teams=[team for _, _, _, team in own],
                is_back=member_id in back,
            ),
        )
        for member_id, own in rows.items()
    }


def _with_ways(now: datetime, schedule: Schedule, put_off: Snoozed, view: Prompt) -> Prompt:
    """What can be done beside answering: be asked later, or say that nothing changed."""
    offered = {} if put_off.asked_again else offers(now, view.closes, schedule)
    open_ones = [item.standing for item in view.items if item.state in (ItemState.OPEN, ItemState.MISSED)]
    return replace(
        view,
        later=tuple(Offer(choice, at.astimezone(schedule.zone)) for choice, at in offered.items()),
        snoozed_until=put_off.until.astimezone(schedule.zone) if put_off.until is not None else None,
        may_stay=any(stays(standing) for standing in open_ones),
    )


def _workspaces(session: Session, members: Collection[Member]) -> dict[int, Workspace]:
    ids = {member.workspace_id for member in members}
    return {row.id: row for row in session.scalars(sa.select(Workspace).where(Workspace.id.in_(ids)))}


def stays(standing: Standing) -> bool:
    """Whether *Nothing changed* may be said of a key result that is open, as its newest answer left it."""
    known = standing.score if standing.kind is Kind.MILESTONE else standing.value
    return may_stay(standing.confidence, has_value=known is not None, stayed_last_time=standing.stayed)


def first_prompt(
    session: Session,
    now: datetime,
    member: Member,
    first: Opening,
    key_results: Collection[tuple[KeyResult, Objective, Team]],
) -> Prompt:
    """The prompt that a member would get in the period that opens so, were these asked about."""
    this = first.period
    stands = standings(session, [key_result.id for key_result, _, _ in key_results], this)
    workspace = session.get_one(Workspace, member.workspace_id)
    return _prompt(
        workspace,
        now,
        member,
        this,
        items=tuple(Item(stands[key_result.id], ItemState.OPEN) for key_result, _, _ in key_results),
        closes=first.closes_at,
        limited=any(
            Visibility.WORKSPACE is not visibility
            for key_result, objective, _ in key_results
            for visibility in (key_result.visibility, objective.visibility)
        ),
        teams=[team for _, _, team in key_results],
    )


def redraw_over(session: Session, now: datetime, *, workspace_id: int, team_ids: Collection[int], this: Period) -> None:
    """The digest of a period was taken: the prompts about what these teams hold say from now on that it is over."""
    owners = session.scalars(
        sa.select(CheckIn.owner_id)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(CheckIn.period == this, Objective.team_id.in_(team_ids))
        .distinct()
    ).all()
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=[prompt_key(owner, this) for owner in owners])


def prompts_about(session: Session, key_result_id: int, *, since: Period) -> list[str]:
    """The keys of the prompts that show a key result, of the periods from `since` on."""
    rows = session.execute(
        sa.select(CheckIn.owner_id, CheckIn.period)
        .where(CheckIn.key_result_id == key_result_id, CheckIn.period >= since)
        .order_by(CheckIn.period)
    )
    return [prompt_key(owner_id, this) for owner_id, this in rows]


def changes_until(workspace: KeepsRhythm, this: Period, meetings: Collection[int | None] = ()) -> datetime:
    """Until then the answers of a period are taken and can be changed: the digest's hour.

    `meetings`: of the teams that are answered about, each one's own meeting, null where it keeps the organisation's.
    """
    zone = ZoneInfo(workspace.time_zone)
    return max(digest_at(this, rhythm_for(workspace, meeting), zone) for meeting in set(meetings) or {None})


def current_period(now: datetime, member: Member) -> Period:
    """The week that it is where the member is."""
    return period_of(now, ZoneInfo(member.time_zone))


def _names(session: Session, member_ids: Collection[int | None]) -> dict[int, str]:
    ids = {one for one in member_ids if one is not None}
    if not ids:
        return {}
    return dict(session.execute(sa.select(Member.id, Member.name).where(Member.id.in_(ids))).all())


def _state(check_in: CheckIn, key_result: KeyResult) -> ItemState:
    if check_in.disowned_at is not None and check_in.state in (CheckInState.DUE, CheckInState.MISSED):
        return ItemState.DISOWNED
    # What was closed in mid-week is owed no more, though its check-in is settled by a tick only.
    if check_in.state is CheckInState.DUE and key_result.state is KeyResultState.CLOSED:
        return ItemState.EXCUSED
    return _STATES[check_in.state]


def _prompt(
    workspace: Workspace,
    now: datetime,
    member: Member,
    this: Period,
    *,
    items: tuple[Item, ...],
    closes: datetime,
    limited: bool,
    teams: Collection[Team],
    is_back: bool = False,
) -> Prompt:
    zone = ZoneInfo(member.time_zone)
    until = changes_until(workspace, this, [team.meeting_on for team in teams]).astimezone(zone)
    comes_next = member.next_opening_at if member.next_period == following(this) else None
    return Prompt(
        period=this,
        items=items,
        now=now.astimezone(zone),
        # West of the digest's channel the digest may come before the day's end.
        closes=min(closes.astimezone(zone), until),
        changes_until=until,
        digest_follows=any(team.next_digest_at is not None and team.channel_id is not None for team in teams),
        limited=limited,
        next_at=comes_next.astimezone(zone) if comes_next is not None else None,
        is_back=is_back,
    )


# Built once: they are made for every few posts of a fan-out.
_READERS = sa.select(Member).where(Member.id.in_(sa.bindparam("ids", expanding=True)))
_ASKED = (
    sa.select(CheckIn, KeyResult, Objective.visibility, Team)
    .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
    .join(Objective, Objective.id == KeyResult.objective_id)
    .join(Team, Team.id == Objective.team_id)
    .where(
        CheckIn.workspace_id.in_(sa.bindparam("workspace_ids", expanding=True)),
        CheckIn.owner_id.in_(sa.bindparam("ids", expanding=True)),
        CheckIn.period == sa.bindparam("period"),
    )
    .order_by(KeyResult.number)
)
