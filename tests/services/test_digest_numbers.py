"""Every number of a digest, recomputed from the raw rows by a slow look that shares no code with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from answers import answered, asked
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.blocks.digest import headline
from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.domain.digest import Snapshot
from bot.domain.digest_json import from_json
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Level, Visibility
from bot.services.digest import take_due
from models import (
    Answer,
    CheckIn,
    CheckInState,
    Cycle,
    Decision,
    DecisionState,
    Digest,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Objective,
    ObjectiveTeam,
    Team,
)
from models.database import Database

WEEKS = 7
THIS = following(period(MONDAY), WEEKS - 1)
NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
TODAY = date(2026, 11, 18)


@dataclass(frozen=True)
class Said:
    """A week's answers, one a revision: tenths (null: the value was left out) and a colour."""

    revisions: tuple[tuple[int | None, Confidence], ...]


@dataclass(frozen=True)
class Decided:
    hours_ago: int
    due_in: int
    state: DecisionState


@dataclass(frozen=True)
class Life:
    """One key result: who holds and shares it, what became of each week, whether help is wanted, what was decided."""

    team: int
    shared_with: int | None
    is_open: bool
    owned_by_lead: bool
    weeks: tuple[Said | CheckInState | None, ...]
    help: tuple[EscalationState, str] | None
    decided: tuple[Decided, ...]


revisions = st.tuples(st.none() | st.integers(0, 10), st.sampled_from(Confidence))
weeks = (
    st.none()
    | st.sampled_from([CheckInState.DUE, CheckInState.MISSED, CheckInState.EXCUSED])
    | st.builds(Said, st.lists(revisions, min_size=1, max_size=2).map(tuple))
)
lives = st.lists(
    st.builds(
        Life,
        team=st.integers(0, 3),
        shared_with=st.none() | st.integers(0, 3),
        is_open=st.sampled_from([True, True, True, False]),
        owned_by_lead=st.booleans(),
        weeks=st.tuples(*[weeks] * WEEKS),
        help=st.none() | st.tuples(st.sampled_from(EscalationState), st.sampled_from(["", "two days of HR"])),
        decided=st.lists(
            st.builds(
                Decided,
                hours_ago=st.sampled_from([1, 100, 167, 169, 400]),
                due_in=st.integers(-9, 9),
                state=st.sampled_from([DecisionState.OPEN, DecisionState.DONE, DecisionState.DROPPED]),
            ),
            max_size=2,
        ).map(tuple),
    ),
    max_size=9,
)
# Team 0 is the company, 1 beneath it and off, 2 beneath 1, 3 beneath nobody.
PARENTS = (None, 0, 1, None)


@given(lives, st.sampled_from([0, 2, 3]))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_every_number_is_what_a_slow_look_at_the_rows_finds(
    database: Database, history: list[Life], asked_for: int
) -> None:
    with database.trial() as session:  # each example finds the database empty
        team = lived(Company(session), history, asked_for)
        take_due(session, NOW, 10)
        told = from_json(session.scalars(sa.select(Digest).where(Digest.team_id == team.id)).one().snapshot)
        slow = SlowLook(session, team)
        assert {
            line.key_result_id: (
                line.team_id,
                line.was_asked,
                line.was_answered,
                line.is_leaders,
                line.score,
                line.last_score,
                line.confidence,
            )
            for line in told.key_results
        } == {one["id"]: slow.line(one) for one in slow.covered()}
        assert (told.asked, told.answered) == slow.checked_in()
        assert len(told.leaders) == slow.leaders()
        assert (len(told.moved_up), len(told.moved_down)) == slow.moved()
        assert (len(told.decide), len(told.want_help)) == slow.calls()
        assert (len(told.decided), len(told.overdue)) == slow.decisions()
        assert [
            (week.score, week.expected, (week.colours.green, week.colours.yellow, week.colours.red))
            for week in told.weeks
        ] == [slow.week(back) for back in reversed(range(WEEKS))]
        assert told.projected == slow.projected()
        assert {
            state.team_id: (
                state.key_results,
                state.answered,
                state.asked,
                (state.colours.green, state.colours.yellow, state.colours.red),
                state.decide,
                state.want_help,
            )
            for state in told.teams
        } == slow.teams()
        assert headline(told) == f"{told.team}, week of 16 Nov: {slow.headline()}"
        assert_parts_are_whole(told)


def assert_parts_are_whole(told: Snapshot) -> None:
    """What the teams' lines say adds up to what the digest says."""
    assert sum(state.key_results for state in told.teams) == len(told.key_results)
    assert sum(state.asked for state in told.teams) == told.asked
    assert sum(state.answered for state in told.teams) == told.answered


class SlowLook:
    """Reads whole tables, and counts with loops."""

    def __init__(self, session: Session, team: Team) -> None:
        self.teams_by_id = {row.id: row for row in session.scalars(sa.select(Team))}
        self.team = team
        self.key_results = self._rows(session, KeyResult)
        self.objectives = {row["id"]: row for row in self._rows(session, Objective)}
        self.sharing = self._rows(session, ObjectiveTeam)
        self.check_ins = self._rows(session, CheckIn)
        self.answers = self._rows(session, Answer)
        self.escalations = self._rows(session, Escalation)
        self.made = self._rows(session, Decision)
        self.cycle = self._rows(session, Cycle)[0]

    def _rows(self, session: Session, model: Any) -> list[dict[str, Any]]:
        return [dict(row._mapping) for row in session.execute(sa.select(*model.__table__.columns))]

    def beneath(self) -> set[int]:
        found = {self.team.id}
        while True:
            more = {one.id for one in self.teams_by_id.values() if one.parent_id in found} - found
            if not more:
                on = {one for one in found if self.teams_by_id[one].switched_on_at is not None}
                return on | {self.team.id}
            found |= more

    def is_of_these_teams(self, key_result: dict[str, Any]) -> bool:
        objective = self.objectives[key_result["objective_id"]]
        holders = {objective["team_id"]}
        holders |= {row["team_id"] for row in self.sharing if row["objective_id"] == objective["id"]}
        is_open = key_result["visibility"] is Visibility.WORKSPACE and objective["visibility"] is Visibility.WORKSPACE
        return is_open and bool(holders & self.beneath())

    def covered(self) -> list[dict[str, Any]]:
        return [one for one in self.key_results if self.is_of_these_teams(one) and self.is_on(one)]

    def is_on(self, key_result: dict[str, Any]) -> bool:
        return self.teams_by_id[self.holder(key_result)].switched_on_at is not None

    def holder(self, key_result: dict[str, Any]) -> int:
        return int(self.objectives[key_result["objective_id"]]["team_id"])

    def said_in(self, key_result: dict[str, Any], week: date) -> dict[str, Any] | None:
        ids = [
            row["id"] for row in self.check_ins if row["key_result_id"] == key_result["id"] and row["period"] == week
        ]
        said = [row for row in self.answers if row["check_in_id"] in ids]
        return max(said, key=lambda row: row["revision"]) if said else None

    def answers_until(self, key_result: dict[str, Any], week: date) -> list[tuple[date, dict[str, Any]]]:
        found = []
        for back in range(WEEKS):
            day = THIS - timedelta(weeks=back)
            said = self.said_in(key_result, day)
            if day <= week and said is not None:
                found.append((day, said))
        return found  # the newest first

    def score_until(self, key_result: dict[str, Any], week: date) -> Decimal | None:
        for _, said in self.answers_until(key_result, week):
            if said["score"] is not None:
                return Decimal(said["score"])
        return None

    def state(self, key_result: dict[str, Any]) -> CheckInState | None:
        for row in self.check_ins:
            if row["key_result_id"] == key_result["id"] and row["period"] == THIS:
                return CheckInState(row["state"])
        return None

    def line(self, key_result: dict[str, Any]) -> tuple[Any, ...]:
        answers = self.answers_until(key_result, THIS)
        is_answered = self.state(key_result) is CheckInState.ANSWERED
        score = self.score_until(key_result, THIS)
        before = self.score_until(key_result, answers[0][0] - timedelta(days=1)) if answers else None
        return (
            self.holder(key_result),
            self.state(key_result) not in (None, CheckInState.EXCUSED),
            is_answered,
            key_result["owner_id"] in {self.teams_by_id[one].lead_id for one in self.beneath()},
            score,
            before if is_answered else score,
            answers[0][1]["confidence"] if answers else None,
        )

    def checked_in(self) -> tuple[int, int]:
        states = [self.state(one) for one in self.covered()]
        due = [one for one in states if one is not None and one is not CheckInState.EXCUSED]
        return len(due), due.count(CheckInState.ANSWERED)

    def leaders(self) -> int:
        return sum(1 for one in self.covered() if self.line(one)[3] and self.line(one)[1])

    def moved(self) -> tuple[int, int]:
        up = down = 0
        for one in self.covered():
            _, _, is_answered, _, score, last, _ = self.line(one)
            if is_answered and score is not None and last is not None:
                up += shown(score) > shown(last)
                down += shown(score) < shown(last)
        return up, down

    def unresolved(self) -> list[dict[str, Any]]:
        visible = {one["id"] for one in self.key_results if self.is_of_these_teams(one)}
        return [
            row
            for row in self.escalations
            if row["key_result_id"] in visible
            and row["state"] not in (EscalationState.RESOLVED, EscalationState.DECIDED)
        ]

    def wants_a_decision(self, escalation: dict[str, Any]) -> bool:
        (answer,) = [row for row in self.answers if row["id"] == escalation["answer_id"]]
        return bool(answer["need"]) or escalation["state"] is EscalationState.IN_REVIEW

    def calls(self) -> tuple[int, int]:
        return sum(self.wants_a_decision(row) for row in self.unresolved()), len(self.unresolved())

    def decisions(self) -> tuple[int, int]:
        visible = {one["id"] for one in self.key_results if self.is_of_these_teams(one)}
        made = [row for row in self.made if row["key_result_id"] in visible]
        late = [row for row in made if row["state"] is DecisionState.OPEN and row["due_on"] < TODAY]
        fresh = [
            row
            for row in made
            if row["state"] is not DecisionState.DROPPED
            and row["created_at"] > NOW - timedelta(weeks=1)
            and row not in late
        ]
        return len(fresh), len(late)

    def mean(self, back: int) -> Decimal | None:
        week = THIS - timedelta(weeks=back)
        scores = [self.score_until(one, week) for one in self.covered()]
        known = [score for score in scores if score is not None]
        return hundredths(sum(known, Decimal(0)) / len(known)) if known else None

    def week(self, back: int) -> tuple[Decimal | None, Decimal, tuple[int, int, int]]:
        said = [self.said_in(one, THIS - timedelta(weeks=back)) for one in self.covered()]
        colours = Counter(one["confidence"] for one in said if one is not None)
        days = (TODAY - timedelta(weeks=back) - self.cycle["starts_on"]).days + 1
        length = (self.cycle["ends_on"] - self.cycle["starts_on"]).days + 1
        expected = hundredths(Decimal("0.7") * days / length)
        mixed = (colours[Confidence.GREEN], colours[Confidence.YELLOW], colours[Confidence.RED])
        return self.mean(back), expected, mixed

    def projected(self) -> Decimal | None:
        points = [
            (Fraction((TODAY - timedelta(weeks=back)).toordinal()), Fraction(mean))
            for back in range(WEEKS)
            if (mean := self.mean(back)) is not None
        ]
        if len(points) < 5:
            return None
        n = len(points)
        xs, ys = sum(x for x, _ in points), sum(y for _, y in points)
        xy, xx = sum(x * y for x, y in points), sum(x * x for x, _ in points)
        slope = (n * xy - xs * ys) / (n * xx - xs * xs)
        end = (ys - slope * xs) / n + slope * self.cycle["ends_on"].toordinal()
        clipped = max(Fraction(0), min(Fraction(1), end))
        return hundredths(Decimal(clipped.numerator) / Decimal(clipped.denominator))

    def teams(self) -> dict[int, tuple[Any, ...]]:
        found = {}
        for team_id in {self.holder(one) for one in self.covered()}:
            own = [one for one in self.covered() if self.holder(one) == team_id]
            ids = {one["id"] for one in own}
            lines = [self.line(one) for one in own]
            colours = Counter(line[6] for line in lines if line[2])
            calls = [row for row in self.unresolved() if row["key_result_id"] in ids]
            found[team_id] = (
                len(own),
                sum(line[1] and line[2] for line in lines),
                sum(line[1] for line in lines),
                (colours[Confidence.GREEN], colours[Confidence.YELLOW], colours[Confidence.RED]),
                sum(self.wants_a_decision(row) for row in calls),
                len(calls),
            )
        return found

    def headline(self) -> str:
        decide, help_ = self.calls()
        asked_, answered_ = self.checked_in()
        parts = []
        if decide:
            parts.append("1 decision needed" if decide == 1 else f"{decide} decisions needed")
        if help_:
            parts.append("1 wants help" if help_ == 1 else f"{help_} want help")
        whole = {0: "no check-ins were due", 1: "the one due has checked in", 2: "both checked in"}
        if asked_ in (0, answered_):
            parts.append(whole.get(asked_, f"all {asked_} checked in"))
        else:
            parts.append(f"{answered_} of {asked_} checked in")
        return ", ".join(parts)


def shown(score: Decimal) -> Decimal:
    return score.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)


def hundredths(exact: Decimal) -> Decimal:
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def lived(company: Company, history: list[Life], asked_for: int) -> Team:
    """The rows of these lives; the digest of team `asked_for` is due."""
    session = company.session
    lead, mele = company.person("Ana Lima"), company.person("Mele")
    teams: list[Team] = []
    for number, parent in enumerate(PARENTS):
        level = Level.COMPANY if number == 0 else Level.TEAM
        above = teams[parent] if parent is not None else None
        teams.append(company.team(f"Team {number}", parent=above, lead=lead, level=level, on=number != 1))
    for number, one in enumerate(history):
        objective = company.objective(teams[one.team], f"Objective {number}")
        if one.shared_with is not None and one.shared_with != one.team:
            shared = teams[one.shared_with]
            session.add(ObjectiveTeam(workspace_id=shared.workspace_id, objective_id=objective.id, team_id=shared.id))
        key_result = company.key_result(objective, lead if one.owned_by_lead else mele)
        key_result.visibility = Visibility.WORKSPACE if one.is_open else Visibility.NAMED
        newest: Answer | None = None
        for place, happened in enumerate(one.weeks):
            week = following(period(MONDAY), place)
            if isinstance(happened, Said):
                for tenths, colour in happened.revisions:
                    score = None if tenths is None else str(Decimal(tenths) / 10)
                    need = one.help[1] if one.help is not None else ""
                    newest = answered(session, key_result, week, score=score, confidence=colour, need=need)
            elif happened is not None:
                asked(session, key_result, week, happened)
        if one.help is not None and newest is not None:
            _wants_help(session, key_result, newest, one.help[0])
        for decision in one.decided:
            session.add(
                Decision(
                    workspace_id=key_result.workspace_id,
                    key_result_id=key_result.id,
                    text="Ask HR",
                    decided_by_id=lead.id,
                    owner_id=lead.id,
                    due_on=TODAY + timedelta(days=decision.due_in),
                    state=decision.state,
                    reason="not needed" if decision.state is DecisionState.DROPPED else None,
                    created_at=NOW - timedelta(hours=decision.hours_ago),
                )
            )
    teams[asked_for].next_digest_at = NOW
    session.flush()
    return teams[asked_for]


def _wants_help(session: Session, key_result: KeyResult, answer: Answer, state: EscalationState) -> None:
    objective = session.get_one(Objective, key_result.objective_id)
    escalation = Escalation(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        team_id=objective.team_id,
        answer_id=answer.id,
        state=state,
        opened_at=answer.at,
        decided_at=answer.at if state in (EscalationState.DECIDED, EscalationState.RESOLVED) else None,
        resolved_at=answer.at if state is EscalationState.RESOLVED else None,
    )
    session.add(escalation)
    session.flush()
    session.add(
        EscalationEvent(
            workspace_id=key_result.workspace_id,
            escalation_id=escalation.id,
            kind=EscalationEventKind.OPENED,
            answer_id=answer.id,
            at=answer.at,
        )
    )
    session.flush()
