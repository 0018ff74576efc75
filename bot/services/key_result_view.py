"""One key result as a viewer sees it. What they may not see does not exist for them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.key_result import Going, KeyResultView, PastAnswer
from bot.domain.cadence import Period, first_period_of_cycle, following, period_of, period_on
from bot.domain.cadence import period as monday
from bot.domain.cycles import CycleDates, CycleState
from bot.domain.pace import Pace, Point, projected
from bot.domain.permissions import Action, may
from bot.services import access, correction, help_wanted, initiatives, who_sees
from bot.services.access import Caller
from bot.services.answerable import subject
from bot.services.definitions import current_definition
from bot.services.refusals import Reason, Refused
from bot.services.standing import WEEKS, newest_answers, standings, told
from bot.services.visibility import visible_to
from models import CheckIn, Cycle, KeyResult, KeyResultRevision, KeyResultState, Objective, Team, Workspace

MOST_ANSWERS = 3


# PostgreSQL's column of numbers holds no greater one, and cannot be asked for it.
MOST = 2**31 - 1


def find(session: Session, viewer: Caller, number: int) -> KeyResult:
    """The key result with this number. Raises `Refused` alike where there is none and where it may not be seen."""
    access.full_member(session, viewer)
    if number > MOST:
        raise Refused(Reason.NO_SUCH_KEY_RESULT, number=number)
    key_result = session.scalar(
        sa.select(KeyResult)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(
            KeyResult.workspace_id == viewer.workspace_id,
            KeyResult.number == number,
            KeyResult.archived_at.is_(None),
            visible_to(viewer),
        )
    )
    if key_result is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT, number=number)
    return key_result


def view(session: Session, viewer: Caller, now: datetime, number: int) -> KeyResultView:
    """All that `/kr` shows. Raises `Refused` as `find` does."""
    key_result = find(session, viewer, number)
    period = period_of(now, ZoneInfo(access.member_of(session, viewer).time_zone))
    objective, team, due_on = session.execute(
        sa.select(Objective.title, Team.name, KeyResultRevision.due_on)
        .select_from(KeyResult)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .join(KeyResultRevision, current_definition())
        .where(KeyResult.id == key_result.id)
    ).one()
    imported = key_result.imported_score
    return KeyResultView(
        standing=standings(session, [key_result.id], period, readers={key_result.id: viewer.member_id})[key_result.id],
        objective=objective,
        team=team,
        due_on=due_on,
        is_draft=key_result.state is KeyResultState.DRAFT,
        is_closed=key_result.state is KeyResultState.CLOSED,
        imported_score=str(imported) if imported is not None else key_result.imported_note,
        answers=_answers(session, key_result, period),
        period=period,
        learning=key_result.learning or "",
        may_update=_may_update(session, viewer, now, key_result),
        may_hand_over=_may_hand_over(session, viewer, key_result),
        may_correct=correction.is_possible(session, now, viewer, key_result.id),
        may_ask_for_help=help_wanted.may_ask(session, viewer, key_result),
        initiatives=initiatives.of(session, key_result.id),
        may_name_initiatives=initiatives.may_name(session, viewer, key_result),
        going=_going(session, viewer, now, key_result),
        limited=who_sees.limits(session, key_result),
        may_limit=who_sees.may_limit(session, viewer),
    )


def _answers(session: Session, key_result: KeyResult, period: Period) -> tuple[PastAnswer, ...]:
    rows = session.execute(
        newest_answers(since=following(period, 1 - WEEKS), until=period)
        .where(CheckIn.key_result_id == key_result.id)
        .order_by(CheckIn.period.desc())
        .limit(MOST_ANSWERS)
    )
    return tuple(
        PastAnswer(
            period=monday(check_in.period),
            confidence=answer.confidence,
            value=answer.value if answer.definition >= key_result.measured_since else None,
            score=answer.score,
            changed=answer.changed,
            working=answer.working,
            next_move=answer.next_move,
            need=answer.need,
        )
        for check_in, answer in rows
    )


def _going(session: Session, viewer: Caller, now: datetime, key_result: KeyResult) -> Going | None:
    """The pace, where it has one: an active one that moves, in the cycle that is running, on one of its days."""
    if key_result.state is not KeyResultState.ACTIVE:
        return None
    kind, starts_on, ends_on, state, expected = session.execute(
        sa.select(KeyResultRevision.kind, Cycle.starts_on, Cycle.ends_on, Cycle.state, Workspace.expected_score)
        .select_from(Objective)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(Workspace, Workspace.id == Objective.workspace_id)
        .join(
            KeyResultRevision,
            sa.and_(
                KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == key_result.revision
            ),
        )
        .where(Objective.id == key_result.objective_id)
    ).one()
    today = access.today_of(access.member_of(session, viewer), now)
    moves = kind.is_scored and not kind.is_threshold
    if not moves or state is not CycleState.ACTIVE or starts_on is None or ends_on is None:
        return None
    if not starts_on <= today <= ends_on:
        return None
    answers = told(session, [key_result.id], since=first_period_of_cycle(starts_on), until=period_on(today))
    points = [Point(one.period, one.score) for one in answers.get(key_result.id, ()) if one.score is not None]
    return Going(
        expected_score=Pace(CycleDates(starts_on, ends_on), expected).expected(today),
        projected_score=projected(points, ends_on),
        ends_on=ends_on,
    )


def _may_hand_over(session: Session, viewer: Caller, key_result: KeyResult) -> bool:
    if key_result.state is KeyResultState.CLOSED:
        return False
    actor = access.actor_of(access.member_of(session, viewer))
    return may(actor, Action.HAND_OVER, access.key_result_facts(session, key_result))


def _may_update(session: Session, viewer: Caller, now: datetime, key_result: KeyResult) -> bool:
    """Whether the dialog would open: a button that only refuses is not shown."""
    try:
        subject(session, now, viewer, key_result.id, None)
    except Refused:
        return False
    return True
