"""The weekly prompt, from the state as it is now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple, Protocol
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
from bot.services.access import Caller
from bot.services.planning import prompt_key
from bot.services.readers import Asks, Reader, readers
from bot.services.rhythm import HasOwnWeek, KeepsRhythm, OwnWeek, digest_week
from bot.services.schedules import Weeks, week_of
from bot.services.snoozed import PUT_OFF, Snoozed, snoozed, told_of
from bot.services.standing import standings
from bot.services.visibility import visible_to
from models import (
    Answer,
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
from models.base import table_of
from models.prepared import Listed, at_once

_STATES = {
    CheckInState.DUE: ItemState.OPEN,
    CheckInState.ANSWERED: ItemState.ANSWERED,
    CheckInState.EXCUSED: ItemState.EXCUSED,
    CheckInState.MISSED: ItemState.MISSED,
}


class _Reports(HasOwnWeek, Protocol):
    """A team's row, or a row that brings its columns along: when its week is, and where its digest goes."""

    @property
    def next_digest_at(self) -> datetime | None: ...
    @property
    def channel_id(self) -> str | None: ...


class _Asked(NamedTuple):
    """A check-in with what its prompt shows of the key result, its objective (`wider`: its visibility) and its team."""

    check_in_id: int
    owner_id: int
    state: CheckInState
    closes_at: datetime
    disowned_at: datetime | None
    covered_for_id: int | None
    key_result_id: int
    key_result_owner_id: int | None
    key_result_state: KeyResultState
    visibility: Visibility
    wider: Visibility
    meeting_on: int | None
    digest_zone: str | None
    next_digest_at: datetime | None
    channel_id: str | None

    @property
    def is_limited(self) -> bool:
        return any(one is not Visibility.WORKSPACE for one in (self.visibility, self.wider))


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The prompt of a member and a period; None where there is nothing to ask about, or nobody to ask.

    It is not sent at all once everything is answered, closed or over. One that stands, and whose key results were all
    handed over, says that nothing is due.
    """
    return posts(session, [delivery], now)[delivery.id]


def posts(
    session: Session, deliveries: Sequence[Delivery], now: datetime, weeks: Weeks | None = None
) -> dict[int, Post | None]:
    """As `post`, for many deliveries in as many queries as one takes; by the deliveries' ids."""
    members = readers(session, {delivery.member_id for delivery in deliveries if delivery.member_id is not None})
    asked = [
        (member, period(delivery.period))
        for delivery in deliveries
        if (member := _reader(delivery, members)) is not None and delivery.period is not None
    ]
    views = prompt_views(session, now, asked, weeks)
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


def _reader(delivery: Delivery, members: Mapping[int, Reader]) -> Reader | None:
    member = members.get(delivery.member_id) if delivery.member_id is not None else None
    return member if member is not None and member.may_take_part else None


def prompt_view(session: Session, now: datetime, member: Asks, this: Period) -> Prompt | None:
    """The check-in of a member in a period; None where nothing was asked. A constant number of queries."""
    return prompt_views(session, now, [(member, this)]).get((member.id, this))


def prompt_views(
    session: Session, now: datetime, asked: Collection[tuple[Asks, Period]], weeks: Weeks | None = None
) -> dict[tuple[int, date], Prompt]:
    """The check-ins of members in periods, by member id and period; absent where nothing was asked.

    A constant number of queries for all the members of one period.
    """
    members: dict[Period, dict[int, Asks]] = {}
    for member, this in asked:
        members.setdefault(this, {})[member.id] = member
    return {
        (member_id, this): view
        for this, people in members.items()
        for member_id, view in _views(session, now, people, this, weeks or Weeks()).items()
    }


def _views(
    session: Session, now: datetime, people: Mapping[int, Asks], this: Period, known: Weeks
) -> dict[int, Prompt]:
    asked, delayed = at_once(session, (_ASKED, people, {"period": this}), (PUT_OFF, people, {"period": this}))
    found = [_Asked._make(row) for row in asked]
    if not found:
        return {}
    readers = {one.key_result_id: one.owner_id for one in found}
    stands = standings(session, list(readers), this, readers=readers)
    hidden = _hidden(session, people, found, stands)
    found = [one for one in found if one.check_in_id not in hidden]
    covered = _people(session, {one.covered_for_id for one in found})
    told = told_of(session, [one.check_in_id for one in found if one.disowned_at is not None])
    theirs: dict[int, list[_Asked]] = {}
    for one in found:
        theirs.setdefault(one.owner_id, []).append(one)
    put_off = snoozed(session, list(people.values()), this, delayed)
    weeks = known.of(session, list(people.values()))
    back = absences.just_back({member_id: weeks[member_id] for member_id in people}, this)
    return {
        member_id: _with_ways(
            now,
            weeks[member_id].schedule,
            put_off[member_id],
            _prompt(
                weeks[member_id].workspace,
                now,
                people[member_id],
                this,
                items=tuple(
                    _item(
                        one,
                        stands[one.key_result_id],
                        told.get(one.check_in_id),
                        covered.get(one.covered_for_id or 0),
                    )
                    for one in own
                ),
                closes=_closes(own),
                limited=any(one.is_limited for one in own),
                teams=own,
                is_back=member_id in back,
            ),
        )
        for member_id, own in theirs.items()
    }


def _item(one: _Asked, standing: Standing, told: str | None, whose: Member | None) -> Item:
    """`whose`: the one in whose place its reader is asked."""
    return Item(
        standing,
        _state(one),
        told,
        whose.name if whose is not None else None,
        has_left=whose is not None and not whose.may_take_part,
        is_own_word=standing.author_id == one.owner_id,
    )


def _closes(own: Sequence[_Asked]) -> datetime:
    """Until when an answer is on time: of what is due, else of what was missed. Who covers may have until later for
    their own, which is answered, and the message is drawn anew only when something is missed."""
    for state in (CheckInState.DUE, CheckInState.MISSED):
        waiting = [one.closes_at for one in own if one.state is state]
        if waiting:
            return max(waiting)
    return max(one.closes_at for one in own)


def _hidden(
    session: Session, people: Mapping[int, Asks], asked: Sequence[_Asked], stands: Mapping[int, Standing]
) -> set[int]:
    """The check-ins that are settled, and whose key result their reader may not see any more: it is limited, and
    somebody else's now, whose words would stand there. Who covers for its owner reads what they said themselves.

    One query for each reader of whom there are such; for most there is none.
    """
    doubtful: dict[int, list[_Asked]] = {}
    for one in asked:
        if one.is_limited and one.state is not CheckInState.DUE and one.key_result_owner_id != one.owner_id:
            doubtful.setdefault(one.owner_id, []).append(one)
    if not doubtful:
        return set()
    covering = [one for own in doubtful.values() for one in own if _covers(one)]
    authors = _authors(session, [stands[one.key_result_id].answer_id for one in covering])
    hidden: set[int] = set()
    for member_id, own in doubtful.items():
        viewer = Caller(people[member_id].workspace_id, member_id)
        wanted = (
            sa.select(KeyResult.id)
            .join(Objective, Objective.id == KeyResult.objective_id)
            .where(KeyResult.id.in_([one.key_result_id for one in own]), visible_to(viewer))
        )
        seen = set(session.scalars(wanted))
        for one in own:
            is_own_word = authors.get(stands[one.key_result_id].answer_id or 0) == member_id
            if one.key_result_id in seen or (_covers(one) and (is_own_word or one.state is CheckInState.MISSED)):
                continue
            hidden.add(one.check_in_id)
    return hidden


def _covers(one: _Asked) -> bool:
    """Whether its reader was asked in the place of whoever owns it still."""
    return one.covered_for_id is not None and one.covered_for_id == one.key_result_owner_id


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


def stays(standing: Standing) -> bool:
    """Whether *Nothing changed* may be said of a key result that is open, as its newest answer left it."""
    known = standing.score if standing.kind is Kind.MILESTONE else standing.value
    return may_stay(standing.confidence, has_value=known is not None, stayed_last_time=standing.stayed)


def first_prompt(
    session: Session,
    now: datetime,
    member: Asks,
    first: Opening,
    key_results: Collection[tuple[KeyResult, Objective, Team]],
) -> Prompt:
    """The prompt that a member would get in the period that opens so, were these asked about."""
    this = first.period
    readers = {key_result.id: member.id for key_result, _, _ in key_results}
    stands = standings(session, list(readers), this, readers=readers)
    workspace = session.get_one(Workspace, member.workspace_id)
    return _prompt(
        workspace,
        now,
        member,
        this,
        items=tuple(
            Item(stands[key_result.id], ItemState.OPEN, is_own_word=stands[key_result.id].author_id == member.id)
            for key_result, _, _ in key_results
        ),
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


def changes_until(workspace: KeepsRhythm, this: Period, teams: Collection[HasOwnWeek] = ()) -> datetime:
    """Until then the answers of a period are taken and can be changed: the hour of the last of the digests that tell
    of them. `teams`: those that are answered about; without any it is the organisation's."""
    weeks = {OwnWeek(team.meeting_on, team.digest_zone) for team in teams} or {OwnWeek(None, None)}
    return max(digest_at(this, *digest_week(workspace, week)) for week in weeks)


def current_period(now: datetime, member: Member) -> Period:
    """The week that it is where the member is."""
    return period_of(now, ZoneInfo(member.time_zone))


def _authors(session: Session, answer_ids: Collection[int | None]) -> dict[int, int]:
    """By answer id: who gave it."""
    ids = {one for one in answer_ids if one is not None}
    if not ids:
        return {}
    return dict(session.execute(sa.select(Answer.id, Answer.author_id).where(Answer.id.in_(ids))).all())


def _people(session: Session, member_ids: Collection[int | None]) -> dict[int, Member]:
    ids = {one for one in member_ids if one is not None}
    if not ids:
        return {}
    return {one.id: one for one in session.scalars(sa.select(Member).where(Member.id.in_(ids)))}


def _state(one: _Asked) -> ItemState:
    if one.disowned_at is not None and one.state in (CheckInState.DUE, CheckInState.MISSED):
        return ItemState.DISOWNED
    # What was closed in mid-week is owed no more, though its check-in is settled by a tick only.
    if one.state is CheckInState.DUE and one.key_result_state is KeyResultState.CLOSED:
        return ItemState.EXCUSED
    return _STATES[one.state]


def _prompt(
    workspace: KeepsRhythm,
    now: datetime,
    member: Asks,
    this: Period,
    *,
    items: tuple[Item, ...],
    closes: datetime,
    limited: bool,
    teams: Collection[_Reports],
    is_back: bool = False,
) -> Prompt:
    zone = ZoneInfo(member.time_zone)
    until = changes_until(workspace, this, teams).astimezone(zone)
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


_check_in, _key_result = table_of(CheckIn), table_of(KeyResult)
_objective, _team, _member = table_of(Objective), table_of(Team), table_of(Member)
_ASKED = Listed(
    lambda ids: (
        sa.select(
            _check_in.c.id,
            _check_in.c.owner_id,
            _check_in.c.state,
            _check_in.c.closes_at,
            _check_in.c.disowned_at,
            _check_in.c.covered_for_id,
            _key_result.c.id,
            _key_result.c.owner_id,
            _key_result.c.state,
            _key_result.c.visibility,
            _objective.c.visibility,
            _team.c.meeting_on,
            _team.c.digest_zone,
            _team.c.next_digest_at,
            _team.c.channel_id,
        )
        .select_from(_member)
        .join(
            _check_in,
            sa.and_(_check_in.c.workspace_id == _member.c.workspace_id, _check_in.c.owner_id == _member.c.id),
        )
        .join(_key_result, _key_result.c.id == _check_in.c.key_result_id)
        .join(_objective, _objective.c.id == _key_result.c.objective_id)
        .join(_team, _team.c.id == _objective.c.team_id)
        .where(_member.c.id.in_(ids), _check_in.c.period == sa.bindparam("period"))
        .order_by(_key_result.c.number)
    )
)
