"""The one place that decides whether a message may leave now: the weekly budget of its reader, and their working hours.

Delivery asks it for every direct message just before it is sent, whoever queued it, so no feature can take more of a
person's week than their budget. What is held back is kept: it stands on Home.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.attention import Attention, HoldBack, Leave, Verdict, Wait, verdict, week_of
from bot.domain.cadence import period
from bot.domain.localtime import local_date_of
from bot.domain.personal_week import opening
from bot.domain.reminding import not_before
from bot.services.readers import Reader, held_readers
from bot.services.schedules import Week, Weeks, weeks_of
from models import Delivery, DeliveryState, Member, PostKind, Team
from models.base import table_of
from models.prepared import Listed, Row

ATTENTION_OF: Mapping[PostKind, Attention] = {
    PostKind.INTRODUCTION: Attention.FIRST,
    PostKind.PROMPT: Attention.UNASKED,
    PostKind.REMINDER: Attention.UNASKED,
    PostKind.LEAD_NOTE: Attention.UNASKED,
    PostKind.AWAY_NEWS: Attention.UNASKED,
    PostKind.OUTCOME: Attention.UNASKED,
    PostKind.MORNING: Attention.REQUEST,
    PostKind.DIGEST_UNREAD: Attention.REQUEST,
    # Queued while its reader is at work; where Slack or Okra was away until the evening, it comes on the next morning.
    PostKind.ESCALATION_ASK: Attention.REQUEST,
    PostKind.DEPENDENCY: Attention.REQUEST,
    # What somebody else did while its reader slept can be read in the morning.
    PostKind.OWNERLESS: Attention.REQUEST,
    PostKind.NOT_MINE: Attention.REQUEST,
    PostKind.ANSWER_CORRECTED: Attention.REQUEST,
    PostKind.KEY_RESULT_CHANGED: Attention.REQUEST,
    PostKind.ESCALATION_REVIEW: Attention.EVENING,
    # Somebody has asked its reader for help, or to take something over: only they can decide.
    PostKind.ESCALATION: Attention.ANSWER,
    PostKind.ESCALATION_REPLY: Attention.ANSWER,
    PostKind.HAND_OVER: Attention.ANSWER,
    PostKind.QUESTION: Attention.ANSWER,
    PostKind.DECISION_MADE: Attention.ANSWER,
    # What became of something that its reader asked for, did, or decided.
    PostKind.ESCALATION_NEWS: Attention.ANSWER,
    PostKind.HAND_OVER_NEWS: Attention.ANSWER,
    PostKind.DEPENDENCY_REPLY: Attention.ANSWER,
    PostKind.DEPENDENCY_NEWS: Attention.ANSWER,
    PostKind.DECISION_SETTLED: Attention.ANSWER,
    PostKind.PROMPT_AGAIN: Attention.ANSWER,
    PostKind.UNDERSTANDING: Attention.ANSWER,
    # Into a channel, or about Okra itself, to those who run it. A digest keeps its hour without a channel too: one that
    # waited for a lead who is away would be overtaken by the next.
    PostKind.DIGEST: Attention.ANSWER,
    PostKind.DIGEST_DETAILS: Attention.ANSWER,
    PostKind.DIGEST_SHARED: Attention.ANSWER,
    PostKind.ADMIN_NOTICE: Attention.ANSWER,
}

COUNTED = tuple(kind for kind, attention in ATTENTION_OF.items() if attention in (Attention.UNASKED, Attention.FIRST))
# These come beside the prompt, and leave it its place.
_MAY_WAIT = {kind for kind, attention in ATTENTION_OF.items() if attention is Attention.UNASKED} - {PostKind.PROMPT}
# It has left, or nobody knows yet that it has not.
_LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)
_TO_COME = (DeliveryState.QUEUED, DeliveryState.CLAIMED)
# A member and a period.
_Week = tuple[int | None, date | None]
# No calendar week is longer, whatever the clocks do.
_A_WEEK = timedelta(days=8)


def look(session: Session, now: datetime, rows: Collection[Delivery], weeks: Weeks | None = None) -> dict[int, Verdict]:
    """By delivery id: may it leave now? Holds the readers' rows, so that two workers count one after the other.

    A fixed number of queries. Each that may leave counts for those after it. `weeks`: where some were read already.
    """
    found: dict[int, Verdict] = {row.id: Leave() for row in rows}
    asked = [row for row in rows if row.member_id is not None and ATTENTION_OF[row.kind] is not Attention.ANSWER]
    if not asked:
        return found
    member_ids = {row.member_id for row in asked if row.member_id is not None}
    people, lately = held_readers(session, member_ids, _LATELY, {"since": now - _A_WEEK})
    known = (weeks or Weeks()).of(session, list(people.values()))
    sent = _sent(lately, {row.id for row in asked})
    reminders = [row for row in asked if row.kind is PostKind.REMINDER]
    notes = _notes_to_come(session, now, reminders)
    prompts = _prompts_to_come(session, asked)
    came = _came(session, [row for row in reminders if row.period is not None])
    for row in sorted(asked, key=lambda one: one.id):
        assert row.member_id is not None  # noqa: S101 - asked for above
        week = known[row.member_id]
        to_come = prompts[row.member_id] + (notes[row.member_id] if row.kind is PostKind.REMINDER else 0)
        found[row.id] = verdict(
            ATTENTION_OF[row.kind],
            now,
            week.schedule,
            [at for kind, at in sent[row.member_id] if _counts(kind, row.kind)],
            zone=week.organisation,
            budget=week.workspace.weekly_budget,
            reserved=_reserved(row, people[row.member_id], now, week, to_come),
        )
        reminded = (row.member_id, row.period)
        if row.kind is PostKind.REMINDER and isinstance(found[row.id], Leave) and reminded in came:
            at = not_before(now, came[reminded], week.schedule)
            found[row.id] = Leave() if at <= now else Wait(at)
        if row.kind is PostKind.PROMPT and isinstance(found[row.id], HoldBack):
            found[row.id] = _next_week(row, now, week)
        if row.kind is PostKind.MORNING and isinstance(found[row.id], Leave):
            # Who has chosen a later hour since it was queued is asked at that.
            at = week.schedule.asked_on(local_date_of(now, week.schedule.zone))
            found[row.id] = Leave() if at <= now else Wait(at)
        if row.kind in COUNTED and isinstance(found[row.id], Leave):
            sent[row.member_id].append((row.kind, now))
            if row.kind is PostKind.PROMPT:
                prompts[row.member_id] = max(prompts[row.member_id] - 1, 0)
            if row.kind is PostKind.REMINDER and row.period is not None:
                came[reminded] = now
    return found


def held_back(session: Session, member: Member, now: datetime) -> Sequence[Delivery]:
    """What the budget kept from a person in this calendar week, the oldest first: for their Home."""
    week = weeks_of(session, [member])[member.id]
    begins, _ = week_of(now, week.organisation)
    return session.scalars(
        sa.select(Delivery)
        .where(
            Delivery.workspace_id == member.workspace_id,
            Delivery.member_id == member.id,
            Delivery.held_back_at >= begins,
        )
        .order_by(Delivery.held_back_at, Delivery.id)
    ).all()


def _sent(lately: Sequence[Row], these: Collection[int]) -> dict[int, list[tuple[PostKind, datetime]]]:
    """Which messages within the budget left for these readers lately, and when, but for those that are looked at."""
    found: dict[int, list[tuple[PostKind, datetime]]] = defaultdict(list)
    for delivery_id, member_id, at, kind, state in lately:
        if kind in COUNTED and state in _LEFT and delivery_id not in these:
            found[member_id].append((kind, at))
    return found


def _counts(sent: PostKind, for_one: PostKind) -> bool:
    """An introduction comes with the first prompt, whose place it does not take, however small the budget is."""
    return not (sent is PostKind.INTRODUCTION and for_one is PostKind.PROMPT)


def _came(session: Session, reminders: Sequence[Delivery]) -> dict[_Week, datetime | None]:
    """By member and period: when the newest of the prompt, its second one and other reminders came; null where the
    prompt is on its way still, and absent where there is none."""
    if not reminders:
        return {}
    these = {row.id for row in reminders}
    people = {row.member_id for row in reminders if row.member_id is not None}
    since = min(row.period for row in reminders if row.period is not None)
    session.flush()
    found: dict[_Week, datetime | None] = {}
    waits: set[_Week] = set()
    for delivery_id, member_id, this, kind, state, at in _ASKED.rows(session, people, {"since": since}):
        who = (member_id, this)
        if state in _LEFT and delivery_id not in these:
            found[who] = max(at, found.get(who) or at)
        elif kind is PostKind.PROMPT and state in _TO_COME:
            waits.add(who)
    return found | dict.fromkeys(waits)


def _next_week(row: Delivery, now: datetime, week: Week) -> Verdict:
    """For a prompt that has no room: it waits for the organisation's next week, where it can be answered still.

    This happens to somebody who has just moved far east. In other zones the next week begins after this prompt has
    closed; then it is held back and stands on Home.
    """
    _, ends = week_of(now, week.organisation)
    if row.period is None or opening(period(row.period), week.rhythm, week.schedule).closes_at <= ends:
        return HoldBack()
    return Wait(ends)


def _reserved(row: Delivery, reader: Reader, now: datetime, week: Week, to_come: int) -> int:
    """How many of what is left of the budget are kept for what matters more: `to_come`, and the next prompt.

    Everybody is asked once a week: the prompt of a week that still opens in this week of the organisation's has its
    place. East of the organisation that is the next one's, on its Sunday.
    """
    if row.kind is PostKind.PROMPT or ATTENTION_OF[row.kind] is not Attention.UNASKED:
        return 0
    _, ends = week_of(now, week.organisation)
    opens = reader.next_opening_at
    return to_come + (1 if opens is not None and opens < ends else 0)


def _notes_to_come(session: Session, now: datetime, reminders: Sequence[Delivery]) -> Counter[int]:
    """How many lead's notes these people get within two days: a reminder must not take their place."""
    if not reminders:
        return Counter()
    ids = {row.member_id for row in reminders}
    rows = session.execute(
        sa.select(Team.lead_id, sa.func.count())
        .where(Team.lead_id.in_(ids), Team.next_note_at > now, Team.next_note_at <= now + timedelta(days=2))
        .group_by(Team.lead_id)
    )
    return Counter({lead_id: count for lead_id, count in rows if lead_id is not None})


def _prompts_to_come(session: Session, rows: Sequence[Delivery]) -> Counter[int]:
    """How many prompts of these people have opened and wait to leave: nothing that can wait may take their place."""
    ids = {row.member_id for row in rows if row.kind in _MAY_WAIT and row.member_id is not None}
    return Counter(dict(_PROMPTS.rows(session, ids))) if ids else Counter()


_delivery, _member = table_of(Delivery), table_of(Member)
_TO_THEM = sa.and_(_delivery.c.workspace_id == _member.c.workspace_id, _delivery.c.member_id == _member.c.id)
# Their few rows of a week are all read: a condition on the state would have SQLite read everybody's of that state.
_LATELY = Listed(
    lambda ids: (
        sa.select(_delivery.c.id, _delivery.c.member_id, _delivery.c.attempted_at, _delivery.c.kind, _delivery.c.state)
        .select_from(_member)
        .join(_delivery, _TO_THEM)
        .where(
            _member.c.id.in_(ids),
            _delivery.c.attempted_at >= sa.bindparam("since"),
        )
    )
)
_ASKED = Listed(
    lambda ids: (
        sa.select(
            _delivery.c.id,
            _delivery.c.member_id,
            _delivery.c.period,
            _delivery.c.kind,
            _delivery.c.state,
            _delivery.c.attempted_at,
        )
        .select_from(_member)
        .join(_delivery, _TO_THEM)
        .where(
            _member.c.id.in_(ids),
            _delivery.c.period >= sa.bindparam("since"),
            _delivery.c.kind.in_(
                [
                    sa.literal(kind, _delivery.c.kind.type)
                    for kind in (PostKind.PROMPT, PostKind.PROMPT_AGAIN, PostKind.REMINDER)
                ]
            ),
        )
    )
)
_PROMPTS = Listed(
    lambda ids: (
        sa.select(_delivery.c.member_id, sa.func.count())
        .select_from(_member)
        .join(_delivery, _TO_THEM)
        .where(
            _member.c.id.in_(ids),
            _delivery.c.kind == sa.literal(PostKind.PROMPT, _delivery.c.kind.type),
            _delivery.c.state.in_([sa.literal(one, _delivery.c.state.type) for one in _TO_COME]),
        )
        .group_by(_delivery.c.member_id)
    )
)
