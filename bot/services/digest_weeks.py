"""The weeks of a cycle behind a digest: the mean score against the pace, and the mix of colours, week by week."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, first_period_of_cycle, following
from bot.domain.cycles import CycleDates, CycleState
from bot.domain.digest import Week, mean, mix
from bot.domain.pace import Pace
from bot.services.standing import WEEKS, Told
from models import Cycle, Workspace


def pace_of(session: Session, workspace: Workspace) -> Pace | None:
    """The pace of the cycle that is running; null where none is."""
    row = session.execute(
        sa.select(Cycle.starts_on, Cycle.ends_on).where(
            Cycle.workspace_id == workspace.id, Cycle.state == CycleState.ACTIVE
        )
    ).one_or_none()
    if row is None or row.starts_on is None or row.ends_on is None:
        return None
    return Pace(CycleDates(row.starts_on, row.ends_on), workspace.expected_score)


def weeks_of_cycle(
    pace: Pace,
    this: Period,
    taken_on: date,
    answers: Mapping[int, Sequence[Told]],
    scored: Collection[int],
) -> tuple[Week, ...]:
    """The weeks from the cycle's first Monday up to `this`, at most `WEEKS`, the oldest first.

    `answers`: by key result id, the newest of each week, the oldest first; `scored`: the ids of those whose score
    counts. In a week without an answer a score stands as it was.
    """
    first = max(first_period_of_cycle(pace.cycle.starts_on), following(this, 1 - WEEKS))
    weeks = [following(first, number) for number in range((this - first).days // 7 + 1)]
    given = {(key_result_id, one.period): one for key_result_id, ones in answers.items() for one in ones}
    # What stood before the first of these weeks counts from its beginning.
    standing = {key_result_id: _score_before(answers.get(key_result_id, ()), first) for key_result_id in scored}
    found = []
    for week in weeks:
        for key_result_id in scored:
            one = given.get((key_result_id, week))
            if one is not None and one.score is not None:
                standing[key_result_id] = one.score
        told = [given[key_result_id, week] for key_result_id in answers if (key_result_id, week) in given]
        found.append(
            Week(
                period=week,
                score=mean([score for score in standing.values() if score is not None]),
                expected=pace.expected(taken_on - timedelta(days=(this - week).days)),
                colours=mix(one.confidence for one in told),
            )
        )
    return tuple(found)


def _score_before(answers: Sequence[Told], first: Period) -> Decimal | None:
    return next((one.score for one in reversed(answers) if one.period < first and one.score is not None), None)
