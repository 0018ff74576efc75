"""Planning: who is asked when. A tick opens the periods that are due and closes those that are over.

`member.next_period` is the next period in which a person is asked, and `member.next_opening_at` the instant at which
it opens for them. Whoever changes what these follow from (zone, hours, leave, rhythm, ownership, a team's switch) calls
`replan` in the same transaction. The period is an obligation and stays: only its instant moves, so that no change in
mid-week skips or repeats one. A period in which nobody could be asked is met all the same: its check-ins are excused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, closes_at, first_period_of_cycle, following, period, value_asked
from bot.domain.cycles import CycleState
from bot.domain.excuses import Excuse
from bot.domain.personal_week import Opening, Step, first_after, is_away_until, meet, opening
from bot.domain.reminding import next_reminder
from bot.services import asking_again, covering, introduction, outbox
from bot.services.asked_members import COLUMNS, Due, Whom
from bot.services.asking import Asked, asked_about
from bot.services.faults import STUMBLES
from bot.services.next_reminders import remind_again, remind_anew, remind_who_stands_in, told_at
from bot.services.schedules import Week, weeks_of
from models import CheckIn, CheckInState, Cycle, KeyResult, KeyResultState, Member, Objective, PostKind, Team
from models.base import table_of
from models.loading import changed_beside
from models.many import ForEach
from models.once import insert_missing
from models.prepared import Prepared, together

# Somebody new reads who is asking before they are asked.
AFTER_INTRODUCTION = timedelta(seconds=30)

# A week that could not be opened for a fault of ours is tried again after so long.
AGAIN = timedelta(minutes=5)
# So many are looked at one by one in a transaction, where somebody is in the way.
FEW = 20

log = structlog.get_logger(__name__)


class _Reckoned:
    """What is due at an instant, for each week once: most people have theirs in common with many others."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._steps: dict[tuple[date, Week], Step] = {}
        self._reminders: dict[tuple[date, datetime, datetime | None, Week], datetime | None] = {}

    def step(self, waits_for: date, week: Week) -> Step:
        """As `meet`, for somebody who waits for this period."""
        known = self._steps.get((waits_for, week))
        if known is None:
            known = self._steps[waits_for, week] = meet(period(waits_for), self._now, week.rhythm, week.schedule)
        return known

    def first_reminder(self, one: Opening, told: datetime | None, week: Week) -> datetime | None:
        """The first reminder of who is asked then. `told`: when the first of the leads is told what is open."""
        which = (one.period, one.at, told, week)
        if which not in self._reminders:
            self._reminders[which] = next_reminder(
                self._now, sent=0, asked_at=one.at, closes_at=one.closes_at, told_at=told, schedule=week.schedule
            )
        return self._reminders[which]


def prompt_key(member_id: int, of: date) -> str:
    """The permanent key of the one prompt that a person gets in a period."""
    return f"prompt:{member_id}:{of.isoformat()}"


def replan(session: Session, now: datetime, member_ids: Collection[int]) -> None:
    """Set each member's next period and opening from zone, hours, leave, rhythm and ownership as they are now.

    - Nobody is asked who is asked about nothing, or who may not take part.
    - Who was waiting for a period goes on waiting for it; where it has opened already they are asked now.
    - Who starts afresh (a team switched on, a first key result) is asked from the next opening strictly after `now`.
    - A check-in that is due closes by the new zone too, where that is later: a move never takes time away.
    - What waits for their decision is looked at anew.
    - A reminder that is planned moves along, and so does what they put off, where it would come outside of work.
    """
    if not member_ids:
        return
    members = session.scalars(
        sa.select(Member).where(Member.id.in_(member_ids)).order_by(Member.id).with_for_update(key_share=True)
    ).all()
    owing = asked_about(session, [member.id for member in members])
    weeks = weeks_of(session, members, owing)
    idle: dict[int, tuple[Whom, date]] = {}
    others: list[tuple[Whom, date]] = []
    for member in members:
        week, waited_for, opened_at = weeks[member.id], member.next_period, member.next_opening_at
        if waited_for is None:
            found = first_after(now, week.rhythm, week.schedule)
        else:
            found = opening(period(waited_for), week.rhythm, week.schedule)
        _wait_for(member, found if _asked_in(owing, member, found.period) else None, now)
        if member.next_opening_at != opened_at:
            others.append((member, found.period))
        if waited_for is not None and member.next_period is None:
            idle[member.id] = (member, waited_for)
        if member.next_morning_at is not None:
            member.next_morning_at = min(member.next_morning_at, now)
    _close_later(session, now, members, weeks)
    remind_anew(session, now, members, owing, weeks)
    asking_again.keep_at_work(session, weeks)
    session.flush()
    ask(session, now, _stand_in(session, now, idle))
    _say_when(session, now, others)


def open_due(session: Session, now: datetime, limit: int) -> int:
    """Open the period of up to `limit` members whose time has come; returns how many there were.

    Each gets the period's check-ins and one prompt. A late process (down over the opening) asks late, within working
    hours, and never about a period in which answering is over: that one is passed over, its check-ins excused. Who is
    away is not asked either; who covers for them is. Two processes at once share the members; whatever is inserted
    has a key. One person's week that cannot be opened for a fault of ours stops nobody else's: it is tried again, and
    stands in `okra doctor` (`bot/services/overdue.py`).
    """
    session.flush()
    rows = _DUE.rows(session, {"now": now, "limit": limit})
    if not rows:
        return 0
    try:
        with session.begin_nested():
            _open(session, now, [Due(*row) for row in rows])
    except STUMBLES:
        # A few in a transaction: while it is looked for who is in the way, people wait for SQLite.
        _open_apart(session, now, rows[:FEW])
        session.flush()
        return len(rows) if len(rows) <= FEW else limit
    session.flush()
    return len(rows)


def _open_apart(session: Session, now: datetime, rows: Sequence[Sequence[Any]]) -> None:
    """Open these people's weeks together; where that stumbles each half on its own, until who it is stands alone."""
    try:
        with session.begin_nested():
            _open(session, now, [Due(*row) for row in rows])
    except STUMBLES:
        if len(rows) > 1:
            middle = len(rows) // 2
            _open_apart(session, now, rows[:middle])
            _open_apart(session, now, rows[middle:])
            return
        member = Due(*rows[0])
        log.exception("opening_not_made", member=member.id)
        session.execute(sa.update(Member).where(Member.id == member.id).values(next_opening_at=now + AGAIN))


def _open(session: Session, now: datetime, members: Sequence[Due]) -> None:
    owing = asked_about(session, [member.id for member in members])
    weeks = weeks_of(session, members, owing)
    covers = covering.covers(session, members, weeks)
    reckoned = _Reckoned(now)
    rows: list[Mapping[str, object]] = []
    asks: dict[tuple[int, Period], tuple[Whom, Period, datetime]] = {}
    idle: dict[int, tuple[Whom, date]] = {}
    for member in members:
        if member.next_period is None:
            continue
        week = weeks[member.id]
        step = reckoned.step(member.next_period, week)
        all_asked = bool(step.due)
        for one in step.due:
            wanted = _asked_in(owing, member, one.period)
            all_asked = all_asked and bool(wanted)
            cover = covers.get(covering.cover_id(week, one)) if wanted and one.excuse is Excuse.AWAY else None
            covered = covering.covered(cover, member, one, now)
            rows += [check_in_row(member, asked, one, covered) for asked in wanted]
            if wanted and one.excuse is None:
                asks[member.id, one.period] = (member, one.period, one.at)
                at = reckoned.first_reminder(one, told_at(wanted, one.at), week)
                member.next_reminder_at, member.reminder_period = at, one.period if at is not None else None
            elif covered is not None:
                asks.setdefault((covered.member.id, one.period), (covered.member, one.period, covered.at))
        if not all_asked:
            idle[member.id] = (member, member.next_period)
        # In a cycle's last week nobody waits for another one: the next cycle asks anew when it begins.
        if _asked_in(owing, member, step.waits_for):
            member.next_period, member.next_opening_at = step.waits_for, max(step.opens_at, now)
        else:
            member.next_period = member.next_opening_at = None
    with together(session):
        _MET.send(session, [{name: getattr(member, name) for name in _MET.names} for member in members])
        insert_missing(session, CheckIn, rows, key=("key_result_id", "period"))
    changed_beside(session, Member, [member.id for member in members], _WRITTEN)
    for stands_in in _stand_in(session, now, idle):
        asks.setdefault((stands_in[0].id, stands_in[1]), stands_in)
    ask(session, now, [one for one in asks.values() if not _opens_yet(one[0], one[1])])
    _redraw_covers(session, now, [cover for cover in covers.values() if cover is not None], asks)
    _say_when(session, now, idle.values())


def close_due(session: Session, now: datetime, limit: int) -> int:
    """Up to `limit` check-ins whose answering is over become missed; returns how many there were.

    Where the key result was closed in the meantime, or its cycle is not running any more, nothing was owed: those are
    excused.
    """
    rows = session.execute(
        sa.select(CheckIn, KeyResult.state, Cycle.state)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .where(CheckIn.state == CheckInState.DUE, CheckIn.closes_at <= now)
        .order_by(CheckIn.closes_at, CheckIn.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=CheckIn, key_share=True)
    ).all()
    for check_in, state, cycle in rows:
        was_owed = state is not KeyResultState.CLOSED and cycle is CycleState.ACTIVE
        check_in.state = CheckInState.MISSED if was_owed else CheckInState.EXCUSED
        check_in.excuse = None if was_owed else Excuse.NOTHING_OWED
    session.flush()
    redraw_prompts(session, now, [(one.workspace_id, one.owner_id, one.period) for one, _, _ in rows])
    return len(rows)


def replan_cycle(session: Session, now: datetime, cycle: Cycle) -> None:
    """A cycle has begun or ended: everybody whom it concerns is looked at again by the next tick, in batches.

    Its owners, of whom there may be thousands, and the leads, who are asked where an owner has left, are made due in
    one statement; `open_due` then decides whether, and when, each is asked. Who waits for nothing yet waits for the
    cycle's first period. Where it has ended, what is still due is over now, and `close_due` excuses it.
    """
    key_results = (
        sa.select(KeyResult.id, KeyResult.owner_id, Team.lead_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .where(Objective.cycle_id == cycle.id)
        .subquery()
    )
    people = sa.union(sa.select(key_results.c.owner_id), sa.select(key_results.c.lead_id))
    concerned = sa.select(Member.id).where(Member.id.in_(people))
    first: date | None = None
    if cycle.state is CycleState.ACTIVE and cycle.starts_on is not None:
        first = first_period_of_cycle(cycle.starts_on)
    else:
        concerned = concerned.where(Member.next_period.is_not(None))
        session.execute(
            sa.update(CheckIn)
            .where(
                CheckIn.key_result_id.in_(sa.select(key_results.c.id)),
                CheckIn.state == CheckInState.DUE,
                CheckIn.closes_at > now,
            )
            .values(closes_at=now)
        )
    # Locked in the order in which `replan` locks them, so that the two never wait for each other.
    held = concerned.order_by(Member.id).with_for_update(key_share=True)
    session.execute(
        sa.update(Member)
        .where(Member.id.in_(held))
        .values(next_opening_at=now, next_period=sa.func.coalesce(Member.next_period, first))
        .execution_options(synchronize_session="fetch")
    )


def ask(session: Session, now: datetime, whom: Sequence[tuple[Whom, Period, datetime]]) -> None:
    """Queue the one prompt of each of these members' periods, for an instant, after the introduction of who is new."""
    new = introduction.introduce(session, now, [member for member, _, _ in whom])
    prompts = [
        outbox.NewPost(
            workspace_id=member.workspace_id,
            key=prompt_key(member.id, this),
            kind=PostKind.PROMPT,
            member_id=member.id,
            period=this,
            not_before=at + AFTER_INTRODUCTION if member.id in new else at,
            bulk=True,
        )
        for member, this, at in whom
    ]
    # Everything was taken off a person before the prompt left, and then there is something again: it is revived.
    outbox.post_all(session, now, prompts, revive=True)
    remind_who_stands_in(session, now, whom)


def ask_also(
    session: Session,
    now: datetime,
    workspace_id: int,
    whom: Sequence[tuple[Whom, Period, datetime]],
    *,
    changed: Collection[str] = (),
) -> None:
    """Something has become theirs to answer, in this transaction: who was asked sees it in their prompt, who was not is
    asked at that instant, and whose own opening is still to come is asked for all of it then.

    `changed`: the keys of what else shows something else now, as the prompts of those whose it was.
    """
    ask(session, now, [one for one in whom if not _opens_yet(one[0], one[1])])
    keys = {prompt_key(member.id, this) for member, this, _ in whom}
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=sorted(keys | set(changed)))


def redraw_prompts(session: Session, now: datetime, asked: Iterable[tuple[int, int, date]]) -> None:
    """These prompts are drawn anew: by the workspace, the member who was asked, and the period."""
    keys: dict[int, set[str]] = {}
    for workspace_id, member_id, this in asked:
        keys.setdefault(workspace_id, set()).add(prompt_key(member_id, this))
    for workspace_id, theirs in sorted(keys.items()):
        outbox.redraw_all(session, now, workspace_id=workspace_id, keys=theirs)


def check_in_row(
    member: Whom, asked: Asked, found: Opening, covered: covering.Covered | None = None
) -> dict[str, object]:
    """The check-in of a key result in a period, as the columns of its row: due, excused, or a cover's to answer."""
    excuse = found.excuse if covered is None else None
    return {
        "workspace_id": member.workspace_id,
        "key_result_id": asked.key_result_id,
        "period": found.period,
        "owner_id": member.id if covered is None else covered.member.id,
        "covered_for_id": asked.covered_for_id if covered is None else asked.covered_for_id or member.id,
        "state": CheckInState.DUE if excuse is None else CheckInState.EXCUSED,
        "excuse": excuse,
        "asks_value": value_asked(found.period, first_period_of_cycle(asked.cycle_starts_on), asked.value_every_weeks),
        "opens_at": found.at,
        "closes_at": found.closes_at if covered is None else covered.closes_at,
    }


def excuse(session: Session, now: datetime, which: sa.ColumnElement[bool]) -> None:
    """Nobody is asked about these key results any more, since a moment ago in this transaction: what is due is excused.

    `which` is said of the key result and its objective.
    """
    rows = session.scalars(
        sa.select(CheckIn)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(CheckIn.state == CheckInState.DUE, which)
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
    ).all()
    for check_in in rows:
        check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.NOTHING_OWED
    session.flush()
    redraw_prompts(session, now, [(one.workspace_id, one.owner_id, one.period) for one in rows])


def revise(session: Session, now: datetime, key_result_ids: Collection[int]) -> None:
    """Work that arrives after the prompt: whoever was asked this period already is asked about these key results too.

    Only where answering is still open for them, and where the key result has no check-in in that period yet. Who is
    asked about it later opens it as always. Who had answered everything is reminded of these; whose prompt never left,
    because nothing was to be answered when its turn came, gets it after all.
    """
    owner_ids = session.scalars(
        sa.select(KeyResult.owner_id)
        .where(KeyResult.id.in_(key_result_ids), KeyResult.owner_id.is_not(None))
        .distinct()
    ).all()
    owners = session.scalars(sa.select(Member).where(Member.id.in_(owner_ids)).order_by(Member.id)).all()
    owing = asked_about(session, [owner.id for owner in owners])
    weeks = weeks_of(session, owners, owing)
    rows: list[Mapping[str, object]] = []
    revised: list[tuple[Whom, Period, datetime]] = []
    for owner in owners:
        this = _last_asked(session, owner)
        if this is None:
            continue
        week = weeks[owner.id]
        closes = closes_at(this, week.rhythm, week.schedule.zone)
        if closes <= now or is_away_until(closes, now, week.schedule):
            continue
        found = Opening(this, now, closes)
        known = set(
            session.scalars(
                sa.select(CheckIn.key_result_id).where(
                    CheckIn.key_result_id.in_(key_result_ids), CheckIn.period == this
                )
            )
        )
        fresh = set(key_result_ids) - known
        new = [one for one in _asked_in(owing, owner, this) if one.key_result_id in fresh]
        rows += [check_in_row(owner, one, found) for one in new]
        if new:
            revised.append((owner, this, now))
            remind_again(owner, found, told_at(new, now), week)
    insert_missing(session, CheckIn, rows, key=("key_result_id", "period"))
    ask(session, now, revised)
    redraw_prompts(session, now, [(one.workspace_id, one.id, this) for one, this, _ in revised])


def _last_asked(session: Session, owner: Member) -> Period | None:
    """The newest period in which a person was asked something, and got their prompt."""
    newest = session.scalar(
        sa.select(sa.func.max(CheckIn.period)).where(
            CheckIn.workspace_id == owner.workspace_id, CheckIn.owner_id == owner.id
        )
    )
    if newest is None or outbox.delivery_of(session, owner.workspace_id, prompt_key(owner.id, newest)) is None:
        return None
    return period(newest)


def _asked_in(owing: Mapping[int, Sequence[Asked]], member: Whom, this: Period) -> list[Asked]:
    """What the member is asked about in a period: nothing, for somebody who may not take part."""
    if not member.may_take_part:
        return []
    return [asked for asked in owing.get(member.id, ()) if asked.is_asked_in(this)]


def _wait_for(member: Member, found: Opening | None, now: datetime) -> None:
    if found is None:
        member.next_period = member.next_opening_at = None
        return
    # An opening that lies behind is worked on now, and not the tick before.
    member.next_period = found.period
    member.next_opening_at = max(found.at, now)


def _opens_yet(member: Whom, this: Period) -> bool:
    """Whether the member's own opening of a period is still to come: it then asks for all that is theirs by then."""
    return member.next_period is not None and member.next_period <= this


def _stand_in(
    session: Session, now: datetime, idle: Mapping[int, tuple[Whom, date]]
) -> list[tuple[Whom, Period, datetime]]:
    """What waited for an opening that asks nothing now: who stands in is asked when their own opening comes, and that
    one has nothing of their own in it any more, or does not come.

    `idle`: by member id, since which period they have not been asked.
    """
    idle = {member_id: one for member_id, one in idle.items() if one[0].may_take_part}
    if not idle:
        return []
    rows = session.execute(
        sa.select(CheckIn.owner_id, CheckIn.period)
        .where(CheckIn.owner_id.in_(idle), CheckIn.state == CheckInState.DUE, CheckIn.closes_at > now)
        .distinct()
        .order_by(CheckIn.owner_id, CheckIn.period)
    )
    return [
        (idle[owner_id][0], period(this), now)
        for owner_id, this in rows
        if this >= idle[owner_id][1] and not _opens_yet(idle[owner_id][0], period(this))
    ]


def _say_when(session: Session, now: datetime, waited: Collection[tuple[Whom, date]]) -> None:
    """These periods open at another hour, or not at all: the prompts of the weeks before say when the next comes."""
    before = [(member.workspace_id, member.id, following(period(this), -1)) for member, this in waited]
    redraw_prompts(session, now, before)


def _redraw_covers(
    session: Session,
    now: datetime,
    covers: Sequence[covering.Cover],
    asks: Mapping[tuple[int, Period], tuple[Whom, Period, datetime]],
) -> None:
    """What a cover was asked before shows what they stand in for now."""
    ids = {cover.member.id for cover in covers}
    theirs = [(one.workspace_id, one.id, this) for one, this, _ in asks.values() if one.id in ids]
    redraw_prompts(session, now, theirs)


def _close_later(session: Session, now: datetime, members: Sequence[Member], weeks: Mapping[int, Week]) -> None:
    due = session.scalars(
        sa.select(CheckIn).where(
            CheckIn.owner_id.in_([member.id for member in members]),
            CheckIn.state == CheckInState.DUE,
            CheckIn.closes_at > now,
        )
    ).all()
    moved: list[CheckIn] = []
    for check_in in due:
        week = weeks[check_in.owner_id]
        closing = closes_at(period(check_in.period), week.rhythm, week.schedule.zone)
        if closing > check_in.closes_at:
            check_in.closes_at = closing
            moved.append(check_in)
    redraw_prompts(session, now, [(one.workspace_id, one.owner_id, one.period) for one in moved])


_member = table_of(Member)
_DUE = Prepared(
    COLUMNS.where(_member.c.next_opening_at <= sa.bindparam("now"))
    .order_by(_member.c.next_opening_at, _member.c.id)
    .limit(sa.bindparam("limit"))
    .with_for_update(skip_locked=True, key_share=True)
)
_WRITTEN = ("next_period", "next_opening_at", "next_reminder_at", "reminder_period")
# Their rows are held by then.
_MET = ForEach(
    Member,
    lambda each: _member.c.id == each("id"),
    lambda each: {name: each(name) for name in _WRITTEN},
    held=True,
    **{name: _member.c[name] for name in ("id", *_WRITTEN)},
)
