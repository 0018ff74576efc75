"""The message of a morning: each person is asked once, for all that waits for their decision.

`member.next_morning_at` is when it is looked whether somebody is to be asked. It is never later than the hour at which
they are: what moves that (a decision, a request for help, zone, hours, leave) only makes it earlier, with
`morning_plan.look_at`, and the look then finds out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.morning import MOST_OF_EACH, FollowUp, Help, Morning, TeamQuestion, morning
from bot.blocks.post import Post
from bot.domain.escalation import EscalationState
from bot.domain.localtime import local_date_of
from bot.domain.morning import Waiting, is_owed, next_morning
from bot.domain.organisation import Visibility
from bot.services import outbox, ownerless_decisions
from bot.services.access import Caller
from bot.services.between_teams import questions_of, unanswered_ones
from bot.services.escalation_members import seen_among
from bot.services.morning_plan import morning_key
from bot.services.reminding import is_paused
from bot.services.schedules import weeks_of
from bot.services.still_open import decisions, escalations
from bot.services.still_open_shown import asking_of, decision_of
from models import (
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationStep,
    KeyResult,
    Member,
    MorningRequest,
    Objective,
    PostKind,
)
from models.base import table_of
from models.escalation import is_owed as not_settled
from models.loading import Loaded, objects
from models.once import insert_missing
from models.prepared import Listed

# Who is away for more than a year is looked at again some time.
FAR = timedelta(days=30)
# It has not left, and may never: on a later day it does not count as asked.
_WAITS = (DeliveryState.QUEUED, DeliveryState.CLAIMED)


@dataclass(frozen=True)
class Request:
    """One thing that waits for a member: a decision, the step in which they were asked for help, or a question to their
    team."""

    waiting: Waiting
    decision_id: int | None = None
    step_id: int | None = None
    dependency_id: int | None = None


def ask_due(session: Session, now: datetime, limit: int) -> int:
    """Ask up to `limit` members whose morning has come; returns how many were looked at.

    A decision is asked about on its day and then weekly, in the working hours of its owner; a request for help that
    nobody has picked up, from the day after they were asked, also where the next one was asked meanwhile; one that a
    review has left undecided, from the day after its result was asked for. Who is asked
    at all is asked for every request for help that waits. What did not leave on its day has asked for nothing.
    """
    members = objects(_DUE.all(session, {"now": now, "limit": limit}))
    if not members:
        return 0
    requests = _requests(session, now, members)
    waited_for = [member for member in members if member.id in requests and member.may_take_part]
    weeks = weeks_of(session, waited_for)
    today = {member.id: local_date_of(now, weeks[member.id].schedule.zone) for member in waited_for}
    asked_today = _asked_today(session, today)
    posts: list[outbox.NewPost] = []
    wanted: dict[tuple[int, str], list[Request]] = {}
    for member in members:
        since, member.next_morning_at = member.next_morning_at, None
        if member.id not in today or since is None:
            continue
        schedule, day = weeks[member.id].schedule, today[member.id]
        theirs = requests[member.id]
        ready = member.id not in asked_today and not is_paused(member, now) and is_owed(now, since, schedule)
        chosen = _chosen(theirs, day) if ready else []
        if chosen:
            one = _new_post(member, day)
            posts.append(one)
            wanted[one.workspace_id, one.key] = chosen
        # After a message the next morning looks whether it has left.
        next_on = min(one.waiting.next_on for one in theirs) if not chosen else day + timedelta(days=1)
        member.next_morning_at = next_morning(now, schedule, not_before=next_on) or now + FAR
    queued = outbox.post_all(session, now, posts, revive=True)
    _note(session, now, {delivery_id: wanted[key] for key, delivery_id in queued.items()}, dict(queued))
    session.flush()
    return len(members)


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The message as things are now. It does not leave once nothing of it waits, or its day is over."""
    member = session.get(Member, delivery.member_id)
    if member is None or delivery.day is None or not member.may_take_part:
        return None
    zone = ZoneInfo(member.time_zone)
    rows = session.scalars(
        sa.select(MorningRequest).where(MorningRequest.delivery_id == delivery.id).order_by(MorningRequest.id)
    ).all()
    view = Morning(
        today=delivery.day,
        follow_ups=_follow_ups(session, delivery, member, [one.decision_id for one in rows if one.decision_id]),
        helps=_helps(session, delivery, member, local_date_of(now, zone), [one.step_id for one in rows if one.step_id]),
        questions=_questions(session, delivery, member, [one.dependency_id for one in rows if one.dependency_id]),
    )
    open_ones = [part.is_open for parts in (view.follow_ups, view.helps, view.questions) for part in parts]
    waits = any(open_ones)
    if delivery.posted_ts is None and (not waits or delivery.day != local_date_of(now, zone)):
        return None
    return morning(view)


def _new_post(member: Member, day: date) -> outbox.NewPost:
    return outbox.NewPost(
        workspace_id=member.workspace_id,
        key=morning_key(member.id, day),
        kind=PostKind.MORNING,
        member_id=member.id,
        day=day,
        bulk=True,
    )


def _chosen(requests: Sequence[Request], day: date) -> list[Request]:
    """What a message of this day asks about; nothing, where nothing is due. What is too much comes a morning later."""
    if not any(one.waiting.next_on <= day for one in requests):
        return []
    # Those that have waited longest for their turn first, so that the turn of each comes.
    requests = sorted(requests, key=lambda one: one.waiting.next_on)
    due = [one for one in requests if one.decision_id is not None and one.waiting.next_on <= day]
    helps = [one for one in requests if one.step_id is not None and one.waiting.first_on <= day]
    questions = [one for one in requests if one.dependency_id is not None and one.waiting.first_on <= day]
    return [*due[:MOST_OF_EACH], *helps[:MOST_OF_EACH], *questions[:MOST_OF_EACH]]


def _requests(session: Session, now: datetime, members: Sequence[Member]) -> dict[int, list[Request]]:
    """By member id: what waits for each, decisions first, the earliest at the head."""
    zones = {member.id: ZoneInfo(member.time_zone) for member in members}
    owed = _OWED.rows(session, zones)
    unanswered = _unanswered(session, members)
    questions = questions_of(session, zones)
    also = ownerless_decisions.asked_of(session, [Caller(one.workspace_id, one.id) for one in members])
    left = {one.id: one for ones in also.values() for one in ones}
    days = _asked_on(
        session,
        MorningRequest.decision_id.in_([*(decision_id for decision_id, *_ in owed), *left]),
        MorningRequest.step_id.in_([one.step_id for one in unanswered]),
        MorningRequest.dependency_id.in_([dependency_id for dependency_id, *_ in questions]),
    )
    found: dict[int, list[Request]] = defaultdict(list)
    for decision_id, owner_id, due_on in owed:
        asked_on = days.get((owner_id, decision_id, None, None))
        found[owner_id].append(Request(Waiting(due_on, asked_on), decision_id=decision_id))
    for member_id, ones in also.items():
        for ownerless in ones:
            # Nobody sees to it any more, so its day is not waited for.
            gone_at = session.get_one(Member, ownerless.owner_id).deactivated_at
            first_on = ownerless.due_on
            if gone_at is not None:
                first_on = min(first_on, local_date_of(gone_at, zones[member_id]))
            asked_on = days.get((member_id, ownerless.id, None, None))
            found[member_id].append(Request(Waiting(first_on, asked_on), decision_id=ownerless.id))
    for one in unanswered:
        first_on = one.first_on(now, zones[one.member_id])
        asked_on = days.get((one.member_id, None, one.step_id, None))
        found[one.member_id].append(Request(Waiting(first_on, asked_on), step_id=one.step_id))
    for dependency_id, asked_id, remind_on in questions:
        asked_on = days.get((asked_id, None, None, dependency_id))
        found[asked_id].append(Request(Waiting(remind_on, asked_on), dependency_id=dependency_id))
    return found


class _Step(NamedTuple):
    """A request for help that waits for a member, or may after the review of `review_on`, which was asked about at
    `review_asked_at`."""

    step_id: int
    member_id: int
    at: datetime
    escalation_id: int
    state: EscalationState
    review_on: date | None
    review_asked_at: datetime | None
    visibility: Visibility
    objective_visibility: Visibility

    def first_on(self, now: datetime, zone: ZoneInfo) -> date:
        """They were asked then; who has not answered is asked again on another day."""
        asked_on = local_date_of(self.at, zone)
        if self.state is EscalationState.IN_REVIEW and self.review_on is not None:
            asked_on = max(asked_on, self._review_asked_on(now, zone, self.review_on))
        return asked_on + timedelta(days=1)

    def _review_asked_on(self, now: datetime, zone: ZoneInfo, review_on: date) -> date:
        asked_on = local_date_of(self.review_asked_at, zone) if self.review_asked_at is not None else None
        if asked_on is not None and asked_on >= review_on:
            return asked_on
        # It is still to come, or who took it there is not at work yet.
        return max(review_on, local_date_of(now, zone))


def _unanswered(session: Session, members: Sequence[Member]) -> list[_Step]:
    """Each request for help that waits for one of these and that they may see still.

    One query, and one more for each who was asked about a key result that is not for everybody.
    """
    rows = [_Step._make(row) for row in _UNANSWERED.rows(session, [member.id for member in members])]
    limited: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if any(one is not Visibility.WORKSPACE for one in (row.visibility, row.objective_visibility)):
            limited[row.member_id].add(row.escalation_id)
    seen = {
        (member.id, escalation_id)
        for member in members
        if member.id in limited
        for escalation_id in seen_among(session, Caller(member.workspace_id, member.id), limited[member.id])
    }
    return [
        row
        for row in rows
        if row.escalation_id not in limited[row.member_id] or (row.member_id, row.escalation_id) in seen
    ]


def _asked_on(
    session: Session, *subjects: sa.ColumnElement[bool]
) -> dict[tuple[int | None, int | None, int | None, int | None], date]:
    """By reader, decision, step and question: the newest day on which a message that left asked about it."""
    subject = (MorningRequest.decision_id, MorningRequest.step_id, MorningRequest.dependency_id)
    rows = session.execute(
        sa.select(Delivery.member_id, *subject, sa.func.max(Delivery.day))
        .join(Delivery, Delivery.id == MorningRequest.delivery_id)
        .where(sa.or_(*subjects), Delivery.state.not_in((*_WAITS, DeliveryState.OBSOLETE)))
        .group_by(Delivery.member_id, *subject)
    ).all()
    return {(who, decision, step, question): day for who, decision, step, question, day in rows if day is not None}


def _asked_today(session: Session, today: Mapping[int, date]) -> set[int]:
    """Whose message of this day is there: it has left, or is about to."""
    keys = {morning_key(member_id, day): member_id for member_id, day in today.items()}
    found = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.key.in_(keys), Delivery.member_id.in_(today), Delivery.state != DeliveryState.OBSOLETE
        )
    )
    return {keys[key] for key in found}


def _note(
    session: Session, now: datetime, asked: Mapping[int, Sequence[Request]], queued: Mapping[tuple[int, str], int]
) -> None:
    """What each message asks about; an older message about the same asks for it no more."""
    where = {delivery_id: workspace_id for (workspace_id, _), delivery_id in queued.items()}
    for column in ("decision_id", "step_id", "dependency_id"):
        rows = [
            {"workspace_id": where[delivery_id], "delivery_id": delivery_id, column: subject}
            for delivery_id, requests in asked.items()
            for one in requests
            if (subject := getattr(one, column)) is not None
        ]
        if not rows:
            continue
        insert_missing(session, MorningRequest, rows, key=("delivery_id", column))
        for workspace_id in sorted(set(where.values())):
            subjects = [row[column] for row in rows if row["workspace_id"] == workspace_id]
            older = _keys_before(session, workspace_id, getattr(MorningRequest, column).in_(subjects), asked)
            outbox.redraw_all(session, now, workspace_id=workspace_id, keys=older)


def _keys_before(
    session: Session, workspace_id: int, subject: sa.ColumnElement[bool], but: Collection[int]
) -> Sequence[str]:
    return session.scalars(
        sa.select(Delivery.key)
        .join(MorningRequest, MorningRequest.delivery_id == Delivery.id)
        .where(MorningRequest.workspace_id == workspace_id, Delivery.id.not_in(but), subject)
        .distinct()
    ).all()


def _follow_ups(
    session: Session, delivery: Delivery, member: Member, decision_ids: Sequence[int]
) -> tuple[FollowUp, ...]:
    assert delivery.day is not None  # noqa: S101 - the caller has looked
    shown = decisions(session, Caller(member.workspace_id, member.id), decision_ids, delivery.day)
    rows = {row.id: row for row in session.scalars(sa.select(Decision).where(Decision.id.in_(decision_ids)))}
    newest = _newest_day(session, member, MorningRequest.decision_id, decision_ids)
    asked = {one: _asked(session, row) for one, row in rows.items()}
    return tuple(
        FollowUp(
            decision=decision_of(shown[one]),
            is_settled=rows[one].state is not DecisionState.OPEN,
            reason=rows[one].reason,
            is_asked_again=newest.get(one, delivery.day) > delivery.day or asked[one] != member.id,
        )
        for one in decision_ids
        if one in shown
    )


def _asked(session: Session, decision: Decision) -> int | None:
    owner = session.get_one(Member, decision.owner_id)
    return owner.id if owner.may_take_part else ownerless_decisions.asked_instead(session, decision)


def _helps(
    session: Session, delivery: Delivery, member: Member, today: date, step_ids: Sequence[int]
) -> tuple[Help, ...]:
    assert delivery.day is not None  # noqa: S101 - the caller has looked
    steps = session.execute(
        sa.select(EscalationStep, Escalation)
        .join(Escalation, Escalation.id == EscalationStep.escalation_id)
        .where(EscalationStep.id.in_(step_ids))
        .order_by(EscalationStep.id)
    ).all()
    shown = escalations(session, Caller(member.workspace_id, member.id), [escalation.id for _, escalation in steps])
    newest = _newest_day(session, member, MorningRequest.step_id, step_ids)
    zone = ZoneInfo(member.time_zone)
    return tuple(
        Help(
            asking=asking_of(shown[escalation.id], zone, today),
            is_open=(escalation.state is EscalationState.OPEN or shown[escalation.id].back_from(today) is not None)
            and escalation.round == step.round
            and newest.get(step.id, delivery.day) <= delivery.day,
        )
        for step, escalation in steps
        if escalation.id in shown
    )


def _questions(
    session: Session, delivery: Delivery, member: Member, dependency_ids: Sequence[int]
) -> tuple[TeamQuestion, ...]:
    assert delivery.day is not None  # noqa: S101 - the caller has looked
    reader = Caller(member.workspace_id, member.id)
    shown = unanswered_ones(session, reader, ZoneInfo(member.time_zone), dependency_ids)
    newest = _newest_day(session, member, MorningRequest.dependency_id, dependency_ids) if dependency_ids else {}
    return tuple(
        TeamQuestion(question, is_open and newest.get(one, delivery.day) <= delivery.day)
        for one, (question, is_open) in shown.items()
    )


def _newest_day(
    session: Session, member: Member, column: sa.orm.InstrumentedAttribute[int | None], subjects: Iterable[int]
) -> dict[int, date]:
    """By subject: the day of the newest message to this member that asks about it."""
    rows = session.execute(
        sa.select(column, sa.func.max(Delivery.day))
        .join(Delivery, Delivery.id == MorningRequest.delivery_id)
        .where(column.in_(list(subjects)), Delivery.member_id == member.id, Delivery.state != DeliveryState.OBSOLETE)
        .group_by(column)
    ).all()
    return {subject: day for subject, day in rows if subject is not None and day is not None}


# Made once: a tick asks them whenever it is somebody's morning.
_DUE = Loaded(
    sa.select(Member)
    .where(Member.next_morning_at <= sa.bindparam("now"))
    .order_by(Member.next_morning_at, Member.id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True, key_share=True)
)
_OWED = Listed(
    lambda ids: (
        sa.select(Decision.id, Decision.owner_id, Decision.due_on)
        .where(Decision.owner_id.in_(ids), not_settled(table_of(Decision)))
        .order_by(Decision.due_on, Decision.id)
    )
)
_REVIEW_ASKED = (
    sa.select(sa.func.max(Delivery.created_at))
    .where(Delivery.escalation_id == Escalation.id, Delivery.kind == PostKind.ESCALATION_REVIEW)
    .correlate(Escalation)
    .scalar_subquery()
)
_UNANSWERED = Listed(
    lambda ids: (
        sa.select(
            EscalationStep.id,
            EscalationStep.member_id,
            EscalationStep.at,
            Escalation.id,
            Escalation.state,
            Escalation.review_on,
            _REVIEW_ASKED,
            KeyResult.visibility,
            Objective.visibility,
        )
        .join(
            Escalation,
            sa.and_(Escalation.id == EscalationStep.escalation_id, Escalation.round == EscalationStep.round),
        )
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(
            EscalationStep.member_id.in_(ids),
            EscalationStep.until.is_not(None),
            sa.or_(Escalation.state == EscalationState.OPEN, Escalation.state == EscalationState.IN_REVIEW),
        )
        .order_by(EscalationStep.at, EscalationStep.id)
    )
)
