"""Check-ins: the question about one key result, the answer, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Filled, Finished, LastAnswer, Question
from bot.blocks.standing import Standing
from bot.domain import scoring
from bot.domain.cadence import Period, period_on
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value
from bot.services import audit, blocking, escalation, outbox
from bot.services.access import Caller
from bot.services.answerable import Subject, refuse_if_over, subject
from bot.services.asking import Asked
from bot.services.blocking import BlockedBy
from bot.services.planning import check_in_row, prompt_key
from bot.services.prompt import changes_until
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import rhythm_of
from bot.services.standing import newest_answers, standings
from models import (
    Answer,
    AnswerSource,
    CheckIn,
    CheckInState,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    Team,
    Workspace,
)
from models.once import insert_once

BASELINE_GIVEN = "baseline given at the first check-in"

# Until the digest goes out, what was missed can still be added.
_CAN_BE_ANSWERED = (CheckInState.DUE, CheckInState.MISSED)


@dataclass(frozen=True)
class Said:
    """A valid answer. `score` is given for a milestone only, `value` for all other kinds; both 0.00 … as the columns.

    `start`: the baseline, where it was unknown and is given now. A red has a plan and a need.
    """

    confidence: Confidence
    next_move: str
    value: Decimal | None = None
    score: Decimal | None = None
    start: Decimal | None = None
    changed: str = ""
    working: str = ""
    need: str = ""
    plan: str = ""
    blocked_by: BlockedBy | None = None
    wants_help: bool = False


@dataclass(frozen=True)
class Told:
    """A newest answer of an earlier or this period."""

    check_in: CheckIn
    answer: Answer


def first_due(session: Session, now: datetime, caller: Caller, period: Period) -> int:
    """The key result with which the caller's check-in of a period begins, or goes on.

    Raises `Refused`: the period is over, all is answered, or nothing is the caller's.
    """
    refuse_if_over(session, now, caller, period)
    following_one = next_due(session, caller, period)
    if following_one is not None:
        return following_one
    mine = sa.exists().where(CheckIn.owner_id == caller.member_id, CheckIn.period == period)
    raise Refused(Reason.ALREADY_ANSWERED if session.scalar(sa.select(mine)) else Reason.NOTHING_DUE)


def next_due(session: Session, caller: Caller, period: Period) -> int | None:
    """The caller's next key result that is not answered, in the order of the numbers; None where all are."""
    return session.scalar(
        _run(sa.select(KeyResult.id), caller, period)
        .where(CheckIn.state.in_(_CAN_BE_ANSWERED))
        .order_by(KeyResult.number)
        .limit(1)
    )


def question(
    session: Session,
    now: datetime,
    caller: Caller,
    key_result_id: int,
    period: Period | None,
    *,
    run: bool,
    offers_value: bool = False,
) -> Question:
    """What the dialog shows for one key result. A fixed number of queries.

    `period` None: the current one. `run`: it is one of all that the caller owns. `offers_value`: a value is typed
    already, so its field is shown though it is not asked for this week. Raises `Refused` as `subject` does.
    """
    about = subject(session, now, caller, key_result_id, period)
    standing = standings(session, [key_result_id], about.period)[key_result_id]
    told = _told_in_cycle(session, about)
    this_week = next((one.answer for one in told if one.check_in.period == about.period), None)
    earlier = next((one.answer for one in reversed(told) if one.check_in.period < about.period), None)
    position, total = _position(session, caller, about) if run else (1, 1)
    asks_value = about.check_in.asks_value if about.check_in is not None else True
    definition = about.definition
    return Question(
        standing=standing,
        objective=about.objective.title,
        period=about.period,
        run=run,
        position=position,
        total=total,
        shows_value=asks_value or offers_value,
        needs_value=asks_value,
        asks_start=definition.kind.is_metric and definition.start is None,
        hint=scoring.hint(definition.kind, definition.start, definition.target, definition.unit),
        last=_last(earlier, definition),
        filled=_filled(session, standing, this_week),
    )


def record(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result_id: int,
    period: Period,
    said: Said,
    source: AnswerSource = AnswerSource.DIALOG,
) -> Answer:
    """Save an answer; a second one in the same period is its next revision. Raises `Refused` as `subject` does.

    The very same once more is no new one: somebody who was not told that it is saved presses again.

    The score is computed here. A baseline that is given makes a new definition. The owner's prompt is redrawn, blockers
    open and close, and a red or a wish for help starts or continues its thread.
    """
    about = subject(session, now, caller, key_result_id, period, lock=True)
    check_in = _check_in(session, about)
    definition = _with_baseline(session, now, about, said.start)
    told = _told_in_cycle(session, about)
    this_week = next((one.answer for one in told if one.check_in.period == period), None)
    if this_week is not None and _says_the_same(session, this_week, said, caller, about.key_result):
        return this_week
    told = [one for one in told if one.check_in.period != period]
    answer = Answer(
        workspace_id=caller.workspace_id,
        check_in_id=check_in.id,
        revision=this_week.revision + 1 if this_week is not None else 1,
        definition=definition.revision,
        author_id=caller.member_id,
        source=source,
        value=said.value,
        score=_score(definition, said, told),
        confidence=said.confidence,
        changed=said.changed,
        working=said.working,
        next_move=said.next_move,
        need=said.need,
        plan=said.plan,
        at=now,
    )
    session.add(answer)
    check_in.state = CheckInState.ANSWERED
    session.flush()
    asks_for_help = said.confidence is Confidence.RED or said.wants_help
    blocker = blocking.settle(
        session,
        now,
        key_result=about.key_result,
        answer=answer,
        by=said.blocked_by if said.confidence.wants_more else None,
        wants_help=asks_for_help,
    )
    audit.record(
        session,
        now,
        workspace_id=caller.workspace_id,
        actor_id=caller.member_id,
        actor_name=about.caller.name,
        action="check_in.answered",
        subject=check_in,
        detail={"answer": answer.id, "revision": answer.revision, "source": source.value},
    )
    escalation.on_answer(
        session, now, caller=caller, key_result=about.key_result, check_in=check_in, answer=answer, blocker=blocker
    )
    outbox.redraw(session, now, workspace_id=caller.workspace_id, key=prompt_key(check_in.owner_id, check_in.period))
    return answer


def _says_the_same(session: Session, answer: Answer, said: Said, caller: Caller, key_result: KeyResult) -> bool:
    if answer.author_id != caller.member_id or answer.value != said.value:
        return False
    if said.score is not None and said.score != answer.score:
        return False
    if any(
        getattr(answer, name) != getattr(said, name)
        for name in ("confidence", "changed", "working", "next_move", "need", "plan")
    ):
        return False
    if not said.confidence.wants_more:
        return True
    blocker = blocking.open_blocker(session, key_result.id)
    if blocker is None or said.blocked_by is None:
        return (blocker is None) == (said.blocked_by is None)
    wants_help = said.confidence is Confidence.RED or said.wants_help
    return blocking.blocked_by_of(blocker) == said.blocked_by and blocker.wants_help == wants_help


def finished(session: Session, caller: Caller, period: Period, key_result_id: int, *, run: bool) -> Finished:
    """The end of the dialog: what the caller told in this run, or about this one key result."""
    ids = [key_result_id]
    if run:
        answered = _run(sa.select(KeyResult.id), caller, period).where(CheckIn.state == CheckInState.ANSWERED)
        ids = list(session.scalars(answered.order_by(KeyResult.number))) or ids
    stands = standings(session, ids, period)
    member = session.get_one(Member, caller.member_id)
    workspace = session.get_one(Workspace, caller.workspace_id)
    digest = session.scalar(
        sa.select(sa.func.count())
        .select_from(KeyResult)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .where(KeyResult.id.in_(ids), Team.next_digest_at.is_not(None), Team.channel_id.is_not(None))
    )
    told = tuple(stands[one] for one in ids if one in stands)
    return Finished(
        standings=told,
        changes_until=changes_until(workspace, period).astimezone(ZoneInfo(member.time_zone)),
        digest_follows=bool(digest),
        asks_for_help=tuple(one.number for one in told if one.escalation is not None),
    )


def _run(columns: sa.Select[int], caller: Caller, period: Period) -> sa.Select[int]:
    """The check-ins of a period that are the caller's own: one that is due goes along when its key result does."""
    return (
        columns.select_from(CheckIn)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .where(
            CheckIn.workspace_id == caller.workspace_id,
            CheckIn.owner_id == caller.member_id,
            CheckIn.period == period,
            KeyResult.state == KeyResultState.ACTIVE,
            KeyResult.archived_at.is_(None),
        )
    )


def _position(session: Session, caller: Caller, about: Subject) -> tuple[int, int]:
    """Which one of how many: those answered come first."""
    states = session.execute(
        _run(sa.select(KeyResult.id), caller, about.period)
        .add_columns(CheckIn.state)
        .where(CheckIn.state != CheckInState.EXCUSED)
    ).all()
    answered = sum(1 for row in states if row[1] is CheckInState.ANSWERED and row[0] != about.key_result.id)
    return answered + 1, max(len(states), 1)


def _told_in_cycle(session: Session, about: Subject) -> list[Told]:
    """The newest answers of each period of the cycle up to this one, the oldest first."""
    # What was answered before the cycle's first Monday, in the week in which it began, belongs to it too.
    since = period_on(about.cycle.starts_on) if about.cycle.starts_on else about.period
    rows = session.execute(
        newest_answers(since=since, until=about.period)
        .where(CheckIn.key_result_id == about.key_result.id)
        .order_by(CheckIn.period)
    ).all()
    return [Told(check_in, answer) for check_in, answer in rows]


def _last(answer: Answer | None, definition: KeyResultRevision) -> LastAnswer:
    if answer is None:
        return LastAnswer()
    value = ""
    if definition.kind is Kind.MILESTONE and answer.score is not None:
        value = scoring.show(answer.score)
    elif answer.value is not None:
        value = format_value(answer.value, definition.unit)
    return LastAnswer(value, answer.changed, answer.working, answer.next_move, answer.need, answer.plan)


def _filled(session: Session, standing: Standing, this_week: Answer | None) -> Filled:
    """The value as it stands and what still blocks; the texts only where this week's own answer is being changed."""
    value = ""
    if standing.kind is Kind.MILESTONE:
        value = str(standing.score.normalize()) if standing.score is not None else ""
    elif standing.value is not None:
        value = format_value(standing.value, "").replace(",", "")
    blocker = blocking.open_blocker(session, standing.key_result_id)
    filled = Filled(value=value, blocked_by=blocking.named(session, blocker) if blocker is not None else None)
    if this_week is None:
        return filled
    return Filled(
        value=value,
        changed=this_week.changed,
        working=this_week.working,
        next_move=this_week.next_move,
        blocked_by=filled.blocked_by,
        wants_help=blocker is not None and blocker.wants_help,
        need=this_week.need,
        plan=this_week.plan,
    )


def _check_in(session: Session, about: Subject) -> CheckIn:
    """The period's check-in, made now where somebody tells before they are asked."""
    if about.check_in is None:
        asked = Asked(
            about.key_result.id,
            about.definition.value_every_weeks,
            about.cycle.starts_on or about.period,
            about.cycle.ends_on or about.period,
        )
        row = check_in_row(about.owner, asked, about.period, rhythm_of(about.workspace))
        insert_once(session, CheckIn, row, key=("key_result_id", "period"))
    return session.scalars(
        sa.select(CheckIn)
        .where(CheckIn.key_result_id == about.key_result.id, CheckIn.period == about.period)
        .with_for_update(key_share=True)
    ).one()


def _with_baseline(session: Session, now: datetime, about: Subject, start: Decimal | None) -> KeyResultRevision:
    old = about.definition
    if start is None or old.start is not None or not old.kind.is_metric:
        return old
    new = KeyResultRevision(
        workspace_id=old.workspace_id,
        key_result_id=old.key_result_id,
        revision=old.revision + 1,
        text=old.text,
        kind=old.kind,
        metric=old.metric,
        unit=old.unit,
        start=start,
        target=old.target,
        due_on=old.due_on,
        value_every_weeks=old.value_every_weeks,
        reason=BASELINE_GIVEN,
        author_id=about.caller.id,
        created_at=now,
    )
    session.add(new)
    about.key_result.revision = new.revision
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=old.workspace_id,
        actor_id=about.caller.id,
        actor_name=about.caller.name,
        action="key_result.defined",
        subject=about.key_result,
        detail={"revision": new.revision, "reason": BASELINE_GIVEN},
    )
    return new


def _score(definition: KeyResultRevision, said: Said, told: Sequence[Told]) -> Decimal | None:
    """The score after this answer; where the value was not asked for it stands as it was."""
    earlier = [one.answer for one in told]
    last_value = next((one.value for one in reversed(earlier) if one.value is not None), None)
    kind = definition.kind
    if kind is Kind.MILESTONE:
        last_score = next((one.score for one in reversed(earlier) if one.score is not None), None)
        return said.score if said.score is not None else last_score
    values = [one.value for one in earlier if one.value is not None]
    if said.value is not None:
        values.append(said.value)
    held = [held for value in values if (held := scoring.holds(kind, definition.target, value)) is not None]
    value = said.value if said.value is not None else last_value
    return scoring.score(kind, definition.start, definition.target, value, held)
