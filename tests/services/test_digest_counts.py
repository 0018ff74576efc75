"""The digest's counts against a slow, independent look at generated histories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from answers import answered, asked
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.cadence import following, period
from bot.domain.digest_json import from_json
from bot.domain.organisation import Visibility
from bot.services.digest import take_due
from models import CheckInState, Digest, ObjectiveTeam, Team
from models.database import Database

WEEK = period(MONDAY)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


@dataclass(frozen=True)
class KeyResultHistory:
    """`weeks`: for last week and this one, whether it was asked, and the score that was answered, in tenths."""

    team: int
    shared_with: int | None
    visibility: Visibility
    objective_visibility: Visibility
    owned_by_lead: bool
    weeks: tuple[int | CheckInState | None, int | CheckInState | None]


weeks = st.none() | st.sampled_from([CheckInState.DUE, CheckInState.MISSED, CheckInState.EXCUSED]) | st.integers(0, 10)
visibilities = st.sampled_from([*[Visibility.WORKSPACE] * 5, Visibility.TEAM, Visibility.NAMED])
histories = st.lists(
    st.builds(
        KeyResultHistory,
        team=st.integers(0, 3),
        shared_with=st.none() | st.integers(0, 3),
        visibility=visibilities,
        objective_visibility=visibilities,
        owned_by_lead=st.booleans(),
        weeks=st.tuples(weeks, weeks),
    ),
    max_size=12,
)
# Team 0 is the company, 1 beneath it and off, 2 beneath 1, 3 beneath nobody.
PARENTS = (None, 0, 1, None)
BENEATH = ({0, 2}, {1, 2}, {2}, {3})


@given(histories, st.sampled_from([0, 2, 3]))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_digest_counts_what_a_slow_look_at_the_history_counts(
    database: Database, history: list[KeyResultHistory], asked_for: int
) -> None:
    with database.trial() as session:  # each example finds the database empty
        team = history_of(Company(session), history, asked_for)
        take_due(session, WEDNESDAY, 10)
        kept = session.scalars(sa.select(Digest).where(Digest.team_id == team.id)).one()
        snapshot = from_json(kept.snapshot)
    told = [one for one in history if is_told(one, asked_for)]
    scored = [one for one in told if isinstance(one.weeks[1], int) and isinstance(one.weeks[0], int)]
    assert len(snapshot.key_results) == len(told)
    assert snapshot.answered == sum(isinstance(one.weeks[1], int) for one in told)
    assert snapshot.asked == sum(one.weeks[1] not in (None, CheckInState.EXCUSED) for one in told)
    assert len(snapshot.moved_up) == sum(one.weeks[1] > one.weeks[0] for one in scored)  # type: ignore[operator]
    assert len(snapshot.moved_down) == sum(one.weeks[1] < one.weeks[0] for one in scored)  # type: ignore[operator]
    assert len(snapshot.leaders) == sum(
        one.owned_by_lead and one.weeks[1] not in (None, CheckInState.EXCUSED) for one in told
    )


def is_told(one: KeyResultHistory, asked_for: int) -> bool:
    if {one.visibility, one.objective_visibility} != {Visibility.WORKSPACE} or one.team == 1:
        return False
    return one.team in BENEATH[asked_for] or one.shared_with in BENEATH[asked_for]


def history_of(company: Company, history: list[KeyResultHistory], asked_for: int) -> Team:
    session = company.session
    lead, mele = company.person("Ana Lima"), company.person("Mele")
    teams: list[Team] = []
    for number, parent in enumerate(PARENTS):
        above = teams[parent] if parent is not None else None
        teams.append(company.team(f"Team {number}", parent=above, lead=lead, on=number != 1))
    for number, one in enumerate(history):
        objective = company.objective(teams[one.team], f"Objective {number}")
        objective.visibility = one.objective_visibility
        if one.shared_with is not None and one.shared_with != one.team:
            session.add(
                ObjectiveTeam(
                    workspace_id=objective.workspace_id,
                    objective_id=objective.id,
                    team_id=teams[one.shared_with].id,
                )
            )
        key_result = company.key_result(objective, lead if one.owned_by_lead else mele)
        key_result.visibility = one.visibility
        for week, happened in zip((following(WEEK, -1), WEEK), one.weeks, strict=True):
            if isinstance(happened, int):
                answered(session, key_result, week, score="0.9")
                answered(session, key_result, week, score=str(Decimal(happened) / 10))
            elif happened is not None:
                asked(session, key_result, week, happened)
    teams[asked_for].next_digest_at = WEDNESDAY
    session.flush()
    return teams[asked_for]
